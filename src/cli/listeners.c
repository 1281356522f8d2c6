#include "cli/listeners.h"
#include "cli/say.h"

#include <stdio.h>
#include <string.h>

#include "record/hub.h"
#include "record/journal.h"
#include "record/ndjson.h"
#include "record/report.h"

static void view_open(struct session *s, const struct options *o)
{
    struct terminal_options terminal = {.detail = o->detail, .color = o->color};
    const char *output = o->output ? o->output : "text";
    if (strcmp(output, "text") == 0) {
        s->view = terminal_new(&terminal);
        s->view_free = terminal_free;
    } else if (o->ndjson) {
        s->view = ndjson_new(stdout);
        s->view_free = ndjson_free;
    } else {
        s->view = report_print(output);
        s->view_free = report_free;
    }
}

bool listeners_open(struct session *s, const struct options *o, struct error *err)
{
    if (o->silent)
        return true;
    view_open(s, o);
    struct listener *list[2];
    size_t count = 0;
    list[count++] = s->view;
    if (o->report_count || o->run.out) {
        s->report = report_new(o->reports, (size_t)o->report_count, err);
        if (s->report == NULL)
            return false;
        list[count++] = s->report;
    }
    // The journal hears first, so that what is shown is on record.
    s->hub = hub_new(s->secrets, s->journal ? &s->journal->listener : NULL, list, count);
    s->run->listener = s->hub;
    return true;
}

void listeners_finish(struct session *s)
{
    error_local(err);
    if (s->report == NULL)
        return;
    if (!report_finish(s->report, &err))
        say(s->run, "%s", error_text(&err));
    report_free(s->report);
}

void listeners_free(struct session *s)
{
    if (s->hub)
        hub_free(s->hub);
    if (s->view)
        s->view_free(s->view);
}
