#include "net/fetch.h"

#include <stdlib.h>
#include <time.h>

#include "base/code.h"
#include "net/fetch_ask.h"
#include "net/fetch_curl.h"
#include "net/fetch_fault.h"
#include "net/fetch_guard.h"
#include "net/fetch_hop.h"
#include "net/fetch_intake.h"
#include "net/fetch_pool.h"
#include "net/fetch_retry.h"
#include "net/loop.h"

// A fetch is up to 1 + retries attempts, and an attempt one hop more than it follows redirects.
// Between attempts it waits on `timer`; during a hop it holds `easy`.
struct fetch {
    struct fetcher *pool;
    struct fetch *before, *after;
    struct arena arena;
    struct ask ask;
    fetch_done *done;
    void *arg;

    struct timer *timer;
    CURL *easy;
    struct hop hop;
    struct gate gate;
    struct intake intake;
    int64_t attempt_began, hop_began; // microseconds

    struct fault fault; // empty text: nothing went wrong
    bool lost_before;   // result.lost without the attempt that came last
    struct fetch_result result;
    char detail[CURL_ERROR_SIZE];
};

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void fetch_free(struct fetch *f)
{
    *(f->before ? &f->before->after : &f->pool->first) = f->after;
    if (f->after)
        f->after->before = f->before;
    timer_stop(f->timer);
    if (f->easy)
        pool_give(f->pool, f->easy);
    intake_close(&f->intake);
    error_free(&f->gate.refusal);
    error_free(&f->fault.error);
    arena_free(&f->arena);
    free(f);
}

static bool has_failed(const struct fetch *f)
{
    return error_is_set(&f->fault.error);
}

// What was written of the body is why it failed.
static void sink_blame(struct fetch *f)
{
    error_move(&f->fault.error, &f->intake.sink.error);
    f->fault.code = f->intake.sink.too_large ? CODE_TOO_LARGE : CODE_FILE;
}

// Tells the outcome, which is in f->fault or else in f->intake, and ends the fetch.
static void conclude(struct fetch *f)
{
    struct fetch_result *r = &f->result;
    if (!has_failed(f) && r->status / 100 == 2 && !sink_keep(&f->intake.sink))
        sink_blame(f);
    if (has_failed(f)) {
        r->code = f->fault.code ? f->fault.code : CODE_USAGE;
        r->error = error_text(&f->fault.error);
        r->body = "";
    } else {
        r->body = buf_text(&f->intake.sink.memory);
        r->body_len = f->intake.sink.memory.len;
    }
    r->headers = buf_text(&f->intake.headers);
    r->bytes = f->intake.sink.bytes;
    r->url = f->hop.url.text ? f->hop.url.text : f->ask.request.url;
    r->ip = r->ip ? r->ip : "";
    f->done(f, r, f->arg);
    fetch_free(f);
}

static bool transfer_set(struct fetch *f)
{
    f->gate.guard = f->ask.request.guard;
    return hop_set(f->easy, &f->ask, &f->hop) && gate_set(f->easy, &f->gate) &&
           intake_begin(&f->intake, f->easy, f->result.attempts) &&
           !curl_easy_setopt(f->easy, CURLOPT_ERRORBUFFER, f->detail);
}

static void hop_start(struct fetch *f)
{
    f->hop_began = now_us();
    f->hop.timeout_ms = f->ask.request.timeout_ms - (f->hop_began - f->attempt_began) / 1000;
    if (f->hop.timeout_ms < 1)
        f->hop.timeout_ms = 1;
    f->detail[0] = '\0';
    f->easy = pool_take(f->pool, &f->fault.error);
    if (f->easy && transfer_set(f) && pool_run(f->pool, f->easy, f))
        return;
    f->fault.code = CODE_FAILED;
    error_set(&f->fault.error, "could not prepare the request to '%s': %s", f->hop.url.text,
              has_failed(f) ? error_text(&f->fault.error) : "libcurl refused it");
    conclude(f);
}

// Takes the answer that stands in for the network's.
static void pretend(struct fetch *f)
{
    struct fetch_answer answer = {.headers = "", .body = ""};
    f->pool->pretend(&f->ask.request, &f->arena, &answer, f->pool->pretend_arg);
    f->result.status = f->intake.status = answer.status;
    f->intake.fate = FATE_FINAL;
    buf_puts(&f->intake.headers, answer.headers);
    enum sink_kind kind = f->ask.request.on_data ? SINK_CALL : SINK_MEMORY;
    if (answer.error) {
        f->fault.code = CODE_NO_ANSWER;
        error_set(&f->fault.error, "%s", answer.error);
    } else if (!sink_write(&f->intake.sink, kind, answer.body, answer.len) &&
               !f->intake.sink.ended) {
        sink_blame(f);
    }
    if (f->intake.cancelled)
        fetch_free(f);
    else
        conclude(f);
}

static void attempt_start(void *arg)
{
    struct fetch *f = arg;
    f->timer = NULL;
    if (f->result.attempts == 0 && has_failed(f)) { // at fetch_start already
        conclude(f);
        return;
    }
    fault_clear(&f->fault);
    f->attempt_began = now_us();
    f->result.attempts++;
    f->result.redirects = 0;
    f->hop = hop_first(&f->ask);
    if (f->pool->pretend)
        pretend(f);
    else
        hop_start(f);
}

