#include "net/signature.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"

enum { LARGEST_KEY_FILE = 64 * 1024 };

// Nobody is asked for a passphrase.
static int no_passphrase(char *out, int size, int writing, void *arg)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)arg;
    return 0;
}

static EVP_PKEY *parse(const char *text, size_t len, bool private)
{
    BIO *in = BIO_new_mem_buf(text, (int)len);
    EVP_PKEY *key = private ? PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL)
                            : PEM_read_bio_PUBKEY(in, NULL, no_passphrase, NULL);
    BIO_free(in);
    ERR_clear_error();
    return key;
}

// Reads a key file. NULL with `err` set.
static EVP_PKEY *read_key(const char *path, bool private, struct error *err)
{
    struct buf text = {.max = LARGEST_KEY_FILE};
    EVP_PKEY *key = NULL;
    if (!file_read(path, &text, err)) {
        buf_free(&text);
        return NULL;
    }
    if (!private)
        key = parse(buf_text(&text), text.len, false);
    if (key == NULL)
        key = parse(buf_text(&text), text.len, true);
    if (text.data)
        OPENSSL_cleanse(text.data, text.len);
    buf_free(&text);
    if (key == NULL)
        error_set(
            err, "%s holds no %s key in PEM without a passphrase; one is made with: openssl %s",
            path, private ? "private" : "public",
            private ? "genpkey -algorithm ed25519 -out KEY" : "pkey -in KEY -pubout -out PUB");
    else if (EVP_PKEY_get_id(key) != EVP_PKEY_ED25519) {
        error_set(err,
                  "the key in %s is no Ed25519 key; one is made with: openssl genpkey "
                  "-algorithm ed25519 -out KEY",
                  path);
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

static bool raw_public(const EVP_PKEY *pkey, unsigned char key[SIGNATURE_KEY_SIZE])
{
    size_t len = SIGNATURE_KEY_SIZE;
    return EVP_PKEY_get_raw_public_key(pkey, key, &len) == 1 && len == SIGNATURE_KEY_SIZE;
}

bool signature_make(const char *path, const void *bytes, size_t len,
                    unsigned char out[SIGNATURE_SIZE], unsigned char key[SIGNATURE_KEY_SIZE],
                    struct error *err)
{
    EVP_PKEY *pkey = read_key(path, true, err);
    if (pkey == NULL)
        return false;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t size = SIGNATURE_SIZE;
    bool ok = context && EVP_DigestSignInit(context, NULL, NULL, NULL, pkey) == 1 &&
              EVP_DigestSign(context, out, &size, bytes, len) == 1 && size == SIGNATURE_SIZE &&
              raw_public(pkey, key);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
    return ok || error_set(err, "OpenSSL could not sign with the key in %s", path);
}

bool signature_key(const char *path, unsigned char key[SIGNATURE_KEY_SIZE], struct error *err)
{
    EVP_PKEY *pkey = read_key(path, false, err);
    if (pkey == NULL)
        return false;
    bool ok = raw_public(pkey, key);
    EVP_PKEY_free(pkey);
    return ok || error_set(err, "OpenSSL could not read the public key in %s", path);
}

bool signature_holds(const unsigned char key[SIGNATURE_KEY_SIZE], const void *bytes, size_t len,
                     const unsigned char signature[SIGNATURE_SIZE])
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, SIGNATURE_KEY_SIZE);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = pkey && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) == 1 &&
              EVP_DigestVerify(context, signature, SIGNATURE_SIZE, bytes, len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return ok;
}
