// Plan files: written, read back, signed, and what is refused. The signature is checked by test 2
// of RFC 8032, section 7.1.
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "net/signature.h"
#include "record/planfile.h"

static struct arena arena;
static char folder[] = "/tmp/planfile.XXXXXX";

// The private key of the test as PKCS #8 (RFC 8410, section 7), and its public half.
static const char private_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
    "-----END PRIVATE KEY-----\n";
static const unsigned char public_key[] = {
    0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a, 0xa7, 0x4d, 0x1b, 0x7e, 0xbc,
    0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4, 0x96, 0x8c, 0xc0, 0xcd, 0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c};
static const unsigned char signature_of_r[] = {
    0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f, 0x64, 0x25, 0x40,
    0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76, 0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda,
    0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99, 0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c,
    0x38, 0x7b, 0x2e, 0xae, 0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00};

static const char *at(const char *name)
{
    return arena_printf(&arena, "%s/%s", folder, name);
}

static void put(const char *name, const char *text)
{
    error_local(err);
    cr_assert(file_write(at(name), text, strlen(text), &err), "%s", error_text(&err));
}

static void set_up(void)
{
    cr_assert(mkdtemp(folder));
    put("key", private_pem);
}

static void tear_down(void)
{
    unlink(at("plan"));
    unlink(at("key"));
    rmdir(folder);
    arena_free(&arena);
}

TestSuite(planfile, .init = set_up, .fini = tear_down);

static struct value *json(const char *text)
{
    struct value *v = json_parse(&arena, text, strlen(text), NULL);
    cr_assert(v);
    return v;
}

static const char plan_text[] =
    "{\"format\":1,\"id\":\"20261122-1\",\"seed\":-5,\"made\":1,\"user\":\"u\",\"host\":\"h\","
    "\"name\":\"n\","
    "\"file\":\"f.lua\",\"options\":{\"phases\":[\"p\"],\"set\":[\"a=b\"]},\"params\":{},"
    "\"sources\":{\"\":{\"chunk\":\"f.lua\",\"text\":\"x\"}},\"writes\":[],\"foreseen\":[],"
    "\"readings\":[]}";

// The file that is made of it, in the arena.
static struct buf written(const char *key)
{
    struct buf text = {0};
    error_local(err);
    cr_assert(planfile_write(at("plan"), json("{\"run\":{\"name\":\"n\"},\"end\":null}"),
                             json(plan_text), key, &err),
              "%s", error_text(&err));
    cr_assert(file_read(at("plan"), &text, &err));
    return text;
}

Test(planfile, signs_as_the_standard_says)
{
    unsigned char signature[SIGNATURE_SIZE], key[SIGNATURE_KEY_SIZE];
    error_local(err);
    cr_assert(signature_make(at("key"), "\x72", 1, signature, key, &err), "%s", error_text(&err));
    cr_expect_arr_eq(signature, signature_of_r, SIGNATURE_SIZE);
    cr_expect_arr_eq(key, public_key, SIGNATURE_KEY_SIZE);
    cr_expect(signature_holds(public_key, "\x72", 1, signature_of_r));
    cr_expect_not(signature_holds(public_key, "\x73", 1, signature_of_r));
    cr_expect_not(signature_holds(public_key, "", 0, signature_of_r));
}

Test(planfile, comes_back_as_it_was_written)
{
    struct planfile file;
    error_local(err);
    struct buf text = written(NULL);
    cr_assert(planfile_read(&arena, text.data, text.len, &file, &err), "%s", error_text(&err));
    cr_expect(value_equal(file.plan, json(plan_text)));
    cr_expect_eq(file.signature, PLANFILE_UNSIGNED);
    cr_expect_not(planfile_signed_by(&file, at("key"), &err));
    cr_expect(strstr(error_text(&err), "is not signed"));
    buf_free(&text);
}

