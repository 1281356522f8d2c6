#include "net/fetch_hop.h"

#include <string.h>

enum { INITIAL_WINDOW = 65535 }; // RFC 9113, 6.9.2: what may be sent of a body before any leave

// A refused option must not pass unseen: it could be the one that verifies.
#define SET(option, value)                                                                         \
    do {                                                                                           \
        if (curl_easy_setopt(easy, option, value) != CURLE_OK)                                     \
            return false;                                                                          \
    } while (0)

static bool set_pem(CURL *easy, CURLoption option, const char *pem)
{
    struct curl_blob blob = {(void *)(uintptr_t)pem, strlen(pem), CURL_BLOB_NOCOPY};
    SET(option, &blob);
    return true;
}

static bool set_method(CURL *easy, const struct fetch_request *r, const struct hop *hop)
{
    const char *const bodied[] = {"POST", "PUT", "PATCH"};
    bool body = hop->body && r->body;
    for (size_t i = 0; i < 3; i++)
        body = body || strcmp(hop->method, bodied[i]) == 0;
    if (strcmp(hop->method, "HEAD") == 0) {
        SET(CURLOPT_NOBODY, 1L);
    } else if (body) {
        bool filled = hop->body && r->body;
        SET(CURLOPT_POSTFIELDSIZE_LARGE, filled ? (curl_off_t)r->body_len : 0);
        SET(CURLOPT_POSTFIELDS, filled ? r->body : "");
    } else {
        SET(CURLOPT_HTTPGET, 1L);
    }
    SET(CURLOPT_CUSTOMREQUEST, hop->method);
    return true;
}

static bool set_connection(CURL *easy, const struct ask *ask, const struct hop *hop)
{
    const struct fetch_request *r = &ask->request;
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L); // ending a transfer does not wait for a slow name server
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_SOCKS5_AUTH, (long)CURLAUTH_BASIC); // without Kerberos: see net/curl/slim.c
    SET(CURLOPT_TIMEOUT_MS, (long)hop->timeout_ms);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)r->connect_timeout_ms);
    SET(CURLOPT_CONNECT_TO, ask->connect_to);
    if (r->proxy) {
        SET(CURLOPT_PROXY, r->proxy);
        SET(CURLOPT_NOPROXY, ""); // the environment's no_proxy is about the environment's proxies
    }
    // curl silently asks again when a pooled connection turns out dead, even where the server may
    // have acted on the request already. What must not happen twice has a connection of its own.
    long alone = r->alone || !ask_repeatable(ask) ? 1L : 0L;
    SET(CURLOPT_FRESH_CONNECT, alone);
    SET(CURLOPT_FORBID_REUSE, alone);
    // A server may answer over HTTP/2 without reading a body to its end; curl 7.88 then waits in
    // vain for leave to send the rest.
    bool large = hop->body && r->body && r->body_len > INITIAL_WINDOW;
    bool two = hop->url.secure && !large;
    SET(CURLOPT_HTTP_VERSION, two ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_PIPEWAIT, two ? 1L : 0L);
    return true;
}

// A connection stands, and its handshake begins; libcurl 8 tells so in no other way.
static CURLcode on_handshake(CURL *easy, void *context, void *arg)
{
    (void)easy, (void)context;
    ((struct hop *)arg)->shaking = true;
    return CURLE_OK;
}

static bool set_tls(CURL *easy, const struct ask *ask, struct hop *hop)
{
    const struct fetch_request *r = &ask->request;
    SET(CURLOPT_SSL_CTX_FUNCTION, on_handshake);
    SET(CURLOPT_SSL_CTX_DATA, hop);
    SET(CURLOPT_SSL_VERIFYPEER, r->insecure ? 0L : 1L);
    SET(CURLOPT_SSL_VERIFYHOST, r->insecure ? 0L : 2L);
    // From one file alone curl reads certificates once and keeps them; not with a folder beside it.
    SET(CURLOPT_CAPATH, NULL);
    if (r->ca_pem) {
        SET(CURLOPT_CAINFO, NULL);
        if (!set_pem(easy, CURLOPT_CAINFO_BLOB, r->ca_pem))
            return false;
    } else if (r->ca_file) {
        SET(CURLOPT_CAINFO, r->ca_file);
    }
    if (!hop->trusted)
        return true;
    if (r->cert_pem && !set_pem(easy, CURLOPT_SSLCERT_BLOB, r->cert_pem))
        return false;
    if (r->key_pem && !set_pem(easy, CURLOPT_SSLKEY_BLOB, r->key_pem))
        return false;
    if (!r->cert_pem)
        SET(CURLOPT_SSLCERT, r->cert_file);
    if (!r->key_pem)
        SET(CURLOPT_SSLKEY, r->key_file);
    return true;
}

