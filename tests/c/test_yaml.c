#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/json.h"
#include "base/yaml.h"

#define TEXT(literal) (literal), sizeof(literal) - 1
#define COUNT(list)   (sizeof(list) / sizeof *(list))

// Parses a copy that ends where its memory ends, so that a sanitizer sees a read past the text.
static struct value *parse(struct arena *a, const char *text, size_t len, struct error *err)
{
    char *copy = malloc(len ? len : 1);
    memcpy(copy, text, len);
    struct value *v = yaml_parse(a, copy, len, err);
    free(copy);
    return v;
}

// The documents of a stream as canonical JSON, in an array.
static void assert_reads(const char *text, size_t len, const char *expected)
{
    struct arena a = {0};
    struct buf json = {0};
    error_local(err);
    struct value *v = parse(&a, text, len, &err);
    cr_assert(v, "%s\n  is refused: %s", text, error_text(&err));
    cr_assert(json_write(&json, v, JSON_CANONICAL));
    cr_expect_str_eq(json.data, expected, "%s\n  became: %s\n  not: %s", text, json.data, expected);
    buf_free(&json);
    arena_free(&a);
}

static const struct {
    const char *text;
    size_t len;
    const char *json;
} streams[] = {
    // documents
    {TEXT(""), "[]"},
    {TEXT("# nothing\n\n"), "[]"},
    {TEXT("---\n"), "[null]"},
    {TEXT("a"), "[\"a\"]"},
    {TEXT("--- a\n--- b\n...\n"), "[\"a\",\"b\"]"},
    {TEXT("---\na: 1\n---\n---\nb: 2\n"), "[{\"a\":1},null,{\"b\":2}]"},
    {TEXT("%YAML 1.2\n---\na: 1\n"), "[{\"a\":1}]"},
    {TEXT("\xEF\xBB\xBF"
          "a: 1\n"),
     "[{\"a\":1}]"},
    {TEXT("a: 1\r\nb: 2\r\n"), "[{\"a\":1,\"b\":2}]"},
    {TEXT("{\"a\": [1, 2.5, null, true, \"x\\u00e9\\n\"], \"b\":{}}"),
     "[{\"a\":[1,2.5,null,true,\"x\xC3\xA9\\n\"],\"b\":{}}]"},
    // null and booleans, and what only looks so
    {TEXT("[~, null, Null, NULL, nULL, '~', \"null\", '']"),
     "[[null,null,null,null,\"nULL\",\"~\",\"null\",\"\"]]"},
    {TEXT("a:\nb: # nothing\nc: ''\n"), "[{\"a\":null,\"b\":null,\"c\":\"\"}]"},
    {TEXT("- \n-\n- 1"), "[[null,null,1]]"},
    {TEXT("[true, True, TRUE, tRUE, false, False, FALSE]"),
     "[[true,true,true,\"tRUE\",false,false,false]]"},
    {TEXT("[yes, Yes, no, on, off, y, n, Off]"),
     "[[\"yes\",\"Yes\",\"no\",\"on\",\"off\",\"y\",\"n\",\"Off\"]]"},
    // numbers
    {TEXT("[0, 3, -1, +12, 9007199254740993]"), "[[0,3,-1,12,9007199254740993]]"},
    {TEXT("[9223372036854775807, -9223372036854775808, 9223372036854775808]"),
     "[[9223372036854775807,-9223372036854775808,9.223372036854776e+18]]"},
    {TEXT("[0x1F, 0xff, -0x10, 0o17, 0o8, 0x, 0xg]"), "[[31,255,-16,15,\"0o8\",\"0x\",\"0xg\"]]"},
    {TEXT("[0644, 00, -017, 0899, 08]"), "[[420,0,-15,899,8]]"}, // as kubectl reads them
    {TEXT("[1.0, .5, -.5, 1., 1e3, 1E-2, 1.5e+3, -0.0]"),
     "[[1.0,0.5,-0.5,1.0,1000.0,0.01,1500.0,-0.0]]"},
    {TEXT("[1e400, 7e1234, 1e, e1, ., .e1, +, -, 1.2.3, 1_000, 0b11, 10.0.0.1]"),
     "[[\"1e400\",\"7e1234\",\"1e\",\"e1\",\".\",\".e1\",\"+\",\"-\",\"1.2.3\",\"1_000\",\"0b11\","
     "\"10.0.0.1\"]]"},
    {TEXT("[100m, 2Gi, 15m, 50%, 1h30m]"), "[[\"100m\",\"2Gi\",\"15m\",\"50%\",\"1h30m\"]]"},
    {TEXT("[2024-01-01, 2024-01-01T10:00:00Z, 12:30:45]"),
     "[[\"2024-01-01\",\"2024-01-01T10:00:00Z\",\"12:30:45\"]]"},
    {TEXT("['1', \"2\", '0x1', 'true']"), "[[\"1\",\"2\",\"0x1\",\"true\"]]"},
    // strings
    {TEXT("a: it's # not part\nb: a#b\nc: 'it''s'\nd: \"\\x41\\u00e9\\U0001F600\\0\\e\"\n"),
     "[{\"a\":\"it's\",\"b\":\"a#b\",\"c\":\"it's\",\"d\":"
     "\"A\xC3\xA9\xF0\x9F\x98\x80\\u0000\\u001b\"}]"},
    {TEXT("a: |\n  one\n    two\n\n  three\nb: |-\n  x\nc: |+\n  y\n\nd: >\n  folded\n  line\n\n  "
          "next\n"),
     "[{\"a\":\"one\\n  two\\n\\nthree\\n\",\"b\":\"x\",\"c\":\"y\\n\\n\",\"d\":\"folded "
     "line\\nnext\\n\"}]"},
    {TEXT("a: plain\n  goes on\nb: \"one\n  two\"\n"),
     "[{\"a\":\"plain goes on\",\"b\":\"one two\"}]"},
    {TEXT("a: http://x:80/y\nb: {c: d:e}\n"), "[{\"a\":\"http://x:80/y\",\"b\":{\"c\":\"d:e\"}}]"},
    {TEXT("\xC3\xA9: \xE2\x82\xAC\xF0\x9F\x98\x80\n"),
     "[{\"\xC3\xA9\":\"\xE2\x82\xAC\xF0\x9F\x98\x80\"}]"},
    // keys are text
    {TEXT("1: a\n1.10: b\ntrue: c\n~: d\n0x10: e\n'': f\n"),
     "[{\"\":\"f\",\"0x10\":\"e\",\"1\":\"a\",\"1.10\":\"b\",\"true\":\"c\",\"~\":\"d\"}]"},
    {TEXT("? a\n? b\n: 1\n"), "[{\"a\":null,\"b\":1}]"},
    // empty containers
    {TEXT("a: []\nb: {}\nc: [[], {}]\n"), "[{\"a\":[],\"b\":{},\"c\":[[],{}]}]"},
    {TEXT("- - 1\n  - 2\n- a: 1\n  b: 2\n"), "[[[1,2],{\"a\":1,\"b\":2}]]"},
    {TEXT("a:\n- 1\nb:\n  - 2\n"), "[{\"a\":[1],\"b\":[2]}]"},
    // tags
    {TEXT("a: !!str 12\nb: !!str ~\nc: !!int \"12\"\nd: !!float 12\ne: !!bool \"true\"\n"
          "f: !!null ''\ng: !!binary aGk=\nh: ! 12\ni: !!map {}\nj: !!seq []\nk: !!float 1.5\n"),
     "[{\"a\":\"12\",\"b\":\"~\",\"c\":12,\"d\":12.0,\"e\":true,\"f\":null,\"g\":\"aGk=\","
     "\"h\":\"12\",\"i\":{},\"j\":[],\"k\":1.5}]"},
    {TEXT("a: !<tag:yaml.org,2002:str> 1\n"), "[{\"a\":\"1\"}]"},
    // anchors
    {TEXT("a: &x {b: [1]}\nc: *x\nd: [*x, *x]\n"),
     "[{\"a\":{\"b\":[1]},\"c\":{\"b\":[1]},\"d\":[{\"b\":[1]},{\"b\":[1]}]}]"},
    {TEXT("- &x 1\n- *x\n- &x 2\n- *x\n"), "[[1,1,2,2]]"},
    {TEXT("- &s text\n- &n 1.5\n- &z\n- [*s, *n, *z]\n"),
     "[[\"text\",1.5,null,[\"text\",1.5,null]]]"},
    {TEXT("&k key: *k\n"), "[{\"key\":\"key\"}]"},
    {TEXT("&k 0x10: *k\n"), "[{\"0x10\":16}]"},
    {TEXT("!!int 1: a\n.inf: b\n"), "[{\".inf\":\"b\",\"1\":\"a\"}]"},
    {TEXT("--- &x a\n--- &x b\n"), "[\"a\",\"b\"]"},
    // merge keys
    {TEXT("base: &b {x: 1, y: 2}\na:\n  <<: *b\n  y: 3\n"),
     "[{\"a\":{\"x\":1,\"y\":3},\"base\":{\"x\":1,\"y\":2}}]"},
    {TEXT("base: &b {x: 1, y: 2}\na:\n  y: 3\n  <<: *b\n"),
     "[{\"a\":{\"x\":1,\"y\":3},\"base\":{\"x\":1,\"y\":2}}]"},
    {TEXT("- &p {x: 1}\n- &q {x: 2, y: 2}\n- {<<: [*p, *q], z: 3}\n"),
     "[[{\"x\":1},{\"x\":2,\"y\":2},{\"x\":1,\"y\":2,\"z\":3}]]"},
    {TEXT("- &p {x: 1}\n- &q {<<: *p, y: 2}\n- <<: *q\n"),
     "[[{\"x\":1},{\"x\":1,\"y\":2},{\"x\":1,\"y\":2}]]"},
    {TEXT("{<<: {x: 1}, <<y: 2}"), "[{\"<<y\":2,\"x\":1}]"},
    {TEXT("{<<: []}"), "[{}]"},
    {TEXT("{'<<': {x: 1}}"), "[{\"<<\":{\"x\":1}}]"},
    {TEXT("[<<]"), "[[\"<<\"]]"},
};

