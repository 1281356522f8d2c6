// control: the hidden service of every sandbox, and the log of requests that it shows (see host.h).
#pragma once

#include <stdio.h>

#include "base/buf.h"
#include "base/value.h"
#include "world/ambush.h"
#include "world/answer.h"

struct request_log {
    struct buf lines; // ndjson
    FILE *file;
    int64_t count;
};

// Starts a log that is also written to dir/requests.ndjson, which is emptied first.
bool request_log_open(struct request_log *, const char *dir, struct error *err);
void request_log_add(struct request_log *, const struct value *request, int status, bool write);
void request_log_close(struct request_log *);

// Answers a request to the control service; always with a body, never with a stream.
void control_answer(struct world *, const struct request_log *, struct ambush *,
                    const struct value *request, struct arena *, struct world_answer *out);
