#include "net/verdict.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/duration.h"
#include "net/certificate.h"
#include "net/flaw.h"

enum {
    SECURITY_LEVEL = 2,
    HOST_FLAGS = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
};

// What is gathered while OpenSSL walks the chain.
struct judge {
    struct arena *arena;
    const struct verdict_case *given;
    struct value *errors;
};

const char *verdict_host(struct arena *a, const char *host)
{
    size_t len = strlen(host);
    if (len >= 2 && host[0] == '[' && host[len - 1] == ']')
        return arena_copy(a, host + 1, len - 2);
    if (len >= 2 && host[len - 1] == '.')
        len--;
    return arena_copy(a, host, len);
}

bool verdict_host_is_address(const char *host)
{
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(host);
    ASN1_OCTET_STRING_free(address);
    ERR_clear_error();
    return address != NULL;
}

static bool host_matches(X509 *leaf, const char *host)
{
    if (verdict_host_is_address(host))
        return X509_check_ip_asc(leaf, host, 0) == 1;
    return X509_check_host(leaf, host, 0, HOST_FLAGS, NULL) == 1;
}

static bool has_error(const struct judge *j, int code)
{
    for (size_t i = 0; i < value_count(j->errors); i++)
        if (value_get_int(value_at(j->errors, i), "code", 0) == code)
            return true;
    return false;
}

static void error_add(struct judge *j, int code, int depth, X509 *cert)
{
    for (size_t i = 0; i < value_count(j->errors); i++) {
        const struct value *e = value_at(j->errors, i);
        if (value_get_int(e, "code", 0) == code && value_get_int(e, "depth", 0) == depth)
            return;
    }
    value_push(j->arena, j->errors, flaw_describe(j->arena, code, depth, cert, j->given->host));
}

static int on_verify(int ok, X509_STORE_CTX *ctx)
{
    if (!ok)
        error_add(X509_STORE_CTX_get_app_data(ctx), X509_STORE_CTX_get_error(ctx),
                  X509_STORE_CTX_get_error_depth(ctx), X509_STORE_CTX_get_current_cert(ctx));
    return 1;
}

static bool is_served(const struct judge *j, const X509 *cert)
{
    for (int i = 0; i < sk_X509_num(j->given->served); i++)
        if (X509_cmp(sk_X509_value(j->given->served, i), cert) == 0)
            return true;
    return false;
}

static bool root_of_that_name_is_trusted(X509_STORE_CTX *ctx, const X509_NAME *name)
{
    STACK_OF(X509) *found = X509_STORE_CTX_get1_certs(ctx, name);
    bool any = sk_X509_num(found) > 0;
    sk_X509_pop_free(found, X509_free);
    return any;
}

// Is the issuer that is missing above the end of the chain a root? The rules stand in verdict.h.
static bool missing_is_root(const struct judge *j, X509_STORE_CTX *ctx)
{
    const STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
    X509 *end = sk_X509_value(chain, sk_X509_num(chain) - 1);
    const X509_NAME *issuer = X509_get_issuer_name(end);
    const GENERAL_NAMES *above = X509_get0_authority_issuer(end);
    for (int i = 0; i < sk_GENERAL_NAME_num(above); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(above, i);
        if (name->type == GEN_DIRNAME)
            return X509_NAME_cmp(name->d.directoryName, issuer) == 0;
    }
    if (sk_X509_num(chain) > 1 || root_of_that_name_is_trusted(ctx, issuer))
        return true;
    struct value *leaf = certificate_describe(j->arena, end, j->given->at);
    return !j->given->trust->given && value_count(value_get(leaf, "aia")) == 0 &&
           value_get_int(leaf, "sct_count", 0) == 0;
}

static bool chain_is_complete(const struct judge *j, X509_STORE_CTX *ctx)
{
    const STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
    for (int i = 1; i < sk_X509_num(chain); i++) {
        X509 *cert = sk_X509_value(chain, i);
        if (X509_self_signed(cert, 0) != 1 && !is_served(j, cert))
            return false; // it came from the store: other clients will miss it
    }
    return !has_error(j, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY) || missing_is_root(j, ctx);
}

// Whether each was issued by the one after it; whether it had the right to is for the errors to
// say.
static bool chain_is_in_order(const STACK_OF(X509) * served)
{
    for (int i = 1; i < sk_X509_num(served); i++) {
        int why = X509_check_issued(sk_X509_value(served, i), sk_X509_value(served, i - 1));
        if (why != X509_V_OK && why != X509_V_ERR_KEYUSAGE_NO_CERTSIGN)
            return false;
    }
    return true;
}

