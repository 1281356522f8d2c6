#include "net/tls_client.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

// Made once: everybody asks in the same way.
static SSL_CTX *context(void)
{
    static SSL_CTX *shared;
    if (!shared && (shared = SSL_CTX_new(TLS_client_method()))) {
        SSL_CTX_set_security_level(shared, 0);
        SSL_CTX_set_min_proto_version(shared, TLS1_VERSION);
        SSL_CTX_set_cipher_list(shared, "ALL:!aNULL:!eNULL");
        SSL_CTX_set_options(shared, SSL_OP_LEGACY_SERVER_CONNECT);
        SSL_CTX_set_mode(shared, SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_verify(shared, SSL_VERIFY_NONE, NULL);
        SSL_CTX_set_tlsext_status_type(shared, TLSEXT_STATUSTYPE_ocsp);
    }
    return shared;
}

SSL *tls_client_new(int fd, const char *sni, const char *alpn)
{
    SSL *ssl = context() ? SSL_new(context()) : NULL;
    if (!ssl || !SSL_set_fd(ssl, fd)) {
        SSL_free(ssl);
        return NULL;
    }
    if (sni)
        SSL_set_tlsext_host_name(ssl, sni);
    if (alpn)
        SSL_set_alpn_protos(ssl, (const unsigned char *)alpn, (unsigned)strlen(alpn));
    SSL_set_connect_state(ssl);
    return ssl;
}

// A group of one curve goes by the curve's name or its key's type. What is more, as X25519MLKEM768
// of OpenSSL 3.5, has no key to show, and goes by its name in TLS.
static struct value *group_value(struct arena *a, SSL *ssl)
{
    EVP_PKEY *key = NULL;
    char name[64];
    if (!SSL_get_peer_tmp_key(ssl, &key)) {
        int group = (int)SSL_get_negotiated_group(ssl);
        return group == NID_undef ? value_null(a) : value_string(a, SSL_group_to_name(ssl, group));
    }
    bool named = EVP_PKEY_get_group_name(key, name, sizeof name, NULL) == 1;
    struct value *v = value_string(a, named ? name : EVP_PKEY_get0_type_name(key));
    EVP_PKEY_free(key);
    return v;
}

static struct value *alpn_value(struct arena *a, SSL *ssl)
{
    const unsigned char *name;
    unsigned len;
    SSL_get0_alpn_selected(ssl, &name, &len);
    return len ? value_bytes(a, (const char *)name, len) : value_null(a);
}

void tls_client_describe(struct arena *a, struct value *into, SSL *ssl)
{
    value_set(a, into, "protocol", value_string(a, SSL_get_version(ssl)));
    value_set(a, into, "cipher", value_string(a, SSL_get_cipher_name(ssl)));
    value_set(a, into, "group", group_value(a, ssl));
    value_set(a, into, "alpn", alpn_value(a, ssl));
}

const char *tls_client_failure(struct arena *a, int system_error)
{
    unsigned long first = ERR_get_error();
    int reason = ERR_GET_REASON(first);
    const char *why = ERR_reason_error_string(first);
    const char *next = "check that TLS is spoken on this port";
    if (first == 0) {
        why = system_error ? strerror(system_error) : "the server closed the connection";
    } else if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        why = "the server closed the connection";
    } else if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_PACKET_LENGTH_TOO_LONG ||
               reason == SSL_R_HTTP_REQUEST) {
        why = "the answer is not TLS";
    } else if (reason > SSL_AD_REASON_OFFSET) {
        next = "check the server's TLS settings and whether it serves this name";
    } else {
        next = "check the server's TLS settings";
    }
    ERR_clear_error();
    return arena_printf(a, "%s; %s", why ? why : "unknown reason", next);
}
