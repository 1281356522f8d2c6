#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "net/certificate.h"
#include "net/verdict.h"

#include "certs.h"

static char dir[] = "/tmp/verdict-XXXXXX";
static struct error err;

// clang-format off
enum cast_of_certificates {
    END, // of a list
    ROOT, OTHER, TWIN, SHA1_ROOT, // roots; TWIN has ROOT's name and another key
    INTER, INTER_2, OLD_INTER, WEAK_INTER, NO_CA, SHORT, BELOW_SHORT, LIMITED,
    EXCLUDING, LIMITED_IP, FOR_CLIENTS, NO_SIGNER, SHA1_INTER,
    GOOD, EXPIRED, FUTURE, WILD, ADDRESS, CN_ONLY, PUBLIC, LOGGED, TELLING, CLIENT, WEAK, SHA1_LEAF,
    BROKEN, STAPLE, DIRECT, DIRECT_TELLING, BELOW_SHA1, BELOW_2, BELOW_OLD, BELOW_WEAK, BELOW_NO_CA,
    DEEP, OUTSIDE, SELF, SELF_OLD, INSIDE, EXCLUDED, OUTSIDE_IP, BELOW_SHORT_ONE, BELOW_FOR_CLIENTS,
    BELOW_NO_SIGNER, BELOW_SHA1_INTER, ANY_USE,
    // Crossed: the same name and key, certified by others. CIRCLE_A and CIRCLE_B certify each other.
    OLD_OTHER, INTER_BY_OTHER, INTER_OF_OLD, ROOT_BY_OTHER, ROOT_BY_OLD_OTHER, CIRCLE_SEED, CIRCLE_B, CIRCLE_A,
    BELOW_CIRCLE,
    CERTS,
};
// clang-format on
static struct made made[CERTS];

