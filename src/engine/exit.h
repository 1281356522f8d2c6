// exit: how a run ends, in one table that help, README and reference print from.
#pragma once

#include <stddef.h>

enum exit_code {
    EXIT_DONE = 0,
    EXIT_INTERNAL = 1,
    EXIT_USAGE = 2,
    EXIT_LOAD = 3,
    EXIT_CHECK = 4,
    EXIT_ROLLED_BACK = 5,
    EXIT_NOT_ROLLED_BACK = 6,
    EXIT_IN_DOUBT = 7,
    EXIT_DENIED = 8,
    EXIT_LOCKED = 9,
    EXIT_STALE = 10,
    EXIT_SIGNAL = 128, // and the signal's number: 130, 143
};

struct exit_row {
    enum exit_code code;
    const char *shown;    // the code as people see it: "5"; "130, 143"
    const char *name;     // one word for it: "rolled-back"
    const char *sentence; // what it means, without a full stop
    const char *next;     // what to do about it
};

extern const struct exit_row exit_rows[];
extern const size_t exit_count;
