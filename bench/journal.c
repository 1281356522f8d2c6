// bench_journal FILE COUNT: takes down that many changes, each with its intent on disk before its
// outcome is known, as the door does; nothing is sent. What is left is the journal itself.
#include <stdio.h>
#include <stdlib.h>

#include "base/duration.h"
#include "engine/effect.h"
#include "record/journal.h"

static const struct effect_kind kind = {.name = "http.request"};

static bool take_down(struct journal *door, int n, struct error *err)
{
    struct effect e = {.kind = &kind,
                       .access = ACCESS_WRITE,
                       .scope = {.part = SCOPE_STEP,
                                 .step = "every write is made",
                                 .attempt = 1,
                                 .text = "step:every write is made#1"},
                       .where = "journal.lua:13",
                       .started = clock_steady()};
    struct arena *a = &e.arena;
    e.position = arena_printf(a, "%d", n);
    e.summary = arena_printf(a, "POST http://127.0.0.1:8080/%d", n);
    snprintf(e.fingerprint, sizeof e.fingerprint, "%064x", n);
    e.args = value_object(a);
    value_set(a, e.args, "method", value_string(a, "POST"));
    value_set(a, e.args, "url", value_string(a, e.summary + sizeof "POST"));
    bool ok = door->begin(door, &e, err);
    struct value *headers = value_object(a);
    value_set(a, headers, "content-type", value_string(a, "application/json"));
    value_set(a, headers, "content-length", value_string(a, "15"));
    e.result = value_object(a);
    value_set(a, e.result, "status", value_int(a, 200));
    value_set(a, e.result, "headers", headers);
    value_set(a, e.result, "body", value_string(a, "{\"status\":\"ok\"}"));
    ok = ok && door->end(door, &e, err);
    arena_free(a);
    return ok;
}

int main(int argc, char **argv)
{
    error_local(err);
    struct journal_start start = {.run = "a-run"};
    struct store *store = argc == 3 ? store_open(argv[1], &err) : NULL;
    if (store == NULL) {
        fprintf(stderr, "bench_journal FILE COUNT: %s\n", error_text(&err));
        return EXIT_FAILURE;
    }
    struct redact *secrets = redact_new();
    struct run_journal *journal = journal_new(store, secrets, start.run);
    bool ok = journal_start(journal, &start, &err);
    for (int n = 1, count = atoi(argv[2]); ok && n <= count; n++)
        ok = take_down(&journal->door, n, &err);
    ok = journal_free(journal, &err) && ok;
    redact_free(secrets);
    store_close(store);
    if (!ok)
        fprintf(stderr, "bench_journal: %s\n", error_text(&err));
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
