#include <criterion/criterion.h>

#include <dirent.h>
#include <sys/stat.h>

#include "fetched.h"

TestSuite(fetch_body, .init = fetched_open, .fini = fetched_close, .timeout = 60);

Test(fetch_body, a_body_is_capped_after_decompression)
{
    ask(&(struct fetch_request){.url = at("/length/1000"), .max_bytes = 1000});
    cr_expect_eq(got.result.body_len, 1000);
    ask(&(struct fetch_request){.url = at("/length/1001"), .max_bytes = 1000});
    expect_error("the answer is larger than 1000 bytes", true);
    ask(&(struct fetch_request){.url = at("/endless"), .max_bytes = 1 << 20});
    expect_error("the answer is larger than 1.0 MB", true);
    ask(&(struct fetch_request){.url = at("/endless")});
    expect_error("the answer is larger than 16.0 MB", true);
    ask(&(struct fetch_request){.url = at("/bomb"), .max_bytes = 10 << 20});
    expect_error("the answer is larger than 10.0 MB", true);
    cr_expect_leq(got.result.bytes, 11 << 20, "it was unpacked further: %ld",
                  (long)got.result.bytes);
}

static char folder[64];
static char file_path[128];

static const char *file_in_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_fetch_XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(file_path, sizeof file_path, "%s/body", folder);
    return file_path;
}

// How many files are in the folder, which is removed with them.
static int folder_remove(void)
{
    int count = 0;
    struct dirent *entry;
    DIR *dir = opendir(folder);
    while ((entry = readdir(dir)))
        if (entry->d_name[0] != '.' && ++count)
            unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    rmdir(folder);
    return count;
}

Test(fetch_body, a_body_goes_into_a_file)
{
    struct stat st;
    ask(&(struct fetch_request){.url = at("/length/20000000"), .to_file = file_in_folder()});
    expect_body(200, "");
    cr_expect_eq(got.result.bytes, 20000000);
    cr_assert_eq(stat(file_path, &st), 0);
    cr_expect_eq(st.st_size, 20000000);
    mode_t mask = umask(0);
    umask(mask);
    cr_expect_eq(st.st_mode & 0777, 0666 & ~mask);
    cr_expect_eq(folder_remove(), 1);

    ask(&(struct fetch_request){.url = at("/interim"), .to_file = file_in_folder()});
    cr_expect_eq(stat(file_path, &st), 0, "an empty body is an empty file");
    cr_expect_eq(folder_remove(), 1);
}

Test(fetch_body, what_fails_leaves_no_file)
{
    const struct {
        const char *path, *says;
    } cases[] = {
        {"/half", "broke off"}, {"/endless", "larger than 97.7 kB"}, {"/stall", "timed out"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ask(&(struct fetch_request){.url = at(cases[i].path),
                                    .to_file = file_in_folder(),
                                    .max_bytes = 100000,
                                    .timeout_ms = 500});
        expect_error(cases[i].says, true);
        cr_expect_eq(folder_remove(), 0);
    }
    ask(&(struct fetch_request){.url = at("/status/404"), .to_file = file_in_folder()});
    expect_body(404, "/status/404");
    cr_expect_eq(folder_remove(), 0, "the body of an error was taken for the file");

    struct fetch_request r = {.url = at("/stall"), .to_file = file_in_folder()};
    int before = server.requests;
    struct fetch *f = fetch_start(fetcher, &r, fetched_keep, &got);
    while (server.requests == before)
        loop_once(loop);
    fetch_cancel(f);
    cr_expect_eq(folder_remove(), 0);
}

Test(fetch_body, an_older_file_stays_until_the_new_one_is_whole)
{
    FILE *old = fopen(file_in_folder(), "w");
    fputs("old", old);
    fclose(old);
    struct stat st;
    ask(&(struct fetch_request){.url = at("/half"), .to_file = file_path});
    cr_expect(stat(file_path, &st) == 0 && st.st_size == 3);
    ask(&(struct fetch_request){.url = at("/ok"), .to_file = file_path});
    cr_expect(stat(file_path, &st) == 0 && st.st_size == 5);
    cr_expect_eq(folder_remove(), 1);
}

Test(fetch_body, a_retry_writes_the_file_anew)
{
    struct stat st;
    ask(&(struct fetch_request){
        .url = at("/retry/503/1/0"), .retries = 1, .to_file = file_in_folder()});
    expect_body(200, "");
    cr_expect(stat(file_path, &st) == 0 && st.st_size == 4);
    cr_expect_eq(folder_remove(), 1);
}

struct pieces {
    struct buf all;
    size_t enough;
    struct fetch *victim;
};

static bool on_piece(const char *bytes, size_t len, void *arg)
{
    struct pieces *p = arg;
    buf_add(&p->all, bytes, len);
    if (p->victim) {
        fetch_cancel(p->victim);
        fetch_cancel(p->victim);
    }
    p->victim = NULL;
    return !p->enough || p->all.len < p->enough;
}

Test(fetch_body, a_body_is_told_piece_by_piece)
{
    struct pieces p = {0};
    struct fetch_request r = {.url = at("/length/20000000"), .on_data = on_piece, .data_arg = &p};
    ask(&r);
    expect_body(200, "");
    cr_expect_eq(p.all.len, 20000000);
    buf_clear(&p.all);

    r.url = at("/endless");
    p.enough = 100000;
    ask(&r);
    expect_body(200, "");
    cr_expect_geq(p.all.len, 100000);
    buf_clear(&p.all);
    p.enough = 0;

    r.url = at("/retry/503/2/0"); // only the last answer is told
    r.retries = 3;
    ask(&r);
    expect_body(200, "");
    cr_expect_eq(got.result.attempts, 3);
    cr_expect_str_eq(buf_text(&p.all), "good");
    buf_clear(&p.all);

    r.url = at("/half"); // what was told cannot be taken back
    ask(&r);
    expect_error("broke off", true);
    cr_expect_eq(got.result.attempts, 1);
    cr_expect_str_eq(buf_text(&p.all), "0123456789");
    buf_clear(&p.all);

    r.url = at("/endless");
    r.max_bytes = 1 << 20;
    ask(&r);
    expect_error("larger than 1.0 MB", true);
    buf_free(&p.all);
}

Test(fetch_body, cancel_from_inside_on_data)
{
    struct pieces p = {0}, q = {0};
    struct fetched self = {0};
    struct fetch_request r = {.url = at("/endless"), .on_data = on_piece, .data_arg = &p};
    p.victim = fetch_start(fetcher, &r, fetched_keep, &self);
    run_loop();
    cr_expect_eq(self.calls, 0);
    cr_expect_gt(p.all.len, 0);

    r.url = at("/never");
    q.victim = fetch_start(fetcher, &r, fetched_keep, &self);
    r.url = at("/chunked");
    r.data_arg = &q;
    ask(&r);
    expect_body(200, "");
    cr_expect_str_eq(buf_text(&q.all), "abcdefg");
    cr_expect_eq(self.calls, 0);
    buf_free(&p.all);
    buf_free(&q.all);
}