static const struct recipe recipes[CERTS] = {
    [ROOT] = {CA, .cn = "Test Root"},
    [INTER] = {CA, .cn = "Test Intermediate", .issuer = &made[ROOT]},
    [OTHER] = {CA, .cn = "Other Root"},
    [TWIN] = {CA, .cn = "Test Root"},
    [SHA1_ROOT] = {CA, .cn = "SHA-1 Root", .digest = "SHA1"},
    [INTER_2] = {CA, .cn = "Second Intermediate", .issuer = &made[INTER],
                 .aki = "keyid,issuer:always"},
    [OLD_INTER] = {CA, .cn = "Old Intermediate", .issuer = &made[ROOT], .from = -90, .to = -5},
    [WEAK_INTER] = {CA, .cn = "Weak Intermediate", .issuer = &made[ROOT], .rsa = 1024},
    [NO_CA] = {SERVER, FOR("DNS:ca.test"), .issuer = &made[ROOT]},
    [SHORT] = {.cn = "Short",
               .issuer = &made[ROOT],
               .constraints = "critical,CA:TRUE,pathlen:0",
               .usage = "critical,keyCertSign"},
    [BELOW_SHORT] = {CA, .cn = "Below Short", .issuer = &made[SHORT]},
    [LIMITED] = {CA, .cn = "Limited", .issuer = &made[ROOT], .limits = "permitted;DNS:only.test"},
    [EXCLUDING] = {CA, .cn = "Excluding", .issuer = &made[ROOT],
                   .limits = "excluded;DNS:shop.test"},
    [LIMITED_IP] = {CA, .cn = "Limited to addresses", .issuer = &made[ROOT],
                    .limits = "permitted;IP:10.0.0.0/255.0.0.0"},
    [FOR_CLIENTS] = {CA, .cn = "For clients", .issuer = &made[ROOT], .eku = "clientAuth"},
    [NO_SIGNER] = {.cn = "No signer",
                   .issuer = &made[ROOT],
                   .constraints = "critical,CA:TRUE",
                   .usage = "critical,cRLSign"},
    [SHA1_INTER] = {CA, .cn = "SHA-1 Intermediate", .issuer = &made[ROOT], .digest = "SHA1"},
    [GOOD] = {SERVER, FOR("DNS:shop.test,DNS:www.shop.test"), .issuer = &made[INTER]},
    [EXPIRED] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[INTER], .from = -90, .to = -3},
    [FUTURE] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[INTER], .from = 5, .to = 50},
    [WILD] = {SERVER, FOR("DNS:*.apps.test,DNS:f*.part.test"), .issuer = &made[INTER]},
    [ADDRESS] = {SERVER, FOR("IP:127.0.0.1,IP:::1"), .issuer = &made[INTER]},
    [CN_ONLY] = {SERVER, .cn = "shop.test", .issuer = &made[INTER]},
    [PUBLIC] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[INTER],
                .aia = "caIssuers;URI:http://ca.test/i.crt,OCSP;URI:http://ocsp.test/",
                .crl = "URI:http://ca.test/i.crl"},
    [LOGGED] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[INTER], .sct = true},
    [TELLING] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[INTER],
                 .aki = "keyid,issuer:always"},
    [CLIENT] = {FOR("DNS:shop.test"), .issuer = &made[INTER], .eku = "clientAuth"},
    [WEAK] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[INTER], .rsa = 1024},
    [SHA1_LEAF] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[INTER], .digest = "SHA1"},
    [BROKEN] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[INTER], .broken = true},
    [STAPLE] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[INTER], .feature = "status_request"},
    [DIRECT] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[ROOT]},
    [DIRECT_TELLING] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[ROOT],
                        .aki = "keyid,issuer:always"},
    [BELOW_SHA1] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[SHA1_ROOT]},
    [BELOW_2] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[INTER_2]},
    [BELOW_OLD] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[OLD_INTER]},
    [BELOW_WEAK] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[WEAK_INTER]},
    [BELOW_NO_CA] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[NO_CA]},
    [DEEP] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[BELOW_SHORT]},
    [OUTSIDE] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[LIMITED]},
    [SELF] = {SERVER, FOR("DNS:shop.test")},
    [SELF_OLD] = {SERVER, FOR("DNS:shop.test"), .from = -90, .to = -3},
    [INSIDE] = {SERVER, FOR("DNS:a.only.test"), .issuer = &made[LIMITED]},
    [EXCLUDED] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[EXCLUDING]},
    [OUTSIDE_IP] = {SERVER, FOR("IP:127.0.0.1"), .issuer = &made[LIMITED_IP]},
    [BELOW_SHORT_ONE] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[SHORT]},
    [BELOW_FOR_CLIENTS] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[FOR_CLIENTS]},
    [BELOW_NO_SIGNER] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[NO_SIGNER]},
    [BELOW_SHA1_INTER] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[SHA1_INTER]},
    [ANY_USE] = {FOR("DNS:shop.test"), .issuer = &made[INTER]},
    [OLD_OTHER] = {CA, .cn = "Old Other Root", .from = -90, .to = -5},
    [INTER_BY_OTHER] = {CA, .cn = "Test Intermediate", .issuer = &made[OTHER],
                        .same_key = &made[INTER]},
    [INTER_OF_OLD] = {CA, .cn = "Test Intermediate", .issuer = &made[ROOT],
                      .same_key = &made[INTER], .from = -90, .to = -5},
    [ROOT_BY_OTHER] = {CA, .cn = "Test Root", .issuer = &made[OTHER], .same_key = &made[ROOT]},
    [ROOT_BY_OLD_OTHER] = {CA, .cn = "Test Root", .issuer = &made[OLD_OTHER],
                           .same_key = &made[ROOT]},
    [CIRCLE_SEED] = {CA, .cn = "Circle A"},
    [CIRCLE_B] = {CA, .cn = "Circle B", .issuer = &made[CIRCLE_SEED]},
    [CIRCLE_A] = {CA, .cn = "Circle A", .issuer = &made[CIRCLE_B], .same_key = &made[CIRCLE_SEED]},
    [BELOW_CIRCLE] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[CIRCLE_A]},
};

enum { SYSTEM = -1 };

