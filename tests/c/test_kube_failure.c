#include <arpa/inet.h>
#include <sys/socket.h>

#include "apiserver.h"

TestSuite(kube_failure, .init = apiserver_begin, .fini = apiserver_end, .timeout = 60);

Test(kube_failure, says_what_went_wrong)
{
    static const struct {
        enum kube_verb verb;
        int status;
        const char *body;
        const char *reason;
        bool in_doubt;
        const char *says[3];
    } cases[] = {
        {KUBE_GET,
         404,
         "{'kind':'Status','reason':'NotFound','message':'ingresses.networking.k8s.io \\'x\\' not "
         "found',"
         "'details':{'name':'x','kind':'ingresses'}}",
         "NotFound",
         false,
         {"GET ingresses/x in scholarlink-prod: the server answered 404 NotFound: ingresses",
          "Check the name, and whether it stands in another namespace than scholarlink-prod"}},
        {KUBE_CREATE,
         404,
         "{'kind':'Status','reason':'NotFound','message':'namespaces n not "
         "found','details':{'name':'n','kind':"
         "'namespaces'}}",
         "NotFound",
         false,
         {"Create the namespace first, or name another"}},
        {KUBE_GET,
         401,
         "{'kind':'Status','reason':'Unauthorized','message':'Unauthorized'}",
         "Unauthorized",
         false,
         {"answered 401 Unauthorized: Unauthorized. Refresh the credentials of user 'ana' (context "
          "'shop' of "}},
        {KUBE_PATCH,
         403,
         "{'kind':'Status','reason':'Forbidden','message':'ingresses is forbidden: User x cannot "
         "patch "
         "resource'}",
         "Forbidden",
         false,
         {"Grant the verb 'patch' on 'ingresses.networking.k8s.io' in namespace scholarlink-prod "
          "to user 'ana'"}},
        {KUBE_GET,
         400,
         "Client sent an HTTP request to an HTTPS server.\n",
         "",
         false,
         {"answered 400: Client sent an HTTP request to an HTTPS server. Let the cluster's server "
          "begin with https:// (context 'shop' of "}},
        {KUBE_PATCH,
         500,
         "{'kind':'Status','reason':'InternalError','message':'Internal error occurred: failed "
         "calling webhook \\'h.test\\': connection refused'}",
         "InternalError",
         false,
         {"connection refused. Look at the admission webhook that it names"}},
        {KUBE_PATCH,
         500,
         "{'kind':'Status','message':'failed to create typed patch object: .data.n: expected "
         "string'}",
         "",
         false,
         {".data.n: expected string. Correct the fields it names"}},
        {KUBE_DELETE,
         403,
         "",
         "",
         false,
         {"Grant the verb 'delete' on 'ingresses.networking.k8s.io' in"}},
        {KUBE_CREATE,
         403,
         "{'kind':'Status','reason':'Forbidden','message':'exceeded quota: small'}",
         "Forbidden",
         false,
         {"exceeded quota: small. A rule of the cluster refuses it"}},
        {KUBE_PATCH,
         409,
         "{'kind':'Status','reason':'Conflict','message':'the object has been modified'}",
         "Conflict",
         false,
         {"PATCH ingresses/x in scholarlink-prod: the server answered 409 Conflict: the object has "
          "been "
          "modified. It was changed in the meantime: read it again and decide anew"}},
        {KUBE_CREATE,
         409,
         "{'kind':'Status','reason':'AlreadyExists','message':'already exists'}",
         "AlreadyExists",
         false,
         {"Patch or apply what is there, or delete it first"}},
        {KUBE_PATCH, 415, "", "", false, {"The server does not take this form of patch"}},
        {KUBE_PATCH,
         422,
         "{'kind':'Status','reason':'Invalid','message':'spec.x: Required "
         "value.','details':{'causes':[{"
         "'reason':'FieldValueRequired','message':'Required value','field':'spec.x'}]}}",
         "Invalid",
         false,
         {"422 Invalid: spec.x: Required value. Correct the fields it names"}},
        {KUBE_CREATE,
         400,
         "{'kind':'Status','reason':'BadRequest','message':'admission webhook w does not support "
         "dry run'}",
         "BadRequest",
         false,
         {"A webhook that has side effects keeps the server from checking this in advance"}},
        {KUBE_GET,
         429,
         "{'kind':'Status','reason':'TooManyRequests','message':'slow down'}",
         "TooManyRequests",
         false,
         {"429 TooManyRequests: slow down. The server is asked too much"}},
        {KUBE_PATCH,
         500,
         "{'kind':'Status','reason':'InternalError','message':'boom'}",
         "InternalError",
         false,
         {"answered 500 InternalError: boom. Look at the API server's health"}},
        {KUBE_PATCH,
         500,
         "{'kind':'Status','reason':'InternalError','message':'etcdserver: request timed out'}",
         "InternalError",
         true,
         {"The change may have been made: read the object before trying again"}},
        {KUBE_DELETE,
         504,
         "{'kind':'Status','reason':'Timeout','message':'did not complete'}",
         "Timeout",
         true,
         {"The change may have been made: read the object before trying again"}},
        {KUBE_CREATE,
         502,
         "<html>Bad Gateway</html>",
         "",
         true,
         {"answered 502: <html>Bad Gateway</html>.", "The change may have been made"}},
        {KUBE_GET,
         504,
         "",
         "",
         false,
         {"answered 504 after 6 attempts: no reason given. Look at the API server's health"}},
        {KUBE_GET, 302, "", "", false, {"answered 302: no reason given. Is https://localhost:"}},
        {KUBE_GET,
         200,
         "<html>Welcome</html>",
         "",
         false,
         {"the answer with status 200 is not JSON", "<html>Welcome</html>", "(context 'shop' of "}},
        {KUBE_GET, 200, "", "", false, {"the answer with status 200 is not JSON (it is empty)"}},
        {KUBE_PATCH, 200, "{'kind':", "", true, {"is not JSON", "The change may have been made"}},
    };
    rules_aggregated();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static const char *const methods[] = {[KUBE_GET] = "GET",
                                              [KUBE_CREATE] = "POST",
                                              [KUBE_PATCH] = "PATCH",
                                              [KUBE_DELETE] = "DELETE"};
        rule_count = 0;
        rules_aggregated();
        rule((struct rule){.match =
                               arena_printf(&memory, "%s " INGRESSES "*", methods[cases[i].verb]),
                           .status = cases[i].status,
                           .body = cases[i].body});
        struct kube *k = open_kube();
        struct kube_result r =
            call(k, (struct kube_request){.verb = cases[i].verb,
                                          .resource = "ingress/x",
                                          .body = json("{'metadata':{'labels':{'a':'b'}}}")});
        for (size_t p = 0; p < 3 && cases[i].says[p]; p++)
            check_says(r, cases[i].says[p]);
        cr_assert_eq(r.status, cases[i].status, "%s", r.error);
        cr_assert_eq(r.in_doubt, cases[i].in_doubt, "in doubt: %s", r.error);
        cr_assert_str_eq(r.reason, cases[i].reason);
        cr_assert_eq(r.missing, cases[i].status == 404, "missing: %s", r.error);
        kube_close(k);
    }
}

