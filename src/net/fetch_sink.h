// fetch_sink: where the body of an answer goes: into memory, a file or a function.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "net/fetch.h"

enum sink_kind { SINK_MEMORY, SINK_FILE, SINK_CALL };

struct sink {
    const struct fetch_request *request;
    struct buf memory;
    int64_t bytes;    // of the body so far
    const char *file; // where to_file is, links followed
    const char *part; // the file beside to_file that is written; NULL when there is none
    int fd;
    bool ended;         // on_data wants no more
    struct error error; // why a write failed; empty when it did not
    bool too_large;     // that the answer is larger than it may be is why
};

// Makes the file beside to_file, when the request names one. False with sink->error set.
bool sink_open(struct sink *, struct arena *, const struct fetch_request *);
// Forgets what was written, for the next answer.
void sink_reset(struct sink *);
// Takes a piece of the body. False when the transfer must end: `ended` or `error` says why.
bool sink_write(struct sink *, enum sink_kind, const char *bytes, size_t len);
// Moves the written file to its name. False with sink->error set.
bool sink_keep(struct sink *);
// Frees, and removes a file that was not kept.
void sink_close(struct sink *);

// Writes a count of bytes as people read it ("812 bytes", "1.0 MB") into out; returns out.
char *size_format(uint64_t bytes, char *out, size_t size);
