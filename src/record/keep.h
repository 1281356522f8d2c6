// keep: what of a value the journal may hold, and the way back. No secret is written down: in its
// place stands a mark. A value is kept only when reading it back was found to give the same value.
#pragma once

#include "base/arena.h"
#include "base/value.h"
#include "record/redact.h"

// Returns, in `a`, what the journal may hold of `v` as JSON, so that keep_restore gives back an
// equal value: each secret that stands in a text or a key as it is has become a mark. NULL when it
// cannot be kept, with *why set to what goes on from "it was not kept: " ("it holds a secret in
// another form", "it holds bytes that are no text", "it holds a number that is not finite", ...).
// The secrets may be NULL; a NULL value is kept as null.
struct value *keep_value(struct arena *a, const struct redact *secrets, const struct value *v,
                         const char **why);
// What the journal holds in place of a value that is not kept: keep_restore gives NULL and `why`.
struct value *keep_withheld(struct arena *a, const char *why);

// The way back: a copy of `kept` in `a` with each mark replaced by its secret. NULL, with *why set
// as above, when it was withheld; when it holds a secret that is not known, or is another one by
// now; and when it was kept by a runbook whose marks were "[secret NAME]" (*why is keep_older),
// which nobody can tell from a text that says so. NULL is null.
struct value *keep_restore(struct arena *a, const struct redact *secrets, const struct value *kept,
                           const char **why);
extern const char keep_older[];

bool keep_is_withheld(const struct value *kept);

// What people may see of `kept`: "[secret NAME]" for each mark, and why it was withheld.
struct value *keep_shown(struct arena *a, const struct value *kept);
