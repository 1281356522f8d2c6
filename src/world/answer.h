// answer: what a world's service says to a request.
#pragma once

#include "base/buf.h"
#include "world/world.h"

struct world_answer {
    int status;
    struct value *headers; // { name: text }
    const char *body;
    size_t len;
    int stream; // not 0: the body comes piece by piece, from answer_stream
    // { service: seconds } that go away with it: they close all connections, and for so long nobody
    // listens; NULL: none.
    const struct value *away;
    bool abort;     // close the connection instead
    bool read_only; // the handler says (write = false) that it changed nothing, whatever the method
};
// Asks the handler of the request's service (request.h). What a handler that fails has to say is
// the text of an answer 500, and stands on stderr. Everything lives in the arena.
void answer_make(struct world *, struct value *request, struct arena *, struct world_answer *out);
// Appends what a stream has to say now, maybe nothing. False when it has ended, and is closed.
bool answer_stream(struct world *, int stream, struct buf *out);
void answer_close(struct world *, int stream);
