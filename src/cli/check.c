// check: loads a runbook without running anything, looks whether the phases and steps that are
// named exist, and prints its outline.
#include <lauxlib.h>
#include <stdio.h>

#include "base/duration.h"
#include "base/json.h"
#include "base/userinfo.h"
#include "cli/permissions.h"
#include "cli/say.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "engine/mode.h"

static void print_default(const struct value *param)
{
    const struct value *v = value_get(param, "default");
    struct buf text = {0};
    struct arena a = {0};
    size_t len;
    if (v == NULL)
        return;
    json_write(&text, v, JSON_COMPACT);
    printf("  default %s", userinfo_hidden(&a, buf_text(&text), text.len, &len));
    buf_free(&text);
    arena_free(&a);
}

static void print_params(const struct value *params)
{
    if (value_count(params))
        printf("\nparameters\n");
    for (size_t i = 0; i < value_count(params); i++) {
        const struct value_member *m = &params->object.members[i];
        printf("  %-22s %-9s", m->key, value_get_text(m->value, "type"));
        print_default(m->value);
        if (value_get(m->value, "env"))
            printf("  from %s", value_get_text(m->value, "env"));
        if (value_get(m->value, "help"))
            printf("  %s", value_get_text(m->value, "help"));
        printf("\n");
    }
}

static void print_step(const struct step *s)
{
    char text[64];
    printf("  %-40s %s", s->name, s->where);
    if (s->undo != LUA_NOREF)
        printf("  undo");
    if (s->lasting)
        printf("  lasting");
    if (s->when != LUA_NOREF)
        printf("  when");
    if (s->attempts > 1)
        printf("  %d attempts", s->attempts);
    if (s->timeout_ms)
        printf("  timeout %s", duration_format(s->timeout_ms, text, sizeof text));
    printf("\n");
}

static void print_allow(const struct value *allow)
{
    printf(allow
               ? "\nmay touch\n"
               : "\nmay touch anything, for it declares no `allow`; `runbook check --permissions` "
                 "writes one\n");
    for (size_t i = 0; i < value_count(allow); i++)
        printf("  %s\n", value_text(value_at(allow, i)));
}

static void print_outline(const struct outline *o)
{
    static const char *const on_failure[] = {"halt", "rollback", "continue"};
    printf("%s: %s\n", o->name, o->summary);
    print_params(o->params);
    print_allow(o->allow);
    for (int p = 0; p < o->count; p++) {
        const struct phase *phase = &o->phases[p];
        printf("\n%s  (on failure: %s%s)\n", phase->name, on_failure[phase->on_failure],
               phase->keep_going ? ", shows every problem" : "");
        for (int i = 0; i < phase->count; i++)
            print_step(&phase->steps[i]);
    }
}

static int check(const struct options *o)
{
    struct session session;
    error_local(err);
    int code = session_open(&session, o, &mode_plan, NULL);
    if (code == 0 &&
        !outline_select(&session.run->outline, o->run.phases, o->run.from, o->run.only, &err)) {
        say(session.run, "%s", error_text(&err));
        code = EXIT_USAGE;
    }
    if (code == 0)
        print_outline(&session.run->outline);
    return session_close(&session, code);
}

// Walks the plan unheard, and prints what it would touch.
static int print_permissions(const struct options *o)
{
    struct session session;
    int code = session_open(&session, o, &mode_plan, NULL);
    if (code == 0) {
        session.run->touched = value_array(&session.run->arena);
        code = session_prepare(&session, o);
    }
    if (code == 0) {
        session.run->listener = NULL;
        session.run->used = value_object(&session.run->arena);
        code = session_run(&session);
        permissions_print(session.run, session.texts, session.secrets);
        if (code != 0)
            fputs("runbook: the plan did not come to its end, so lines may be missing; `runbook "
                  "plan` shows why\n",
                  stderr);
    }
    return session_close(&session, code);
}

int check_main(int argc, char **argv)
{
    struct options o = {0};
    int code = EXIT_USAGE;
    if (options_read(&o, argc, argv, VERB_CHECK))
        code = o.help          ? help_main(2, (char *[]){(char *)"help", argv[0], NULL})
               : o.permissions ? print_permissions(&o)
                               : check(&o);
    options_free(&o);
    return code;
}