// What is served (leaf first), what is trusted, the host; then the cause and the errors, each as
// "code@depth", all of them in OpenSSL's order.
static const struct row {
    const char *title;
    int served[5], trusted[3];         // up to an END
    const char *host, *cause, *errors; // the last two NULL: nothing is wrong
    int days;                          // from now, when it is judged
    bool incomplete, disorder;         // of the chain as served
    bool apart;                        // the openssl command judges otherwise
} rows[] = {
    // clang-format off
    {"good", {GOOD, INTER}, {ROOT}, .host = "shop.test"},
    {"good, by its second name", {GOOD, INTER}, {ROOT}, .host = "www.shop.test"},
    {"good, with the root served", {GOOD, INTER, ROOT}, {ROOT}, .host = "shop.test"},
    {"good, among several roots", {GOOD, INTER}, {OTHER, ROOT}, .host = "shop.test"},
    {"good, by the system's roots", {GOOD, INTER}, {SYSTEM}, .host = "shop.test"},
    {"good, straight from the root", {DIRECT}, {ROOT}, .host = "shop.test"},
    {"good, two intermediates", {BELOW_2, INTER_2, INTER}, {ROOT}, .host = "shop.test"},
    {"good, a last dot", {GOOD, INTER}, {ROOT}, .host = "shop.test.", .apart = true},
    {"good, upper case", {GOOD, INTER}, {ROOT}, .host = "SHOP.Test"},
    {"good, no host to judge", {GOOD, INTER}, {ROOT}, .host = NULL},
    {"good, must staple", {STAPLE, INTER}, {ROOT}, .host = "shop.test"},
    {"good, below a root signed with SHA-1", {BELOW_SHA1}, {SHA1_ROOT}, .host = "shop.test"},
    {"good, out of order", {BELOW_2, INTER, INTER_2}, {ROOT}, .host = "shop.test",
     .disorder = true},
    {"good, with a stranger served", {GOOD, OTHER, INTER}, {ROOT}, .host = "shop.test",
     .disorder = true},
    {"good only because the store has the intermediate", {GOOD}, {INTER, ROOT}, .host = "shop.test",
     .incomplete = true},
    {"expired", {EXPIRED, INTER}, {ROOT}, .host = "shop.test", "expired", "10@0"},
    {"expired, later", {GOOD, INTER}, {ROOT}, .host = "shop.test",
     "expired", "10@2 10@1 10@0", .days = 101},
    {"not expired, earlier", {EXPIRED, INTER}, {ROOT}, .host = "shop.test", .days = -5},
    {"not yet valid", {FUTURE, INTER}, {ROOT}, .host = "shop.test", "not_yet_valid", "9@0"},
    {"expired intermediate", {BELOW_OLD, OLD_INTER}, {ROOT}, .host = "shop.test",
     "expired", "10@1"},
    {"wrong host", {GOOD, INTER}, {ROOT}, .host = "other.test", "wrong_host", "62@0"},
    {"wrong host and expired", {EXPIRED, INTER}, {ROOT}, .host = "other.test",
     "wrong_host", "62@0 10@0"},
    {"common name only: OpenSSL falls back to it", {CN_ONLY, INTER}, {ROOT}, .host = "shop.test",
     "wrong_host", "62@0", .apart = true},
    {"wildcard", {WILD, INTER}, {ROOT}, .host = "a.apps.test"},
    {"wildcard, two labels", {WILD, INTER}, {ROOT}, .host = "a.b.apps.test", "wrong_host", "62@0"},
    {"wildcard, no label", {WILD, INTER}, {ROOT}, .host = "apps.test", "wrong_host", "62@0"},
    {"wildcard within a label: OpenSSL takes it", {WILD, INTER}, {ROOT}, .host = "foo.part.test",
     "wrong_host", "62@0", .apart = true},
    {"address", {ADDRESS, INTER}, {ROOT}, .host = "127.0.0.1"},
    {"address, IPv6", {ADDRESS, INTER}, {ROOT}, .host = "::1"},
    {"address, IPv6 in brackets", {ADDRESS, INTER}, {ROOT}, .host = "[::1]", .apart = true},
    {"wrong address", {ADDRESS, INTER}, {ROOT}, .host = "127.0.0.2", "wrong_host", "64@0"},
    {"a name where addresses stand", {ADDRESS, INTER}, {ROOT}, .host = "shop.test",
     "wrong_host", "62@0"},
    {"an address where names stand", {GOOD, INTER}, {ROOT}, .host = "127.0.0.1",
     "wrong_host", "64@0"},
    {"incomplete", {GOOD}, {ROOT}, .host = "shop.test",
     "incomplete_chain", "20@0 21@0", .incomplete = true},
    {"incomplete, the wrong intermediate", {GOOD, OLD_INTER}, {ROOT}, .host = "shop.test",
     "incomplete_chain", "20@0 21@0", .incomplete = true, .disorder = true},
    {"incomplete, the leaf says who is above", {TELLING}, {SYSTEM}, .host = "shop.test",
     "incomplete_chain", "20@0 21@0", .incomplete = true},
    {"incomplete, a public leaf (AIA)", {PUBLIC}, {SYSTEM}, .host = "shop.test",
     "incomplete_chain", "20@0 21@0", .incomplete = true},
    {"incomplete, a public leaf (SCT)", {LOGGED}, {SYSTEM}, .host = "shop.test",
     "incomplete_chain", "20@0 21@0", .incomplete = true},
    {"incomplete, the upper of two is missing", {BELOW_2, INTER_2}, {ROOT}, .host = "shop.test",
     "incomplete_chain", "20@1", .incomplete = true},
    {"incomplete and wrong host", {GOOD}, {ROOT}, .host = "other.test",
     "wrong_host", "20@0 62@0 21@0", .incomplete = true},
    {"untrusted root", {GOOD, INTER}, {OTHER}, .host = "shop.test", "untrusted_root", "20@1"},
    {"untrusted root, served", {GOOD, INTER, ROOT}, {OTHER}, .host = "shop.test",
     "untrusted_root", "19@2"},
    {"untrusted root, one of that name has another key", {DIRECT}, {TWIN}, .host = "shop.test",
     "untrusted_root", "20@0 21@0"},
    {"untrusted root, the leaf says so", {DIRECT_TELLING}, {OTHER}, .host = "shop.test",
     "untrusted_root", "20@0 21@0"},
    {"untrusted root, a private leaf and the system's roots", {GOOD}, {SYSTEM}, .host = "shop.test",
     "untrusted_root", "20@0 21@0"},
    {"untrusted root, only the intermediate is trusted", {GOOD, INTER}, {INTER},
     .host = "shop.test", "untrusted_root", "2@1"},
    {"untrusted root and expired", {EXPIRED, INTER}, {OTHER}, .host = "shop.test",
     "expired", "20@1 10@0"},
    {"self-signed", {SELF}, {ROOT}, .host = "shop.test", "self_signed", "18@0"},
    {"self-signed, expired, wrong host", {SELF_OLD}, {ROOT}, .host = "other.test",
     "self_signed", "18@0 62@0 10@0"},
    {"self-signed and trusted", {SELF}, {SELF}, .host = "shop.test"},
    {"weak key", {WEAK, INTER}, {ROOT}, .host = "shop.test", "weak", "66@0"},
    {"weak key above", {BELOW_WEAK, WEAK_INTER}, {ROOT}, .host = "shop.test", "weak", "67@1"},
    {"weak signature", {SHA1_LEAF, INTER}, {ROOT}, .host = "shop.test", "weak", "68@0"},
    {"for clients only", {CLIENT, INTER}, {ROOT}, .host = "shop.test", "other", "26@0"},
    {"issued by what is no CA", {BELOW_NO_CA, NO_CA}, {ROOT}, .host = "shop.test",
     "other", "79@1 26@1 32@1"},
    {"path too long", {DEEP, BELOW_SHORT, SHORT}, {ROOT}, .host = "shop.test", "other", "25@2"},
    {"outside the name constraints", {OUTSIDE, LIMITED}, {ROOT}, .host = "shop.test",
     "other", "47@0"},
    {"inside the name constraints", {INSIDE, LIMITED}, {ROOT}, .host = "a.only.test"},
    {"excluded by the name constraints", {EXCLUDED, EXCLUDING}, {ROOT}, .host = "shop.test",
     "other", "48@0"},
    {"an address outside the constraints", {OUTSIDE_IP, LIMITED_IP}, {ROOT}, .host = "127.0.0.1",
     "other", "47@0"},
    {"a path as long as it may be", {BELOW_SHORT_ONE, SHORT}, {ROOT}, .host = "shop.test"},
    {"below a CA for clients only", {BELOW_FOR_CLIENTS, FOR_CLIENTS}, {ROOT}, .host = "shop.test",
     "other", "26@1"},
    {"below a CA that may not sign", {BELOW_NO_SIGNER, NO_SIGNER}, {ROOT}, .host = "shop.test",
     "other", "79@1 26@1 32@1"},
    {"for any use", {ANY_USE, INTER}, {ROOT}, .host = "shop.test"},
    {"weak signature above", {BELOW_SHA1_INTER, SHA1_INTER}, {ROOT}, .host = "shop.test",
     "weak", "68@1"},
    {"broken signature", {BROKEN, INTER}, {ROOT}, .host = "shop.test", "other", "7@0"},
    {"crossed, by the other root", {GOOD, INTER_BY_OTHER}, {OTHER}, .host = "shop.test"},
    {"crossed, by a root that is not trusted", {GOOD, INTER_BY_OTHER}, {ROOT}, .host = "shop.test",
     "untrusted_root", "20@1"},
    {"crossed, both served: OpenSSL does not go back for the second",
     {GOOD, INTER, INTER_BY_OTHER}, {OTHER}, .host = "shop.test",
     "untrusted_root", "20@1", .disorder = true},
    {"crossed, both served, the better one first", {GOOD, INTER_BY_OTHER, INTER}, {OTHER},
     .host = "shop.test", .disorder = true},
    {"crossed, the one that ran out comes first", {GOOD, INTER_OF_OLD, INTER}, {ROOT},
     .host = "shop.test", .disorder = true},
    {"crossed, only the one that ran out is served", {GOOD, INTER_OF_OLD}, {ROOT},
     .host = "shop.test", "expired", "10@1"},
    {"crossed root, the root itself is trusted", {GOOD, INTER, ROOT_BY_OTHER}, {ROOT},
     .host = "shop.test"},
    {"crossed root, the other is trusted", {GOOD, INTER, ROOT_BY_OTHER}, {OTHER}, .host = "shop.test"},
    {"crossed root, the other ran out", {GOOD, INTER, ROOT_BY_OLD_OTHER}, {ROOT, OLD_OTHER},
     .host = "shop.test"},
    {"crossed root, only the other that ran out", {GOOD, INTER, ROOT_BY_OLD_OTHER}, {OLD_OTHER},
     .host = "shop.test", "expired", "10@3"},
    {"crossed in a circle", {BELOW_CIRCLE, CIRCLE_A, CIRCLE_B}, {ROOT}, .host = "shop.test",
     "untrusted_root", "20@2"},
    // clang-format on
};

