// What a failure's code promises, and what becomes of an undo that fails with it.
#include <criterion/criterion.h>

#include "base/buf.h"
#include "base/code.h"
#include "engine/failure.h"
#include "engine/undo_retry.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

static struct arena memory;

static void finish(void)
{
    arena_free(&memory);
}
TestSuite(undo_retry, .fini = finish);

Test(undo_retry, a_code_says_whether_to_ask_again)
{
    static const struct {
        const char *code;
        enum code_sense sense;
    } cases[] = {
        {CODE_NO_ANSWER, CODE_IS_PASSING},
        {CODE_TIMEOUT, CODE_IS_PASSING},
        {CODE_PROXY, CODE_IS_PASSING},
        {CODE_IN_DOUBT, CODE_IS_PASSING},
        {"http.408", CODE_IS_PASSING},
        {"http.429", CODE_IS_PASSING},
        {"http.500", CODE_IS_PASSING},
        {"http.502", CODE_IS_PASSING},
        {"http.503", CODE_IS_PASSING},
        {"http.504", CODE_IS_PASSING},
        {"k8s.InternalError", CODE_IS_PASSING},
        {"k8s.ServerTimeout", CODE_IS_PASSING},
        {"k8s.Timeout", CODE_IS_PASSING},
        {"k8s.ServiceUnavailable", CODE_IS_PASSING},
        {"k8s.TooManyRequests", CODE_IS_PASSING},
        {"metrics.unavailable", CODE_IS_PASSING},
        {"http.409", CODE_IS_CONFLICT},
        {"http.412", CODE_IS_CONFLICT},
        {"k8s.Conflict", CODE_IS_CONFLICT},
        {"k8s.AlreadyExists", CODE_IS_CONFLICT},
        {"http.400", CODE_IS_FINAL},
        {"http.403", CODE_IS_FINAL},
        {"http.404", CODE_IS_FINAL},
        {"http.422", CODE_IS_FINAL},
        {"http.501", CODE_IS_FINAL},
        {"k8s.Forbidden", CODE_IS_FINAL},
        {"k8s.Invalid", CODE_IS_FINAL},
        {"k8s.NotFound", CODE_IS_FINAL},
        {"metrics.bad_data", CODE_IS_FINAL},
        {"http.401", CODE_IS_OTHER},
        {"k8s.Unauthorized", CODE_IS_OTHER},
        {"http.200", CODE_IS_OTHER},
        {"http.", CODE_IS_OTHER},
        {"k8s.Unheard", CODE_IS_OTHER},
        {"metrics.execution", CODE_IS_OTHER},
        {"exit.1", CODE_IS_OTHER},
        {CODE_TLS_UNTRUSTED, CODE_IS_OTHER},
        {CODE_ERROR, CODE_IS_OTHER},
        {"", CODE_IS_OTHER},
        {NULL, CODE_IS_OTHER},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        cr_expect_eq(code_sense(cases[i].code), cases[i].sense, "%s: %d",
                     cases[i].code ? cases[i].code : "none", code_sense(cases[i].code));
}

Test(undo_retry, a_kubernetes_code_is_the_reason_or_that_of_the_status)
{
    cr_expect_str_eq(code_k8s(&memory, "Conflict", 409), "k8s.Conflict");
    cr_expect_str_eq(code_k8s(&memory, "AlreadyExists", 409), "k8s.AlreadyExists");
    cr_expect_str_eq(code_k8s(&memory, "", 409), "k8s.Conflict");
    cr_expect_str_eq(code_k8s(&memory, NULL, 500), "k8s.InternalError");
    cr_expect_str_eq(code_k8s(&memory, "", 502), "http.502");
}

static struct value *failure(const char *kind, const char *code, int64_t retry_after_ms)
{
    return failure_make(&memory, (struct failure){.kind = kind,
                                                  .code = code,
                                                  .text = "it failed",
                                                  .retry_after_ms = retry_after_ms});
}

// Feeds the same failure until there is no next attempt, at most `most` times, waiting as it says.
// Writes the pauses.
static const char *pauses(struct undo_retry *r, struct value *f, int most)
{
    struct buf text = {0};
    int64_t now = 1000, pause = 0;
    for (int i = 0; i < most && pause >= 0; i++) {
        pause = undo_retry_next(r, f, now);
        buf_printf(&text, "%s%ld", i ? " " : "", (long)pause);
        now += pause;
    }
    const char *copy = arena_dup(&memory, buf_text(&text));
    buf_free(&text);
    return copy;
}

Test(undo_retry, what_becomes_of_a_failed_undo)
{
    static const char silence[] = "1000 2000 4000 8000 16000 30000 30000 29000 -1";
    static const struct {
        const char *kind, *code;
        int64_t retry_after_ms, patience_ms;
        const char *pauses;
    } cases[] = {
        // Nobody answered: until the patience is over, then not three times more.
        {FAILURE_EFFECT, CODE_NO_ANSWER, 0, 120000, silence},
        {FAILURE_EFFECT, "k8s.InternalError", 0, 120000, silence},
        {FAILURE_CHECK, "http.503", 0, 120000, silence},
        {FAILURE_TIMEOUT, CODE_TIMEOUT, 0, 120000, silence},
        {FAILURE_EFFECT, CODE_IN_DOUBT, 0, 120000, silence},
        // As it asks for, but not beyond the patience.
        {FAILURE_EFFECT, "k8s.TooManyRequests", 7000, 20000, "7000 7000 6000 -1"},
        {FAILURE_CHECK, "http.429", 3600000, 20000, "20000 2000 -1"},
        // However little patience there is, three attempts.
        {FAILURE_EFFECT, CODE_NO_ANSWER, 0, 0, "1000 2000 -1"},
        // A conflict: it looks anew.
        {FAILURE_EFFECT, "k8s.Conflict", 0, 120000, "250 500 1000 2000 4000 -1"},
        {FAILURE_CHECK, "http.409", 0, 0, "250 500 1000 2000 4000 -1"},
        // Final.
        {FAILURE_EFFECT, "k8s.Forbidden", 0, 120000, "-1"},
        {FAILURE_CHECK, "http.422", 0, 120000, "-1"},
        {FAILURE_EFFECT, "k8s.NotFound", 9000, 120000, "-1"},
        // Anything else: three attempts.
        {FAILURE_CHECK, NULL, 0, 120000, "1000 2000 -1"},
        {FAILURE_ERROR, NULL, 0, 120000, "1000 2000 -1"},
        {FAILURE_EFFECT, "exit.1", 0, 120000, "1000 2000 -1"},
        {FAILURE_TIMEOUT, CODE_RUNAWAY, 0, 120000, "1000 2000 -1"},
        // Nobody's answer, whatever its code says.
        {FAILURE_DENIED, CODE_TIMEOUT, 0, 120000, "1000 2000 -1"},
        {FAILURE_USAGE, "http.503", 0, 120000, "-1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct undo_retry r = {.patience_ms = cases[i].patience_ms};
        const char *got =
            pauses(&r, failure(cases[i].kind, cases[i].code, cases[i].retry_after_ms), 100);
        cr_expect_str_eq(got, cases[i].pauses, "row %zu: %s", i, got);
    }
}

Test(undo_retry, patience_begins_anew_with_each_answer)
{
    struct undo_retry r = {.patience_ms = 10000};
    struct value *silence = failure(FAILURE_EFFECT, CODE_NO_ANSWER, 0);
    struct value *conflict = failure(FAILURE_EFFECT, "k8s.Conflict", 0);
    cr_expect_eq(undo_retry_next(&r, silence, 0), 1000);
    cr_expect(r.waits);
    cr_expect_eq(undo_retry_next(&r, silence, 9000), 1000, "what is left of it");
    cr_expect_eq(undo_retry_next(&r, conflict, 9500), 250);
    cr_expect(!r.waits);
    cr_expect_eq(undo_retry_next(&r, silence, 20000), 1000, "it begins anew");
    cr_expect_eq(undo_retry_next(&r, failure(FAILURE_EFFECT, "k8s.Forbidden", 0), 21000), -1);
}
