// metrics_answer: what Prometheus and Alertmanager answer over HTTP, read into plain values.
//
// Figures stay the texts they are in the answer ("0.5", "NaN", "+Inf"), since plain data knows no
// NaN; each has been seen to be a number.
#pragma once

#include "base/error.h"
#include "base/value.h"
#include "net/fetch.h"

struct run;

// Reads an answer into the arena; sets *brief to what it says in a few words. NULL with `err` set
// when it is an error, is not what the server itself would say (a proxy's page), or has not the
// shape that was asked for. What is cut has the run's secrets masked before that.
typedef struct value *metrics_reader(const struct run *, struct arena *,
                                     const struct fetch_result *, const char **brief,
                                     struct error *err);

// Prometheus HTTP API v1, instant query: { series = [ { labels, value, at } ], warnings, answered
// }. A scalar is one series without labels; `answered` is the time by our clock, in seconds.
metrics_reader metrics_read_query;
// Range query: { series = [ { labels, points = [ { at, value } ] } ], warnings }.
metrics_reader metrics_read_range;
// Rules: [ { name, type, group, file, query, state, health, error, labels, annotations, alerts } ].
metrics_reader metrics_read_rules;
// Alertmanager API v2, alerts: [ { name, labels, annotations, state, silenced_by, inhibited_by,
// starts_at, ends_at, url } ].
metrics_reader metrics_read_alerts;
// Readiness of either: { ready, text }. Never fails.
metrics_reader metrics_read_ready;
