#include "net/staple.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "net/certificate.h"

static OCSP_SINGLERESP *answer_about(OCSP_BASICRESP *basic, const ASN1_INTEGER *serial)
{
    for (int i = 0; i < OCSP_resp_count(basic); i++) {
        OCSP_SINGLERESP *one = OCSP_resp_get0(basic, i);
        ASN1_INTEGER *about = NULL;
        OCSP_id_get0_info(NULL, NULL, NULL, &about, (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(one));
        if (about && ASN1_INTEGER_cmp(about, serial) == 0)
            return one;
    }
    return NULL;
}

static struct value *staple_value(struct arena *a, const char *status,
                                  const ASN1_GENERALIZEDTIME *from, const ASN1_GENERALIZEDTIME *to)
{
    struct value *v = value_object(a);
    value_set(a, v, "status", value_string(a, status));
    value_set(a, v, "this_update", certificate_time(a, from));
    value_set(a, v, "next_update", certificate_time(a, to));
    return v;
}

static struct value *answer_value(struct arena *a, OCSP_BASICRESP *basic, X509 *leaf)
{
    OCSP_SINGLERESP *one = answer_about(basic, X509_get0_serialNumber(leaf));
    if (!one)
        return staple_value(a, "other_certificate", NULL, NULL);
    ASN1_GENERALIZEDTIME *from = NULL, *to = NULL;
    int status = OCSP_single_get0_status(one, NULL, NULL, &from, &to);
    return staple_value(a, OCSP_cert_status_str(status), from, to);
}

struct value *staple_describe(struct arena *a, const unsigned char *der, size_t len, X509 *leaf)
{
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &der, (long)len);
    int status = response ? OCSP_response_status(response) : OCSP_RESPONSE_STATUS_SUCCESSFUL;
    OCSP_BASICRESP *basic = response ? OCSP_response_get1_basic(response) : NULL;
    struct value *v;
    if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL)
        v = staple_value(a, OCSP_response_status_str(status), NULL, NULL);
    else if (!basic)
        v = staple_value(a, "unreadable", NULL, NULL);
    else
        v = answer_value(a, basic, leaf);
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    return v;
}
