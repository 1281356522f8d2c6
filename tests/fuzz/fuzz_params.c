// libFuzzer target: a parameter file of any kind gives each parameter a value of its type, or is
// refused with a sentence; a secret of it is kept nowhere.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/params.h"
#include "record/redact.h"
#include "runbook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char source[] =
    "return runbook { name = 'fuzz', target = '${text}', params = {\n"
    "  text = param { default = 'x' }, whole = param { default = 1 }, part = param { default = 1.5 "
    "},\n"
    "  yes = param { default = true }, length = param { default = '1m', type = 'duration' },\n"
    "  one = param { choices = { 'a', 2 }, default = 'a' }, key = secret { optional = true },\n"
    "}, phase 'p' { step 's' { function() end } } }\n";

static void load(struct run *run)
{
    error_local(err);
    struct buf text = {0};
    buf_puts(&text, source);
    if (!outline_load(run->L, fuzz_options.file, &text, &run->arena, &run->outline, &err)) {
        fprintf(stderr, "%s\n", error_text(&err));
        abort();
    }
    buf_free(&text);
}

static void check(const struct params *p)
{
    static const struct {
        const char *name;
        enum value_type type;
    } types[] = {{"text", VALUE_STRING}, {"whole", VALUE_INT}, {"yes", VALUE_BOOL}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (value_get(p->kept, types[i].name)->type != types[i].type)
            abort();
    if (value_get(p->kept, "key"))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = memfd_create("values", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct run *run = fuzz_open();
    struct redact *secrets = redact_new();
    struct options options = {.values_file = path};
    struct params params = {.given = redact_new()};
    error_local(err);
    load(run);
    if (params_apply(run, &options, secrets, &params, &err)) {
        check(&params);
    } else if (!error_is_set(&err) && value_count(params.problems) == 0) {
        fprintf(stderr, "refused without a word\n");
        abort();
    }
    redact_free(params.given);
    redact_free(secrets);
    fuzz_close(run);
    close(fd);
    return 0;
}
