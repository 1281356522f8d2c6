#include "apiserver.h"

#include "kube/watch.h"

TestSuite(kube_watch, .init = apiserver_begin, .fini = apiserver_end, .timeout = 60);

struct watched {
    int calls;
    struct kube_watched result;
};

static void note_watched(const struct kube_watched *r, void *arg)
{
    struct watched *o = arg;
    o->calls++;
    o->result = *r;
}

#define SELECTED     PODS "?fieldSelector=metadata.name%3Da"
#define STREAM       SELECTED "&watch=true&allowWatchBookmarks=true&resourceVersion="
#define POD(version) "{'kind':'Pod','metadata':{'name':'a','resourceVersion':'" version "'}}"
#define LIST(version, items)                                                                       \
    "{'kind':'PodList','apiVersion':'v1','metadata':{'resourceVersion':'" version                  \
    "'},'items':[" items "]}"
#define CHANGE(type, version) "{'type':'" type "','object':" POD(version) "}\n"

static struct kube_watched watch(struct kube *k, struct kube_watch_request q)
{
    struct watched o = {0};
    q.resource = q.resource ? q.resource : "pods";
    q.timeout_ms = q.timeout_ms ? q.timeout_ms : 10000;
    kube_watch_start(k, &q, &memory, note_watched, &o);
    cr_assert_eq(o.calls, 0, "done was called from inside the start");
    wait_for(&o.calls);
    cr_assert_eq(o.calls, 1);
    return o.result;
}

static const char *version_at(const struct value *list, size_t i, bool event)
{
    const char *path = event ? "object.metadata.resourceVersion" : "metadata.resourceVersion";
    return value_text(value_path(value_at(list, i), path));
}

Test(kube_watch, looks_what_is_there)
{
    rules_aggregated();
    rule((struct rule){
        .match = "GET " SELECTED "&limit=500", .status = 200, .body = LIST("7", POD("3"))});
    struct kube *k = open_kube();
    struct kube_watched r = watch(k, (struct kube_watch_request){.name = "a"});
    cr_assert(r.error == NULL && r.changes == NULL && r.trouble == NULL);
    cr_assert_eq(value_count(r.items), 1);
    cr_assert_str_eq(version_at(r.items, 0, false), "3");
    cr_assert_str_eq(r.from, "7");

    rule_first((struct rule){.match = "GET " SELECTED "*", .status = 200, .body = LIST("8", "")});
    r = watch(k, (struct kube_watch_request){.name = "a"});
    cr_assert(r.items && value_count(r.items) == 0);

    rule_first((struct rule){.match = "GET " SELECTED "*", .status = 500, .body = "{}"});
    r = watch(k, (struct kube_watch_request){.name = "a"});
    cr_assert(strstr(r.error, "LIST pods with metadata.name=a in scholarlink-prod: the server "
                              "answered 500"),
              "%s", r.error);
    kube_close(k);
}

Test(kube_watch, tells_changes_as_they_come)
{
    rules_aggregated();
    rule((struct rule){.match = "GET " STREAM "7&timeoutSeconds=*",
                       .status = 200,
                       .hold = true,
                       .body = "{'type':'BOOKMARK','object':" POD("8") "}\n\n"
                                                                       "{'type':'MODIFIED','obj"});
    struct kube *k = open_kube();
    struct watched o = {0};
    struct kube_watch_request q = {
        .resource = "pods", .name = "a", .from = "7", .timeout_ms = 10000};
    kube_watch_start(k, &q, &memory, note_watched, &o);
    while (!held)
        loop_once(loop);
    turn(50);
    cr_assert_eq(o.calls, 0, "half a change is none");
    tell("ect':" POD("9") "}\n" CHANGE("DELETED", "10") "{'type':'ADDED','obj");
    wait_for(&o.calls);
    cr_assert_eq(value_count(o.result.changes), 2);
    cr_assert_str_eq(value_get_text(value_at(o.result.changes, 0), "type"), "MODIFIED");
    cr_assert_str_eq(version_at(o.result.changes, 0, true), "9");
    cr_assert_str_eq(value_get_text(value_at(o.result.changes, 1), "type"), "DELETED");
    cr_assert_str_eq(o.result.from, "10");
    cr_assert(o.result.items == NULL && o.result.error == NULL);
    turn(50);
    cr_assert_eq(open_exchanges, 0, "the connection is closed");
    kube_close(k);
}

Test(kube_watch, ends_without_a_change_when_its_time_is_up)
{
    rules_aggregated();
    rule((struct rule){.match = "GET " STREAM "7&timeoutSeconds=1",
                       .status = 200,
                       .hold = true,
                       .body = "{'type':'BOOKMARK','object':" POD("9") "}\n"});
    struct kube *k = open_kube();
    int64_t began = clock_steady();
    struct kube_watched r =
        watch(k, (struct kube_watch_request){.name = "a", .from = "7", .timeout_ms = 300});
    cr_assert(clock_steady() - began >= 300 && clock_steady() - began < 8000);
    cr_assert(r.error == NULL && r.items == NULL && r.changes == NULL && r.trouble == NULL);
    cr_assert_str_eq(r.from, "9", "a bookmark moves the place");
    turn(50);
    cr_assert_eq(open_exchanges, 0);
    kube_close(k);
}

