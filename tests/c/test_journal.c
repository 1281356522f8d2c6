// The journal's file after a crash: what SQLite has not written wholly is not there, and all that
// was committed before is.
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/duration.h"
#include "base/file.h"
#include "engine/effect.h"
#include "record/history.h"
#include "record/journal.h"

enum {
    BEFORE = 20,      // effects that are in the database, not in its WAL any more
    FRAME = 24 + 4096 // bytes of a page in the WAL
};

static char dir[64]; // in memory where that is possible: so many files are opened here
static struct error err;
static struct store *store;
static struct redact *secrets;
static struct run_journal *journal;
static struct buf db, wal; // as they were when the process died

static const struct effect_kind kind = {.name = "test"};

static const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void tell(enum event_type type, const char *step)
{
    struct arena a = {0};
    struct event e = {.type = type, .at = clock_wall(), .step = step, .data = value_object(&a)};
    value_set(&a, e.data, "name", value_string(&a, "test"));
    journal->listener.hear(&journal->listener, &e);
    arena_free(&a);
}

// One write, from its intent to its outcome.
static void make_effect(int n)
{
    struct effect e = {.kind = &kind,
                       .access = ACCESS_WRITE,
                       .scope = {.part = SCOPE_STEP, .step = "s", .attempt = 1, .text = "step:s#1"},
                       .fingerprint = "f"};
    struct arena *a = &e.arena;
    e.position = arena_printf(a, "%d", n);
    e.started = clock_steady();
    e.summary = arena_printf(a, "effect %d", n);
    e.args = value_string(a, "what was sent");
    cr_assert(journal->door.begin(&journal->door, &e, &err), "%s", error_text(&err));
    e.result = value_string(a, "what was answered");
    cr_assert(journal->door.end(&journal->door, &e, &err), "%s", error_text(&err));
    arena_free(a);
}

static void read_file(const char *name, struct buf *into)
{
    cr_assert(file_read(path_of(name), into, &err), "%s", error_text(&err));
}

static void write_file(const char *name, const char *bytes, size_t len)
{
    FILE *f = fopen(path_of(name), "wb");
    cr_assert(f && fwrite(bytes, 1, len, f) == len && fclose(f) == 0);
}

static bool checkpoint(sqlite3_stmt *row, void *arg)
{
    (void)arg;
    return sqlite3_column_int(row, 0) == 0;
}

// A run with BEFORE effects in the database and another in the WAL.
static void begin(void)
{
    struct arena a = {0};
    struct journal_start start = {.run = "a-run"};
    snprintf(dir, sizeof dir, "/dev/shm/runbook-journal-XXXXXX");
    if (mkdtemp(dir) == NULL)
        snprintf(dir, sizeof dir, "/tmp/runbook-journal-XXXXXX");
    cr_assert(strstr(dir, "shm") || mkdtemp(dir));
    store = store_open(path_of("journal.db"), &err);
    cr_assert(store, "%s", error_text(&err));
    secrets = redact_new();
    journal = journal_new(store, secrets, "a-run");
    cr_assert(journal_start(journal, &start, &err), "%s", error_text(&err));
    tell(EVENT_RUN_STARTED, NULL);
    tell(EVENT_STEP_STARTED, "s");
    for (int n = 1; n <= BEFORE; n++)
        make_effect(n);
    cr_assert(store_each(store, checkpoint, NULL, &err, "PRAGMA wal_checkpoint(TRUNCATE)", ""));
    make_effect(BEFORE + 1);
    read_file("journal.db", &db);
    read_file("journal.db-wal", &wal);
    arena_free(&a);
}

static void end(void)
{
    static const char *const names[] = {"journal.db", "journal.db-wal", "journal.db-shm",
                                        "copy.db",    "copy.db-wal",    "copy.db-shm"};
    journal_free(journal, &err);
    store_close(store);
    redact_free(secrets);
    buf_free(&db);
    buf_free(&wal);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(path_of(names[i]));
    rmdir(dir);
}

