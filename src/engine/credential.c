#include "engine/credential.h"

#include <string.h>

#include "base/userinfo.h"
#include "engine/run.h"

static void learn(struct run *run, const struct userinfo *u)
{
    struct arena a = {0};
    const char *plain = userinfo_password(&a, u), *name = userinfo_name(&a, u);
    if (run->mask && userinfo_is_secret(u)) {
        run->mask(run->mask_arg, name, u->password, u->password_len);
        run->mask(run->mask_arg, name, plain, strlen(plain));
    }
    arena_free(&a);
}

void credential_of_url(struct run *run, const char *url)
{
    struct userinfo u;
    if (url && userinfo_of(url, &u))
        learn(run, &u);
}

void credential_of_texts(struct run *run, const struct value *texts)
{
    for (size_t i = 0; i < value_count(texts); i++) {
        const struct value *v =
            texts->type == VALUE_OBJECT ? texts->object.members[i].value : value_at(texts, i);
        const char *at = value_text(v), *end = at + strlen(at);
        for (struct userinfo u; userinfo_next(at, end, &u); at = u.password + u.password_len)
            learn(run, &u);
    }
}