Test(yaml, streams)
{
    for (size_t i = 0; i < COUNT(streams); i++)
        assert_reads(streams[i].text, streams[i].len, streams[i].json);
}

Test(yaml, what_kubectl_prints)
{
    assert_reads(
        TEXT("apiVersion: v1\n"
             "items:\n"
             "- apiVersion: networking.k8s.io/v1\n"
             "  kind: Ingress\n"
             "  metadata:\n"
             "    annotations:\n"
             "      kubectl.kubernetes.io/last-applied-configuration: |\n"
             "        {\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"Ingress\"}\n"
             "      nginx.ingress.kubernetes.io/canary-weight: \"5\"\n"
             "    creationTimestamp: \"2024-05-01T10:00:00Z\"\n"
             "    generation: 3\n"
             "    labels: {}\n"
             "    name: billing-canary\n"
             "    resourceVersion: \"48213\"\n"
             "  spec:\n"
             "    rules:\n"
             "    - host: billing.example.com\n"
             "      http:\n"
             "        paths:\n"
             "        - backend:\n"
             "            service:\n"
             "              name: billing\n"
             "              port:\n"
             "                number: 80\n"
             "          path: /\n"
             "  status:\n"
             "    loadBalancer:\n"
             "      ingress:\n"
             "      - ip: 10.0.0.7\n"
             "kind: List\n"
             "metadata:\n"
             "  resourceVersion: \"\"\n"),
        "[{\"apiVersion\":\"v1\",\"items\":[{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":"
        "\"Ingress\",\"metadata\":{\"annotations\":{\"kubectl.kubernetes.io/"
        "last-applied-configuration\":\"{\\\"apiVersion\\\":\\\"networking.k8s.io/v1\\\","
        "\\\"kind\\\":\\\"Ingress\\\"}\\n\",\"nginx.ingress.kubernetes.io/canary-weight\":\"5\"},"
        "\"creationTimestamp\":\"2024-05-01T10:00:00Z\",\"generation\":3,\"labels\":{},\"name\":"
        "\"billing-canary\",\"resourceVersion\":\"48213\"},\"spec\":{\"rules\":[{\"host\":"
        "\"billing.example.com\",\"http\":{\"paths\":[{\"backend\":{\"service\":{\"name\":"
        "\"billing\",\"port\":{\"number\":80}}},\"path\":\"/\"}]}}]},\"status\":{\"loadBalancer\":"
        "{\"ingress\":[{\"ip\":\"10.0.0.7\"}]}}}],\"kind\":\"List\",\"metadata\":"
        "{\"resourceVersion\":\"\"}}]");
}

