#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/arena.h"

enum { RESERVE = 64 * 1024 * 1024, LEAST_RESERVE = 64 * 1024, SHARE = 8, PROBE = 1024 * 1024 };

static struct {
    void *reserve;
    bool is_short;
    int code;
    char tells[256];
} memory = {.code = EXIT_FAILURE};

// Where addresses are limited the reserve takes no more than a share of them.
static size_t reserve_size(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
        limit.rlim_cur / SHARE > RESERVE)
        return RESERVE;
    return limit.rlim_cur / SHARE;
}

void memory_reserve(void)
{
    for (size_t size = reserve_size(); size >= LEAST_RESERVE && !memory.reserve; size /= 2)
        memory.reserve = malloc(size);
}

bool memory_is_short(void)
{
    return memory.is_short;
}

static bool release(void)
{
    bool had = memory.reserve != NULL;
    free(memory.reserve);
    memory.reserve = NULL;
    memory.is_short = true;
    return had;
}

bool memory_has_room(size_t size)
{
    void *probe = malloc(size);
    free(probe);
    return probe != NULL;
}

void memory_make_room(void)
{
    if (!memory_has_room(PROBE))
        release();
}

#ifdef RUNBOOK_FAULTS
// For tests: RUNBOOK_FAIL_ALLOC=N makes the Nth allocation fail, "N+" that one and all behind it;
// "0" counts them and says how many there were. Only in builds with sanitizers.
static struct {
    bool asked, all;
    long at, count;
} fault;

static void tell_count(void)
{
    fprintf(stderr, "allocations: %ld\n", fault.count);
}

static bool fails(void)
{
    if (!fault.asked) {
        const char *text = getenv("RUNBOOK_FAIL_ALLOC");
        char *end = NULL;
        fault.asked = true;
        fault.at = text ? strtol(text, &end, 10) : -1;
        fault.all = end && *end == '+';
        if (fault.at == 0)
            atexit(tell_count);
    }
    fault.count++;
    return fault.at > 0 && (fault.count == fault.at || (fault.all && fault.count > fault.at));
}
#else
static bool fails(void)
{
    return false;
}
#endif

void *memory_try_grow(void *old, size_t size)
{
    void *p = fails() ? NULL : realloc(old, size);
    return p == NULL && release() && !fails() ? realloc(old, size) : p;
}

void *memory_for_script(void *old, size_t size)
{
    return fails() ? NULL : realloc(old, size);
}

void *memory_try(size_t size)
{
    void *p = fails() ? NULL : calloc(1, size);
    return p == NULL && release() && !fails() ? calloc(1, size) : p;
}

void memory_end_code(int code)
{
    memory.code = code;
}

void memory_end_tells(const char *text)
{
    snprintf(memory.tells, sizeof memory.tells, "%s", text ? text : "");
}

static void say(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return; // nobody is there to be told
}

// Nothing is tidied up: that might want memory, too.
void memory_exit(void)
{
    say(memory.tells);
    _exit(memory.code);
}

void memory_end(void)
{
    say("runbook: the system has no memory left; stopping here\n");
    memory_exit();
}

static void *or_end(void *p)
{
    if (p == NULL)
        memory_end();
    return p;
}

void *mem_alloc(size_t size)
{
    return or_end(memory_try(size ? size : 1));
}

void *mem_grow(void *old, size_t new_size)
{
    return or_end(memory_try_grow(old, new_size ? new_size : 1));
}

char *mem_dup(const char *text)
{
    size_t size = text ? strlen(text) + 1 : 0;
    return text ? memcpy(mem_alloc(size), text, size) : NULL;
}
