#include "net/trust.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "base/buf.h"
#include "base/file.h"
#include "net/certificate.h"
#include "net/digest.h"

enum { LARGEST_FILE = 16 * 1024 * 1024 };

// OpenSSL's own places: SSL_CERT_FILE and SSL_CERT_DIR, else those it was built with.
static X509_STORE *system_store(void)
{
    static X509_STORE *shared;
    if (!shared) {
        shared = X509_STORE_new();
        X509_STORE_set_default_paths(shared);
        ERR_clear_error();
    }
    X509_STORE_up_ref(shared);
    return shared;
}

// Whoever inspects a thousand hosts gives the same roots a thousand times: the last ones are kept.
static X509_STORE *store_of_pem(const char *pem, const char *what, struct error *err)
{
    static X509_STORE *last;
    static unsigned char last_digest[DIGEST_SIZE];
    unsigned char digest[DIGEST_SIZE];
    digest_sha256(pem, strlen(pem), digest);
    if (last && memcmp(digest, last_digest, sizeof digest) == 0) {
        X509_STORE_up_ref(last);
        return last;
    }
    STACK_OF(X509) *certs = sk_X509_new_null();
    X509_STORE *store = NULL;
    if (certificate_read_all(pem, what, certs, err)) {
        store = X509_STORE_new();
        for (int i = 0; i < sk_X509_num(certs); i++)
            X509_STORE_add_cert(store, sk_X509_value(certs, i));
        X509_STORE_free(last);
        X509_STORE_up_ref(store);
        last = store;
        memcpy(last_digest, digest, sizeof digest);
    }
    sk_X509_pop_free(certs, X509_free);
    return store;
}

bool trust_open(struct trust *t, const char *ca_file, const char *ca_pem, struct error *err)
{
    *t = (struct trust){.given = ca_pem || ca_file};
    if (ca_pem) {
        t->store = store_of_pem(ca_pem, "CA certificates given", err);
    } else if (ca_file) {
        struct buf pem = {.max = LARGEST_FILE};
        if (file_read(ca_file, &pem, err)) {
            error_local(why);
            t->store = store_of_pem(buf_text(&pem), "CA file", &why);
            if (!t->store)
                error_set(err, "%s: %s", ca_file, error_text(&why));
        }
        buf_free(&pem);
    } else {
        t->store = system_store();
    }
    return t->store != NULL;
}

void trust_close(struct trust *t)
{
    X509_STORE_free(t->store);
    *t = (struct trust){0};
}
