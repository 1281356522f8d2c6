#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>
#include <time.h>

#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "net/mint.h"

static const int64_t DAY = INT64_C(24) * 60 * 60;

static X509 *cert_of(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    cr_assert(PEM_read_bio_X509(bio, NULL, NULL, NULL) == NULL, "one certificate only");
    BIO_free(bio);
    cr_assert(cert != NULL);
    return cert;
}

// The verdict of OpenSSL on the leaf under its CA, for a server called `host` (or at `ip`).
static int verify(const struct mint *m, const char *host, const char *ip, time_t at)
{
    X509 *ca = cert_of(m->ca_pem), *leaf = cert_of(m->cert_pem);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_add_cert(store, ca);
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509_STORE_CTX_init(ctx, store, leaf, NULL);
    X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_auth_level(param, 2);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (host)
        X509_VERIFY_PARAM_set1_host(param, host, 0);
    if (ip)
        X509_VERIFY_PARAM_set1_ip_asc(param, ip);
    X509_VERIFY_PARAM_set_time(param, at);
    X509_verify_cert(ctx);
    int error = X509_STORE_CTX_get_error(ctx);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    X509_free(leaf);
    X509_free(ca);
    return error;
}

Test(mint, serves_every_name_given)
{
    struct mint m;
    error_local(err);
    cr_assert(mint_certificate(&m, "shop.test, *.apps.test,127.0.0.1,::1", -DAY, 30 * DAY, &err));
    time_t now = time(NULL);
    cr_expect(eq(int, verify(&m, "shop.test", NULL, now), X509_V_OK));
    cr_expect(eq(int, verify(&m, "a.apps.test", NULL, now), X509_V_OK));
    cr_expect(eq(int, verify(&m, NULL, "127.0.0.1", now), X509_V_OK));
    cr_expect(eq(int, verify(&m, NULL, "::1", now), X509_V_OK));
    cr_expect(eq(int, verify(&m, "other.test", NULL, now), X509_V_ERR_HOSTNAME_MISMATCH));
    cr_expect(eq(int, verify(&m, NULL, "127.0.0.2", now), X509_V_ERR_IP_ADDRESS_MISMATCH));
    mint_free(&m);
    cr_expect(m.ca_pem == NULL);
}

Test(mint, an_expired_leaf_has_a_valid_ca)
{
    struct mint m;
    error_local(err);
    cr_assert(mint_certificate(&m, "a.test", -30 * DAY, -2 * DAY, &err));
    time_t now = time(NULL);
    cr_expect(eq(int, verify(&m, "a.test", NULL, now), X509_V_ERR_CERT_HAS_EXPIRED));
    cr_expect(eq(int, verify(&m, "a.test", NULL, now - 10 * DAY), X509_V_OK));
    X509 *ca = cert_of(m.ca_pem);
    cr_expect(X509_cmp_current_time(X509_get0_notAfter(ca)) > 0);
    X509_free(ca);
    mint_free(&m);
}

Test(mint, a_leaf_not_yet_valid)
{
    struct mint m;
    error_local(err);
    cr_assert(mint_certificate(&m, "a.test", 5 * DAY, 10 * DAY, &err));
    time_t now = time(NULL);
    cr_expect(eq(int, verify(&m, "a.test", NULL, now), X509_V_ERR_CERT_NOT_YET_VALID));
    cr_expect(eq(int, verify(&m, "a.test", NULL, now + 6 * DAY), X509_V_OK));
    mint_free(&m);
}

Test(mint, the_key_is_the_leafs)
{
    struct mint m;
    error_local(err);
    cr_assert(mint_certificate(&m, "a.test", 0, DAY, &err));
    X509 *leaf = cert_of(m.cert_pem);
    BIO *bio = BIO_new_mem_buf(m.key_pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"");
    cr_expect(eq(int, X509_check_private_key(leaf, key), 1));
    EVP_PKEY_free(key);
    BIO_free(bio);
    X509_free(leaf);
    mint_free(&m);
}

Test(mint, two_are_never_alike)
{
    struct mint a, b;
    error_local(err);
    cr_assert(mint_certificate(&a, "a.test", 0, DAY, &err));
    cr_assert(mint_certificate(&b, "a.test", 0, DAY, &err));
    cr_expect(ne(str, a.cert_pem, b.cert_pem));
    cr_expect(ne(str, a.ca_pem, b.ca_pem));
    mint_free(&a);
    mint_free(&b);
}

Test(mint, a_name_too_long_for_a_common_name)
{
    struct mint m;
    error_local(err);
    const char *name = "a-label-of-some-length.another-label-of-some-length.a-third-label.test";
    cr_assert(mint_certificate(&m, name, 0, DAY, &err), "%s", error_text(&err));
    cr_expect(eq(int, verify(&m, name, NULL, time(NULL) + 60), X509_V_OK));
    mint_free(&m);
}

Test(mint, refuses_what_is_no_name)
{
    struct mint m;
    error_local(err);
    cr_expect(not(mint_certificate(&m, "", 0, DAY, &err)));
    cr_expect(strstr(error_text(&err), "at least one name") != NULL);
    cr_expect(not(mint_certificate(&m, " , ,", 0, DAY, &err)));
    cr_expect(not(mint_certificate(&m,
                                   "a.test,b\xc3\xbc"
                                   "cher.test",
                                   0, DAY, &err)));
    cr_expect(strstr(error_text(&err), "xn--") != NULL, "%s", error_text(&err));
    cr_expect(not(mint_certificate(&m, "a b.test", 0, DAY, &err)));
    cr_expect(m.ca_pem == NULL);
}
