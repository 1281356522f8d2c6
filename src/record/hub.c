#include "record/hub.h"

#include <stdlib.h>

#include "record/cover.h"

struct hub {
    struct listener listener;
    const struct redact *secrets;
    struct listener *first;
    struct listener **listeners;
    size_t count;
};

static void hub_hear(struct listener *self, const struct event *e)
{
    const struct hub *hub = (const struct hub *)self;
    struct arena a = {0};
    struct event masked = *e;
    if (hub->first)
        hub->first->hear(hub->first, e);
    masked.phase = cover_copy(&a, hub->secrets, e->phase);
    masked.step = cover_copy(&a, hub->secrets, e->step);
    masked.data = cover_value(&a, hub->secrets, e->data);
    for (size_t i = 0; i < hub->count; i++)
        hub->listeners[i]->hear(hub->listeners[i], &masked);
    arena_free(&a);
}

struct listener *hub_new(const struct redact *secrets, struct listener *first,
                         struct listener *const *listeners, size_t count)
{
    struct hub *hub = mem_alloc(sizeof *hub);
    *hub = (struct hub){{hub_hear}, secrets, first, mem_alloc((count + 1) * sizeof(void *)), count};
    for (size_t i = 0; i < count; i++)
        hub->listeners[i] = listeners[i];
    return &hub->listener;
}

void hub_free(struct listener *listener)
{
    struct hub *hub = (struct hub *)listener;
    if (hub)
        free(hub->listeners);
    free(hub);
}
