#include "net/fetch_curl.h"

#include <dlfcn.h>
#include <locale.h>
#include <stdarg.h>
#include <string.h>

#include <curl/curl.h>

// The functions of libcurl that runbook calls, under their own names, each of which hands on to the
// system's shared library. That one brings thirty others with it, which take 10 ms to load: only
// who makes a request, or takes a URL apart, waits for them.

static const char library[] = "libcurl.so.4";
enum { OLDEST = 0x075700 }; // 7.87: CURLOPT_QUICK_EXIT

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt
#undef curl_share_setopt

static bool is_there(void)
{
    return curl_open(NULL);
}

#define HAND_ON(type, name, missing, parameters, arguments)                                        \
    static __typeof__(name) *own_##name;                                                           \
    type name parameters                                                                           \
    {                                                                                              \
        return is_there() ? own_##name arguments : (missing);                                      \
    }

HAND_ON(CURLcode, curl_global_init_mem, CURLE_FAILED_INIT,
        (long flags, curl_malloc_callback m, curl_free_callback f, curl_realloc_callback r,
         curl_strdup_callback s, curl_calloc_callback c),
        (flags, m, f, r, s, c))
HAND_ON(void, curl_free, (void)0, (void *p), (p))
HAND_ON(time_t, curl_getdate, -1, (const char *text, const time_t *unused), (text, unused))

HAND_ON(CURL *, curl_easy_init, NULL, (void), ())
HAND_ON(void, curl_easy_reset, (void)0, (CURL * easy), (easy))
HAND_ON(void, curl_easy_cleanup, (void)0, (CURL * easy), (easy))
HAND_ON(const char *, curl_easy_strerror, "libcurl is missing", (CURLcode code), (code))

HAND_ON(CURLM *, curl_multi_init, NULL, (void), ())
HAND_ON(CURLMcode, curl_multi_cleanup, CURLM_INTERNAL_ERROR, (CURLM * multi), (multi))
HAND_ON(CURLMcode, curl_multi_add_handle, CURLM_INTERNAL_ERROR, (CURLM * multi, CURL *easy),
        (multi, easy))
HAND_ON(CURLMcode, curl_multi_remove_handle, CURLM_INTERNAL_ERROR, (CURLM * multi, CURL *easy),
        (multi, easy))
HAND_ON(CURLMcode, curl_multi_assign, CURLM_INTERNAL_ERROR,
        (CURLM * multi, curl_socket_t fd, void *own), (multi, fd, own))
HAND_ON(CURLMsg *, curl_multi_info_read, NULL, (CURLM * multi, int *left), (multi, left))

HAND_ON(CURLSH *, curl_share_init, NULL, (void), ())
HAND_ON(CURLSHcode, curl_share_cleanup, CURLSHE_INVALID, (CURLSH * share), (share))

// const since libcurl 8.
typedef __typeof__(*_Generic(&curl_url_get, CURLUcode (*)(CURLU *, CURLUPart, char **, unsigned)
                             : (CURLU *)NULL, default
                             : (const CURLU *)NULL)) url_read;

HAND_ON(CURLU *, curl_url, NULL, (void), ())
HAND_ON(void, curl_url_cleanup, (void)0, (CURLU * u), (u))
HAND_ON(CURLUcode, curl_url_get, CURLUE_OUT_OF_MEMORY,
        (url_read * u, CURLUPart part, char **text, unsigned flags), (u, part, text, flags))
HAND_ON(CURLUcode, curl_url_set, CURLUE_OUT_OF_MEMORY,
        (CURLU * u, CURLUPart part, const char *text, unsigned flags), (u, part, text, flags))
HAND_ON(const char *, curl_url_strerror, "libcurl is missing", (CURLUcode code), (code))

// Text is UTF-8 here, whatever the locale says; libcurl, which comes from here to host names beyond
// ASCII, reads them by the locale.
static __typeof__(curl_multi_socket_action) *own_curl_multi_socket_action;
static locale_t utf8;

CURLMcode curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int flags, int *running)
{
    if (!is_there())
        return CURLM_INTERNAL_ERROR;
    locale_t before = utf8 ? uselocale(utf8) : NULL;
    CURLMcode code = own_curl_multi_socket_action(multi, fd, flags, running);
    if (before)
        uselocale(before);
    return code;
}

