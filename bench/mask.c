// bench_mask SECRETS BYTES: masks a text of so many bytes, in which a few of the secrets stand, and
// prints the processor time that it takes, in microseconds: the least of five. bench_mask SECRETS
// 0: what it takes to get to know the secrets one by one, with a short text to mask between.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "record/redact.h"

enum { LEN = 32, TIMES = 5 };

static double work_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void write_letters(struct buf *out, const char *letters, size_t count, size_t len)
{
    while (len--)
        buf_putc(out, letters[(size_t)rand() % count]);
}

static void add_secret(struct redact *r, struct buf *secret)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    buf_clear(secret);
    write_letters(secret, letters, sizeof letters - 1, LEN);
    redact_add(r, "s", secret->data, secret->len);
}

static void mask(const struct redact *r, const struct buf *text)
{
    size_t len;
    free(redact_text(r, text->data, text->len, &len));
}

int main(int argc, char **argv)
{
    static const char letters[] = "etaoin shrdlu ETAOIN 0123456789 {}\":,\n/.%&\\'+";
    long secrets = argc == 3 ? atol(argv[1]) : 0, bytes = argc == 3 ? atol(argv[2]) : -1;
    struct redact *r = redact_new();
    struct buf secret = {0}, text = {0};
    if (secrets <= 0 || bytes < 0)
        return 2;
    double least = 0, start = work_us();
    write_letters(&text, letters, sizeof letters - 1, LEN);
    for (long i = 0; i < secrets; i++) {
        add_secret(r, &secret);
        if (bytes == 0)
            mask(r, &text);
    }
    least = work_us() - start;
    while ((long)text.len < bytes) {
        write_letters(&text, letters, sizeof letters - 1, 1000);
        buf_add(&text, secret.data, secret.len);
    }
    for (int i = 0; bytes && i < TIMES; i++) {
        start = work_us();
        mask(r, &text);
        double took = work_us() - start;
        least = i == 0 || took < least ? took : least;
    }
    printf("%.0f\n", least);
    buf_free(&secret);
    buf_free(&text);
    redact_free(r);
    return 0;
}