Test(yaml, a_kubeconfig)
{
    assert_reads(TEXT("apiVersion: v1\n"
                      "kind: Config\n"
                      "preferences: {}\n"
                      "current-context: prod\n"
                      "clusters:\n"
                      "- cluster:\n"
                      "    certificate-authority-data: LS0tLS1CRUdJTg==\n"
                      "    server: https://127.0.0.1:6443\n"
                      "  name: prod\n"
                      "contexts:\n"
                      "- {name: prod, context: {cluster: prod, user: admin}}\n"
                      "users:\n"
                      "- name: admin\n"
                      "  user:\n"
                      "    exec:\n"
                      "      args: [eks, get-token, --cluster-name, \"prod\"]\n"
                      "      command: aws\n"
                      "      env:\n"),
                 "[{\"apiVersion\":\"v1\",\"clusters\":[{\"cluster\":{\"certificate-authority-"
                 "data\":\"LS0tLS1CRUdJTg==\",\"server\":\"https://127.0.0.1:6443\"},\"name\":"
                 "\"prod\"}],\"contexts\":[{\"context\":{\"cluster\":\"prod\",\"user\":\"admin\"},"
                 "\"name\":\"prod\"}],\"current-context\":\"prod\",\"kind\":\"Config\","
                 "\"preferences\":{},\"users\":[{\"name\":\"admin\",\"user\":{\"exec\":{\"args\":"
                 "[\"eks\",\"get-token\",\"--cluster-name\",\"prod\"],\"command\":\"aws\",\"env\":"
                 "null}}}]}]");
}

