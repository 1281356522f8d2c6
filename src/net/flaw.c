#include "net/flaw.h"

#include <openssl/x509_vfy.h>

#include "net/certificate.h"

enum { NAMES_SHOWN = 8 };

// The names that OpenSSL's documentation gives its codes, without X509_V_ERR_.
static const char *flaw_name(int code)
{
#define NAMED(name)                                                                                \
    case X509_V_ERR_##name:                                                                        \
        return #name
    switch (code) {
        NAMED(UNABLE_TO_GET_ISSUER_CERT);
        NAMED(UNABLE_TO_DECRYPT_CERT_SIGNATURE);
        NAMED(UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY);
        NAMED(CERT_SIGNATURE_FAILURE);
        NAMED(CERT_NOT_YET_VALID);
        NAMED(CERT_HAS_EXPIRED);
        NAMED(ERROR_IN_CERT_NOT_BEFORE_FIELD);
        NAMED(ERROR_IN_CERT_NOT_AFTER_FIELD);
        NAMED(DEPTH_ZERO_SELF_SIGNED_CERT);
        NAMED(SELF_SIGNED_CERT_IN_CHAIN);
        NAMED(UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
        NAMED(UNABLE_TO_VERIFY_LEAF_SIGNATURE);
        NAMED(CERT_CHAIN_TOO_LONG);
        NAMED(NO_ISSUER_PUBLIC_KEY);
        NAMED(PATH_LENGTH_EXCEEDED);
        NAMED(INVALID_PURPOSE);
        NAMED(CERT_UNTRUSTED);
        NAMED(CERT_REJECTED);
        NAMED(KEYUSAGE_NO_CERTSIGN);
        NAMED(UNHANDLED_CRITICAL_EXTENSION);
        NAMED(INVALID_NON_CA);
        NAMED(KEYUSAGE_NO_DIGITAL_SIGNATURE);
        NAMED(INVALID_EXTENSION);
        NAMED(INVALID_POLICY_EXTENSION);
        NAMED(NO_EXPLICIT_POLICY);
        NAMED(UNNESTED_RESOURCE);
        NAMED(PERMITTED_VIOLATION);
        NAMED(EXCLUDED_VIOLATION);
        NAMED(UNSUPPORTED_CONSTRAINT_TYPE);
        NAMED(UNSUPPORTED_CONSTRAINT_SYNTAX);
        NAMED(UNSUPPORTED_NAME_SYNTAX);
        NAMED(HOSTNAME_MISMATCH);
        NAMED(IP_ADDRESS_MISMATCH);
        NAMED(EE_KEY_TOO_SMALL);
        NAMED(CA_KEY_TOO_SMALL);
        NAMED(CA_MD_TOO_WEAK);
        NAMED(UNSUPPORTED_SIGNATURE_ALGORITHM);
        NAMED(SIGNATURE_ALGORITHM_MISMATCH);
        NAMED(SIGNATURE_ALGORITHM_INCONSISTENCY);
        NAMED(INVALID_CA);
        NAMED(EC_KEY_EXPLICIT_PARAMS);
    default:
        return "UNSPECIFIED";
    }
#undef NAMED
}

static const char *names_in_a_row(struct arena *a, X509 *cert)
{
    struct value *names = certificate_names(a, cert);
    const char *row = value_count(names) ? value_text(value_at(names, 0))
                                         : "no host at all (it has no subjectAltName)";
    for (size_t i = 1; i < value_count(names) && i < NAMES_SHOWN; i++)
        row = arena_printf(a, "%s, %s", row, value_text(value_at(names, i)));
    return value_count(names) > NAMES_SHOWN ? arena_printf(a, "%s, ...", row) : row;
}

static const char *flaw_message(struct arena *a, int code, X509 *cert, const char *host)
{
    if (!cert)
        return X509_verify_cert_error_string(code);
    const char *subject = certificate_subject(a, cert), *issuer = certificate_issuer(a, cert);
    switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return arena_printf(a, "%s expired at %s", subject,
                            value_text(certificate_time(a, X509_get0_notAfter(cert))));
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return arena_printf(a, "%s is not valid before %s", subject,
                            value_text(certificate_time(a, X509_get0_notBefore(cert))));
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return arena_printf(a, "the certificate names %s, not %s", names_in_a_row(a, cert), host);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return arena_printf(a, "%s signed itself and is not trusted here", subject);
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return arena_printf(a, "the chain ends in %s, which is not a root trusted here", subject);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        return arena_printf(a,
                            "%s was issued by %s, which was not served and is not a root "
                            "trusted here",
                            subject, issuer);
    default:
        return arena_printf(a, "%s: %s", subject, X509_verify_cert_error_string(code));
    }
}

struct value *flaw_describe(struct arena *a, int code, int depth, X509 *cert, const char *host)
{
    struct value *v = value_object(a);
    value_set(a, v, "code", value_int(a, code));
    value_set(a, v, "name", value_string(a, flaw_name(code)));
    value_set(a, v, "depth", value_int(a, depth));
    value_set(a, v, "message", value_string(a, flaw_message(a, code, cert, host)));
    return v;
}