static char *path_of(const char *name)
{
    return arena_printf(&arena, "%s/%s", dir, name);
}

static void write_text(const char *path, const char *text)
{
    cr_assert(file_write(path, text, strlen(text), &err), "%s", error_text(&err));
}

static void set_up(void)
{
    cr_assert(mkdtemp(dir) != NULL);
    for (int i = END + 1; i < CERTS; i++)
        made[i] = make(&recipes[i]);
    write_text(path_of("system.pem"), made[ROOT].pem);
    setenv("SSL_CERT_FILE", path_of("system.pem"), 1);
    setenv("SSL_CERT_DIR", dir, 1);
}

static void tear_down(void)
{
    for (int i = 0; i < CERTS; i++)
        made_free(&made[i]);
    char *command = arena_printf(&arena, "rm -r %s", dir);
    cr_assert(system(command) == 0);
    arena_free(&arena);
}

TestSuite(verdict, .init = set_up, .fini = tear_down);

// The PEM text of those in the list, from the one at `from` on.
static char *pem_of(const int *list, int room, int from)
{
    char *text = arena_dup(&arena, "");
    for (int i = from; i < room && list[i] != END; i++)
        text = arena_printf(&arena, "%s%s", text, made[list[i]].pem);
    return text;
}

static char *run(const char *command, int *status)
{
    struct buf out = {0};
    FILE *pipe = popen(command, "r");
    char bytes[4096];
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, pipe)) > 0;)
        buf_add(&out, bytes, n);
    *status = pclose(pipe);
    char *text = arena_dup(&arena, buf_text(&out));
    buf_free(&out);
    return text;
}

