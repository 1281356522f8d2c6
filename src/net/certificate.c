#include "net/certificate.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#include <openssl/ct.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "net/digest.h"

enum { DAY_S = 24 * 60 * 60, TLS_FEATURE_STATUS_REQUEST = 5 };

static const char *name_text(struct arena *a, const X509_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());
    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    char *text = NULL;
    long len = BIO_get_mem_data(bio, &text);
    const char *copy = arena_copy(a, text, len > 0 ? (size_t)len : 0);
    BIO_free(bio);
    return copy;
}

const char *certificate_subject(struct arena *a, const X509 *cert)
{
    return name_text(a, X509_get_subject_name(cert));
}

const char *certificate_issuer(struct arena *a, const X509 *cert)
{
    return name_text(a, X509_get_issuer_name(cert));
}

static bool time_read(const ASN1_TIME *t, int64_t *s)
{
    struct tm tm = {0};
    if (!ASN1_TIME_to_tm(t, &tm))
        return false;
    *s = timegm(&tm);
    return true;
}

struct value *certificate_time(struct arena *a, const ASN1_TIME *t)
{
    struct tm tm = {0};
    char text[32];
    if (!t || !ASN1_TIME_to_tm(t, &tm) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm))
        return value_null(a);
    return value_string(a, text);
}

int64_t certificate_days_left(const X509 *cert, int64_t at)
{
    int64_t end = 0;
    time_read(X509_get0_notAfter(cert), &end);
    int64_t left = end - at;
    return left / DAY_S - (left % DAY_S < 0);
}

static struct value *digest_value(struct arena *a, const unsigned char *der, int size)
{
    unsigned char digest[DIGEST_SIZE];
    char text[2 * DIGEST_SIZE];
    digest_sha256(der, size > 0 ? (size_t)size : 0, digest);
    digest_hex(digest, sizeof digest, text);
    return value_bytes(a, text, sizeof text);
}

static struct value *serial_value(struct arena *a, const X509 *cert)
{
    BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
    char *text = n ? BN_bn2hex(n) : NULL;
    struct value *v = value_string(a, text);
    OPENSSL_free(text);
    BN_free(n);
    return v;
}

static struct value *sha256_value(struct arena *a, X509 *cert)
{
    unsigned char *der = NULL;
    int size = i2d_X509(cert, &der);
    struct value *v = digest_value(a, der, size);
    OPENSSL_free(der);
    return v;
}

static struct value *spki_sha256_value(struct arena *a, const X509 *cert)
{
    unsigned char *der = NULL;
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    struct value *v = digest_value(a, der, size);
    OPENSSL_free(der);
    return v;
}

static struct value *key_value(struct arena *a, const X509 *cert)
{
    const EVP_PKEY *key = X509_get0_pubkey(cert);
    const char *type = key ? EVP_PKEY_get0_type_name(key) : NULL;
    struct value *v = value_object(a);
    value_set(a, v, "type", value_string(a, type ? type : "unknown"));
    value_set(a, v, "bits", value_int(a, key ? EVP_PKEY_get_bits(key) : 0));
    return v;
}

static struct value *object_id(struct arena *a, const ASN1_OBJECT *id, bool long_name)
{
    int nid = OBJ_obj2nid(id);
    if (nid != NID_undef)
        return value_string(a, long_name ? OBJ_nid2ln(nid) : OBJ_nid2sn(nid));
    char dotted[128];
    OBJ_obj2txt(dotted, sizeof dotted, id, 1);
    return value_string(a, dotted);
}

static struct value *signature_value(struct arena *a, const X509 *cert)
{
    const ASN1_OBJECT *id;
    X509_ALGOR_get0(&id, NULL, NULL, X509_get0_tbs_sigalg(cert));
    return object_id(a, id, true);
}

static struct value *name_value(struct arena *a, const GENERAL_NAME *name)
{
    int type;
    const ASN1_STRING *text = GENERAL_NAME_get0_value(name, &type);
    if (type == GEN_IPADD) {
        char address[64];
        int family = ASN1_STRING_length(text) == 4 ? AF_INET : AF_INET6;
        bool known = ASN1_STRING_length(text) == 4 || ASN1_STRING_length(text) == 16;
        if (known && inet_ntop(family, ASN1_STRING_get0_data(text), address, sizeof address))
            return value_printf(a, "IP:%s", address);
        return value_string(a, "IP:invalid");
    }
    const char *prefix = type == GEN_DNS     ? "DNS:"
                         : type == GEN_EMAIL ? "email:"
                         : type == GEN_URI   ? "URI:"
                                             : NULL;
    if (!prefix)
        return value_string(a, type == GEN_DIRNAME ? "dirname" : "other");
    struct buf b = {0};
    buf_puts(&b, prefix);
    buf_add(&b, ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text));
    struct value *v = value_bytes(a, b.data, b.len);
    buf_free(&b);
    return v;
}

struct value *certificate_names(struct arena *a, const X509 *cert)
{
    struct value *list = value_array(a);
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
        value_push(a, list, name_value(a, sk_GENERAL_NAME_value(names, i)));
    GENERAL_NAMES_free(names);
    return list;
}

