#include "record/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

// Where the bytes are, or would be. The hash is FNV-1a of 64 bits.
static uint32_t *slot_of(const struct ledger *l, const char *bytes, size_t len)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3;
    for (size_t at = (hash ^ hash >> 32) % (2 * l->room);; at = (at + 1) % (2 * l->room)) {
        const struct secret *s = l->slots[at] ? &l->secrets[l->slots[at] - 1] : NULL;
        if (s == NULL || (s->len == len && memcmp(s->bytes, bytes, len) == 0))
            return &l->slots[at];
    }
}

static void widen(struct ledger *l)
{
    l->room = l->room ? 2 * l->room : 8;
    l->secrets = mem_grow(l->secrets, l->room * sizeof *l->secrets);
    free(l->slots);
    l->slots = mem_alloc(2 * l->room * sizeof *l->slots);
    for (size_t i = 0; i < l->count; i++)
        *slot_of(l, l->secrets[i].bytes, l->secrets[i].len) = (uint32_t)i + 1;
}

const struct secret *ledger_find(const struct ledger *l, const char *bytes, size_t len)
{
    uint32_t number = l->count ? *slot_of(l, bytes, len) : 0;
    return number ? &l->secrets[number - 1] : NULL;
}

bool ledger_add(struct ledger *l, const char *name, const char *bytes, size_t len, size_t shortest)
{
    if (ledger_find(l, bytes, len))
        return false;
    if (l->count == l->room)
        widen(l);
    *slot_of(l, bytes, len) = (uint32_t)l->count + 1;
    secret_set(&l->secrets[l->count++], name, bytes, len, shortest);
    return true;
}

void ledger_free(struct ledger *l)
{
    for (size_t i = 0; i < l->count; i++)
        secret_clear(&l->secrets[i]);
    free(l->secrets);
    free(l->slots);
    *l = (struct ledger){0};
}
