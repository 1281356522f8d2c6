#include "net/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

void digest_sha256(const void *bytes, size_t len, unsigned char out[DIGEST_SIZE])
{
    static EVP_MD *sha256; // looked up once: that takes longer than to hash a line
    if (sha256 == NULL)
        sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    EVP_Digest(bytes, len, out, NULL, sha256, NULL);
}

void digest_hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
                        unsigned char out[DIGEST_SIZE])
{
    HMAC(EVP_sha256(), key, (int)key_len, bytes, len, out, NULL);
}

bool digest_equal(const void *a, size_t a_len, const void *b, size_t b_len)
{
    return a_len == b_len && CRYPTO_memcmp(a, b, a_len) == 0;
}

bool digest_random(void *out, size_t len)
{
    return RAND_bytes(out, (int)len) == 1;
}

void digest_hex(const void *bytes, size_t len, char *out)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < len; i++) {
        *out++ = "0123456789abcdef"[p[i] >> 4];
        *out++ = "0123456789abcdef"[p[i] & 15];
    }
}