static const struct {
    const char *text;
    size_t len;
    const char *error; // what the message begins with
} invalid[] = {
    {TEXT("a: [1, 2\nb: 3\n"),
     "line 2, column 2: while parsing a flow sequence from line 1, did not "
     "find expected ',' or ']'; there stands ':'"},
    {TEXT("a: b: c"), "line 1, column 5: mapping values are not allowed in this context; there"},
    {TEXT("a: 1\n b: 2\n"), "line 2, column 3: mapping values are not allowed in this context"},
    {TEXT("a:\n\t- b\n"), "line 2, column 1: while scanning for the next token from line 2, found "
                          "character that cannot start any token; there stands a tab"},
    {TEXT("a: \"b\n\nc"), "line 3, column 2: while scanning a quoted scalar from line 1, found "
                          "unexpected end of stream; there stands the end of the text"},
    {TEXT("a: 'b"), "line 1, column 6: while scanning a quoted scalar from line 1"},
    {TEXT("- a\nb: c\n"), "line 2, column 1: while parsing a block collection from line 1, did not "
                          "find expected '-' indicator; there stands 'b'"},
    {TEXT("a: 1\n---\nb: {\n"), "line 4, column 1: while parsing a flow node from line 4, did not "
                                "find expected node content; there stands the end of the text"},
    {TEXT("a: @b"), "line 1, column 4: while scanning for the next token"},
    {TEXT("a: \"\\q\""),
     "line 1, column 5: while parsing a quoted scalar from line 1, found unknown "
     "escape character; there stands '\\'"},
    {TEXT("\xC3\xA9: \xC3\xA9: x"), "line 1, column 5: mapping values are not allowed"},
    {TEXT("\xEF\xBB\xBF"
          "a: b: c"),
     "line 1, column 5: mapping values are not allowed"},
    {TEXT("%YAML 3.0\n---\na\n"), "line 1, column 1: found incompatible YAML document"},
    {TEXT("a: !e!x 1"), "line 1, column 4: while parsing a node from line 1, found undefined tag"},
    // bytes
    {TEXT("a: \xFF"), "line 1, column 4: invalid leading UTF-8 octet; there stands the byte 0xFF"},
    {TEXT("a: 1\nb: \xC3"), "line 2, column 4: incomplete UTF-8 octet sequence"},
    {TEXT("a\0"), "line 1, column 2: control characters are not allowed; there stands the control "
                  "character 0x00"},
    {TEXT("a: \xED\xA0\x80"), "line 1, column 4: invalid Unicode character"},
    {TEXT("\xFF\xFE"
          "a\0"),
     "line 1, column 1: invalid leading UTF-8 octet"},
    // keys
    {TEXT("a: 1\nb: 2\na: 3\n"), "line 3, column 1: the key \"a\" stands twice in one mapping"},
    {TEXT("x: {a: 1, 'a': 2}"), "line 1, column 11: the key \"a\" stands twice"},
    {TEXT("- {1: a,\n   \"1\": b}"), "line 2, column 4: the key \"1\" stands twice"},
    {TEXT("<<: {a: 1}\n<<: {b: 1}"), "line 2, column 1: the key \"<<\" stands twice"},
    {TEXT("? [a]\n: b\n"), "line 1, column 3: a key must be a scalar"},
    {TEXT("{a: b}: c\n"), "line 1, column 1: a key must be a scalar"},
    {TEXT("- {{ template }}\n"), "line 1, column 4: a key must be a scalar"},
    {TEXT("!!int x: 3"), "line 1, column 1: the tag !!int stands before something else"},
    // aliases and merge keys
    {TEXT("a: 1\nb: *nope\n"), "line 2, column 4: the alias *nope has no anchor &nope before it"},
    {TEXT("--- &x 1\n--- *x\n"), "line 2, column 5: the alias *x has no anchor"},
    {TEXT("a: &a [1, *a]"), "line 1, column 11: the alias *a stands inside of what it names"},
    {TEXT("&a {b: {c: *a}}"), "line 1, column 12: the alias *a stands inside of what it names"},
    {TEXT("&a {<<: *a}"), "line 1, column 9: the alias *a stands inside of what it names"},
    {TEXT("<<: 3\n"), "line 2, column 1: what << brings into this mapping is neither"},
    {TEXT("{<<: [{a: 1}, 2]}"), "line 1, column 17: what << brings into this mapping is neither"},
    // tags and numbers
    {TEXT("a:\n  - !Ref b\n"), "line 2, column 5: the tag !Ref has no meaning here"},
    {TEXT("a: !!set {b}"), "line 1, column 4: the tag !!set has no meaning here"},
    {TEXT("!<x:y> a"), "line 1, column 1: the tag x:y has no meaning here"},
    {TEXT("!x {}"), "line 1, column 1: the tag !x has no meaning here"},
    {TEXT("a: !!int b"), "line 1, column 4: the tag !!int stands before something else"},
    {TEXT("a: !!int \"12\\0\""), "line 1, column 4: the tag !!int stands before something else"},
    {TEXT("a: !!int 1.5"), "line 1, column 4: the tag !!int stands before something else"},
    {TEXT("a: !!bool yes"), "line 1, column 4: the tag !!bool stands before something else"},
    {TEXT("a: !!null x"), "line 1, column 4: the tag !!null stands before something else"},
    {TEXT("a: !!map []"), "line 1, column 4: the tag !!map stands before something else"},
    {TEXT("a: ! {}"), "line 1, column 4: the tag ! stands before something else"},
    {TEXT("a: .inf"), "line 1, column 4: a number must be finite"},
    {TEXT("a: -.Inf"), "line 1, column 4: a number must be finite"},
    {TEXT("a: .NaN"), "line 1, column 4: a number must be finite"},
    {TEXT("a: !!float .nan"), "line 1, column 4: a number must be finite"},
};