// What `openssl verify` says about the row: whether it is good, and its errors.
static bool openssl_verify(const struct row *r, int64_t at, char **said)
{
    write_text(path_of("leaf.pem"), made[r->served[0]].pem);
    write_text(path_of("served.pem"), pem_of(r->served, 5, 0));
    write_text(path_of("roots.pem"),
               r->trusted[0] == SYSTEM ? made[ROOT].pem : pem_of(r->trusted, 3, 0));
    bool address = r->host && verdict_host_is_address(r->host);
    int status;
    *said = run(arena_printf(&arena,
                             "openssl verify -no-CApath -no-CAstore -CAfile %s/roots.pem "
                             "-untrusted %s/served.pem -purpose sslserver -auth_level 2 "
                             "-attime %" PRId64 " %s %s %s/leaf.pem 2>&1",
                             dir, dir, at,
                             !r->host  ? ""
                             : address ? "-verify_ip"
                                       : "-verify_hostname",
                             r->host ? r->host : "", dir),
                &status);
    return status == 0;
}

static char *errors_in_a_row(const struct value *v)
{
    const struct value *errors = value_get(v, "errors");
    char *text = arena_dup(&arena, "");
    for (size_t i = 0; i < value_count(errors); i++)
        text = arena_printf(&arena, "%s%s%d@%d", text, i ? " " : "",
                            (int)value_get_int(value_at(errors, i), "code", -1),
                            (int)value_get_int(value_at(errors, i), "depth", -1));
    return text;
}

