#include "prim/exec_plan.h"

#include <string.h>

#include "engine/quote.h"
#include "prim/detail.h"

enum { SUMMARY_BYTES = 160 };

// "kubectl get pods", with quotes around what would not read as one argument.
static const char *line_of(struct arena *a, const struct value *argv)
{
    const char *line = "";
    for (size_t i = 0; i < value_count(argv); i++) {
        const char *text = value_text(value_at(argv, i));
        bool bare = *text && strcspn(text, " \t\r\n'\"") == strlen(text);
        line = arena_printf(a, bare ? "%s%s%s" : "%s%s'%s'", line, i ? " " : "", text);
    }
    return line;
}

void exec_describe(const struct run *run, struct effect *e)
{
    const struct value *input = value_get(e->args, "stdin"), *env = value_get(e->args, "env");
    const char *cwd = value_get_text(e->args, "cwd");
    const char *line = line_of(&e->arena, value_get(e->args, "argv"));
    if (e->summary == NULL)
        e->summary = quote(run, &e->arena, line, strlen(line), CLIP_LINE, SUMMARY_BYTES);
    if (e->access != ACCESS_WRITE)
        return;
    if (strcmp(e->summary, line) != 0)
        detail_add(e, run, "runs:", line, strlen(line));
    if (*cwd)
        detail_add(e, run, "cwd:", cwd, strlen(cwd));
    for (size_t i = 0; i < value_count(env); i++)
        detail_add(e, run, "env:", value_text(value_at(env, i)), value_at(env, i)->string.len);
    if (input)
        detail_add(e, run, "stdin:", input->string.text, input->string.len);
}
