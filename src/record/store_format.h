// store_format: the format of a journal's file: brings an older one up to date.
#pragma once

#include "record/store_file.h"

// Makes the tables where there are none, and those of an older format into today's: in the file, or
// with `read_only` in a copy in memory, so that a journal that may not be written to can be read.
// One that has today's is not touched, and f->reads tells so. False with `err` set: it was made by
// a newer runbook, a run of an older one is under way in it, or SQLite's reason.
bool store_format_update(struct store_file *f, bool read_only, struct error *err);