Test(planfile, any_other_byte_is_refused_when_it_is_signed)
{
    error_local(err);
    struct buf text = written(at("key"));
    struct planfile file;
    cr_assert(planfile_read(&arena, text.data, text.len, &file, &err), "%s", error_text(&err));
    cr_expect_eq(file.signature, PLANFILE_SIGNED);
    cr_expect(planfile_signed_by(&file, at("key"), &err), "%s", error_text(&err));
    for (size_t i = 0; i < text.len; i++) {
        struct arena a = {0};
        char before = text.data[i];
        text.data[i] = before == 'x' ? 'y' : 'x';
        bool taken = planfile_read(&a, text.data, text.len, &file, &err) &&
                     planfile_signed_by(&file, at("key"), &err);
        cr_expect_not(taken, "byte %zu", i);
        text.data[i] = before;
        arena_free(&a);
    }
    for (size_t len = 0; len < text.len; len++) {
        struct arena a = {0};
        cr_expect_not(planfile_read(&a, text.data, len, &file, &err), "cut to %zu bytes", len);
        arena_free(&a);
    }
    buf_free(&text);
}

static const char *refusal(const char *document)
{
    struct planfile file;
    static struct error err;
    const char *line = arena_printf(&arena, "%s\n", document);
    error_free(&err);
    cr_expect_not(planfile_read(&arena, line, strlen(line), &file, &err), "%s", document);
    return error_text(&err);
}

// The plan with `member` set to other text, or without it.
static const char *with(const char *member, const char *other)
{
    struct buf text = {0};
    struct value *document = value_object(&arena), *plan = json(plan_text);
    if (other)
        value_set(&arena, plan, member, json(other));
    else
        value_remove(plan, member);
    value_set(&arena, document, "plan", plan);
    json_write(&text, document, JSON_CANONICAL);
    const char *copy = arena_copy(&arena, text.data, text.len);
    buf_free(&text);
    return copy;
}

Test(planfile, what_is_no_plan_is_refused_with_a_word_why)
{
    cr_expect(strstr(refusal(""), "is no plan, or not the whole of one"));
    cr_expect(strstr(refusal("{\"plan\":"), "is no plan, or not the whole of one"));
    cr_expect(strstr(refusal("[]"), "is no plan; one is made with"));
    cr_expect(strstr(refusal("{\"plan\":3}"), "is no plan; one is made with"));
    cr_expect(strstr(refusal("{\"plan\":{}}"), "something is missing"));
    cr_expect(strstr(refusal(with("format", "2")), "made by a newer runbook (format 2"));
    static const char *const members[] = {"id",      "seed",   "made",     "user",
                                          "host",    "name",   "params",   "options",
                                          "sources", "writes", "readings", "foreseen"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        cr_expect(strstr(refusal(with(members[i], NULL)), "something is missing"), "%s",
                  members[i]);
    cr_expect(strstr(refusal(with("id", "\"../../x\"")), "something is missing"));
    cr_expect(strstr(refusal(with("sources", "{}")), "something is missing"));
    cr_expect(strstr(refusal(with("sources", "{\"\":3}")), "something is missing"));
    cr_expect(strstr(refusal(with("options", "{\"set\":[\"a\"]}")), "something is missing"));
    cr_expect(strstr(refusal(with("options", "{\"set\":[3]}")), "something is missing"));
    cr_expect(
        strstr(refusal(arena_printf(&arena, " %s", with("params", "{}"))), "was changed after"));
}

Test(planfile, a_signature_of_another_form_fits_nothing)
{
    static const char *const forms[] = {
        "{}",
        "3",
        "null",
        "{\"algorithm\":\"none\"}",
        "{\"algorithm\":\"Ed25519\",\"key\":\"\",\"value\":\"\"}",
        "{\"algorithm\":\"Ed25519\",\"key\":[],\"value\":\"AAAA\"}"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct value *document = value_object(&arena);
        struct planfile file;
        error_local(err);
        struct buf text = {0};
        value_set(&arena, document, "plan", json(plan_text));
        value_set(&arena, document, "signature", json(forms[i]));
        json_write(&text, document, JSON_CANONICAL);
        buf_putc(&text, '\n');
        cr_assert(planfile_read(&arena, text.data, text.len, &file, &err), "%s", error_text(&err));
        cr_expect_eq(file.signature, PLANFILE_FORGED, "%s", forms[i]);
        cr_expect_not(planfile_signed_by(&file, at("key"), &err));
        buf_free(&text);
    }
}