// Takes from the handle, before it is given back, how the hop ended: f->result and f->fault.
static void hop_judge(struct fetch *f, CURLcode code)
{
    bool sent = f->result.sent;
    const char *missed = curl_missed();
    double offset = (double)(f->hop_began - f->attempt_began) / 1e6;
    hop_measure(f->easy, &f->arena, offset, &f->result);
    fault_clear(&f->fault);
    if (code != CURLE_OK && error_is_set(&f->gate.refusal)) {
        error_move(&f->fault.error, &f->gate.refusal);
        f->fault.code = CODE_FORBIDDEN;
        f->result.sent = sent; // the guard is asked before a request is
    } else if (missed) { // if not by this transfer, by one beside it: better this one than none
        fault_missed(&f->fault, missed, &f->hop);
    } else if (error_is_set(&f->intake.sink.error)) {
        sink_blame(f);
    } else if (code != CURLE_OK && !f->intake.sink.ended) {
        fault_describe(&f->fault, f->easy, code, &f->ask, &f->hop,
                       &(struct progress){f->result.status, f->intake.sink.bytes, f->detail});
    }
    if (f->fault.refused)
        f->result.sent = sent;
}

static bool redirect_follow(struct fetch *f, const char *location)
{
    int so_far = f->result.redirects++;
    const struct guard *guard = &f->ask.request.guard;
    f->fault.code = CODE_BAD_ANSWER; // should it lead nowhere
    if (so_far < f->ask.request.max_redirects) {
        if (!hop_redirect(&f->hop, &f->arena, &f->ask, f->result.status, location, &f->fault.error))
            return false;
        f->fault.code = CODE_FORBIDDEN;
        return !guard->follow ||
               guard->follow(guard->arg, f->hop.method, f->hop.url.text, &f->fault.error);
    }
    f->result.redirects = so_far;
    return error_set(&f->fault.error, "stopped after %d redirect%s; the next would lead to '%s'",
                     so_far, so_far == 1 ? "" : "s", location);
}

// An attempt that failed: is it made again?
static bool failure_wants_again(const struct fetch *f)
{
    const struct fetch_ending ending = {.code = f->fault.code ? f->fault.code : CODE_FAILED,
                                        .transient = f->fault.transient,
                                        .sent = f->result.sent,
                                        .status = f->result.status,
                                        .headers = buf_text(&f->intake.headers)};
    // What on_data was told cannot be taken back.
    bool told = f->intake.fate == FATE_FINAL && f->ask.request.on_data && f->intake.sink.bytes > 0;
    return !told && retry_wanted(&f->ask, f->result.attempts, &ending);
}

// What the attempt came to is kept until the next one begins, which may not come.
static void attempt_later(struct fetch *f)
{
    const char *headers = has_failed(f) ? NULL : buf_text(&f->intake.headers);
    int64_t delay = retry_delay(&f->ask.request, f->result.attempts, headers);
    bool gateway = f->result.status == 502 || f->result.status == 504;
    f->lost_before = f->result.lost;
    f->result.lost |= has_failed(f) ? f->result.sent : gateway;
    f->timer = timer_start(f->pool->loop, delay, attempt_start, f);
}

void fetch_ended(struct fetch *f, CURLcode code)
{
    if (f->intake.cancelled) {
        fetch_free(f);
        return;
    }
    hop_judge(f, code);
    if (!has_failed(f))
        intake_decide(&f->intake, f->result.status);
    const char *location = NULL;
    curl_easy_getinfo(f->easy, CURLINFO_REDIRECT_URL, &location);
    if (f->intake.fate == FATE_REDIRECT)
        location = arena_dup(&f->arena, location ? location : "");
    pool_give(f->pool, f->easy);
    f->easy = NULL;

    if (f->intake.fate == FATE_REDIRECT && !has_failed(f) && redirect_follow(f, location)) {
        hop_start(f);
    } else if (has_failed(f) ? failure_wants_again(f) : f->intake.fate == FATE_AGAIN) {
        attempt_later(f);
    } else {
        conclude(f);
    }
}

struct fetch *fetch_start(struct fetcher *pool, const struct fetch_request *request,
                          fetch_done *done, void *arg)
{
    struct fetch *f = mem_alloc(sizeof *f);
    f->pool = pool;
    f->done = done;
    f->arg = arg;
    f->intake.sink.fd = -1;
    if (ask_copy(&f->ask, &f->arena, request, &f->fault.error) &&
        !intake_open(&f->intake, &f->arena, &f->ask))
        error_move(&f->fault.error, &f->intake.sink.error);
    if (!curl_open(NULL)) // and so ask_copy has failed
        f->fault.code = CODE_FAILED;
    f->after = pool->first;
    if (f->after)
        f->after->before = f;
    pool->first = f;
    f->timer = timer_start(pool->loop, 0, attempt_start, f);
    return f;
}

static void settled(void *arg)
{
    struct fetch *f = arg;
    f->timer = NULL;
    conclude(f);
}

void fetch_settle(struct fetch *f)
{
    f->ask.request.retries = 0;
    if (f->timer == NULL || f->result.attempts == 0 || f->intake.cancelled)
        return;
    timer_stop(f->timer);
    f->result.lost = f->lost_before;
    f->timer = timer_start(f->pool->loop, 0, settled, f);
}

int fetch_status(const struct fetch *f)
{
    return f->intake.status;
}

static void cancel_later(void *arg)
{
    struct fetch *f = arg;
    f->timer = NULL;
    fetch_free(f);
}

void fetch_cancel(struct fetch *f)
{
    if (f->intake.cancelled && f->pool->inside)
        return;
    if (f->easy && f->pool->inside) { // from on_data: curl cannot let go of a transfer here
        f->intake.cancelled = true;
        f->timer = timer_start(f->pool->loop, 0, cancel_later, f);
        return;
    }
    fetch_free(f);
}
