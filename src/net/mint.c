#include "net/mint.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/arena.h"

enum { DAY_S = 24 * 60 * 60, LONGEST_CN = 64 };

// A certificate under way and its key.
struct draft {
    X509 *cert;
    EVP_PKEY *key;
};

static bool openssl_failed(struct error *err, const char *doing)
{
    char why[256];
    ERR_error_string_n(ERR_get_error(), why, sizeof why);
    ERR_clear_error();
    return error_set(err, "could not %s: OpenSSL says %s", doing, why);
}

static void draft_free(struct draft *d)
{
    X509_free(d->cert);
    EVP_PKEY_free(d->key);
}

static bool serial_set(X509 *cert)
{
    unsigned char bytes[16];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return false;
    bytes[0] &= 0x7f; // a positive number
    BIGNUM *n = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool ok = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert));
    BN_free(n);
    return ok;
}

// Gives the draft a new key, a serial number, a validity and a subject with this common name.
static bool draft_begin(struct draft *d, const char *cn, int64_t from_s, int64_t to_s)
{
    d->key = EVP_EC_gen("P-256");
    d->cert = X509_new();
    if (!d->key || !d->cert)
        return false;
    X509_NAME *name = X509_get_subject_name(d->cert);
    return X509_set_version(d->cert, X509_VERSION_3) && serial_set(d->cert) &&
           X509_gmtime_adj(X509_getm_notBefore(d->cert), (long)from_s) &&
           X509_gmtime_adj(X509_getm_notAfter(d->cert), (long)to_s) &&
           X509_set_pubkey(d->cert, d->key) &&
           X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)"runbook",
                                      -1, -1, 0) &&
           (strlen(cn) > LONGEST_CN ||
            X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1,
                                       0));
}

static bool extension_add(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool ok = extension && X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
    return ok;
}

static bool draft_sign(struct draft *d, const struct draft *issuer)
{
    return X509_set_issuer_name(d->cert, X509_get_subject_name(issuer->cert)) &&
           extension_add(d->cert, issuer->cert, NID_subject_key_identifier, "hash") &&
           extension_add(d->cert, issuer->cert, NID_authority_key_identifier, "keyid:always") &&
           X509_sign(d->cert, issuer->key, EVP_sha256());
}

static bool name_push(GENERAL_NAMES *names, int type, ASN1_STRING *text)
{
    GENERAL_NAME *name = text ? GENERAL_NAME_new() : NULL;
    if (!name) {
        ASN1_STRING_free(text);
        return false;
    }
    GENERAL_NAME_set0_value(name, type, text);
    if (sk_GENERAL_NAME_push(names, name))
        return true;
    GENERAL_NAME_free(name);
    return false;
}

static bool name_add(GENERAL_NAMES *names, const char *text, struct error *err)
{
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(text);
    if (address)
        return name_push(names, GEN_IPADD, address) || openssl_failed(err, "name an address");
    ERR_clear_error();
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c <= ' ' || *c > '~')
            return error_set(err,
                             "'%s' is neither a DNS name nor an address; write a name outside "
                             "ASCII as xn--...",
                             text);
    ASN1_IA5STRING *dns = ASN1_IA5STRING_new();
    if (!dns || !ASN1_STRING_set(dns, text, -1)) {
        ASN1_IA5STRING_free(dns);
        return openssl_failed(err, "name a host");
    }
    return name_push(names, GEN_DNS, dns) || openssl_failed(err, "name a host");
}

// Writes the names as the leaf's subjectAltName and hands out the first one, for its common name.
static bool names_read(const char *list, GENERAL_NAMES *names, char **first, struct error *err)
{
    char *copy = mem_dup(list);
    bool ok = true;
    char *rest = copy;
    for (char *item; ok && (item = strsep(&rest, ","));) {
        item += strspn(item, " ");
        for (size_t len = strlen(item); len && item[len - 1] == ' ';)
            item[--len] = '\0';
        if (*item == '\0')
            continue;
        ok = name_add(names, item, err);
        if (!*first)
            *first = mem_dup(item);
    }
    free(copy);
    if (ok && !*first) {
        error_set(err, "a certificate needs at least one name, as in 'localhost,127.0.0.1'");
        ok = false;
    }
    return ok;
}

static char *bio_take(BIO *bio)
{
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);
    char *text = mem_alloc((size_t)len + 1);
    memcpy(text, data, (size_t)len);
    BIO_free(bio);
    return text;
}

static char *pem_of_cert(X509 *cert)
{
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, cert);
    return bio_take(bio);
}

static char *pem_of_key(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    return bio_take(bio);
}

static bool ca_make(struct draft *ca, int64_t from_s, int64_t to_s)
{
    from_s = (from_s < 0 ? from_s : 0) - DAY_S;
    to_s = (to_s > 0 ? to_s : 0) + DAY_S;
    return draft_begin(ca, "runbook sandbox CA", from_s, to_s) &&
           extension_add(ca->cert, ca->cert, NID_basic_constraints, "critical,CA:TRUE") &&
           extension_add(ca->cert, ca->cert, NID_key_usage, "critical,keyCertSign,cRLSign") &&
           draft_sign(ca, ca);
}

static bool leaf_make(struct draft *leaf, const struct draft *ca, const char *cn,
                      GENERAL_NAMES *names, int64_t from_s, int64_t to_s)
{
    return draft_begin(leaf, cn, from_s, to_s) &&
           extension_add(leaf->cert, ca->cert, NID_basic_constraints, "critical,CA:FALSE") &&
           extension_add(leaf->cert, ca->cert, NID_key_usage, "critical,digitalSignature") &&
           extension_add(leaf->cert, ca->cert, NID_ext_key_usage, "serverAuth") &&
           X509_add1_ext_i2d(leaf->cert, NID_subject_alt_name, names, 0, 0) && draft_sign(leaf, ca);
}

bool mint_certificate(struct mint *m, const char *names, int64_t not_before_s, int64_t not_after_s,
                      struct error *err)
{
    *m = (struct mint){0};
    struct draft ca = {0}, leaf = {0};
    char *cn = NULL;
    GENERAL_NAMES *alt = GENERAL_NAMES_new();
    bool ok = names_read(names, alt, &cn, err);
    if (ok) {
        ok = (ca_make(&ca, not_before_s, not_after_s) &&
              leaf_make(&leaf, &ca, cn, alt, not_before_s, not_after_s)) ||
             openssl_failed(err, "make a certificate");
    }
    if (ok)
        *m = (struct mint){.ca_pem = pem_of_cert(ca.cert),
                           .cert_pem = pem_of_cert(leaf.cert),
                           .key_pem = pem_of_key(leaf.key)};
    GENERAL_NAMES_free(alt);
    free(cn);
    draft_free(&leaf);
    draft_free(&ca);
    return ok;
}

void mint_free(struct mint *m)
{
    free(m->ca_pem);
    free(m->cert_pem);
    free(m->key_pem);
    *m = (struct mint){0};
}
