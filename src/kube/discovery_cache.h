// discovery_cache: the discovery table of each server, kept on disk for ten minutes, so that a run
// need not ask again. Whatever is wrong with the file, it is as if there were none.
#pragma once

#include "base/arena.h"
#include "base/value.h"

// The table last written for `server` under `folder`, or NULL when there is none that is fresh.
struct value *kube_discovery_cache_read(struct arena *, const char *folder, const char *server);
// Writes it, whole or not at all. Failing is no harm and not reported.
void kube_discovery_cache_write(const char *folder, const char *server, struct value *table);
