// certs: makes certificates of every kind, good and bad, for the tests.
#pragma once

#include <criterion/criterion.h>
#include <stdint.h>

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/arena.h"

static const int64_t DAY = 86400;
static struct arena arena; // of the test: the PEM texts live in it

struct made {
    X509 *cert;
    EVP_PKEY *key;
    char *pem, *key_pem;
};

struct recipe {
    const char *cn;
    const struct made *issuer; // NULL: signs itself
    int from, to;              // days from now; 0, 0: -10 to 100
    const char *san, *eku, *constraints, *usage, *aki, *aia, *crl, *feature, *limits;
    const char *digest;          // default SHA256
    int rsa;                     // bits; 0: EC P-256
    const struct made *same_key; // as that one's, instead of a new one
    bool sct, broken;
};

static void extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
    if (!value)
        return;
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    cr_assert(e != NULL, "extension %s", value);
    X509_add_ext(cert, e, -1);
    X509_EXTENSION_free(e);
}

// A list of one SCT (RFC 6962, 3.3) whose signature is not looked at.
static void add_sct(X509 *cert)
{
    unsigned char der[57] = {0x04, 55, 0, 53, 0, 51};
    der[6 + 1 + 32 + 8 + 2] = 4;     // SHA-256
    der[6 + 1 + 32 + 8 + 2 + 1] = 3; // ECDSA
    der[6 + 1 + 32 + 8 + 2 + 3] = 4; // four bytes of signature
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(value, der, sizeof der);
    X509_EXTENSION *e = X509_EXTENSION_create_by_NID(NULL, NID_ct_precert_scts, 0, value);
    X509_add_ext(cert, e, -1);
    X509_EXTENSION_free(e);
    ASN1_OCTET_STRING_free(value);
}

static char *bio_text(BIO *bio)
{
    char *text;
    long len = BIO_get_mem_data(bio, &text);
    text = arena_copy(&arena, text, (size_t)len);
    BIO_free(bio);
    return text;
}

static struct made make(const struct recipe *r)
{
    struct made m = {.cert = X509_new()};
    if (r->same_key && EVP_PKEY_up_ref(r->same_key->key))
        m.key = r->same_key->key;
    else
        m.key = r->rsa ? EVP_RSA_gen((unsigned)r->rsa) : EVP_EC_gen("P-256");
    bool dated = r->from || r->to;
    X509 *issuer = r->issuer ? r->issuer->cert : m.cert;
    uint64_t serial;
    RAND_bytes((unsigned char *)&serial, sizeof serial);
    X509_set_version(m.cert, X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(m.cert), serial >> 1);
    X509_gmtime_adj(X509_getm_notBefore(m.cert), (dated ? r->from : -10) * DAY);
    X509_gmtime_adj(X509_getm_notAfter(m.cert), (dated ? r->to : 100) * DAY + 60);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(m.cert), "CN", MBSTRING_UTF8,
                               (const unsigned char *)r->cn, -1, -1, 0);
    X509_set_issuer_name(m.cert, X509_get_subject_name(issuer));
    X509_set_pubkey(m.cert, m.key);
    extend(m.cert, issuer, NID_basic_constraints, r->constraints);
    extend(m.cert, issuer, NID_key_usage, r->usage);
    extend(m.cert, issuer, NID_subject_key_identifier, "hash");
    extend(m.cert, issuer, NID_authority_key_identifier, r->aki ? r->aki : "keyid");
    extend(m.cert, issuer, NID_subject_alt_name, r->san);
    extend(m.cert, issuer, NID_ext_key_usage, r->eku);
    extend(m.cert, issuer, NID_info_access, r->aia);
    extend(m.cert, issuer, NID_crl_distribution_points, r->crl);
    extend(m.cert, issuer, NID_tlsfeature, r->feature);
    extend(m.cert, issuer, NID_name_constraints, r->limits);
    if (r->sct)
        add_sct(m.cert);
    const EVP_MD *md = EVP_get_digestbyname(r->digest ? r->digest : "SHA256");
    cr_assert(X509_sign(m.cert, r->issuer ? r->issuer->key : m.key, md) > 0);
    if (r->broken) {
        EVP_PKEY *stranger = EVP_EC_gen("P-256");
        X509_sign(m.cert, stranger, md);
        EVP_PKEY_free(stranger);
    }
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, m.cert);
    m.pem = bio_text(bio);
    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, m.key, NULL, NULL, 0, NULL, NULL);
    m.key_pem = bio_text(bio);
    return m;
}

static void made_free(struct made *m)
{
    X509_free(m->cert);
    EVP_PKEY_free(m->key);
}

// Parts of recipes.
#define CA .constraints = "critical,CA:TRUE", .usage = "critical,keyCertSign,cRLSign"
#define SERVER                                                                                     \
    .constraints = "critical,CA:FALSE", .usage = "critical,digitalSignature", .eku = "serverAuth"
#define FOR(names) .san = (names), .cn = "leaf"
