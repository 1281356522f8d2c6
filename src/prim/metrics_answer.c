#include "prim/metrics_answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "engine/quote.h"
#include "engine/run.h"

enum { WORDS_BYTES = 160, MESSAGE_BYTES = 600 };

static bool text_is(const struct value *v, const char *text)
{
    return strcmp(value_text(v), text) == 0;
}

// What is to be said of an answer that is not the server's own.
static struct value *refuse_foreign(const struct run *run, struct arena *a,
                                    const struct fetch_result *r, struct error *err)
{
    const char *words = quote(run, a, r->body, r->body_len, CLIP_LINE, WORDS_BYTES);
    const char *said = *words ? arena_printf(a, ": \"%s\"", words) : "";
    const char *location = fetch_header_text(r->headers, "Location", a);
    if (r->status / 100 == 3 && location)
        error_set(err,
                  "HTTP %d, a redirect to %s; if that is a login page, give credentials with "
                  "headers = { Authorization = ... }",
                  r->status, location);
    else if (r->status == 401 || r->status == 403)
        error_set(
            err, "HTTP %d%s; give credentials that may read with headers = { Authorization = ... }",
            r->status, said);
    else
        error_set(
            err,
            "HTTP %d and not the JSON of the API%s; check the address: something else, such as a "
            "proxy, may have answered",
            r->status, said);
    return NULL;
}

static struct value *refuse_shape(struct error *err, const char *what)
{
    error_set(err, "the answer is JSON, but %s; check that the address is that of the API", what);
    return NULL;
}

// The JSON of a successful answer.
static struct value *document_read(const struct run *run, struct arena *a,
                                   const struct fetch_result *r, struct error *err)
{
    struct value *v = r->body_len ? json_parse(a, r->body, r->body_len, NULL) : NULL;
    const char *message = v && v->type == VALUE_STRING ? value_text(v) : value_get_text(v, "error");
    bool refused =
        v && v->type == VALUE_STRING ? r->status >= 400 : text_is(value_get(v, "status"), "error");
    if (refused) {
        const char *kind = value_get_text(v, "errorType");
        error_set(err, "refused%s%s with HTTP %d: %s", *kind ? " as " : "", kind, r->status,
                  quote(run, a, message, strlen(message), CLIP_LINE, MESSAGE_BYTES));
        return NULL;
    }
    return v && r->status / 100 == 2 ? v : refuse_foreign(run, a, r, err);
}

static bool is_number(const char *text)
{
    char *end;
    if (strcmp(text, "NaN") == 0 || strcmp(text + strspn(text, "+-"), "Inf") == 0)
        return true;
    strtod(text, &end);
    return *text && *end == '\0' && strspn(text, "+-.0123456789eE") == strlen(text);
}

// Reads [ seconds, "figure" ] into the members `at` and `value` of `into`.
static bool sample_read(struct arena *a, const struct value *pair, struct value *into)
{
    struct value *at = value_at(pair, 0), *figure = value_at(pair, 1);
    if (at == NULL || figure == NULL || value_count(pair) != 2 ||
        (at->type != VALUE_INT && at->type != VALUE_FLOAT) || !is_number(value_text(figure)))
        return false;
    value_set(a, into, "at", at);
    value_set(a, into, "value", figure);
    return true;
}

static struct value *labels_read(struct arena *a, const struct value *series)
{
    struct value *labels = value_get(series, "metric");
    return labels && labels->type == VALUE_OBJECT ? labels : value_object(a);
}

// { series = [], warnings } of an answer, to be filled. Thanos and Mimir warn; VictoriaMetrics says
// isPartial.
static struct value *result_new(const struct run *run, struct arena *a,
                                const struct value *document)
{
    struct value *result = value_object(a), *warnings = value_array(a);
    const struct value *given = value_get(document, "warnings");
    for (size_t i = 0; i < value_count(given); i++) {
        const char *text = value_text(value_at(given, i));
        value_push(a, warnings,
                   value_string(a, quote(run, a, text, strlen(text), CLIP_LINE, MESSAGE_BYTES)));
    }
    if (value_get_bool(document, "isPartial", false))
        value_push(a, warnings, value_string(a, "the answer is partial: not every store answered"));
    value_set(a, result, "series", value_array(a));
    value_set(a, result, "warnings", warnings);
    return result;
}

