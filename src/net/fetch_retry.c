#include "net/fetch_retry.h"

#include <stdlib.h>
#include <string.h>

#include "base/duration.h"

bool retry_wanted(const struct ask *ask, int attempts, const struct fetch_ending *ending)
{
    const struct fetch_request *r = &ask->request;
    if (attempts > r->retries)
        return false;
    if (r->again)
        return r->again(r, ending, r->again_arg);
    if (!ask_repeatable(ask))
        return false;
    if (ending->code)
        return ending->transient;
    int status = ending->status;
    return status == 429 || status == 502 || status == 503 || status == 504;
}

int64_t fetch_retry_asked(const char *text)
{
    if (!*text)
        return -1;
    if (text[strspn(text, "0123456789")] == '\0')
        return strlen(text) > 9 ? INT64_MAX : strtoll(text, NULL, 10) * 1000;
    time_t at = curl_getdate(text, NULL);
    if (at == -1)
        return -1;
    int64_t ms = (int64_t)at * 1000 - clock_wall();
    return ms > 0 ? ms : 0;
}

int64_t fetch_retry_after(const char *headers)
{
    char text[64];
    bool there = headers && fetch_header(headers, "retry-after", text, sizeof text);
    return there ? fetch_retry_asked(text) : -1;
}

int64_t retry_delay(const struct fetch_request *r, int attempts, const char *headers)
{
    int64_t longest = r->retry_max_ms;
    int64_t asked = fetch_retry_after(headers);
    if (asked >= 0)
        return asked < longest ? asked : longest;
    int64_t delay = r->retry_ms < longest ? r->retry_ms : longest;
    for (int i = 1; i < attempts && delay < longest; i++)
        delay = delay > longest / 2 ? longest : delay * 2;
    int64_t half = delay / 2;
    return delay - half + (int64_t)(arc4random() / (UINT32_MAX + 1.0) * (double)(half + 1));
}
