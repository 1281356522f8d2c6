#include "net/fetch_intake.h"

#include <string.h>
#include <strings.h>

#include "net/fetch_retry.h"

enum { MAX_HEADER_BYTES = 256 * 1024 };

static size_t on_header(char *bytes, size_t size, size_t count, void *arg)
{
    struct intake *in = arg;
    size_t len = size * count, kept = len;
    while (kept && strchr("\r\n", bytes[kept - 1]))
        kept--;
    if (kept > 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        buf_clear(&in->headers); // an interim answer was before this one
        in->located = false;
        return len;
    }
    in->located = in->located || (kept > 9 && strncasecmp(bytes, "location:", 9) == 0);
    return !kept || (buf_add(&in->headers, bytes, kept) && buf_puts(&in->headers, "\r\n")) ? len
                                                                                           : 0;
}

void intake_decide(struct intake *in, int status)
{
    const struct fetch_ending ending = {
        .sent = true, .status = status, .headers = buf_text(&in->headers)};
    bool moved = (status >= 301 && status <= 303) || status == 307 || status == 308;
    in->status = status;
    if (in->fate != FATE_OPEN)
        return;
    if (moved && in->located && in->ask->request.max_redirects > 0)
        in->fate = FATE_REDIRECT;
    else
        in->fate = retry_wanted(in->ask, in->attempt, &ending) ? FATE_AGAIN : FATE_FINAL;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct intake *in = arg;
    size_t len = size * count;
    if (in->cancelled)
        return 0;
    if (in->fate == FATE_OPEN) {
        long status = 0;
        curl_easy_getinfo(in->easy, CURLINFO_RESPONSE_CODE, &status);
        intake_decide(in, (int)status);
    }
    enum sink_kind kind = SINK_MEMORY;
    if (in->fate == FATE_FINAL && in->ask->request.to_file && in->status / 100 == 2)
        kind = SINK_FILE;
    else if (in->fate == FATE_FINAL && in->ask->request.on_data)
        kind = SINK_CALL;
    return sink_write(&in->sink, kind, bytes, len) && !in->cancelled ? len : 0;
}

bool intake_open(struct intake *in, struct arena *a, const struct ask *ask)
{
    in->ask = ask;
    in->headers.max = MAX_HEADER_BYTES;
    return sink_open(&in->sink, a, &ask->request);
}

bool intake_begin(struct intake *in, CURL *easy, int attempt)
{
    in->easy = easy;
    in->attempt = attempt;
    in->fate = FATE_OPEN;
    in->located = false;
    buf_clear(&in->headers);
    sink_reset(&in->sink);
    return !curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) &&
           !curl_easy_setopt(easy, CURLOPT_HEADERDATA, in) &&
           !curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) &&
           !curl_easy_setopt(easy, CURLOPT_WRITEDATA, in);
}

void intake_close(struct intake *in)
{
    sink_close(&in->sink);
    buf_free(&in->headers);
}