Test(yaml, invalid_streams)
{
    for (size_t i = 0; i < COUNT(invalid); i++) {
        struct arena a = {0};
        error_local(err);
        error_set(&err, "no error was set");
        struct value *v = parse(&a, invalid[i].text, invalid[i].len, &err);
        cr_expect_null(v, "stream %zu was taken: %s", i, invalid[i].text);
        cr_expect(strncmp(error_text(&err), invalid[i].error, strlen(invalid[i].error)) == 0,
                  "stream %zu: %s\n  got: %s\n  not: %s", i, invalid[i].text, error_text(&err),
                  invalid[i].error);
        arena_free(&a);
    }
}

Test(yaml, what_an_alias_brings_is_its_own)
{
    struct arena a = {0};
    struct value *v =
        value_at(yaml_parse(&a, TEXT("a: &x {n: [1]}\nb: *x\nc: {<<: *x}\n"), NULL), 0);
    value_push(&a, value_path(v, "b.n"), value_int(&a, 2));
    value_set(&a, value_get(v, "c"), "m", value_null(&a));
    cr_assert_eq(value_count(value_path(v, "a.n")), 1);
    cr_assert_eq(value_count(value_path(v, "b.n")), 2);
    cr_assert_eq(value_count(value_path(v, "c.n")), 1);
    cr_assert_eq(value_count(value_get(v, "a")), 1);
    arena_free(&a);
}