TestSuite(journal, .init = begin, .fini = end, .timeout = 200);

// How far the run has come in the copy: 2 for each effect, 1 for one without an outcome. Fails when
// the copy does not open, or shows anything else than a beginning of the run.
static int progress(void)
{
    struct arena a = {0};
    struct history run;
    struct store *copy = store_open(path_of("copy.db"), &err);
    cr_assert(copy, "%s", error_text(&err));
    cr_assert(history_find(copy, "a-run", &a, &run, &err), "%s", error_text(&err));
    const struct value *effects = value_get(history_show(copy, &run, &a, &err), "effects");
    int far = 0, count = (int)value_count(effects);
    for (int i = 0; i < count; i++) {
        const struct value *e = value_at(effects, (size_t)i);
        char summary[32];
        snprintf(summary, sizeof summary, "effect %d", i + 1);
        int64_t state = value_get_int(e, "state", -1);
        cr_assert_str_eq(value_get_text(e, "summary"), summary);
        cr_assert(state == JOURNAL_DONE || (state == JOURNAL_STARTED && i == count - 1));
        far += state == JOURNAL_DONE ? 2 : 1;
    }
    store_close(copy);
    arena_free(&a);
    return far;
}

// Opens a copy with that WAL.
static int progress_with(const char *bytes, size_t len)
{
    write_file("copy.db", db.data, db.len);
    write_file("copy.db-wal", bytes, len);
    unlink(path_of("copy.db-shm"));
    return progress();
}

// Cuts the WAL at every `step`-th byte (at every one when RUNBOOK_TEAR_ALL is set) from `first` to
// before `end`, and fills what is missing with `filler`, or leaves it out (-1). A longer beginning
// never shows less of the run.
static void tear(size_t first, size_t end, size_t step, int filler)
{
    char *torn = malloc(wal.len);
    int last = 2 * BEFORE;
    if (getenv("RUNBOOK_TEAR_ALL"))
        step = 1;
    for (size_t cut = first; cut < end; cut += step) {
        memcpy(torn, wal.data, cut);
        if (filler >= 0)
            memset(torn + cut, filler, wal.len - cut);
        int far = progress_with(torn, filler < 0 ? cut : wal.len);
        cr_assert(far >= last && far <= 2 * BEFORE + 2, "cut at %zu: %d after %d", cut, far, last);
        last = far;
    }
    free(torn);
}

Test(journal, is_whole_with_its_wal)
{
    cr_assert_eq(progress_with(wal.data, wal.len), 2 * BEFORE + 2);
    cr_assert_eq(progress_with(wal.data, wal.len - 1), 2 * BEFORE + 1);
    cr_assert_eq(progress_with("", 0), 2 * BEFORE);
}

Test(journal, opens_when_cut_at_any_byte_of_the_first_half)
{
    tear(0, wal.len / 2, 17, -1);
}

Test(journal, opens_when_cut_at_any_byte_of_the_second_half)
{
    tear(wal.len / 2, wal.len, 17, -1);
}

Test(journal, opens_when_the_last_page_is_torn_at_any_byte)
{
    tear(wal.len - FRAME, wal.len, 1, 0);
}

Test(journal, opens_when_the_last_page_ends_in_garbage)
{
    tear(wal.len - FRAME, wal.len, 11, 0xa5);
}

// A second process looks while the first one writes.
Test(journal, can_be_read_while_it_is_written)
{
    struct arena a = {0};
    struct history run;
    struct store *other = store_open(path_of("journal.db"), &err);
    cr_assert(other, "%s", error_text(&err));
    for (int n = BEFORE + 2; n < BEFORE + 10; n++) {
        make_effect(n);
        cr_assert(history_find(other, "a-run", &a, &run, &err), "%s", error_text(&err));
        const struct value *effects = value_get(history_show(other, &run, &a, &err), "effects");
        cr_assert_eq(value_count(effects), (size_t)n);
    }
    store_close(other);
    arena_free(&a);
}