Test(kube_watch, what_was_forgotten_is_looked_at_again)
{
    static const char expired[] = "{'type':'ERROR','object':{'kind':'Status','code':410,'reason':"
                                  "'Expired','message':'too old resource version'}}\n";
    const struct rule cases[] = {
        {.match = "GET " STREAM "*", .status = 410, .body = "{'kind':'Status','code':410}"},
        {.match = "GET " STREAM "*", .status = 200, .body = expired},
        {.match = "GET " STREAM "*", .status = 200, .hold = true, .body = expired},
        {.match = "GET " STREAM "*", .status = 200, .body = "{'type':'NEWS','object':1}\n"},
        {.match = "GET " STREAM "*", .status = 200, .body = "{'type':'ADDED','object':{}}\n"},
        {.match = "GET " STREAM "*", .status = 200, .body = "<html>\n"},
        {.match = "GET " STREAM "*",
         .status = 504,
         .body = "{'kind':'Status','reason':'Timeout','message':'Too large resource version: 7'}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rule_count = 0;
        rules_aggregated();
        rule(cases[i]);
        rule((struct rule){
            .match = "GET " SELECTED "&limit=*", .status = 200, .body = LIST("20", POD("20"))});
        struct kube *k = open_kube();
        struct kube_watched r = watch(k, (struct kube_watch_request){.name = "a", .from = "7"});
        cr_assert(r.error == NULL && r.changes == NULL, "row %zu", i);
        cr_assert_eq(value_count(r.items), 1, "row %zu", i);
        cr_assert_str_eq(r.from, "20", "row %zu", i);
        kube_close(k);
    }
}

// One row a way in which a stream can end before its time; the next one brings the change.
Test(kube_watch, goes_on_where_a_stream_ended)
{
    const struct rule cases[] = {
        {.match = "GET " STREAM "7*", .status = 200, .body = "", .times = 3},
        {.match = "GET " STREAM "7*", .status = -1, .times = 3},
        {.match = "GET " STREAM "7*", .status = 503, .body = "{'kind':'Status'}", .times = 3},
        {.match = "GET " STREAM "7*", .status = 429, .body = "{'kind':'Status'}", .times = 3},
        {.match = "GET " STREAM "7*", .status = 500, .body = "etcdserver: no leader", .times = 3},
        {.match = "GET " STREAM "7*", .status = 401, .body = "{'kind':'Status'}", .times = 3},
        {.match = "GET " STREAM "7*", .status = 0, .times = 1},
        {.match = "GET " STREAM "7*", .status = 200, .hold = true, .body = "{'type':", .times = 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rule_count = 0;
        rules_aggregated();
        rule(cases[i]);
        rule((struct rule){
            .match = "GET " STREAM "7*", .status = 200, .body = CHANGE("MODIFIED", "9")});
        struct kube *k = open_kube();
        buf_clear(&seen);
        struct kube_watched r =
            watch(k, (struct kube_watch_request){.name = "a", .from = "7", .idle_ms = 300});
        cr_assert(r.error == NULL && r.trouble == NULL, "row %zu", i);
        cr_assert_eq(value_count(r.changes), 1, "row %zu", i);
        int asked = 0;
        for (const char *p = buf_text(&seen); (p = strstr(p, "watch=true")); p++)
            asked++;
        cr_assert_eq(asked, cases[i].times + 1, "row %zu: asked %d times", i, asked);
        kube_close(k);
    }
}

Test(kube_watch, outlives_a_restart_of_the_server)
{
    rules_aggregated();
    rule((struct rule){
        .match = "GET " STREAM "7*", .status = 200, .hold = true, .body = "", .times = 1});
    rule(
        (struct rule){.match = "GET " STREAM "7*", .status = 200, .body = CHANGE("MODIFIED", "9")});
    struct kube *k = open_kube();
    struct watched o = {0};
    struct kube_watch_request q = {
        .resource = "pods", .name = "a", .from = "7", .timeout_ms = 20000};
    struct kube_watch *w = kube_watch_start(k, &q, &memory, note_watched, &o);
    while (!held)
        loop_once(loop);
    int port = server_port(server);
    server_stop(server);
    int64_t until = clock_steady() + 5000;
    while (!kube_watch_trouble(w) || !strstr(kube_watch_trouble(w), "connection refused by")) {
        cr_assert(clock_steady() < until, "it says: %s", kube_watch_trouble(w));
        turn(20);
    }
    turn(1000);
    cr_assert_eq(o.calls, 0);
    server = server_start(loop, "127.0.0.1", port, pems.cert_pem, pems.key_pem, answer, NULL, &err);
    cr_assert(server, "%s", error_text(&err));
    wait_for(&o.calls);
    cr_assert_eq(value_count(o.result.changes), 1);
    cr_assert(o.result.error == NULL && o.result.trouble == NULL);

    // One that does not come back.
    server_stop(server);
    server = NULL;
    struct kube_watched r =
        watch(k, (struct kube_watch_request){.name = "a", .from = "7", .timeout_ms = 500});
    cr_assert(r.error == NULL && r.changes == NULL);
    cr_assert(strstr(r.trouble, "connection refused by"), "%s", r.trouble);
    kube_close(k);
    server = server_start(loop, "127.0.0.1", 0, NULL, NULL, answer, NULL, &err);
}

Test(kube_watch, looks_every_now_and_then_where_it_may_not_watch)
{
    rules_aggregated();
    rule((struct rule){.match = "GET " STREAM "7*", .status = 403, .body = "{'kind':'Status'}"});
    rule((struct rule){
        .match = "GET " SELECTED "&limit=*", .status = 200, .body = LIST("8", POD("8"))});
    struct kube *k = open_kube();
    struct kube_watched r = watch(k, (struct kube_watch_request){.name = "a", .from = "7"});
    cr_assert_eq(value_count(r.items), 1);
    cr_assert_str_eq(r.from, "poll");

    // Nor list: then it gets.
    rule_first((struct rule){
        .match = "GET " SELECTED "&limit=*", .status = 403, .body = "{'kind':'Status'}"});
    rule((struct rule){.match = "GET " PODS "/a", .status = 200, .body = POD("9")});
    int64_t began = clock_steady();
    r = watch(k, (struct kube_watch_request){.name = "a", .from = r.from});
    cr_assert_geq(clock_steady() - began, 1900);
    cr_assert_str_eq(version_at(r.items, 0, false), "9");
    cr_assert_str_eq(r.from, "poll");
    rule_first((struct rule){.match = "GET " PODS "/a",
                             .status = 404,
                             .body = "{'kind':'Status','details':{'name':'a'}}"});
    r = watch(k, (struct kube_watch_request){.name = "a"});
    cr_assert(r.items && value_count(r.items) == 0 && strcmp(r.from, "poll") == 0);
    rule_first((struct rule){.match = "GET " PODS "/a", .status = 403, .body = "{}"});
    r = watch(k, (struct kube_watch_request){.name = "a"});
    cr_assert(strstr(r.error, "GET pods/a in scholarlink-prod: the server answered 403"), "%s",
              r.error);
    kube_close(k);
}

Test(kube_watch, a_change_without_an_end_is_bounded)
{
    rules_aggregated();
    rule((struct rule){
        .match = "GET " STREAM "7*", .status = 200, .hold = true, .body = "{'type':'ADDED"});
    rule((struct rule){
        .match = "GET " SELECTED "&limit=*", .status = 200, .body = LIST("8", POD("8"))});
    struct kube *k = open_kube();
    struct watched o = {0};
    struct kube_watch_request q = {
        .resource = "pods", .name = "a", .from = "7", .timeout_ms = 50000};
    kube_watch_start(k, &q, &memory, note_watched, &o);
    while (!held)
        loop_once(loop);
    char *block = malloc(1 << 20);
    memset(block, 'x', 1 << 20);
    for (int i = 0; i < 80 && held; i++) {
        exchange_chunk(held, block, 1 << 20);
        turn(1);
    }
    free(block);
    wait_for(&o.calls);
    cr_assert_eq(value_count(o.result.items), 1, "it was given up for a look at the whole");
    kube_close(k);
}

Test(kube_watch, cancels_at_any_place)
{
    rules_aggregated();
    rule((struct rule){.match = "GET " STREAM "7*", .status = 200, .hold = true, .body = ""});
    rule((struct rule){.match = "GET " SELECTED "&limit=*", .status = 0});
    rule((struct rule){.match = "GET " STREAM "8*", .status = -1});
    struct kube *k = open_kube();
    struct watched o = {0};
    struct kube_watch_request q = {.resource = "pods", .name = "a", .timeout_ms = 10000};
    kube_watch_cancel(kube_watch_start(k, &q, &memory, note_watched, &o));

    struct kube_watch *w = kube_watch_start(k, &q, &memory, note_watched, &o); // while it looks
    while (open_exchanges == 0)
        loop_once(loop);
    kube_watch_cancel(w);
    turn(50);
    cr_assert_eq(open_exchanges, 0, "the connection is closed");

    q.from = "7";
    w = kube_watch_start(k, &q, &memory, note_watched, &o); // while it listens
    while (!held)
        loop_once(loop);
    kube_watch_cancel(w);
    turn(50);
    cr_assert_eq(open_exchanges, 0, "the connection is closed");

    q.from = "8";
    w = kube_watch_start(k, &q, &memory, note_watched, &o); // while it pauses
    while (!kube_watch_trouble(w))
        loop_once(loop);
    kube_watch_cancel(w);
    kube_close(k);
    cr_assert_eq(o.calls, 0);
}