static void assert_refused(const struct buf *text, const char *problem)
{
    struct arena a = {0};
    error_local(err);
    error_set(&err, "no error was set");
    int64_t start = clock_steady();
    struct value *v = parse(&a, text->data, text->len, &err);
    cr_expect_null(v, "it was taken, not refused: %s", problem);
    cr_expect(strstr(error_text(&err), problem), "got: %s\nnot: %s", error_text(&err), problem);
    cr_expect_lt(clock_steady() - start, 5000, "refusing it took too long: %s", problem);
    cr_expect_lt(a.used, 300000000, "refusing it took %zu bytes", a.used);
    arena_free(&a);
}

Test(yaml, a_billion_laughs)
{
    const char *items[] = {"[lol, lol]", "{a: lol, b: lol}", "[[lol], {a: [lol]}]"};
    for (size_t i = 0; i < COUNT(items); i++) {
        struct buf text = {0};
        buf_printf(&text, "a0: &a0 %s\n", items[i]);
        for (int n = 1; n < 40; n++)
            buf_printf(&text, "a%d: &a%d [*a%d, *a%d]\n", n, n, n - 1, n - 1);
        assert_refused(&text, "aliases unfold into more than 1000000 nodes");
        buf_free(&text);
    }
}

Test(yaml, a_billion_laughs_by_merging)
{
    struct buf text = {0};
    buf_puts(&text, "a0: &a0 {x: 1}\n");
    for (int n = 1; n < 40; n++)
        buf_printf(&text, "a%d: &a%d {<<: *a%d, l%d: *a%d, r%d: *a%d}\n", n, n, n - 1, n, n - 1, n,
                   n - 1);
    assert_refused(&text, "aliases unfold into more than 1000000 nodes");
    buf_free(&text);
}