// The first thing to mend. A certificate that is not the right one at all comes first, then one to
// be renewed, then what stands above it.
static const char *cause_of(const struct judge *j, X509_STORE_CTX *ctx)
{
    if (value_count(j->errors) == 0)
        return "";
    if (has_error(j, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT))
        return "self_signed";
    if (has_error(j, X509_V_ERR_HOSTNAME_MISMATCH) || has_error(j, X509_V_ERR_IP_ADDRESS_MISMATCH))
        return "wrong_host";
    if (has_error(j, X509_V_ERR_CERT_HAS_EXPIRED))
        return "expired";
    if (has_error(j, X509_V_ERR_CERT_NOT_YET_VALID))
        return "not_yet_valid";
    if (has_error(j, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY))
        return missing_is_root(j, ctx) ? "untrusted_root" : "incomplete_chain";
    if (has_error(j, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN) ||
        has_error(j, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT))
        return "untrusted_root";
    if (has_error(j, X509_V_ERR_EE_KEY_TOO_SMALL) || has_error(j, X509_V_ERR_CA_KEY_TOO_SMALL) ||
        has_error(j, X509_V_ERR_CA_MD_TOO_WEAK))
        return "weak";
    return "other";
}

// Did the chain reach a trusted root, whatever else is wrong with it?
static bool is_anchored(const struct judge *j)
{
    return !has_error(j, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT) &&
           !has_error(j, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY) &&
           !has_error(j, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT) &&
           !has_error(j, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN) &&
           !has_error(j, X509_V_ERR_CERT_CHAIN_TOO_LONG);
}

static struct value *describe_all(struct arena *a, const STACK_OF(X509) * certs, int64_t at)
{
    struct value *list = value_array(a);
    for (int i = 0; i < sk_X509_num(certs); i++)
        value_push(a, list, certificate_describe(a, sk_X509_value(certs, i), at));
    return list;
}

static struct value *earliest_end(struct arena *a, const struct value *certs)
{
    if (value_count(certs) == 0)
        return value_null(a);
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < value_count(certs); i++) {
        int64_t days = value_get_int(value_at(certs, i), "days_left", 0);
        if (days < least)
            least = days;
    }
    return value_int(a, least);
}

static X509_STORE_CTX *context_new(struct judge *j)
{
    const struct verdict_case *given = j->given;
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509_STORE_CTX_init(ctx, given->trust->store, sk_X509_value(given->served, 0), given->served);
    X509_STORE_CTX_set_default(ctx, "ssl_server");
    X509_STORE_CTX_set_verify_cb(ctx, on_verify);
    X509_STORE_CTX_set_app_data(ctx, j);
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
    X509_VERIFY_PARAM_set_time(param, given->at);
    X509_VERIFY_PARAM_set_hostflags(param, HOST_FLAGS);
    if (given->host && verdict_host_is_address(given->host))
        X509_VERIFY_PARAM_set1_ip_asc(param, given->host);
    else if (given->host)
        X509_VERIFY_PARAM_set1_host(param, given->host, 0);
    return ctx;
}

void verdict_set(struct arena *a, struct value *into, const struct verdict_case *given)
{
    struct judge j = {.arena = a, .given = given, .errors = value_array(a)};
    X509 *leaf = sk_X509_value(given->served, 0);
    X509_STORE_CTX *ctx = context_new(&j);
    if (X509_verify_cert(ctx) != 1 && value_count(j.errors) == 0)
        error_add(&j, X509_STORE_CTX_get_error(ctx), 0, leaf);

    struct value *chain = describe_all(a, given->served, given->at);
    struct value *verified = is_anchored(&j)
                                 ? describe_all(a, X509_STORE_CTX_get0_chain(ctx), given->at)
                                 : value_array(a);
    value_set(a, into, "ok", value_bool(a, value_count(j.errors) == 0));
    value_set(a, into, "errors", j.errors);
    value_set(a, into, "cause", value_string(a, cause_of(&j, ctx)));
    value_set(a, into, "host_ok",
              given->host ? value_bool(a, host_matches(leaf, given->host)) : value_null(a));
    value_set(a, into, "chain", chain);
    value_set(a, into, "verified", verified);
    value_set(a, into, "chain_complete", value_bool(a, chain_is_complete(&j, ctx)));
    value_set(a, into, "chain_order_ok", value_bool(a, chain_is_in_order(given->served)));
    value_set(a, into, "days_left", earliest_end(a, chain));
    value_set(a, into, "days_left_verified", earliest_end(a, verified));
    value_set(a, into, "must_staple", value_bool(a, certificate_must_staple(leaf)));
    X509_STORE_CTX_free(ctx);
    ERR_clear_error();
}

struct value *verdict_of_pem(struct arena *a, const char *leaf, const char *intermediates,
                             const char *roots, const char *host, int64_t at, struct error *err)
{
    struct trust trust;
    if (!trust_open(&trust, NULL, roots, err))
        return NULL;
    STACK_OF(X509) *served = sk_X509_new_null();
    struct value *v = NULL;
    if (certificate_read_all(leaf, "leaf", served, err) &&
        (!intermediates || certificate_read_all(intermediates, "intermediates", served, err))) {
        v = value_object(a);
        verdict_set(a, v,
                    &(struct verdict_case){.served = served,
                                           .trust = &trust,
                                           .host = host ? verdict_host(a, host) : NULL,
                                           .at = at ? at : clock_wall() / 1000});
    }
    sk_X509_pop_free(served, X509_free);
    trust_close(&trust);
    return v;
}