Test(verdict, is_right_in_every_row)
{
    enum { COUNT = sizeof rows / sizeof *rows };
    _Static_assert(COUNT >= 50, "too few chains to say that we judge as OpenSSL does");
    int64_t now = time(NULL);
    int apart = 0;
    for (size_t i = 0; i < COUNT; i++) {
        const struct row *r = &rows[i];
        apart += r->apart;
        int64_t at = now + r->days * DAY;
        const char *rest = pem_of(r->served, 5, 1);
        struct value *v = verdict_of_pem(&arena, made[r->served[0]].pem, *rest ? rest : NULL,
                                         r->trusted[0] == SYSTEM ? NULL : pem_of(r->trusted, 3, 0),
                                         r->host, at, &err);
        cr_assert(v != NULL, "%s: %s", r->title, error_text(&err));
        const char *cause = r->cause ? r->cause : "", *wanted = r->errors ? r->errors : "";
        bool ok = value_get_bool(v, "ok", false);
        cr_expect(ok == !r->errors, "%s: ok", r->title);
        cr_expect(strcmp(value_get_text(v, "cause"), cause) == 0, "%s: cause %s, not %s", r->title,
                  value_get_text(v, "cause"), cause);
        char *errors = errors_in_a_row(v);
        cr_expect(strcmp(errors, wanted) == 0, "%s: errors %s, not %s", r->title, errors, wanted);
        bool mismatch = strstr(errors, "62@0") || strstr(errors, "64@0");
        if (r->host)
            cr_expect(value_get_bool(v, "host_ok", mismatch) == !mismatch, "%s: host_ok", r->title);
        else
            cr_expect(value_get(v, "host_ok")->type == VALUE_NULL, "%s: host_ok", r->title);
        cr_expect(value_get_bool(v, "chain_complete", r->incomplete) == !r->incomplete,
                  "%s: chain_complete", r->title);
        cr_expect(value_get_bool(v, "chain_order_ok", r->disorder) == !r->disorder,
                  "%s: chain_order_ok", r->title);
        cr_expect(value_count(value_get(v, "verified")) > 0 || !ok, "%s: verified", r->title);

        char *said;
        bool theirs = openssl_verify(r, at, &said);
        cr_expect(r->apart == (theirs != ok), "%s: openssl verify says %s", r->title, said);
        // Each error that the command prints must be among ours.
        for (char *e = said; !r->apart && (e = strstr(e, "error ")); e++) {
            int code, depth;
            if (sscanf(e, "error %d at %d depth", &code, &depth) == 2)
                cr_expect(strstr(errors, arena_printf(&arena, "%d@%d", code, depth)) != NULL,
                          "%s: openssl verify says %s", r->title, said);
        }
    }
    fprintf(stderr, "%d chains: %d judged as `openssl verify` does, %d on purpose otherwise\n",
            COUNT, COUNT - apart, apart);
}

Test(verdict, describes_the_verified_chain)
{
    int64_t now = time(NULL);
    struct value *v = verdict_of_pem(&arena, made[STAPLE].pem, made[INTER].pem, made[ROOT].pem,
                                     "shop.test", 0, &err);
    struct value *verified = value_get(v, "verified");
    cr_assert(eq(sz, value_count(verified), 3));
    cr_expect(strcmp(value_get_text(value_at(verified, 2), "subject"), "CN=Test Root") == 0);
    cr_expect(eq(sz, value_count(value_get(v, "chain")), 2));
    cr_expect(eq(i64, value_get_int(v, "days_left", 0), 100));
    cr_expect(eq(i64, value_get_int(v, "days_left_verified", 0), 100));
    cr_expect(value_get_bool(v, "must_staple", false));

    // The earliest end counts, wherever it is in the chain.
    v = verdict_of_pem(&arena, made[BELOW_OLD].pem, made[OLD_INTER].pem, made[ROOT].pem,
                       "shop.test", now, &err);
    cr_expect(eq(i64, value_get_int(v, "days_left", 0), -5));
    cr_expect(eq(i64, value_get_int(v, "days_left_verified", 0), -5));
    cr_expect(not(value_get_bool(v, "must_staple", true)));

    v = verdict_of_pem(&arena, made[GOOD].pem, NULL, made[ROOT].pem, "shop.test", now, &err);
    cr_expect(eq(sz, value_count(value_get(v, "verified")), 0));
    cr_expect(value_get(v, "days_left_verified")->type == VALUE_NULL);
}

static const char *message_of(int leaf, const char *roots, const char *host)
{
    struct value *v = verdict_of_pem(&arena, made[leaf].pem, made[INTER].pem, roots, host, 0, &err);
    return value_get_text(value_at(value_get(v, "errors"), 0), "message");
}