Test(yaml, many_aliases_of_a_large_thing)
{
    struct buf text = {0};
    buf_puts(&text, "- &a [");
    for (int i = 0; i < 1000; i++)
        buf_puts(&text, "1,");
    buf_puts(&text, "]\n");
    for (int i = 0; i < 1000; i++)
        buf_puts(&text, "- *a\n");
    assert_refused(&text, "line 1001, column 3: aliases unfold into more than 1000000 nodes");
    buf_free(&text);
}

Test(yaml, a_large_text_is_not_copied_for_its_aliases)
{
    struct arena a = {0};
    struct buf text = {0};
    buf_puts(&text, "- &a \"");
    for (int i = 0; i < 100000; i++)
        buf_puts(&text, "0123456789");
    buf_puts(&text, "\"\n");
    for (int i = 0; i < 1000; i++)
        buf_puts(&text, "- *a\n");
    cr_assert_eq(value_count(value_at(parse(&a, text.data, text.len, NULL), 0)), 1001);
    cr_assert_lt(a.used, 10000000);
    buf_free(&text);
    arena_free(&a);
}

Test(yaml, depth_has_a_limit)
{
    const struct {
        const char *open, *close;
        int depth;
        const char *error;
    } cases[] = {
        {"[", "]", YAML_MAX_DEPTH, NULL},
        {"[", "]", YAML_MAX_DEPTH + 1, "line 1, column 101: nested deeper than 100 levels"},
        {"{a: ", "}", YAML_MAX_DEPTH, NULL},
        {"{a: ", "}", YAML_MAX_DEPTH + 1, "line 1, column 401: nested deeper than 100 levels"},
        {"- ", "", YAML_MAX_DEPTH, NULL},
        {"- ", "", YAML_MAX_DEPTH + 1, "line 1, column 201: nested deeper than 100 levels"},
        {"[", "", 1000000, "line 1, column 101: nested deeper than 100 levels"},
        {"- ", "", 1000000, "line 1, column 201: nested deeper than 100 levels"},
        {"? ", "", 1000000, "a key must be a scalar"},
        {"{a: ", "", 1000000, "line 1, column 401: nested deeper than 100 levels"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena a = {0};
        error_local(err);
        struct buf text = {0};
        for (int n = 0; n < cases[i].depth; n++)
            buf_puts(&text, cases[i].open);
        for (int n = 0; n < cases[i].depth; n++)
            buf_puts(&text, cases[i].close);
        if (cases[i].error)
            assert_refused(&text, cases[i].error);
        else
            cr_expect(parse(&a, text.data, text.len, &err), "%s", error_text(&err));
        buf_free(&text);
        arena_free(&a);
    }
}

Test(yaml, aliases_do_not_pass_the_limit_of_depth)
{
    struct buf text = {0};
    buf_puts(&text, "- &a0 [x]\n");
    for (int n = 1; n < 200; n++)
        buf_printf(&text, "- &a%d [*a%d]\n", n, n - 1);
    // Item n, on line n + 1, brings n levels; it stands on the second itself.
    assert_refused(&text, "line 100, column 9: what the alias names nests deeper here than 100");
    buf_free(&text);
}

Test(yaml, large_streams)
{
    enum { KEYS = 50000 };
    struct arena a = {0};
    error_local(err);
    struct buf text = {0};
    int64_t start = clock_steady();
    for (int i = 0; i < KEYS; i++)
        buf_printf(&text, "key %d: &anchor%d %d\n", i, i, i);
    buf_puts(&text, "all:\n");
    for (int i = 0; i < KEYS; i++)
        buf_printf(&text, "- *anchor%d\n", i);
    struct value *v = value_at(parse(&a, text.data, text.len, &err), 0);
    cr_assert(v, "%s", error_text(&err));
    cr_assert_eq(value_count(v), KEYS + 1);
    cr_assert_eq(value_at(value_get(v, "all"), KEYS - 1)->integer, KEYS - 1);
    cr_assert_lt(clock_steady() - start, 10000, "the time grows with the square of the names");
    buf_free(&text);
    arena_free(&a);
}