static struct value *eku_value(struct arena *a, const X509 *cert)
{
    struct value *list = value_array(a);
    EXTENDED_KEY_USAGE *uses = X509_get_ext_d2i(cert, NID_ext_key_usage, NULL, NULL);
    for (int i = 0; i < sk_ASN1_OBJECT_num(uses); i++)
        value_push(a, list, object_id(a, sk_ASN1_OBJECT_value(uses, i), false));
    EXTENDED_KEY_USAGE_free(uses);
    return list;
}

static void uri_push(struct arena *a, struct value *list, const GENERAL_NAME *name)
{
    int type;
    const ASN1_STRING *text = GENERAL_NAME_get0_value(name, &type);
    if (type == GEN_URI)
        value_push(a, list,
                   value_bytes(a, (const char *)ASN1_STRING_get0_data(text),
                               (size_t)ASN1_STRING_length(text)));
}

// The addresses of one kind that the authority information access gives (RFC 5280, 4.2.2.1).
static struct value *access_value(struct arena *a, const X509 *cert, int kind)
{
    struct value *list = value_array(a);
    AUTHORITY_INFO_ACCESS *all = X509_get_ext_d2i(cert, NID_info_access, NULL, NULL);
    for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(all); i++) {
        const ACCESS_DESCRIPTION *one = sk_ACCESS_DESCRIPTION_value(all, i);
        if (OBJ_obj2nid(one->method) == kind)
            uri_push(a, list, one->location);
    }
    AUTHORITY_INFO_ACCESS_free(all);
    return list;
}

static struct value *crl_value(struct arena *a, const X509 *cert)
{
    struct value *list = value_array(a);
    CRL_DIST_POINTS *points = X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL, NULL);
    for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
        const DIST_POINT_NAME *point = sk_DIST_POINT_value(points, i)->distpoint;
        if (!point || point->type != 0)
            continue;
        for (int j = 0; j < sk_GENERAL_NAME_num(point->name.fullname); j++)
            uri_push(a, list, sk_GENERAL_NAME_value(point->name.fullname, j));
    }
    CRL_DIST_POINTS_free(points);
    return list;
}

static int sct_count(const X509 *cert)
{
    STACK_OF(SCT) *scts = X509_get_ext_d2i(cert, NID_ct_precert_scts, NULL, NULL);
    int count = scts ? sk_SCT_num(scts) : 0;
    SCT_LIST_free(scts);
    return count;
}

bool certificate_must_staple(const X509 *cert)
{
    TLS_FEATURE *features = X509_get_ext_d2i(cert, NID_tlsfeature, NULL, NULL);
    bool must = false;
    for (int i = 0; i < sk_ASN1_INTEGER_num(features); i++)
        must |= ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) == TLS_FEATURE_STATUS_REQUEST;
    TLS_FEATURE_free(features);
    return must;
}

struct value *certificate_describe(struct arena *a, X509 *cert, int64_t at)
{
    struct value *v = value_object(a);
    value_set(a, v, "subject", value_string(a, certificate_subject(a, cert)));
    value_set(a, v, "issuer", value_string(a, certificate_issuer(a, cert)));
    value_set(a, v, "serial", serial_value(a, cert));
    value_set(a, v, "sha256", sha256_value(a, cert));
    value_set(a, v, "spki_sha256", spki_sha256_value(a, cert));
    value_set(a, v, "not_before", certificate_time(a, X509_get0_notBefore(cert)));
    value_set(a, v, "not_after", certificate_time(a, X509_get0_notAfter(cert)));
    value_set(a, v, "days_left", value_int(a, certificate_days_left(cert, at)));
    value_set(a, v, "sans", certificate_names(a, cert));
    value_set(a, v, "key", key_value(a, cert));
    value_set(a, v, "signature", signature_value(a, cert));
    value_set(a, v, "is_ca", value_bool(a, X509_get_extension_flags(cert) & EXFLAG_CA));
    value_set(a, v, "eku", eku_value(a, cert));
    value_set(a, v, "ocsp", access_value(a, cert, NID_ad_OCSP));
    value_set(a, v, "crl", crl_value(a, cert));
    value_set(a, v, "aia", access_value(a, cert, NID_ad_ca_issuers));
    value_set(a, v, "sct_count", value_int(a, sct_count(cert)));
    ERR_clear_error();
    return v;
}

bool certificate_read_all(const char *pem, const char *what, STACK_OF(X509) * out,
                          struct error *err)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    int before = sk_X509_num(out);
    for (X509 *cert; (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL));)
        sk_X509_push(out, cert);
    BIO_free(bio);
    bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    char why[256];
    ERR_error_string_n(ERR_peek_last_error(), why, sizeof why);
    ERR_clear_error();
    int count = sk_X509_num(out) - before;
    if (!at_end)
        return error_set(err,
                         "could not read certificate %d of the %s: OpenSSL says %s; check that the "
                         "PEM text is whole",
                         count + 1, what, why);
    if (count == 0)
        return error_set(err,
                         "found no certificate in the %s; PEM text with -----BEGIN "
                         "CERTIFICATE----- is needed",
                         what);
    return true;
}
