#include "engine/budget.h"

#include <time.h>

#include "engine/run.h"

enum { DEFAULT_SECONDS = 60 };

static int64_t processor_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000 + 1; // never 0
}

void budget_renew(struct run *run)
{
    run->lua_spent_us = 0;
    run->turns++;
}

void budget_enter(struct run *run)
{
    run->lua_entered_us = processor_us();
}

void budget_leave(struct run *run)
{
    if (run->lua_entered_us)
        run->lua_spent_us += processor_us() - run->lua_entered_us;
    run->lua_entered_us = 0;
}

bool budget_is_spent(const struct run *run)
{
    double seconds = run->options->max_seconds > 0 ? run->options->max_seconds : DEFAULT_SECONDS;
    int64_t most = (int64_t)(seconds * 1e6);
    return run->lua_entered_us && run->lua_spent_us + processor_us() - run->lua_entered_us > most;
}
