#include "net/fetch_fault.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/x509_vfy.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/duration.h"
#include "net/fetch_sink.h"

struct scene {
    CURL *easy;
    const struct ask *ask;
    const struct hop *hop;
    const struct progress *progress;
    struct error *err;
    const char *code;    // of the failure
    struct arena memory; // of what stands below
    const char *at;      // host:port as the URL says
    const char *detail;  // curl's own words, as far as they mean something to a person
};

static int64_t time_of(const struct scene *s, CURLINFO which)
{
    curl_off_t us = 0;
    curl_easy_getinfo(s->easy, which, &us);
    return us;
}

static long number_of(const struct scene *s, CURLINFO which)
{
    long n = 0;
    curl_easy_getinfo(s->easy, which, &n);
    return n;
}

// Whether curl's words fill their room: then they are cut, and perhaps in the middle of a secret.
static bool is_cut(const char *text)
{
    return strlen(text) + 1 >= CURL_ERROR_SIZE;
}

// Writes curl's words without user and password of a proxy's URL, which they quote as it was given;
// where they are cut, without the rest of it. False when they have none.
static bool login_blank(struct scene *s, const char *text)
{
    const char *quote = strchr(text, '\''), *at = strrchr(text, '@');
    const char *login = quote ? quote + 1 : text, *scheme = strstr(login, "://");
    if (scheme && strcspn(login, ":'@") == (size_t)(scheme - login))
        login = scheme + 3;
    if (quote && is_cut(text))
        at = "";
    if (at == NULL || (*at && at < login))
        return false;
    s->detail = arena_printf(&s->memory, "%.*s***%s", (int)(login - text), text, at);
    return true;
}

// "OpenSSL SSL_read: error:0A00045C:SSL routines::unexpected eof, errno 0" -> "unexpected eof"
static void detail_set(struct scene *s, CURLcode code)
{
    const char *text = s->progress->detail, *mark;
    if (login_blank(s, text))
        return;
    if (is_cut(text))
        text = "";
    while (strstr(text, "error:") && (mark = strstr(text, "::")))
        text = mark + 2;
    if (!*text)
        text = curl_easy_strerror(code);
    mark = strstr(text, ", errno");
    s->detail = arena_copy(&s->memory, text, mark ? (size_t)(mark - text) : strlen(text));
}

// Under TLS 1.3 a server judges our certificate after our side took the handshake for done; it has
// read nothing of a request then.
static bool is_refused(const struct scene *s, CURLcode code)
{
    const char *const reasons[] = {"certificate", "unknown ca", "access denied"};
    bool alert = (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR) && !s->progress->status &&
                 strstr(s->detail, " alert ");
    for (size_t i = 0; alert && i < sizeof reasons / sizeof *reasons; i++)
        if (strstr(s->detail, reasons[i]))
            return true;
    return code == CURLE_SSL_CLIENTCERT;
}

static void describe_timeout(const struct scene *s)
{
    const struct fetch_request *r = &s->ask->request;
    char limit[32];
    bool early = time_of(s, CURLINFO_PRETRANSFER_TIME_T) == 0;
    bool whole = time_of(s, CURLINFO_TOTAL_TIME_T) >= s->hop->timeout_ms * 1000;
    duration_format(early && !whole ? r->connect_timeout_ms : r->timeout_ms, limit, sizeof limit);
    if (s->progress->status) {
        char size[32];
        error_set(s->err, "timed out after %s (%s stopped answering after %s of the body)", limit,
                  s->at, size_format((uint64_t)s->progress->bytes, size, sizeof size));
    } else if (!early) {
        error_set(s->err, "timed out after %s (connected to %s, no answer)", limit, s->at);
    } else if (s->hop->shaking) {
        error_set(s->err, "timed out after %s in the TLS handshake with %s", limit, s->at);
    } else if (time_of(s, CURLINFO_NAMELOOKUP_TIME_T)) {
        error_set(s->err, "timed out after %s while connecting to %s", limit, s->at);
    } else {
        error_set(s->err, "timed out after %s while resolving '%s'", limit, s->hop->url.host);
    }
}

