#include "world/control.h"

#include <errno.h>
#include <string.h>

#include "base/duration.h"
#include "base/json.h"
#include "net/digest.h"
#include "world/fault.h"

bool request_log_open(struct request_log *log, const char *dir, struct error *err)
{
    struct buf path = {0};
    buf_printf(&path, "%s/requests.ndjson", dir);
    log->file = fopen(buf_text(&path), "we");
    bool ok = log->file || error_set(err, "could not write %s: %s", path.data, strerror(errno));
    buf_free(&path);
    return ok;
}

void request_log_add(struct request_log *log, const struct value *request, int status, bool write)
{
    struct arena a = {0};
    struct value *line = value_object(&a);
    value_set(&a, line, "n", value_int(&a, ++log->count));
    value_set(&a, line, "at", value_float(&a, (double)clock_wall() / 1000));
    const char *const copied[] = {"service", "method", "target"};
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
        value_set(&a, line, copied[i], value_get(request, copied[i]));
    value_set(&a, line, "status", value_int(&a, status));
    value_set(&a, line, "write", value_bool(&a, write));
    const struct value *body = value_get(request, "body");
    unsigned char digest[DIGEST_SIZE];
    char hex[2 * DIGEST_SIZE];
    digest_sha256(body->string.text, body->string.len, digest);
    digest_hex(digest, sizeof digest, hex);
    const struct value *headers = value_get(request, "headers");
    struct value *key = value_get(headers, "idempotency-key");
    value_set(&a, line, "key", key ? key : value_null(&a));
    value_set(&a, line, "digest", value_bytes(&a, hex, sizeof hex));
    size_t start = log->lines.len;
    json_write(&log->lines, line, JSON_COMPACT);
    buf_putc(&log->lines, '\n');
    fwrite(log->lines.data + start, 1, log->lines.len - start, log->file);
    fflush(log->file);
    arena_free(&a);
}

void request_log_close(struct request_log *log)
{
    if (log->file)
        fclose(log->file);
    buf_free(&log->lines);
}

static void say(struct arena *a, struct world_answer *out, int status, const char *text)
{
    out->status = status;
    out->body = arena_printf(a, "%s\n", text);
    out->len = strlen(out->body);
}

static void say_json(struct arena *a, struct world_answer *out, const struct value *v,
                     const struct error *err)
{
    if (v == NULL) {
        say(a, out, 500, error_text(err));
        return;
    }
    struct buf text = {0};
    json_write(&text, v, JSON_CANONICAL);
    say(a, out, 200, buf_text(&text));
    value_set(a, out->headers, "Content-Type", value_string(a, "application/json"));
    buf_free(&text);
}

static struct value *asked(const struct value *request, struct arena *a)
{
    const struct value *body = value_get(request, "body");
    return json_parse(a, body->string.text, body->string.len, NULL);
}

static void kill_post(struct ambush *ambush, const struct value *request, struct arena *a,
                      struct world_answer *out)
{
    error_local(err);
    const char *type = value_get_text(value_get(request, "headers"), "content-type");
    if (strcmp(type, "application/json") != 0)
        say(a, out, 415, "send it as application/json");
    else if (!ambush_lay(ambush, asked(request, a), &err))
        say(a, out, 400, error_text(&err));
    else
        say(a, out, 200, "it is laid");
}

// POST /faults: one object { name, weight }; without a weight the fault is switched on.
static void fault_post(struct world *w, const struct value *request, struct arena *a,
                       struct world_answer *out)
{
    error_local(err);
    const struct value *fault = asked(request, a), *weight = value_get(fault, "weight");
    if (*value_get_text(fault, "name") == '\0')
        say(a, out, 400, "send { \"name\": FAULT, \"weight\": number, true or false }");
    else if (!fault_set(w, value_get_text(fault, "name"), weight ? weight : value_bool(a, true),
                        &err))
        say(a, out, 400, error_text(&err));
    else
        say_json(a, out, fault_list(w, a, &err), &err);
}

void control_answer(struct world *w, const struct request_log *log, struct ambush *ambush,
                    const struct value *request, struct arena *a, struct world_answer *out)
{
    *out = (struct world_answer){.headers = value_object(a)};
    bool post = strcmp(value_get_text(request, "method"), "POST") == 0;
    const char *path = value_get_text(request, "path");
    error_local(err);
    if (strcmp(path, "/faults") == 0 && post) {
        fault_post(w, request, a, out);
    } else if (strcmp(path, "/faults") == 0) {
        say_json(a, out, fault_list(w, a, &err), &err);
    } else if (strcmp(path, "/kill") == 0 && post) {
        kill_post(ambush, request, a, out);
    } else if (strcmp(path, "/state") == 0 && !post) {
        say_json(a, out, world_snapshot(w, a, &err), &err);
    } else if (strcmp(path, "/requests") == 0 && !post) {
        out->status = 200;
        out->body = buf_text(&log->lines); // no request is added before the answer is sent
        out->len = log->lines.len;
        value_set(a, out->headers, "Content-Type", value_string(a, "application/x-ndjson"));
    } else {
        say(a, out, 404,
            "control has GET /requests, GET /state, GET /faults, POST /faults and POST /kill");
    }
}
