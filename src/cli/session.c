#include "cli/session.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/params.h"
#include "cli/signals.h"
#include "engine/mode.h"
#include "engine/state.h"
#include "net/fetch.h"
#include "net/loop.h"
#include "prim/prims.h"
#include "record/hub.h"
#include "record/ndjson.h"
#include "record/redact.h"
#include "record/report.h"

enum { LARGEST_RUNBOOK = 4 * 1024 * 1024 };

static int fail(int code, const char *text)
{
    fprintf(stderr, "runbook: %s\n", text);
    return code;
}

static void view_free(struct session *s, bool ndjson)
{
    if (s->view == NULL)
        return;
    if (ndjson)
        ndjson_free(s->view);
    else
        terminal_free(s->view);
}

static bool open_listeners(struct session *s, const struct options *o, struct error *err)
{
    struct terminal_options terminal = {.detail = o->detail, .color = o->color};
    s->secrets = redact_new();
    s->ndjson = o->ndjson;
    s->view = o->ndjson ? ndjson_new(stdout) : terminal_new(&terminal);
    struct listener *list[2] = {s->view};
    size_t count = 1;
    if (o->report_count) {
        s->report = report_new(o->reports, (size_t)o->report_count, err);
        if (s->report == NULL)
            return false;
        list[count++] = s->report;
    }
    s->hub = hub_new(s->secrets, list, count);
    return true;
}

static void mask(void *secrets, const char *name, const char *text, size_t len)
{
    redact_add(secrets, name, text, len);
}

// Reads the runbook's file, or what the journal kept of it, and loads it.
static int load(struct session *s, const struct options *o)
{
    struct error err;
    struct buf text = {.max = LARGEST_RUNBOOK};
    struct run *run = s->run;
    bool ok = file_read(o->run.file, &text, &err) &&
              outline_load(run->L, o->run.file, &text, &run->arena, &run->outline, &err);
    buf_free(&text);
    if (ok)
        return 0;
    return run->signal ? fail(128 + run->signal, "stopped by a signal") : fail(EXIT_LOAD, err.text);
}

int session_open(struct session *s, const struct options *o, const struct mode *mode)
{
    struct error err;
    *s = (struct session){.loop = loop_new()};
    s->fetcher = fetcher_new(s->loop);
    if (!open_listeners(s, o, &err))
        return fail(EXIT_USAGE, err.text);
    s->run = run_new(s->loop, s->fetcher, &o->run, mode, s->hub, &err);
    if (s->run == NULL || !state_prepare(s->run, prims, &err))
        return fail(EXIT_INTERNAL, err.text);
    s->run->mask = mask;
    s->run->mask_arg = s->secrets;
    signals_watch(s->run);
    return load(s, o);
}

static struct value *selected_phases(struct run *run)
{
    struct arena *a = &run->arena;
    struct value *phases = value_array(a);
    for (int p = 0; p < run->outline.count; p++) {
        const struct phase *phase = &run->outline.phases[p];
        if (!phase->selected)
            continue;
        struct value *row = value_object(a), *steps = value_array(a);
        for (int i = 0; i < phase->count; i++) {
            if (!phase->steps[i].selected)
                continue;
            struct value *step = value_object(a);
            value_set(a, step, "name", value_string(a, phase->steps[i].name));
            value_push(a, steps, step);
        }
        value_set(a, row, "name", value_string(a, phase->name));
        value_set(a, row, "steps", steps);
        value_push(a, phases, row);
    }
    return phases;
}

static void tell_start(struct run *run, struct value *params)
{
    struct arena *a = &run->arena;
    struct value *data = value_object(a);
    char host[256] = "";
    const struct passwd *user = getpwuid(getuid());
    gethostname(host, sizeof host - 1);
    value_set(a, data, "name", value_string(a, run->outline.name));
    value_set(a, data, "summary", value_string(a, run->outline.summary));
    value_set(a, data, "file", value_string(a, run->options->file));
    value_set(a, data, "mode", value_string(a, run->mode->name));
    value_set(a, data, "run", value_string(a, run->id));
    value_set(a, data, "params", params);
    value_set(a, data, "phases", selected_phases(run));
    value_set(a, data, "user", value_string(a, user ? user->pw_name : "unknown"));
    value_set(a, data, "host", value_string(a, host));
    run_tell(run, EVENT_RUN_STARTED, data);
}

int session_start(struct session *s, const struct options *o)
{
    struct error err = {""};
    struct value *problems;
    if (!outline_select(&s->run->outline, o->run.phases, o->run.from, o->run.only, &err))
        return fail(EXIT_USAGE, err.text);
    struct value *params = params_apply(s->run, o, s->secrets, &problems, &err);
    if (params == NULL) {
        for (size_t i = 0; i < value_count(problems); i++)
            fail(EXIT_USAGE, value_text(value_at(problems, i)));
        return problems ? EXIT_USAGE : fail(EXIT_USAGE, err.text);
    }
    tell_start(s->run, params);
    return 0;
}

int session_run(struct session *s)
{
    return run_walk(s->run);
}

int session_close(struct session *s, int code)
{
    struct error err;
    signals_release();
    if (s->report) {
        if (!report_finish(s->report, &err))
            fprintf(stderr, "runbook: %s\n", err.text);
        report_free(s->report);
    }
    if (s->run)
        run_free(s->run);
    if (s->hub)
        hub_free(s->hub);
    view_free(s, s->ndjson);
    if (s->secrets)
        redact_free(s->secrets);
    fetcher_free(s->fetcher);
    loop_free(s->loop);
    return code;
}
