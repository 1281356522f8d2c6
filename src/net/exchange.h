// exchange: one request and its answer, as serve.c hands them to a handler. What a handler may do
// with it stands in serve.h; this is only for serve.c.
#pragma once

#include <sys/queue.h>

#include "net/serve.h"

struct evhttp_request;

LIST_HEAD(exchange_list, exchange);

// Makes the exchange of a request that evhttp has just read, and watches its connection.
struct exchange *exchange_open(struct exchange_list *, struct evhttp_request *);
// Frees those whose client went away unnoticed by the handler: no connection will free them.
void exchange_drop_orphans(struct exchange_list *);
// Frees the exchanges, not their requests.
void exchange_drop_all(struct exchange_list *);
