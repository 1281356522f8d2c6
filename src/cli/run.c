// run and plan: load a runbook, give it its parameters, walk it.
#include <stdio.h>

#include "cli/approval.h"
#include "cli/pretend.h"
#include "cli/say.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "engine/mode.h"

// plan --detailed-exitcode: 0 nothing to change, 2 changes, 1 a problem.
static int detailed(const struct run *run, int code)
{
    bool changes = run->counts.writes > run->counts.unchanged || run->counts.refusals > 0;
    return code != EXIT_DONE ? 1 : changes ? 2 : 0;
}

// plan -o: only a plan without problems is worth approving.
struct keeping {
    const struct session *session;
    const struct options *options;
    bool tried;
};

static bool keep(void *arg, const struct value *end, struct error *err)
{
    struct keeping *k = arg;
    k->tried = true;
    return approval_save(k->session, k->options, end, err);
}

static int make(struct session *s, const struct options *o)
{
    struct keeping keeping = {.session = s, .options = o};
    if (o->run.out) {
        s->run->keep = keep;
        s->run->keep_arg = &keeping;
    }
    int code = session_run(s);
    if (o->run.out && !keeping.tried)
        fprintf(stderr, "runbook: %s was not written, for the plan has a problem\n", o->run.out);
    return code;
}

// Which of the options do not go together, or NULL.
static const char *misfit(const struct options *o)
{
    if (o->sign && !o->run.out)
        return "--sign is for a plan that is written down: `runbook plan FILE -o PLAN.json --sign "
               "KEY`";
    if (o->run.out && (o->run.assume_failure || o->run.offline || o->run.world))
        return "a plan that supposes something cannot be approved: -o goes without "
               "--assume-failure, --offline and --world";
    return NULL;
}

static int walk(struct options *o, struct pretend *world)
{
    struct session session;
    int code = session_open(&session, o, o->plan ? &mode_plan : &mode_live, NULL);
    if (world)
        pretend_answer(world, session.fetcher);
    if (code == 0)
        code = session_prepare(&session, o);
    if (code == 0)
        code = session_start(&session, o);
    if (code == 0) {
        code = make(&session, o);
        if (o->plan && o->detailed_exitcode)
            code = detailed(session.run, code);
    }
    return session_close(&session, code);
}

// The same, with the world file that answers in place of the network, if there is one.
static int walk_in_world(struct options *o)
{
    error_local(err);
    struct pretend *world = NULL;
    if (o->run.world && (world = pretend_open(o, &err)) == NULL) {
        say(NULL, "%s", error_text(&err));
        return EXIT_LOAD;
    }
    int code = walk(o, world);
    pretend_close(world);
    return code;
}

static int verb(int argc, char **argv, bool plan)
{
    struct options o = {.plan = plan};
    int code = EXIT_USAGE;
    if (options_read(&o, argc, argv, plan ? VERB_PLAN : VERB_RUN)) {
        const char *wrong = misfit(&o);
        if (o.help)
            code = help_main(2, (char *[]){(char *)"help", argv[0], NULL});
        else if (wrong)
            fprintf(stderr, "runbook: %s\n", wrong);
        else
            code = walk_in_world(&o);
    }
    options_free(&o);
    return code;
}

int run_main(int argc, char **argv)
{
    return verb(argc, argv, false);
}

int plan_main(int argc, char **argv)
{
    return verb(argc, argv, true);
}