static struct value *series_new(struct arena *a, struct value *result, struct value *labels)
{
    struct value *series = value_object(a);
    value_set(a, series, "labels", labels);
    value_push(a, value_get(result, "series"), series);
    return series;
}

static struct value *refuse_type(struct error *err, const char *type)
{
    if (strcmp(type, "matrix") == 0)
        error_set(err,
                  "the query gives a range of samples, not one moment's; wrap it in a function "
                  "such as rate(...), or ask with :range");
    else if (strcmp(type, "string") == 0)
        error_set(err, "the query gives text, not figures");
    else
        return refuse_shape(err, "without a result of a known type");
    return NULL;
}

// Of an answer whose data is as it should be: the server itself says that it is one.
static struct value *finish(const struct value *document, struct value *result, struct error *err)
{
    if (text_is(value_get(document, "status"), "success"))
        return result;
    return refuse_shape(err, "without the status \"success\"");
}

static struct value *refuse_histogram(struct error *err)
{
    error_set(err, "the query gives native histograms, not figures; take one out with "
                   "histogram_quantile(...), histogram_count(...) or histogram_sum(...)");
    return NULL;
}

struct value *metrics_read_query(const struct run *run, struct arena *a,
                                 const struct fetch_result *r, const char **brief,
                                 struct error *err)
{
    const struct value *document = document_read(run, a, r, err);
    const struct value *given = value_path(document, "data.result");
    const char *type = value_text(value_path(document, "data.resultType"));
    if (document == NULL)
        return NULL;
    struct value *result = result_new(run, a, document), *last = NULL;
    bool ok = given && given->type == VALUE_ARRAY;
    if (strcmp(type, "scalar") == 0) {
        last = series_new(a, result, value_object(a));
        ok = ok && sample_read(a, given, last);
    } else if (strcmp(type, "vector") != 0) {
        return refuse_type(err, type);
    }
    for (size_t i = 0; i < value_count(given) && ok && strcmp(type, "vector") == 0; i++) {
        const struct value *series = value_at(given, i);
        if (value_get(series, "histogram"))
            return refuse_histogram(err);
        last = series_new(a, result, labels_read(a, series));
        ok = sample_read(a, value_get(series, "value"), last);
    }
    if (!ok)
        return refuse_shape(err, "its samples are not pairs of a time and a figure");
    size_t count = value_count(value_get(result, "series"));
    *brief = count == 0   ? "no series"
             : count == 1 ? value_get_text(last, "value")
                          : arena_printf(a, "%zu series", count);
    value_set(a, result, "answered", value_float(a, (double)run_now(run) / 1000));
    return finish(document, result, err);
}

struct value *metrics_read_range(const struct run *run, struct arena *a,
                                 const struct fetch_result *r, const char **brief,
                                 struct error *err)
{
    const struct value *document = document_read(run, a, r, err);
    const struct value *given = value_path(document, "data.result");
    size_t points = 0;
    if (document == NULL)
        return NULL;
    if (!text_is(value_path(document, "data.resultType"), "matrix") || given == NULL ||
        given->type != VALUE_ARRAY)
        return refuse_shape(err, "without a result of type matrix");
    struct value *result = result_new(run, a, document);
    for (size_t i = 0; i < value_count(given); i++) {
        const struct value *series = value_at(given, i), *values = value_get(series, "values");
        struct value *into = series_new(a, result, labels_read(a, series)), *list = value_array(a);
        if (value_get(series, "histograms"))
            return refuse_histogram(err);
        for (size_t k = 0; k < value_count(values); k++) {
            struct value *point = value_object(a);
            if (!sample_read(a, value_at(values, k), point))
                return refuse_shape(err, "its samples are not pairs of a time and a figure");
            value_push(a, list, point);
        }
        value_set(a, into, "points", list);
        points += value_count(list);
    }
    *brief = arena_printf(a, "%zu series, %zu points", value_count(given), points);
    return finish(document, result, err);
}

// Copies members of `from` into `to` under other names: "theirs=ours theirs=ours"; absent ones are
// left out.
static void members_copy(struct arena *a, struct value *to, const struct value *from,
                         const char *const names[][2], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct value *v = value_get(from, names[i][0]);
        if (v)
            value_set(a, to, names[i][1], v);
    }
}

