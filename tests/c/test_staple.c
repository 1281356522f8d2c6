#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <string.h>
#include <time.h>

#include <openssl/ocsp.h>

#include "net/staple.h"

#include "certs.h"

// clang-format off
enum { ROOT, INTER, TWIN, LEAF, OTHER, RESPONDER, NOT_MEANT, OLD, STRANGE, CERTS };
// clang-format on
static struct made made[CERTS];
static const struct recipe recipes[CERTS] = {
    [ROOT] = {CA, .cn = "Test Root"},
    [INTER] = {CA, .cn = "Test Intermediate", .issuer = &made[ROOT]},
    [TWIN] = {CA, .cn = "Test Intermediate", .issuer = &made[ROOT]}, // with another key
    [LEAF] = {SERVER, FOR("DNS:shop.test"), .issuer = &made[INTER]},
    [OTHER] = {SERVER, FOR("DNS:other.test"), .issuer = &made[INTER]},
    [RESPONDER] = {.cn = "Responder", .issuer = &made[INTER], .eku = "OCSPSigning"},
    [NOT_MEANT] = {.cn = "Not meant for it", .issuer = &made[INTER], .eku = "serverAuth"},
    [OLD] = {.cn = "Old", .issuer = &made[INTER], .eku = "OCSPSigning", .from = -90, .to = -3},
    [STRANGE] = {.cn = "Stranger", .issuer = &made[TWIN], .eku = "OCSPSigning"},
};

static void set_up(void)
{
    for (int i = 0; i < CERTS; i++)
        made[i] = make(&recipes[i]);
}

static void tear_down(void)
{
    for (int i = 0; i < CERTS; i++)
        made_free(&made[i]);
    arena_free(&arena);
}

TestSuite(staple, .init = set_up, .fini = tear_down);

struct wish {
    int status, about, signer; // indices above
    int from_days, to_days;    // 0, 0: -1 to 7
    bool lone;                 // only the leaf is served
    size_t cut, flipped;       // bytes less; the byte from the end that is turned over
};

static struct value *describe(struct wish w)
{
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), made[w.about].cert, made[INTER].cert);
    bool dated = w.from_days || w.to_days;
    ASN1_TIME *from = X509_gmtime_adj(NULL, (dated ? w.from_days : -1) * DAY),
              *to = X509_gmtime_adj(NULL, (dated ? w.to_days : 7) * DAY);
    OCSP_basic_add1_status(basic, id, w.status, 0, from, from, to);
    OCSP_basic_sign(basic, made[w.signer].cert, made[w.signer].key, EVP_sha256(), NULL, 0);
    OCSP_RESPONSE *response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    unsigned char *der = NULL;
    int len = i2d_OCSP_RESPONSE(response, &der);
    if (w.flipped)
        der[(size_t)len - w.flipped] ^= 0x40;
    STACK_OF(X509) *served = sk_X509_new_null();
    sk_X509_push(served, made[LEAF].cert);
    if (!w.lone)
        sk_X509_push(served, made[INTER].cert);
    struct value *v = staple_describe(&arena, der, (size_t)len - w.cut, served, time(NULL));
    sk_X509_free(served);
    OPENSSL_free(der);
    OCSP_RESPONSE_free(response);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    OCSP_CERTID_free(id);
    OCSP_BASICRESP_free(basic);
    return v;
}

static void expect(struct value *v, const char *title, const char *status, int signed_well,
                   bool fresh)
{
    const struct value *ok = value_get(v, "signature_ok");
    cr_expect(strcmp(value_get_text(v, "status"), status) == 0, "%s: status %s", title,
              value_get_text(v, "status"));
    cr_expect(ok->type == VALUE_NULL ? signed_well == -1 : ok->boolean == signed_well,
              "%s: signature_ok", title);
    cr_expect(value_get_bool(v, "fresh", !fresh) == fresh, "%s: fresh", title);
}

Test(staple, is_right_in_every_row)
{
    enum { GOOD = V_OCSP_CERTSTATUS_GOOD };
    static const struct {
        const char *title;
        struct wish wish;
        const char *status;
        int signed_well; // -1: cannot be told
        bool fresh;
    } rows[] = {
        {"good", {GOOD, LEAF, .signer = INTER}, "good", 1, true},
        {"revoked", {V_OCSP_CERTSTATUS_REVOKED, LEAF, .signer = INTER}, "revoked", 1, true},
        {"unknown", {V_OCSP_CERTSTATUS_UNKNOWN, LEAF, .signer = INTER}, "unknown", 1, true},
        {"another certificate", {GOOD, OTHER, .signer = INTER}, "other_certificate", 1, false},
        {"a responder", {GOOD, LEAF, .signer = RESPONDER}, "good", 1, true},
        {"not meant to respond", {GOOD, LEAF, .signer = NOT_MEANT}, "good", 0, true},
        {"a responder that ran out", {GOOD, LEAF, .signer = OLD}, "good", 0, true},
        {"a responder of another issuer", {GOOD, LEAF, .signer = STRANGE}, "good", 0, true},
        {"a key that is not the issuer's", {GOOD, LEAF, .signer = TWIN}, "good", 0, true},
        {"signed by the root", {GOOD, LEAF, .signer = ROOT}, "good", 0, true},
        {"out of date", {GOOD, LEAF, .signer = INTER, -9, -2}, "good", 1, false},
        {"of the future", {GOOD, LEAF, .signer = INTER, 1, 3}, "good", 1, false},
        {"the issuer is not served", {GOOD, LEAF, .signer = INTER, .lone = true}, "good", -1, true},
        {"and it is about another",
         {GOOD, OTHER, .signer = INTER, .lone = true},
         "other_certificate",
         -1,
         false},
        {"cut short", {GOOD, LEAF, .signer = INTER, .cut = 10}, "unreadable", -1, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(describe(rows[i].wish), rows[i].title, rows[i].status, rows[i].signed_well,
               rows[i].fresh);
}

Test(staple, a_signature_that_was_tampered_with)
{
    // Behind the signature stands the signer's certificate; the signature is before that.
    int cert_len = i2d_X509(made[INTER].cert, NULL);
    struct value *v = describe((struct wish){V_OCSP_CERTSTATUS_GOOD, LEAF, .signer = INTER,
                                             .flipped = (size_t)cert_len + 20});
    expect(v, "flipped", "good", 0, true);
}

Test(staple, a_responder_that_refuses)
{
    STACK_OF(X509) *served = sk_X509_new_null();
    sk_X509_push(served, made[LEAF].cert);
    OCSP_RESPONSE *later = OCSP_response_create(OCSP_RESPONSE_STATUS_TRYLATER, NULL);
    unsigned char *der = NULL;
    int len = i2d_OCSP_RESPONSE(later, &der);
    struct value *v = staple_describe(&arena, der, (size_t)len, served, time(NULL));
    expect(v, "refusal", "trylater", -1, false);
    cr_expect(value_get(v, "this_update")->type == VALUE_NULL);
    sk_X509_free(served);
    OPENSSL_free(der);
    OCSP_RESPONSE_free(later);
}