Test(verdict, says_what_is_wrong)
{
    const char *root = made[ROOT].pem;
    const char *m = message_of(GOOD, root, "other.test");
    cr_expect(strcmp(m, "the certificate names DNS:shop.test, DNS:www.shop.test, not other.test") ==
                  0,
              "%s", m);
    m = message_of(CN_ONLY, root, "shop.test");
    cr_expect(strstr(m, "no subjectAltName") != NULL, "%s", m);
    m = message_of(EXPIRED, root, "shop.test");
    cr_expect(strncmp(m, "CN=leaf expired at 20", 21) == 0, "%s", m);
    m = message_of(FUTURE, root, "shop.test");
    cr_expect(strncmp(m, "CN=leaf is not valid before 20", 30) == 0, "%s", m);
    m = message_of(GOOD, made[OTHER].pem, "shop.test");
    cr_expect(strstr(m, "issued by CN=Test Root, which was not served and is not a root") != NULL,
              "%s", m);
    m = message_of(SELF, root, "shop.test");
    cr_expect(strstr(m, "signed itself") != NULL, "%s", m);
    m = message_of(WEAK, root, "shop.test");
    cr_expect(strstr(m, "key too weak") != NULL, "%s", m);
    struct value *v =
        verdict_of_pem(&arena, made[CLIENT].pem, made[INTER].pem, root, "shop.test", 0, &err);
    cr_expect(strcmp(value_get_text(value_at(value_get(v, "errors"), 0), "name"),
                     "INVALID_PURPOSE") == 0);
}

Test(verdict, refuses_what_is_no_pem)
{
    const char *good = made[GOOD].pem, *root = made[ROOT].pem;
    cr_expect(verdict_of_pem(&arena, "", NULL, root, "a", 0, &err) == NULL);
    cr_expect(strstr(error_text(&err), "no certificate in the leaf") != NULL, "%s",
              error_text(&err));
    cr_expect(verdict_of_pem(&arena, good, "rubbish", root, "a", 0, &err) == NULL);
    cr_expect(strstr(error_text(&err), "intermediates") != NULL, "%s", error_text(&err));
    cr_expect(verdict_of_pem(&arena, good, NULL, "", "a", 0, &err) == NULL);
    cr_expect(strstr(error_text(&err), "CA certificates") != NULL, "%s", error_text(&err));
    char *cut = arena_dup(&arena, good);
    cut[strlen(cut) / 2] = '\0';
    cr_expect(verdict_of_pem(&arena, cut, NULL, root, "a", 0, &err) == NULL);
    cr_expect(strstr(error_text(&err), "certificate 1 of the leaf") != NULL, "%s",
              error_text(&err));
    char *bad = arena_printf(&arena, "%s%s", good, cut);
    cr_expect(verdict_of_pem(&arena, bad, NULL, root, "a", 0, &err) == NULL);
    cr_expect(strstr(error_text(&err), "certificate 2 of the leaf") != NULL, "%s",
              error_text(&err));
    bad = arena_dup(&arena, good);
    bad[100] = '!';
    cr_expect(verdict_of_pem(&arena, bad, NULL, root, "a", 0, &err) == NULL);
}

Test(verdict, opens_a_trust_of_each_kind)
{
    struct trust t;
    char *path = path_of("ca.pem");
    write_text(path, made[ROOT].pem);
    cr_expect(trust_open(&t, path, NULL, &err) && t.given);
    trust_close(&t);
    cr_expect(trust_open(&t, NULL, made[ROOT].pem, &err) && t.given);
    trust_close(&t);
    struct trust again;
    cr_expect(trust_open(&t, NULL, NULL, &err) && !t.given);
    cr_expect(trust_open(&again, NULL, NULL, &err) && again.store == t.store, "read once");
    trust_close(&t);
    trust_close(&again);
    cr_expect(not(trust_open(&t, "/no/such/file.pem", NULL, &err)));
    cr_expect(strstr(error_text(&err), "/no/such/file.pem") != NULL, "%s", error_text(&err));
    write_text(path, "rubbish");
    cr_expect(not(trust_open(&t, path, NULL, &err)));
    cr_expect(strstr(error_text(&err), path) != NULL, "%s", error_text(&err));
}

// What the command prints, without its last line break.
static char *openssl_says(const char *format, const char *path)
{
    int status;
    char *command = arena_alloc(&arena, 512);
    snprintf(command, 512, format, path);
    char *said = run(command, &status);
    said[strcspn(said, "\n")] = '\0';
    return said;
}

static void expect_text(const struct value *v, const char *key, const char *wanted)
{
    cr_expect(strcmp(value_get_text(v, key), wanted) == 0, "%s is %s, not %s", key,
              value_get_text(v, key), wanted);
}

