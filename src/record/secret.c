#include "record/secret.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "net/digest.h"
#include "record/numeral.h"

static void set_check(struct secret *s)
{
    struct buf whole = {0};
    unsigned char digest[DIGEST_SIZE];
    buf_add(&whole, s->name, strlen(s->name) + 1);
    buf_add(&whole, s->bytes, s->len);
    digest_sha256(whole.data, whole.len, digest);
    digest_hex(digest, SECRET_CHECK / 2, s->check);
    buf_free(&whole);
}

static void set_forms(struct secret *s, size_t shortest)
{
    struct arena a = {0};
    const struct value *forms = numeral_forms(&a, s->bytes, s->len, shortest);
    s->forms = mem_alloc((value_count(forms) + 1) * sizeof *s->forms);
    for (size_t i = 0; i < value_count(forms); i++)
        s->forms[i] = mem_dup(value_text(value_at(forms, i)));
    arena_free(&a);
}

void secret_set(struct secret *s, const char *name, const char *bytes, size_t len, size_t shortest)
{
    *s = (struct secret){.name = mem_dup(name), .bytes = mem_alloc(len + 1), .len = len};
    memcpy(s->bytes, bytes, len);
    set_check(s);
    set_forms(s, shortest);
}

void secret_clear(struct secret *s)
{
    for (size_t i = 0; s->forms[i]; i++)
        free(s->forms[i]);
    free(s->forms);
    free(s->bytes);
    free(s->name);
}
