// survey: asks a server for all the types it knows.
#pragma once

#include "kube/discovery.h"
#include "kube/wire.h"

struct kube_survey;

struct kube_surveyed {
    struct arena memory; // of the table; the receiver's to free
    struct value *table; // as in kube/discovery.h; NULL when the server could not be asked
    const char *missing; // the group versions that could not be read, in `memory`; "" for none
    const struct kube_answer *failure; // without a table: what came back; lives as long as the call
};
typedef void kube_survey_done(struct kube_surveyed *, void *arg);

// Starts; `done` is called once from the loop, never from inside this call, unless
// kube_survey_cancel came first. Asks for the aggregated format, two requests; a server that
// answers in the older one is asked for each group version, ten at a time. A group that cannot be
// read does not spoil the rest.
struct kube_survey *kube_survey_start(struct kube_wire *, int64_t timeout_ms,
                                      kube_survey_done *done, void *arg);
// For use before `done` only, with which it is gone.
void kube_survey_cancel(struct kube_survey *);
