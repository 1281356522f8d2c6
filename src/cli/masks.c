#include "cli/masks.h"

#include "cli/permissions.h"
#include "cli/say.h"
#include "cli/session.h"
#include "record/cover.h"
#include "record/journal.h"
#include "record/keep.h"
#include "record/learned.h"

static struct redact *secrets_of(void *session)
{
    return ((struct session *)session)->secrets;
}

static char *masked(void *session, const char *text, size_t len, size_t *out_len)
{
    return cover_text(secrets_of(session), text, len, out_len);
}

static struct value *masked_value(void *session, struct arena *a, const struct value *v)
{
    return cover_value(a, secrets_of(session), v);
}

static const char *unkeepable(void *session, const struct value *v)
{
    struct arena a = {0};
    const char *why;
    keep_value(&a, secrets_of(session), v, &why);
    arena_free(&a);
    return why;
}

static size_t whole(void *session, const char *text, size_t len)
{
    return redact_whole(secrets_of(session), text, len);
}

// One that is known already, as a parameter's, is known to whoever goes on with the run.
static bool mask(void *session, const char *name, const char *text, size_t len)
{
    const struct session *s = session;
    bool known = redact_find(s->secrets, text, len) != NULL;
    bool added = redact_add(s->secrets, name, text, len) && !known;
    if (added && s->journal)
        journal_learned(s->journal, name);
    return added;
}

static const char *rule(void *session, struct arena *a, const struct value *parts)
{
    const struct session *s = session;
    return permissions_line(s->run, s->texts, s->secrets, a, parts);
}

void masks_give(struct session *s)
{
    s->run->mask = mask;
    s->run->masked = masked;
    s->run->masked_value = masked_value;
    s->run->unkeepable = unkeepable;
    s->run->whole = whole;
    s->run->rule = rule;
    s->run->mask_arg = s;
}

int masks_tell_lost(const struct session *s)
{
    struct arena *a = &s->run->arena;
    struct buf text = {0};
    error_local(err);
    const struct value *names = learned_names(s->store, s->run->id, a, &err);
    if (names == NULL) {
        say(s->run, "%s", error_text(&err));
        return EXIT_INTERNAL;
    }
    for (size_t i = 0; i < value_count(names); i++)
        buf_printf(&text, "%s%s", i ? ", " : "", value_text(value_at(names, i)));
    if (value_count(names))
        say(s->run,
            "what the run had learned to be secret is not known any more, and what holds it is not "
            "masked until it is learned again: %s",
            buf_text(&text));
    buf_free(&text);
    return 0;
}
