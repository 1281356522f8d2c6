// person: who is at work, and on which machine.
#pragma once

struct person {
    char user[64], host[256];
};

// Whoever this process belongs to; "unknown" where the system does not know.
struct person person_here(void);
