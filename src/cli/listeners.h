// listeners: who hears a session's run: its journal, what is shown, and the reports.
#pragma once

#include "cli/session.h"

// Opens them as the options say. False with `err` set when a report cannot be written.
bool listeners_open(struct session *, const struct options *, struct error *err);
// Ends the report; says on stderr when it could not be written.
void listeners_finish(struct session *);
void listeners_free(struct session *);