// Whom curl could not reach, by its own words, when that is a proxy; else NULL.
static const char *proxy_of(struct scene *s)
{
    static const char before[] = "Failed to connect to ";
    const char *own = s->hop->url.host + (*s->hop->url.host == '['); // curl omits the brackets
    const char *host = s->detail + sizeof before - 1;
    int port;
    if (s->ask->request.connect_to || strncmp(s->detail, before, sizeof before - 1) != 0)
        return NULL;
    size_t len = strcspn(host, " ");
    if (sscanf(host + len, " port %d", &port) != 1 ||
        (strncasecmp(host, own, len) == 0 && port == s->hop->url.port))
        return NULL;
    return arena_printf(&s->memory, memchr(host, ':', len) ? "[%.*s]:%d" : "%.*s:%d", (int)len,
                        host, port);
}

static void describe_connect(struct scene *s)
{
    int why = (int)number_of(s, CURLINFO_OS_ERRNO);
    const char *to = s->ask->request.connect_to;
    const char *proxy = proxy_of(s);
    if (proxy) {
        s->code = CODE_PROXY;
        error_set(s->err, "could not connect to the proxy %s on the way to %s: %s", proxy, s->at,
                  why ? strerror(why) : s->detail);
        return;
    }
    const char *open = to ? " (reached through " : "", *close = to ? ")" : "";
    to = to ? to : "";
    if (why == ECONNREFUSED)
        error_set(s->err, "connection refused by %s%s%s%s", s->at, open, to, close);
    else
        error_set(s->err, "could not connect to %s%s%s%s: %s", s->at, open, to, close,
                  why ? strerror(why) : s->detail);
}

static void describe_untrusted(struct scene *s)
{
    long why = number_of(s, CURLINFO_SSL_VERIFYRESULT);
    bool dated = why == X509_V_ERR_CERT_HAS_EXPIRED || why == X509_V_ERR_CERT_NOT_YET_VALID;
    bool named = strstr(s->detail, "subject name") || why == X509_V_ERR_HOSTNAME_MISMATCH ||
                 why == X509_V_ERR_IP_ADDRESS_MISMATCH;
    s->code = named ? CODE_TLS_NAME : dated ? CODE_TLS_EXPIRED : CODE_TLS_UNTRUSTED;
    if (strstr(s->detail, "subject name"))
        error_set(s->err, "the certificate that %s serves is not for '%s'", s->at,
                  s->hop->url.host);
    else if (why == X509_V_OK || why == X509_V_ERR_UNSPECIFIED)
        error_set(s->err, "the certificate of %s is not trusted: %s", s->at, s->detail);
    else
        error_set(s->err, "the certificate of %s is not trusted: %s", s->at,
                  X509_verify_cert_error_string(why));
}

static void describe_broken(struct scene *s)
{
    long refused = number_of(s, CURLINFO_HTTP_CONNECTCODE);
    char size[32];
    int why = (int)number_of(s, CURLINFO_OS_ERRNO);
    if (refused && refused / 100 != 2) {
        s->code = refused / 100 == 5 ? CODE_PROXY : CODE_PROXY_REFUSED;
        error_set(s->err, "the proxy would not connect to %s (status %ld)", s->at, refused);
    } else if (s->progress->status)
        error_set(s->err, "the answer of %s broke off after %s of the body", s->at,
                  size_format((uint64_t)s->progress->bytes, size, sizeof size));
    else
        error_set(s->err, "the connection to %s broke before an answer came: %s", s->at,
                  why ? strerror(why) : s->detail);
}

