// lockdir: where the locks of this user lie on this machine: out of the way of the journal, so that
// runs meet there whatever journal they keep, and where nobody else can put anything.
#pragma once

#include "base/error.h"

enum { LOCKDIRS = 2, LOCKDIR_PATH = 512 };

struct lockdir {
    int fd; // of the folder
    char path[LOCKDIR_PATH];
};

// Opens the folders in which a lock is to be taken, all of them, in this order; made where they are
// missing. RUNBOOK_LOCK_DIR names the one there is; else it is `runbook` in XDG_RUNTIME_DIR, or
// /tmp/runbook-UID where that is not set or not safe. The runtime folder of the system,
// /run/user/UID, comes and goes with log-ins: beside it the one in /tmp counts, too, so that a run
// begun by cron and one begun by hand meet. Returns how many; -1 with `err` set: it cannot be made,
// or it is not this user's alone.
int lockdirs_open(struct lockdir dirs[LOCKDIRS], struct error *err);
void lockdirs_close(struct lockdir *dirs, int count);
