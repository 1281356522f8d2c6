#include "net/staple.h"

#include <time.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "net/certificate.h"

enum { SKEW_S = 5 * 60 };

// Who is asked about, and by what it is judged.
struct subject {
    X509 *leaf, *issuer; // issuer: NULL when it was not served
    STACK_OF(X509) * served;
    int64_t at;
};

static X509 *issuer_of(const STACK_OF(X509) * served)
{
    for (int i = 0; i < sk_X509_num(served); i++)
        if (X509_check_issued(sk_X509_value(served, i), sk_X509_value(served, 0)) == X509_V_OK)
            return sk_X509_value(served, i);
    return NULL;
}

// By the serial alone where the issuer is not known.
static bool is_about(const struct subject *s, OCSP_SINGLERESP *one)
{
    ASN1_OBJECT *digest = NULL;
    ASN1_INTEGER *serial = NULL;
    const OCSP_CERTID *about = OCSP_SINGLERESP_get0_id(one);
    OCSP_id_get0_info(NULL, &digest, NULL, &serial, (OCSP_CERTID *)about);
    if (!s->issuer)
        return serial && ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(s->leaf)) == 0;
    const EVP_MD *md = EVP_get_digestbyobj(digest);
    OCSP_CERTID *ours = md ? OCSP_cert_to_id(md, s->leaf, s->issuer) : NULL;
    bool same = ours && OCSP_id_cmp(ours, about) == 0;
    OCSP_CERTID_free(ours);
    return same;
}

static OCSP_SINGLERESP *answer_about(const struct subject *s, OCSP_BASICRESP *basic)
{
    for (int i = 0; i < OCSP_resp_count(basic); i++)
        if (is_about(s, OCSP_resp_get0(basic, i)))
            return OCSP_resp_get0(basic, i);
    return NULL;
}

// The issuer has signed it as its responder, and it may still be one.
static bool is_responder(const struct subject *s, X509 *signer)
{
    time_t at = (time_t)s->at;
    return X509_check_issued(s->issuer, signer) == X509_V_OK &&
           X509_verify(signer, X509_get0_pubkey(s->issuer)) == 1 &&
           (X509_get_extended_key_usage(signer) & XKU_OCSP_SIGN) &&
           (X509_get_extension_flags(signer) & EXFLAG_XKUSAGE) &&
           X509_cmp_time(X509_get0_notBefore(signer), &at) < 0 &&
           X509_cmp_time(X509_get0_notAfter(signer), &at) > 0;
}

static struct value *signature_value(struct arena *a, const struct subject *s,
                                     OCSP_BASICRESP *basic)
{
    X509 *signer = NULL;
    if (!s->issuer)
        return value_null(a);
    bool ok = OCSP_resp_get0_signer(basic, &signer, s->served) == 1 &&
              OCSP_basic_verify(basic, s->served, NULL, OCSP_NOVERIFY) == 1 &&
              (X509_cmp(signer, s->issuer) == 0 || is_responder(s, signer));
    return value_bool(a, ok);
}

static bool is_fresh(const struct subject *s, const ASN1_GENERALIZEDTIME *from,
                     const ASN1_GENERALIZEDTIME *to)
{
    time_t late = (time_t)(s->at + SKEW_S), early = (time_t)(s->at - SKEW_S);
    return from && X509_cmp_time(from, &late) < 0 && (!to || X509_cmp_time(to, &early) > 0);
}

static struct value *staple_value(struct arena *a, const char *status,
                                  const ASN1_GENERALIZEDTIME *from, const ASN1_GENERALIZEDTIME *to)
{
    struct value *v = value_object(a);
    value_set(a, v, "status", value_string(a, status));
    value_set(a, v, "this_update", certificate_time(a, from));
    value_set(a, v, "next_update", certificate_time(a, to));
    value_set(a, v, "fresh", value_bool(a, false));
    value_set(a, v, "signature_ok", value_null(a));
    return v;
}

static struct value *answer_value(struct arena *a, const struct subject *s, OCSP_BASICRESP *basic)
{
    OCSP_SINGLERESP *one = answer_about(s, basic);
    ASN1_GENERALIZEDTIME *from = NULL, *to = NULL;
    int status = one ? OCSP_single_get0_status(one, NULL, NULL, &from, &to) : 0;
    struct value *v =
        staple_value(a, one ? OCSP_cert_status_str(status) : "other_certificate", from, to);
    value_set(a, v, "fresh", value_bool(a, is_fresh(s, from, to)));
    value_set(a, v, "signature_ok", signature_value(a, s, basic));
    return v;
}

struct value *staple_describe(struct arena *a, const unsigned char *der, size_t len,
                              STACK_OF(X509) * served, int64_t at)
{
    struct subject s = {sk_X509_value(served, 0), issuer_of(served), served, at};
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &der, (long)len);
    int status = response ? OCSP_response_status(response) : OCSP_RESPONSE_STATUS_SUCCESSFUL;
    OCSP_BASICRESP *basic = response ? OCSP_response_get1_basic(response) : NULL;
    struct value *v;
    if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL)
        v = staple_value(a, OCSP_response_status_str(status), NULL, NULL);
    else if (!basic)
        v = staple_value(a, "unreadable", NULL, NULL);
    else
        v = answer_value(a, &s, basic);
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    return v;
}