bool hop_set(CURL *easy, const struct ask *ask, struct hop *hop)
{
    hop->shaking = false;
    SET(CURLOPT_URL, hop->url.text);
    SET(CURLOPT_HTTPHEADER, hop->trusted ? ask->headers : ask->public_headers);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_USERAGENT, ask->request.user_agent);
    SET(CURLOPT_ACCEPT_ENCODING, "gzip, deflate, br");
    if (hop->trusted && ask->url.user) {
        SET(CURLOPT_USERNAME, ask->url.user);
        SET(CURLOPT_PASSWORD, ask->url.password);
    }
    return set_method(easy, &ask->request, hop) && set_connection(easy, ask, hop) &&
           (!hop->url.secure || set_tls(easy, ask, hop));
}

struct hop hop_first(const struct ask *ask)
{
    return (struct hop){
        .method = ask->request.method, .url = ask->url, .body = true, .trusted = true};
}

// Seconds since the start of the attempt; 0 when it never came to that.
static double moment(CURL *easy, CURLINFO which, double offset)
{
    curl_off_t us = 0;
    curl_easy_getinfo(easy, which, &us);
    return us ? offset + (double)us / 1e6 : 0;
}

void hop_measure(CURL *easy, struct arena *a, double offset, struct fetch_result *result)
{
    const int versions[] = {
        [CURL_HTTP_VERSION_1_0] = 10, [CURL_HTTP_VERSION_1_1] = 11, [CURL_HTTP_VERSION_2_0] = 20};
    long status = 0, version = 0, port = 0, request_bytes = 0;
    const char *ip = NULL;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
    curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &ip);
    curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &port);
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request_bytes);
    result->status = (int)status;
    result->http_version = version >= 0 && version <= CURL_HTTP_VERSION_2_0 ? versions[version] : 0;
    result->ip = arena_dup(a, ip ? ip : "");
    result->port = (int)port;
    result->dns = moment(easy, CURLINFO_NAMELOOKUP_TIME_T, offset);
    result->connect = moment(easy, CURLINFO_CONNECT_TIME_T, offset);
    result->tls = moment(easy, CURLINFO_APPCONNECT_TIME_T, offset);
    result->first_byte = moment(easy, CURLINFO_STARTTRANSFER_TIME_T, offset);
    result->total = moment(easy, CURLINFO_TOTAL_TIME_T, offset);
    // A CONNECT to a proxy counts among the request's bytes, too, but comes before PRETRANSFER.
    bool ready = moment(easy, CURLINFO_PRETRANSFER_TIME_T, offset) > 0;
    result->sent = result->sent || (ready && request_bytes > 0);
}

bool hop_redirect(struct hop *hop, struct arena *a, const struct ask *ask, int status,
                  const char *location, struct error *err)
{
    const struct url from = hop->url;
    struct url to;
    if (!url_parse(&to, a, location, err))
        return error_set(err, "cannot follow the redirect of %s:%d: %s", from.host, from.port,
                         error_text(err));
    bool head = strcmp(hop->method, "HEAD") == 0, post = strcmp(hop->method, "POST") == 0;
    if ((status == 303 && !head) || (status <= 302 && post)) {
        hop->method = "GET";
        hop->body = false;
    }
    hop->trusted = hop->trusted && url_same_origin(&from, &to);
    if (!hop->trusted && hop->body && ask->request.body)
        return error_set(err, "%s:%d redirects to '%s', another host: the body is not sent there",
                         from.host, from.port, to.text);
    hop->url = to;
    return true;
}