Test(verdict, describes_a_certificate_as_openssl_does)
{
    char *path = path_of("one.pem");
    write_text(path, made[PUBLIC].pem);
    int64_t now = time(NULL);
    struct value *v = certificate_describe(&arena, made[PUBLIC].cert, now);
    expect_text(v, "serial",
                openssl_says("openssl x509 -in %s -noout -serial | cut -d= -f2", path));
    expect_text(v, "sha256",
                openssl_says("openssl x509 -in %s -outform DER | sha256sum | cut -d' ' -f1", path));
    expect_text(
        v, "spki_sha256",
        openssl_says("openssl x509 -in %s -noout -pubkey | openssl pkey -pubin -outform DER "
                     "| sha256sum | cut -d' ' -f1",
                     path));
    expect_text(v, "not_after",
                openssl_says("date -u +%%FT%%TZ -d \"$(openssl x509 -in %s -noout -enddate | "
                             "cut -d= -f2)\"",
                             path));
    expect_text(v, "not_before",
                openssl_says("date -u +%%FT%%TZ -d \"$(openssl x509 -in %s -noout -startdate | "
                             "cut -d= -f2)\"",
                             path));
    expect_text(v, "subject", "CN=leaf");
    expect_text(v, "issuer", "CN=Test Intermediate");
    expect_text(v, "signature", "ecdsa-with-SHA256");
    expect_text(value_get(v, "key"), "type", "EC");
    cr_expect(eq(i64, value_get_int(value_get(v, "key"), "bits", 0), 256));
    cr_expect(strcmp(value_text(value_at(value_get(v, "sans"), 0)), "DNS:shop.test") == 0);
    cr_expect(strcmp(value_text(value_at(value_get(v, "eku"), 0)), "serverAuth") == 0);
    cr_expect(strcmp(value_text(value_at(value_get(v, "ocsp"), 0)), "http://ocsp.test/") == 0);
    cr_expect(strcmp(value_text(value_at(value_get(v, "aia"), 0)), "http://ca.test/i.crt") == 0);
    cr_expect(strcmp(value_text(value_at(value_get(v, "crl"), 0)), "http://ca.test/i.crl") == 0);
    cr_expect(not(value_get_bool(v, "is_ca", true)));
    cr_expect(eq(i64, value_get_int(v, "sct_count", -1), 0));

    v = certificate_describe(&arena, made[LOGGED].cert, now);
    cr_expect(eq(i64, value_get_int(v, "sct_count", -1), 1));
    v = certificate_describe(&arena, made[ADDRESS].cert, now);
    cr_expect(strcmp(value_text(value_at(value_get(v, "sans"), 0)), "IP:127.0.0.1") == 0);
    cr_expect(strcmp(value_text(value_at(value_get(v, "sans"), 1)), "IP:::1") == 0);
    v = certificate_describe(&arena, made[WEAK_INTER].cert, now);
    expect_text(value_get(v, "key"), "type", "RSA");
    cr_expect(eq(i64, value_get_int(value_get(v, "key"), "bits", 0), 1024));
    cr_expect(value_get_bool(v, "is_ca", false));
    cr_expect(eq(sz, value_count(value_get(v, "sans")), 0));
}

Test(verdict, counts_days_down)
{
    const X509 *cert = made[GOOD].cert; // ends 100 days and a minute from now
    int64_t end = time(NULL) + 100 * DAY + 60;
    cr_expect(eq(i64, certificate_days_left(cert, end - 2 * DAY - 30), 2));
    cr_expect(eq(i64, certificate_days_left(cert, end - 2 * DAY + 30), 1));
    cr_expect(eq(i64, certificate_days_left(cert, end - 30), 0));
    cr_expect(eq(i64, certificate_days_left(cert, end + 30), -1));
    cr_expect(eq(i64, certificate_days_left(cert, end + DAY + 30), -2));
}

Test(verdict, every_cut_of_a_certificate_is_survived)
{
    unsigned char *der = NULL;
    int size = i2d_X509(made[PUBLIC].cert, &der);
    for (int i = 0; i < size; i++) { // one byte turned over at a time
        unsigned char *copy = arena_alloc(&arena, (size_t)size);
        memcpy(copy, der, (size_t)size);
        copy[i] ^= 0x55;
        const unsigned char *p = copy;
        X509 *cert = d2i_X509(NULL, &p, size);
        if (!cert)
            continue;
        cr_expect(value_count(certificate_describe(&arena, cert, 0)) == 17);
        X509_free(cert);
    }
    OPENSSL_free(der);
}