// The same for the question that comes before: which types the server knows.
Test(kube_failure, says_what_went_wrong_with_the_types)
{
    static const struct {
        int status;
        const char *body, *says;
    } cases[] = {
        {401, "{'kind':'Status','reason':'Unauthorized','message':'Unauthorized'}",
         "PATCH ing/x in scholarlink-prod: the server answered 401 Unauthorized: Unauthorized. "
         "Refresh"},
        {403, "{'kind':'Status','reason':'Forbidden','message':'anonymous cannot get path /api'}",
         "Let user 'ana' (context 'shop' of "},
        {404, "not here", "answered 404: not here. Is https://localhost:"},
        {500, "",
         "answered 500 after 4 attempts: no reason given. Look at the API server's health"},
        {200, "{'kind':'Pod'}", "answered 200: no reason given. Is https://localhost:"},
        {200, "<html>", "is not JSON"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rule_count = 0;
        rule((struct rule){.match = "GET /api*", .status = cases[i].status, .body = cases[i].body});
        struct kube *k = open_kube();
        struct kube_result r = call(
            k, (struct kube_request){.verb = KUBE_PATCH, .resource = "ing/x", .body = json("{}")});
        check_says(r, cases[i].says);
        cr_assert(!r.in_doubt, "the change was never sent: %s", r.error);
        kube_close(k);
    }
}

Test(kube_failure, conflicts_of_an_apply_are_listed_by_field_and_owner)
{
    rules_aggregated();
    rule((struct rule){.match = "PATCH *",
                       .status = 409,
                       .body = "{'kind':'Status','reason':'Conflict','message':'Apply failed with "
                               "2 conflicts','details':{"
                               "'causes':[{'reason':'FieldManagerConflict','message':'conflict "
                               "with \\'kubectl\\' using v1',"
                               "'field':'.spec.replicas'},{'reason':'FieldManagerConflict','"
                               "message':'conflict with \\'hpa\\'"
                               "','field':'.spec.x'}]}}"});
    struct kube *k = open_kube();
    struct kube_result r =
        call(k, (struct kube_request){
                    .verb = KUBE_APPLY, .resource = "deployments/web", .body = json("{}")});
    check_says(r, "APPLY deployments/web in scholarlink-prod: the server answered 409 Conflict: "
                  ".spec.replicas is "
                  "owned by \"kubectl\", .spec.x is owned by \"hpa\". Leave these fields out of "
                  "what is applied, "
                  "or take them over with force = true");
    cr_assert_eq(value_count(r.causes), 2);
    cr_assert_str_eq(value_get_text(value_at(r.causes, 1), "manager"), "hpa");
    cr_assert_str_eq(value_get_text(value_at(r.causes, 1), "field"), ".spec.x");
    kube_close(k);
}

Test(kube_failure, tries_again_when_told_and_a_read_that_nobody_answered)
{
    static const char busy[] = "{'kind':'Status','reason':'TooManyRequests','message':'slow down'}";
    static const struct {
        enum kube_verb verb;
        int status;
        const char *retry_after;
        int times, attempts, ends;
    } cases[] = {
        {KUBE_GET, 429, "0", 2, 3, 200},    {KUBE_PATCH, 429, "0", 2, 3, 200},
        {KUBE_PATCH, 503, "0", 1, 2, 200},  {KUBE_GET, 429, NULL, 1, 1, 429},
        {KUBE_GET, 500, NULL, 1, 2, 200},   {KUBE_PATCH, 409, "0", 1, 1, 409},
        {KUBE_GET, 500, NULL, 4, 4, 500},   {KUBE_PATCH, 500, NULL, 1, 1, 500},
        {KUBE_GET, 502, NULL, 2, 3, 200},   {KUBE_PATCH, 503, NULL, 1, 1, 503},
        {KUBE_GET, 429, "0", 10, 11, 200},  {KUBE_GET, 429, "0", 11, 11, 429},
        {KUBE_GET, 429, "3600", 1, 1, 429}, // later than the call may last
        {KUBE_GET, -1, NULL, 4, 0, 200},    {KUBE_PATCH, -1, NULL, 1, 1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *match =
            cases[i].verb == KUBE_GET ? "GET " INGRESSES "/x" : "PATCH " INGRESSES "/x*";
        rule_count = 0;
        rules_aggregated();
        rule((struct rule){.match = match,
                           .status = cases[i].status,
                           .body = busy,
                           .header = cases[i].retry_after ? "Retry-After" : NULL,
                           .header_value = cases[i].retry_after,
                           .times = cases[i].times});
        rule((struct rule){.match = match, .status = 200, .body = "{'kind':'Ingress'}"});
        struct kube *k = open_kube();
        struct kube_result r = call(k, (struct kube_request){.verb = cases[i].verb,
                                                             .resource = "ingress/x",
                                                             .body = json("{'metadata':{}}")});
        cr_assert_eq(r.status, cases[i].ends, "row %zu: %d %s", i, r.status, r.error);
        if (cases[i].attempts)
            cr_assert_eq(r.attempts, cases[i].attempts, "row %zu: %d attempts", i, r.attempts);
        else // curl itself tries again when a pooled connection turns out dead
            cr_assert_gt(r.attempts, 1, "row %zu: %d attempts", i, r.attempts);
        cr_assert_eq(r.in_doubt, cases[i].ends == 0, "row %zu", i);
        if (r.attempts > 1 && r.error)
            check_says(r, arena_printf(&memory, "after %d attempts", cases[i].attempts));
        kube_close(k);
    }
}

Test(kube_failure, tokens_from_a_file)
{
    const char *token = arena_printf(&memory, "%s/token", folder);
    cr_assert(file_write(token, " one\n", 5, &err));
    rules_aggregated();
    rule((struct rule){
        .match = "GET " INGRESSES "/ok", .status = 200, .body = "{'kind':'Ingress'}"});
    rule(
        (struct rule){.match = "GET " INGRESSES "/no", .status = 401, .body = "{'kind':'Status'}"});
    struct kube *k = open_with(NULL, NULL, "tokenFile: token");
    call_well(k, (struct kube_request){.resource = "ing/ok"});
    check_sent("Authorization: Bearer one\n");
    cr_assert(file_write(token, "two", 3, &err));
    call_well(k, (struct kube_request){.resource = "ing/ok"});
    check_sent("Authorization: Bearer one\n"); // read again only after a minute
    buf_clear(&seen);
    call(k, (struct kube_request){.resource = "ing/no"});
    check_seen("GET " INGRESSES "/no\nGET " INGRESSES "/no\n"); // or after a 401, at once
    check_sent("Authorization: Bearer two\n");
    call(k, (struct kube_request){.resource = "ing/no"});
    check_seen("GET " INGRESSES "/no\n"); // there is no other token now
    call_well(k, (struct kube_request){.resource = "ing/ok"});
    check_sent("Authorization: Bearer two\n");
    cr_assert(file_write(token, "\n", 1, &err));
    call(k, (struct kube_request){.resource = "ing/no"});
    check_says(call(k, (struct kube_request){.resource = "ing/ok"}),
               "is empty. Write a token into it");
    unlink(token);
    struct kube_result r = call(k, (struct kube_request){.resource = "ing/ok"});
    check_says(r, "could not open ");
    kube_close(k);

    cr_assert(file_write(token, "file", 4, &err));
    k = open_with(NULL, NULL, "token: own, tokenFile: token");
    call_well(k, (struct kube_request){.resource = "ing/ok"});
    check_sent("Authorization: Bearer file\n"); // as kubectl has it, whatever its documents say
    kube_close(k);
    unlink(token);
    k = open_with(NULL, NULL, "token: own, tokenFile: token");
    call_well(k, (struct kube_request){.resource = "ing/ok"});
    check_sent("Authorization: Bearer own\n");
    kube_close(k);
    k = open_with(NULL, NULL, "username: ana, password: 'p:w'");
    call_well(k, (struct kube_request){.resource = "ing/ok"});
    check_sent("Authorization: Basic YW5hOnA6dw==\n");
    kube_close(k);
    k = open_with(NULL, NULL, "as: admin, as-groups: [dev]");
    call_well(k, (struct kube_request){.resource = "ing/ok"});
    check_sent("Impersonate-User: admin\n");
    check_sent("Impersonate-Group: dev\n");
    cr_assert_null(strstr(buf_text(&seen_last), "Authorization"));
    kube_close(k);
}

Test(kube_failure, certificates_are_verified)
{
    rules_aggregated();
    rule(
        (struct rule){.match = "GET " INGRESSES "/x", .status = 200, .body = "{'kind':'Ingress'}"});
    const struct kube_request q = {.resource = "ing/x"};
    int port = server_port(server);
    struct kube *k = open_with(NULL, "", NULL);
    struct kube_result r = call(k, q);
    check_says(r, "is not trusted");
    check_says(r, "Put the CA that signed the server's certificate into the cluster's "
                  "certificate-authority-data");
    cr_assert_eq(buf_text(&seen)[0], '\0', "nothing was sent");
    kube_close(k);

    // Made out for another time, or read by a machine whose clock is wrong.
    for (int late = 0; late < 2; late++) {
        struct mint dated = {0};
        cr_assert(
            mint_certificate(&dated, "localhost", late ? -7200 : 3600, late ? -3600 : 7200, &err));
        struct server *off =
            server_start(loop, "127.0.0.1", 0, dated.cert_pem, dated.key_pem, answer, NULL, &err);
        cr_assert(off, "%s", error_text(&err));
        char *ca = pems.ca_pem;
        pems.ca_pem = dated.ca_pem;
        k = open_with(arena_printf(&memory, "https://localhost:%d", server_port(off)), NULL, NULL);
        r = call(k, q);
        check_says(r, late ? "certificate has expired" : "certificate is not yet valid");
        check_says(r,
                   "Is this machine's clock right? If so, renew the certificate (context 'shop'");
        kube_close(k);
        pems.ca_pem = ca;
        server_stop(off);
        mint_free(&dated);
    }

    struct mint other = {0};
    cr_assert(mint_certificate(&other, "elsewhere.example", -3600, 86400, &err));
    struct server *wrong =
        server_start(loop, "127.0.0.1", 0, other.cert_pem, other.key_pem, answer, NULL, &err);
    cr_assert(wrong, "%s", error_text(&err));
    const char *at_wrong = arena_printf(&memory, "https://localhost:%d", server_port(wrong));
    free(pems.ca_pem);
    pems.ca_pem = mem_dup(other.ca_pem);
    k = open_with(at_wrong, NULL, NULL);
    check_says(call(k, q), "is not for 'localhost'");
    kube_close(k);
    k = open_with(at_wrong, ", certificate-authority: ca.pem, tls-server-name: elsewhere.example",
                  NULL);
    call_well(k, q);
    check_sent(arena_printf(&memory, "Host: localhost:%d\n", server_port(wrong)));
    kube_close(k);
    k = open_with(arena_printf(&memory, "https://127.0.0.1:%d", port),
                  ", insecure-skip-tls-verify: true", NULL);
    call_well(k, q);
    kube_close(k);
    server_stop(wrong);
    mint_free(&other);
}

// A port on which nobody listens.
static int free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(bind(fd, (struct sockaddr *)&a, len) == 0 &&
              getsockname(fd, (struct sockaddr *)&a, &len) == 0);
    close(fd);
    return ntohs(a.sin_port);
}

Test(kube_failure, servers_that_are_not_there)
{
    const struct kube_request q = {.verb = KUBE_DELETE, .resource = "pods/x"};
    struct kube *k =
        open_with(arena_printf(&memory, "https://127.0.0.1:%d", free_port()), NULL, NULL);
    struct kube_result r = call(k, q);
    check_says(r, "DELETE pods/x in scholarlink-prod: connection refused by 127.0.0.1:");
    check_says(r, "(context 'shop' of ");
    check_says(r, " the right address, and is the API server up?");
    cr_assert(!r.in_doubt, "it was never sent");
    cr_assert_eq(r.status, 0);
    kube_close(k);
}

// Over IPv6, and by way of a proxy, to a host that only the proxy knows.
Test(kube_failure, other_ways_to_the_server)
{
    const struct kube_request q = {.resource = "ing/x"};
    rules_aggregated();
    rule(
        (struct rule){.match = "GET " INGRESSES "/x", .status = 200, .body = "{'kind':'Ingress'}"});
    struct server *six =
        server_start(loop, "::1", 0, pems.cert_pem, pems.key_pem, answer, NULL, &err);
    cr_assert(six, "%s", error_text(&err));
    struct kube *k = open_with(arena_printf(&memory, "https://[::1]:%d", server_port(six)),
                               ", certificate-authority: ca.pem, tls-server-name: localhost", NULL);
    call_well(k, q);
    check_sent(arena_printf(&memory, "Host: [::1]:%d\n", server_port(six)));
    kube_close(k);
    server_stop(six);

    struct server *proxy = server_start(loop, "127.0.0.1", 0, NULL, NULL, answer, NULL, &err);
    cr_assert(proxy, "%s", error_text(&err));
    buf_clear(&seen);
    k = open_with("http://cluster.test:8001",
                  arena_printf(&memory, ", proxy-url: 'http://127.0.0.1:%d'", server_port(proxy)),
                  NULL);
    call_well(k, q);
    check_seen("GET /api\nGET /apis\nGET " INGRESSES "/x\n");
    check_sent("Host: cluster.test:8001\n");
    kube_close(k);
    server_stop(proxy);
}

Test(kube_failure, servers_that_never_answer)
{
    rules_aggregated();
    rule((struct rule){.match = "PATCH *", .status = 0});
    rule((struct rule){.match = "GET " PODS "?limit=500",
                       .status = 200,
                       .body = "{'kind':'PodList','metadata':{'continue':'t'},'items':[]}"});
    rule((struct rule){.match = "GET " PODS "?limit=500&continue=t",
                       .status = 200,
                       .body = "{'kind':'PodList','metadata':{'continue':'t'},'items':[]}"});
    struct kube *k = open_kube();
    struct kube_request q = {
        .verb = KUBE_PATCH, .resource = "ing/x", .body = json("{}"), .timeout_ms = 300};
    int64_t began = clock_steady();
    struct kube_result r = call(k, q);
    cr_assert_leq(clock_steady() - began, 5000);
    check_says(r, "PATCH ingresses/x in scholarlink-prod: timed out after");
    check_says(r, "The change may have been made");
    cr_assert(r.in_doubt);

    // A list without an end.
    r = call(k, (struct kube_request){.verb = KUBE_LIST, .resource = "pods", .timeout_ms = 300});
    check_says(r, "timed out after 300ms while reading a long list from https://localhost:");
    kube_close(k);

    // Nor does it say what it knows.
    rule_first((struct rule){.match = "GET /apis", .status = 0});
    k = open_kube();
    r = call(k, q);
    check_says(r,
               "timed out after 300ms while asking for the resource types of https://localhost:");
    cr_assert(!r.in_doubt, "the change was never sent");
    kube_close(k);
}
