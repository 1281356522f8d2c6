#include "net/fetch_curl.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/memory.h"

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
bool curl_start(struct error *err)
{
    static bool started;
    if (started)
        return true;
    if (!curl_open(err))
        return false;
    started = curl_global_init_mem(CURL_GLOBAL_DEFAULT, memory_try, free, memory_try_grow,
                                   text_copy, list_new) == CURLE_OK;
    return started || error_set(err, "libcurl cannot start: no memory is left");
}
