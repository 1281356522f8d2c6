#include "net/sending.h"

#include <ctype.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 256, LONGEST = 300 };

// Whatever the handler needs is made beforehand. One is there while its length is set, last.
static struct {
    atomic_int len;
    char line[LONGEST + 96];
} changes[MOST];

int sending_add(const char *what)
{
    char safe[LONGEST];
    snprintf(safe, sizeof safe, "%s", what);
    for (char *p = safe; *p; p++)
        if (iscntrl((unsigned char)*p))
            *p = ' ';
    for (int i = 0; i < MOST; i++) {
        if (atomic_load(&changes[i].len))
            continue;
        int len =
            snprintf(changes[i].line, sizeof changes[i].line,
                     "runbook: %s was on its way: whether it took effect is not known\n", safe);
        atomic_store(&changes[i].len, len);
        return i;
    }
    return -1;
}

void sending_remove(int place)
{
    if (place >= 0)
        atomic_store(&changes[place].len, 0);
}

void sending_end(void)
{
    for (int i = 0; i < MOST; i++) {
        int len = atomic_load(&changes[i].len);
        ssize_t ignored = len ? write(STDERR_FILENO, changes[i].line, (size_t)len) : 0;
        (void)ignored;
    }
}
