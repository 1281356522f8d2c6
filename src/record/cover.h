// cover: texts and values as they may be shown: with every secret masked, as redact has it, and the
// password of every URL hidden.
#pragma once

#include "base/arena.h"
#include "base/userinfo.h"
#include "base/value.h"
#include "record/redact.h"

// As redact_text. The caller frees it.
char *cover_text(const struct redact *, const char *text, size_t len, size_t *out_len);
// The same in an arena; NULL stays NULL.
const char *cover_copy(struct arena *, const struct redact *, const char *text);
// As redact_value.
struct value *cover_value(struct arena *, const struct redact *, const struct value *);
// Makes the password of a URL a secret, as it stands there and percent-decoded. Not one that is
// shorter than REDACT_SHORTEST, nor the user's name, which is shown.
void cover_learn(struct redact *, const struct userinfo *);
