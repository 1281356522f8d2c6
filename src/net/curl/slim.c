#include "net/fetch_curl.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "curl_left_out.h"

// The program is linked with the static libcurl, and without the libraries of what runbook never
// speaks. Every way that leads there is closed: CURLOPT_PROTOCOLS_STR is "http,https" on each
// handle, CURLOPT_SOCKS5_AUTH leaves Kerberos out, no handle asks for Negotiate or HTTP/3, and none
// has cookies. Should libcurl find one all the same, it meets the functions below: each fails as
// its library would, so that libcurl ends the transfer, and leaves its name for the sentence.

static const char *missed;

const char *curl_missed(void)
{
    const char *name = missed;
    missed = NULL;
    return name;
}

bool curl_open(struct error *err)
{
    (void)err;
    return true;
}

struct nghttp3_info {
    int age, number;
    const char *text;
};
static const struct nghttp3_info no_nghttp3 = {1, 0, "none"};

// What a library answers when it fails, by the beginning of the name; the first that fits. Each
// function through which libcurl enters a library is held to its answer by a test.
static const struct {
    const char *name;
    intptr_t answer;
    bool usual; // called without anybody having asked for what it belongs to
} answers[] = {
    {"libssh2_init", 0, true},
    {"libssh2_exit", 0, true},
    {"libssh2_version", (intptr_t) "none", true},
    {"libssh2_crypto_engine", 0, true},
    {"psl_get_version", (intptr_t) "none", true},
    {"psl_check_version_number", 0, true},
    {"ldap_get_option", -1, true},
    {"nghttp3_version", (intptr_t)&no_nghttp3, true},
    {"BrotliDecoderVersion", 0, true},
    {"ZSTD_versionNumber", 0, true},
    {"nghttp3_strerror", (intptr_t) "it is left out", false},
    {"nghttp3_mem_default", 0, false},
    {"nghttp3_", -501, false}, // NGHTTP3_ERR_INVALID_ARGUMENT
    {"gss_", 13 << 16, false}, // GSS_S_FAILURE
    {"ldap_err2string", (intptr_t) "it is left out", false},
    {"ldap_", -1, false}, // LDAP_SERVER_DOWN
    {"", 0, false},       // no session, no list, no handle
};

static intptr_t left_out(const char *name)
{
    size_t i = 0;
    while (strncmp(name, answers[i].name, strlen(answers[i].name)) != 0)
        i++;
    if (!missed && !answers[i].usual)
        missed = name;
    return answers[i].answer;
}

// Found under its own name by libcurl, which knows the parameters and what the answer means.
#define LEFT_OUT(name)                                                                             \
    intptr_t name(void);                                                                           \
    intptr_t name(void)                                                                            \
    {                                                                                              \
        return left_out(#name);                                                                    \
    }
#define LEFT_OUT_VALUE(name)                                                                       \
    extern void *const name;                                                                       \
    void *const name = NULL;

// cppcheck-suppress unknownMacro; it is in a header that is made
CURL_LEFT_OUT(LEFT_OUT, LEFT_OUT_VALUE)

// What libcurl needs for few answers only, host names beyond ASCII and encodings other than gzip,
// is loaded when the first such thing comes. Where a library is missing, that fails as if damaged.

// Found under its own name by libcurl, and under `symbol` in the library.
#define LATE(library, symbol, missing, type, name, parameters, arguments)                          \
    type name parameters;                                                                          \
    type name parameters                                                                           \
    {                                                                                              \
        static __typeof__(name) *call;                                                             \
        if (!call)                                                                                 \
            *(void **)&call = find(library, symbol);                                               \
        return call ? call arguments : (missing);                                                  \
    }

static void *find(const char *library, const char *symbol)
{
    void *handle = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
    return handle ? dlsym(handle, symbol) : NULL;
}

// Text is UTF-8 here, whatever the locale says; libcurl asks for the one of the locale.
LATE("libidn2.so.0", "idn2_lookup_u8", -1, int, idn2_lookup_ul,
     (const char *name, char **ascii, int flags), (name, ascii, flags))
LATE("libidn2.so.0", "idn2_check_version", NULL, const char *, idn2_check_version,
     (const char *least), (least))
LATE("libidn2.so.0", "idn2_to_unicode_8z8z", -1, int, idn2_to_unicode_8z8z,
     (const char *name, char **text, int flags), (name, text, flags))
LATE("libidn2.so.0", "idn2_free", (void)0, void, idn2_free, (void *text), (text))

LATE("libbrotlidec.so.1", "BrotliDecoderCreateInstance", NULL, void *, BrotliDecoderCreateInstance,
     (void *allocate, void *release, void *arg), (allocate, release, arg))
LATE("libbrotlidec.so.1", "BrotliDecoderDecompressStream", 0, int, BrotliDecoderDecompressStream,
     (void *state, size_t *in_len, const uint8_t **in, size_t *out_len, uint8_t **out,
      size_t *total),
     (state, in_len, in, out_len, out, total))
LATE("libbrotlidec.so.1", "BrotliDecoderGetErrorCode", 0, int, BrotliDecoderGetErrorCode,
     (const void *state), (state))
LATE("libbrotlidec.so.1", "BrotliDecoderDestroyInstance", (void)0, void,
     BrotliDecoderDestroyInstance, (void *state), (state))

LATE("libzstd.so.1", "ZSTD_createDStream", NULL, void *, ZSTD_createDStream, (void), ())
LATE("libzstd.so.1", "ZSTD_decompressStream", 0, size_t, ZSTD_decompressStream,
     (void *stream, void *out, void *in), (stream, out, in))
LATE("libzstd.so.1", "ZSTD_isError", 1, unsigned, ZSTD_isError, (size_t code), (code))
LATE("libzstd.so.1", "ZSTD_freeDStream", 0, size_t, ZSTD_freeDStream, (void *stream), (stream))
