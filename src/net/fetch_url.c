#include "net/fetch_url.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "net/fetch_curl.h"

// A part as arena text; NULL when the URL has none.
static const char *part_copy(struct arena *a, CURLU *u, CURLUPart part, unsigned flags)
{
    char *text = NULL;
    const char *copy = NULL;
    if (curl_url_get(u, part, &text, flags) == CURLUE_OK)
        copy = arena_dup(a, text);
    curl_free(text);
    return copy;
}

static bool split(struct url *url, struct arena *a, CURLU *u, const char *text, struct error *err)
{
    CURLUcode code = curl_url_set(u, CURLUPART_URL, text, 0);
    if (code == CURLUE_BAD_SCHEME)
        return error_set(err, "'%s' is not a URL: it must start with http:// or https://", text);
    const char *scheme = code ? NULL : part_copy(a, u, CURLUPART_SCHEME, 0);
    bool plain = scheme && strcasecmp(scheme, "http") == 0;
    url->secure = scheme && strcasecmp(scheme, "https") == 0;
    if (code == CURLUE_UNSUPPORTED_SCHEME || (!code && !plain && !url->secure))
        return error_set(err, "cannot fetch '%s': only http and https are spoken", text);
    if (code)
        return error_set(err, "'%s' is not a URL: %s", text, curl_url_strerror(code));

    url->user = part_copy(a, u, CURLUPART_USER, CURLU_URLDECODE);
    url->password = part_copy(a, u, CURLUPART_PASSWORD, CURLU_URLDECODE);
    curl_url_set(u, CURLUPART_USER, NULL, 0);
    curl_url_set(u, CURLUPART_PASSWORD, NULL, 0);
    curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0);
    const char *port = part_copy(a, u, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    url->port = port ? atoi(port) : 0;
    url->host = part_copy(a, u, CURLUPART_HOST, 0);
    url->text = part_copy(a, u, CURLUPART_URL, 0);
    if (!url->host || !url->text)
        return error_set(err, "'%s' is not a URL", text);
    return true;
}

bool url_parse(struct url *url, struct arena *a, const char *text, struct error *err)
{
    *url = (struct url){0};
    if (!curl_open(err))
        return false;
    CURLU *u = curl_url();
    if (!u)
        return error_set(err, "cannot fetch '%s': no memory is left", text);
    bool ok = split(url, a, u, text, err);
    curl_url_cleanup(u);
    return ok;
}

bool url_same_origin(const struct url *a, const struct url *b)
{
    return a->secure == b->secure && a->port == b->port && strcasecmp(a->host, b->host) == 0;
}
