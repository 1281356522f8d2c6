#include "net/fetch_curl.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/memory.h"

// The program is linked with a libcurl whose libraries for other protocols are missing (see
// CMakeLists.txt). Every way that leads there is closed: CURLOPT_PROTOCOLS_STR is "http,https" on
// each handle, CURLOPT_SOCKS5_AUTH leaves Kerberos out, no handle asks for Negotiate, and none has
// cookies. Only this one is called without having been asked for, by curl_global_init.
int libssh2_init(int flags);
int libssh2_init(int flags)
{
    (void)flags;
    return 0;
}

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

static void *list_new(size_t count, size_t size)
{
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? NULL : memory_try(bytes);
}

static char *text_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = memory_try(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

// Its memory comes from where ours does, so that it has the reserve, too.
bool curl_start(void)
{
    static bool started;
    started = started || curl_global_init_mem(CURL_GLOBAL_DEFAULT, memory_try, free,
                                              memory_try_grow, text_copy, list_new) == CURLE_OK;
    return started;
}
