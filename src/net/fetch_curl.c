#include "net/fetch_curl.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stddef.h>

#include <curl/curl.h>

// The functions of libcurl that fetch uses: type, name, parameters, arguments. Each is defined
// below under its own name and hands its call on, so that callers and curl's own type checks see no
// difference.
#define FUNCTIONS(X)                                                                               \
    X(CURLcode, curl_global_init, (long flags), (flags))                                           \
    X(CURL *, curl_easy_init, (void), ())                                                          \
    X(void, curl_easy_reset, (CURL * easy), (easy))                                                \
    X(void, curl_easy_cleanup, (CURL * easy), (easy))                                              \
    X(const char *, curl_easy_strerror, (CURLcode code), (code))                                   \
    X(CURLM *, curl_multi_init, (void), ())                                                        \
    X(CURLMcode, curl_multi_cleanup, (CURLM * multi), (multi))                                     \
    X(CURLMcode, curl_multi_add_handle, (CURLM * multi, CURL * easy), (multi, easy))               \
    X(CURLMcode, curl_multi_remove_handle, (CURLM * multi, CURL * easy), (multi, easy))            \
    X(CURLMcode, curl_multi_assign, (CURLM * multi, curl_socket_t fd, void *arg),                  \
      (multi, fd, arg))                                                                            \
    X(CURLMcode, curl_multi_socket_action,                                                         \
      (CURLM * multi, curl_socket_t fd, int flags, int *running), (multi, fd, flags, running))     \
    X(CURLMsg *, curl_multi_info_read, (CURLM * multi, int *left), (multi, left))                  \
    X(CURLSH *, curl_share_init, (void), ())                                                       \
    X(CURLSHcode, curl_share_cleanup, (CURLSH * share), (share))                                   \
    X(CURLU *, curl_url, (void), ())                                                               \
    X(void, curl_url_cleanup, (CURLU * url), (url))                                                \
    X(CURLUcode, curl_url_get, (CURLU * url, CURLUPart part, char **text, unsigned flags),         \
      (url, part, text, flags))                                                                    \
    X(CURLUcode, curl_url_set, (CURLU * url, CURLUPart part, const char *text, unsigned flags),    \
      (url, part, text, flags))                                                                    \
    X(const char *, curl_url_strerror, (CURLUcode code), (code))                                   \
    X(time_t, curl_getdate, (const char *text, const time_t *unused), (text, unused))              \
    X(void, curl_free, (void *text), (text))

// Those that take one argument of any type: type, name, handle, option.
#define OPTIONS(X)                                                                                 \
    X(CURLcode, curl_easy_setopt, CURL *, CURLoption)                                              \
    X(CURLcode, curl_easy_getinfo, CURL *, CURLINFO)                                               \
    X(CURLMcode, curl_multi_setopt, CURLM *, CURLMoption)                                          \
    X(CURLSHcode, curl_share_setopt, CURLSH *, CURLSHoption)

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt
#undef curl_share_setopt

static struct library {
#define FIELD(type, name, ...) __typeof__(name) *(name);
    FUNCTIONS(FIELD)
    OPTIONS(FIELD)
} library;

#define HAND_ON(type, name, parameters, arguments)                                                 \
    type name parameters                                                                           \
    {                                                                                              \
        return library.name arguments;                                                             \
    }
FUNCTIONS(HAND_ON)

// Every such argument is a pointer or a number of its size, and is passed as one.
_Static_assert(sizeof(long) == sizeof(void *) && sizeof(curl_off_t) == sizeof(void *),
               "an argument of curl_easy_setopt would not fit a pointer");
#define HAND_OPTION_ON(type, name, handle, option)                                                 \
    type name(handle h, option which, ...)                                                         \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, which);                                                                     \
        void *value = va_arg(args, void *);                                                        \
        va_end(args);                                                                              \
        return library.name(h, which, value);                                                      \
    }
OPTIONS(HAND_OPTION_ON)

bool curl_load(struct error *err)
{
    static const struct {
        const char *name;
        size_t at; // offset in `library`
    } symbols[] = {
#define SYMBOL(type, name, ...) {#name, offsetof(struct library, name)},
        FUNCTIONS(SYMBOL) OPTIONS(SYMBOL)};
    static bool loaded;
    if (loaded)
        return true;
    void *handle = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_LOCAL);
    for (size_t i = 0; handle && i < sizeof symbols / sizeof *symbols; i++) {
        void *symbol = dlsym(handle, symbols[i].name);
        if (!symbol)
            handle = NULL;
        *(void **)((char *)&library + symbols[i].at) = symbol;
    }
    if (!handle)
        return error_set(err, "could not load libcurl (%s); install the package libcurl4",
                         dlerror());
    return loaded = true;
}