struct value *metrics_read_rules(const struct run *run, struct arena *a,
                                 const struct fetch_result *r, const char **brief,
                                 struct error *err)
{
    static const char *const names[][2] = {{"name", "name"},     {"type", "type"},
                                           {"query", "query"},   {"state", "state"},
                                           {"health", "health"}, {"lastError", "error"},
                                           {"labels", "labels"}, {"annotations", "annotations"}};
    const struct value *document = document_read(run, a, r, err);
    const struct value *groups = value_path(document, "data.groups");
    size_t firing = 0;
    if (document == NULL)
        return NULL;
    if (groups == NULL || groups->type != VALUE_ARRAY)
        return refuse_shape(err, "without groups of rules");
    struct value *all = value_array(a);
    for (size_t i = 0; i < value_count(groups); i++) {
        const struct value *group = value_at(groups, i), *rules = value_get(group, "rules");
        for (size_t k = 0; k < value_count(rules); k++) {
            const struct value *given = value_at(rules, k);
            struct value *rule = value_object(a);
            members_copy(a, rule, given, names, sizeof names / sizeof *names);
            value_set(a, rule, "group", value_string(a, value_get_text(group, "name")));
            value_set(a, rule, "file", value_string(a, value_get_text(group, "file")));
            value_set(a, rule, "alerts",
                      value_int(a, (int64_t)value_count(value_get(given, "alerts"))));
            value_push(a, all, rule);
            firing += text_is(value_get(rule, "state"), "firing");
        }
    }
    *brief = arena_printf(a, "%zu rules, %zu firing", value_count(all), firing);
    return finish(document, all, err);
}

struct value *metrics_read_alerts(const struct run *run, struct arena *a,
                                  const struct fetch_result *r, const char **brief,
                                  struct error *err)
{
    static const char *const names[][2] = {{"labels", "labels"},
                                           {"annotations", "annotations"},
                                           {"startsAt", "starts_at"},
                                           {"endsAt", "ends_at"},
                                           {"generatorURL", "url"}};
    static const char *const status_names[][2] = {
        {"state", "state"}, {"silencedBy", "silenced_by"}, {"inhibitedBy", "inhibited_by"}};
    const struct value *given = document_read(run, a, r, err);
    size_t suppressed = 0;
    if (given == NULL)
        return NULL;
    if (given->type != VALUE_ARRAY)
        return refuse_shape(err, "not a list of alerts");
    struct value *all = value_array(a);
    for (size_t i = 0; i < value_count(given); i++) {
        const struct value *from = value_at(given, i);
        struct value *alert = value_object(a);
        members_copy(a, alert, from, names, sizeof names / sizeof *names);
        members_copy(a, alert, value_get(from, "status"), status_names,
                     sizeof status_names / sizeof *status_names);
        const struct value *labels = value_get(alert, "labels");
        if (labels == NULL || labels->type != VALUE_OBJECT || !*value_get_text(alert, "state"))
            return refuse_shape(err, "an alert in it has no labels or no state");
        value_set(a, alert, "name", value_string(a, value_get_text(labels, "alertname")));
        value_push(a, all, alert);
        suppressed += text_is(value_get(alert, "state"), "suppressed");
    }
    *brief = arena_printf(a, suppressed ? "%zu alerts, %zu of them suppressed" : "%zu alerts",
                          value_count(all), suppressed);
    return all;
}

struct value *metrics_read_ready(const struct run *run, struct arena *a,
                                 const struct fetch_result *r, const char **brief,
                                 struct error *err)
{
    (void)err;
    struct value *result = value_object(a);
    const char *body = r->body ? r->body : "";
    bool page = body[strspn(body, " \t\r\n")] == '<'; // a login page, say
    bool ready = r->error == NULL && r->status == 200 && !page;
    value_set(a, result, "ready", value_bool(a, ready));
    value_set(a, result, "text",
              r->error ? value_string(a, r->error)
                       : value_printf(a, "HTTP %d: %s", r->status,
                                      quote(run, a, body, r->body_len, CLIP_LINE, WORDS_BYTES)));
    *brief = ready ? "ready" : arena_printf(a, "not ready: %s", value_get_text(result, "text"));
    return result;
}
