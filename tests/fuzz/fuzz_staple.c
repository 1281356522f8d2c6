// libFuzzer target: whatever a server staples is described.
#include <stdint.h>
#include <stdlib.h>

#include <openssl/pem.h>

#include "net/mint.h"
#include "net/staple.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOMENT = 1700000000, FIELDS = 5 };

static X509 *read_pem(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return cert;
}

// A leaf and its issuer.
static STACK_OF(X509) * served(void)
{
    static STACK_OF(X509) * both;
    struct mint m;
    error_local(err);
    if (both)
        return both;
    if (!mint_certificate(&m, "shop.test", -60, 60, &err))
        abort();
    both = sk_X509_new_null();
    sk_X509_push(both, read_pem(m.cert_pem));
    sk_X509_push(both, read_pem(m.ca_pem));
    mint_free(&m);
    return both;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    if (value_count(staple_describe(&a, data, size, served(), MOMENT)) != FIELDS)
        abort();
    arena_free(&a);
    return 0;
}
