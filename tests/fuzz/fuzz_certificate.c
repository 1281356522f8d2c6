// libFuzzer target: certificates of any kind, as DER or PEM, are described and judged or refused.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "net/certificate.h"
#include "net/mint.h"
#include "net/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOMENT = 1700000000, FIELDS = 17 };

static const char *root(void)
{
    static struct mint m;
    error_local(err);
    if (!m.ca_pem && !mint_certificate(&m, "shop.test", -60, 60, &err))
        abort();
    return m.ca_pem;
}

static void expect_whole(const struct value *v)
{
    if (value_count(v) != FIELDS) {
        fprintf(stderr, "%zu fields\n", value_count(v));
        abort();
    }
}

static void judge_der(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    const unsigned char *p = data;
    X509 *cert = d2i_X509(NULL, &p, (long)size);
    if (cert) {
        struct trust trust;
        error_local(err);
        STACK_OF(X509) *served = sk_X509_new_null();
        sk_X509_push(served, cert);
        sk_X509_push(served, cert);
        struct value *v = value_object(&a);
        if (!trust_open(&trust, NULL, root(), &err))
            abort();
        verdict_set(&a, v,
                    &(struct verdict_case){
                        .served = served, .trust = &trust, .host = "shop.test", .at = MOMENT});
        expect_whole(value_at(value_get(v, "chain"), 0));
        trust_close(&trust);
        sk_X509_free(served);
    }
    X509_free(cert);
    ERR_clear_error();
    arena_free(&a);
}

static void judge_pem(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    error_local(err);
    const char *text = arena_copy(&a, (const char *)data, size);
    const struct value *v = verdict_of_pem(&a, text, NULL, root(), "shop.test", MOMENT, &err);
    if (!v && !error_is_set(&err))
        abort();
    if (v)
        expect_whole(value_at(value_get(v, "chain"), 0));
    arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 5 && memcmp(data, "-----", 5) == 0)
        judge_pem(data, size);
    else
        judge_der(data, size);
    return 0;
}