// These take one more argument, of the type that the option's number says.
static __typeof__(curl_easy_setopt) *own_curl_easy_setopt;
static __typeof__(curl_easy_getinfo) *own_curl_easy_getinfo;
static __typeof__(curl_multi_setopt) *own_curl_multi_setopt;
static __typeof__(curl_share_setopt) *own_curl_share_setopt;

_Static_assert(sizeof(long) == sizeof(curl_off_t), "each number is read as a long");

static bool is_number(unsigned option)
{
    return option < CURLOPTTYPE_OBJECTPOINT ||
           (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_BLOB);
}

CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
    CURLcode code = CURLE_FAILED_INIT;
    va_list list;
    va_start(list, option);
    if (is_there())
        // NOLINTNEXTLINE(bugprone-branch-clone): the types differ
        code = is_number(option) ? own_curl_easy_setopt(easy, option, va_arg(list, long))
                                 : own_curl_easy_setopt(easy, option, va_arg(list, void *));
    va_end(list);
    return code;
}

CURLMcode curl_multi_setopt(CURLM *multi, CURLMoption option, ...)
{
    CURLMcode code = CURLM_INTERNAL_ERROR;
    va_list list;
    va_start(list, option);
    if (is_there())
        // NOLINTNEXTLINE(bugprone-branch-clone): the types differ
        code = is_number(option) ? own_curl_multi_setopt(multi, option, va_arg(list, long))
                                 : own_curl_multi_setopt(multi, option, va_arg(list, void *));
    va_end(list);
    return code;
}

CURLcode curl_easy_getinfo(CURL *easy, CURLINFO info, ...)
{
    CURLcode code = CURLE_FAILED_INIT;
    va_list list;
    va_start(list, info);
    if (is_there())
        code = own_curl_easy_getinfo(easy, info, va_arg(list, void *));
    va_end(list);
    return code;
}

// What is shared is an int; the rest, which runbook does not set, are pointers.
CURLSHcode curl_share_setopt(CURLSH *share, CURLSHoption option, ...)
{
    CURLSHcode code = CURLSHE_INVALID;
    va_list list;
    va_start(list, option);
    if (is_there() && (option == CURLSHOPT_SHARE || option == CURLSHOPT_UNSHARE))
        code = own_curl_share_setopt(share, option, va_arg(list, int));
    va_end(list);
    return code;
}

#define ROW(name)                                                                                  \
    {                                                                                              \
#name, &own_##name                                                                         \
    }
static const struct {
    const char *name;
    void *place;
} rows[] = {
    ROW(curl_global_init_mem),     ROW(curl_free),         ROW(curl_getdate),
    ROW(curl_easy_init),           ROW(curl_easy_reset),   ROW(curl_easy_cleanup),
    ROW(curl_easy_strerror),       ROW(curl_easy_setopt),  ROW(curl_easy_getinfo),
    ROW(curl_multi_init),          ROW(curl_multi_setopt), ROW(curl_multi_cleanup),
    ROW(curl_multi_add_handle),    ROW(curl_multi_assign), ROW(curl_multi_remove_handle),
    ROW(curl_multi_socket_action), ROW(curl_share_init),   ROW(curl_multi_info_read),
    ROW(curl_share_setopt),        ROW(curl_url),          ROW(curl_share_cleanup),
    ROW(curl_url_cleanup),         ROW(curl_url_get),      ROW(curl_url_set),
    ROW(curl_url_strerror),
};

static bool refuse(struct error *err, const char *why)
{
    size_t own = strlen(library);
    if (strncmp(why, library, own) == 0 && strncmp(why + own, ": ", 2) == 0)
        why += own + 2;
    return error_set(err, "%s cannot be opened: %s; install Debian's package libcurl4", library,
                     why);
}

static bool rows_fill(void *handle, struct error *err)
{
    __typeof__(curl_version_info) *info;
    *(void **)&info = dlsym(handle, "curl_version_info");
    if (!info || info(CURLVERSION_NOW)->version_num < OLDEST)
        return refuse(err, "it is older than 7.87");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *found = dlsym(handle, rows[i].name);
        if (!found)
            return refuse(err, dlerror());
        memcpy(rows[i].place, &found, sizeof found);
    }
    return true;
}

bool curl_open(struct error *err)
{
    static bool open;
    if (open)
        return true;
    void *handle = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
    if (!handle)
        return refuse(err, dlerror());
    if (!rows_fill(handle, err)) {
        dlclose(handle);
        return false;
    }
    utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
    open = true;
    return true;
}

const char *curl_missed(void)
{
    return NULL;
}
