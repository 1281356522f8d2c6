#include "cli/again.h"

#include <string.h>

#include "base/shell.h"
#include "engine/undo_retry.h"
#include "record/cover.h"

static void add_option(struct buf *out, const char *option, const char *value)
{
    if (value == NULL)
        return;
    shell_word(out, option);
    shell_word(out, value);
}

static void add_options(struct buf *out, const char *option, const char *const *values)
{
    for (; values && *values; values++)
        add_option(out, option, *values);
}

static void add_time(struct buf *out, const char *option, int64_t ms, int64_t unless)
{
    if (ms == unless)
        return;
    bool whole = ms % 1000 == 0;
    buf_printf(out, " %s %lld%s", option, (long long)(whole ? ms / 1000 : ms), whole ? "s" : "ms");
}

static void add_memory(struct buf *out, int64_t bytes)
{
    static const char *const units[] = {"B", "KB", "MB", "GB"};
    size_t unit = 0;
    for (; unit < 3 && bytes % 1024 == 0; unit++)
        bytes /= 1024;
    buf_printf(out, " --max-memory %lld%s", (long long)bytes, units[unit]);
}

static bool is_secret(const struct run *run, const struct redact *secrets, const char *setting,
                      const char *name)
{
    struct arena a = {0};
    const struct value *v = value_string(&a, setting);
    const struct value *param = value_get(run->outline.params, name);
    bool secret = param == NULL || strcmp(value_get_text(param, "type"), "secret") == 0 ||
                  !value_equal(v, cover_value(&a, secrets, v));
    arena_free(&a);
    return secret;
}

static void add_settings(struct buf *out, const struct run *run, const struct redact *secrets,
                         const char *const *set)
{
    struct arena a = {0};
    for (; set && *set; set++) {
        const char *name = arena_copy(&a, *set, strcspn(*set, "="));
        if (!is_secret(run, secrets, *set, name))
            add_option(out, "--set", *set);
        else if (value_get(run->outline.params, name))
            buf_printf(out, " --set %s=\"${%s:?}\"", name, name);
    }
    arena_free(&a);
}

// A verb's name, or an option, as a file.
static void add_file(struct buf *out, const char *file)
{
    struct buf path = {0};
    buf_printf(&path, "%s%s", *file == '-' || strpbrk(file, "./") == NULL ? "./" : "", file);
    shell_word(out, buf_text(&path));
    buf_free(&path);
}

const char *again_words(struct run *run, const struct options *o, const struct redact *secrets)
{
    const struct run_options *r = &o->run;
    struct buf out = {0};
    add_file(&out, r->file);
    add_option(&out, "--values", o->values_pretended ? NULL : o->values_file);
    add_settings(&out, run, secrets, o->set);
    add_option(&out, "--from", r->from);
    add_option(&out, "--only", r->only);
    add_option(&out, "--kubeconfig", o->kubeconfig_pretended ? NULL : r->kubeconfig);
    add_option(&out, "--context", r->context);
    add_options(&out, "--allow", r->allow);
    add_options(&out, "--deny", r->deny);
    add_option(&out, "--journal", r->journal);
    add_option(&out, "--lease", r->lease);
    add_time(&out, "--lock-timeout", o->lock_timeout_ms, 0);
    add_time(&out, "--undo-patience", r->undo_patience_ms, UNDO_PATIENCE_MS);
    if (r->max_memory)
        add_memory(&out, r->max_memory);
    if (r->max_seconds > 0)
        buf_printf(&out, " --max-seconds %g", r->max_seconds);
    if (r->yes)
        buf_puts(&out, " --yes");
    if (r->no_input)
        buf_puts(&out, " --no-input");
    bool dashed = false;
    for (const char *const *p = r->phases; p && *p; p++)
        dashed |= **p == '-';
    if (dashed)
        shell_word(&out, "--");
    for (const char *const *p = r->phases; p && *p; p++)
        shell_word(&out, *p);
    const char *words = arena_copy(&run->arena, buf_text(&out), out.len);
    buf_free(&out);
    return words;
}
