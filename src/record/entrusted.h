// entrusted: what the journal tells of changes that other processes were to make.
#pragma once

#include "base/error.h"
#include "base/value.h"

struct store;

// Those of the run whose outcome is not known: [ { seq, summary, process (as it was written down) }
// ]. NULL with `err` set when they cannot be read.
struct value *entrusted_open(struct store *, const char *run, struct arena *, struct error *err);