// Says what happened, and sets the code of what is no want of an answer; returns whether it may be
// gone the next time.
static bool describe(struct scene *s, CURLcode code)
{
    const struct fetch_request *r = &s->ask->request;
    const char *host = s->hop->url.host;
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        error_set(s->err, "could not resolve host '%s'", host);
        return true;
    case CURLE_COULDNT_RESOLVE_PROXY:
        s->code = CODE_PROXY;
        error_set(s->err, "could not resolve the proxy's host: %s", s->detail);
        return true;
    case CURLE_COULDNT_CONNECT:
        describe_connect(s);
        return true;
    case CURLE_OPERATION_TIMEDOUT:
        s->code = CODE_TIMEOUT;
        describe_timeout(s);
        return true;
    case CURLE_GOT_NOTHING:
        error_set(s->err, "%s closed the connection without an answer", s->at);
        return true;
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        describe_broken(s);
        return true;
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        error_set(s->err, "%s broke off its HTTP/2 answer: %s", s->at, s->detail);
        return true;
    case CURLE_PROXY:
        s->code = CODE_PROXY;
        error_set(s->err, "the proxy failed on the way to %s: %s", s->at, s->detail);
        return true;
    case CURLE_SSL_CONNECT_ERROR:
        error_set(s->err, "the TLS handshake with %s failed: %s", s->at, s->detail);
        return true;
    case CURLE_PEER_FAILED_VERIFICATION:
        describe_untrusted(s);
        return false;
    case CURLE_SSL_CACERT_BADFILE:
        s->code = CODE_TLS_NO_CA;
        error_set(s->err, "cannot verify %s: no CA certificates could be read from %s", s->at,
                  r->ca_pem    ? "the given PEM text"
                  : r->ca_file ? r->ca_file
                               : "the system's store");
        return false;
    case CURLE_SSL_CERTPROBLEM:
        s->code = CODE_TLS_CLIENT;
        error_set(s->err, "cannot use the client certificate for %s: %s", s->at, s->detail);
        return false;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
        s->code = CODE_BAD_ANSWER;
        error_set(s->err, "what %s answers is not HTTP: %s", s->at, s->detail);
        return false;
    case CURLE_BAD_CONTENT_ENCODING:
        s->code = CODE_BAD_ANSWER;
        error_set(s->err, "the answer of %s could not be decompressed: %s", s->at, s->detail);
        return false;
    case CURLE_WRITE_ERROR:
        s->code = CODE_TOO_LARGE;
        error_set(s->err, "the headers that %s sends are too large", s->at);
        return false;
    default:
        s->code = CODE_FAILED;
        error_set(s->err, "the request to %s failed: %s", s->at, s->detail);
        return false;
    }
}

void fault_clear(struct fault *fault)
{
    error_free(&fault->error);
    *fault = (struct fault){0};
}

void fault_describe(struct fault *fault, CURL *easy, CURLcode code, const struct ask *ask,
                    const struct hop *hop, const struct progress *progress)
{
    struct scene s = {
        .easy = easy, .ask = ask, .hop = hop, .progress = progress, .err = &fault->error};
    s.at = arena_printf(&s.memory, "%s:%d", hop->url.host, hop->url.port);
    detail_set(&s, code);
    s.code = CODE_NO_ANSWER;
    fault->refused = is_refused(&s, code);
    if (fault->refused)
        error_set(s.err, "%s did not accept our client certificate, or that we sent none: %s", s.at,
                  s.detail);
    fault->transient = !fault->refused && describe(&s, code);
    fault->code = fault->refused ? CODE_TLS_CLIENT : s.code;
    arena_free(&s.memory);
}

void fault_missed(struct fault *fault, const char *function, const struct hop *hop)
{
    fault->code = CODE_FAILED;
    error_set(&fault->error,
              "the request to %s:%d failed: libcurl called %s, of a library that this runbook is "
              "built without; build it with -DRUNBOOK_CURL=shared",
              hop->url.host, hop->url.port, function);
}
