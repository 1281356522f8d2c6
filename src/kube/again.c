#include "kube/again.h"

#include <string.h>

#include "base/code.h"
#include "base/duration.h"

// How often it is tried again where nobody answers: for some eight seconds and more, but of a
// server that never answered yet less, for it may not be one. After a 500, which may well be meant,
// too.
enum { AWAY_RETRIES = 5, STRANGER_RETRIES = 2, BROKEN_RETRIES = 3 };

// How often an attempt that ended so may be made again, the server not saying when. A write never,
// once it may have arrived.
static int retries_of(const struct kube_again *a, const struct fetch_ending *end)
{
    bool nobody = end->code && end->transient &&
                  (strcmp(end->code, CODE_NO_ANSWER) == 0 || strcmp(end->code, CODE_PROXY) == 0);
    if (nobody && !end->sent)
        return *a->known ? AWAY_RETRIES : STRANGER_RETRIES;
    if (!a->reads || (end->code && !nobody))
        return 0;
    if (nobody)
        return KUBE_RETRIES;
    return a->brisk || end->status / 100 != 5 ? 0
           : end->status == 500               ? BROKEN_RETRIES
                                              : AWAY_RETRIES;
}

bool kube_again(const struct fetch_request *r, const struct fetch_ending *end, void *again)
{
    (void)r;
    struct kube_again *a = again;
    int64_t left = a->deadline - clock_steady();
    int64_t asked = end->code ? -1 : fetch_retry_after(end->headers);
    bool busy = !end->code && (end->status == 429 || end->status / 100 == 5);
    if (busy && asked >= 0)
        return asked < left;
    a->pause_ms *= 2;
    return a->pause_ms < left && a->retries++ < retries_of(a, end);
}
