#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "world/answer.h"
#include "world/fault.h"
#include "world/world.h"

static struct arena a;
static struct error err;
static struct world *world;

static void end(void)
{
    world_free(world);
    arena_free(&a);
}

TestSuite(world, .fini = end);

static void load(const char *text)
{
    char path[] = "/tmp/runbook-world-XXXXXX";
    int fd = mkstemp(path);
    cr_assert(fd >= 0 && file_write(path, text, strlen(text), &err), "%s", error_text(&err));
    close(fd);
    world = world_load(path, &err);
    unlink(path);
}

static void expect_unloadable(const char *text, const char *why)
{
    load(text);
    cr_assert_null(world, "%s", text);
    cr_assert(strstr(error_text(&err), why), "'%s' should say '%s'", error_text(&err), why);
}

static struct world_answer ask(const char *service, const char *path)
{
    struct world_answer answer;
    struct value *request = value_object(&a);
    value_set(&a, request, "service", value_string(&a, service));
    value_set(&a, request, "method", value_string(&a, "GET"));
    value_set(&a, request, "path", value_string(&a, path));
    answer_make(world, request, &a, &answer);
    return answer;
}

static const char *json_of(const struct value *v)
{
    struct buf text = {0};
    cr_assert_not_null(v, "%s", error_text(&err));
    json_write(&text, v, JSON_CANONICAL);
    const char *copy = arena_dup(&a, buf_text(&text));
    buf_free(&text);
    return copy;
}

Test(world, files_that_are_no_world)
{
    expect_unloadable("return {", "unexpected symbol");
    expect_unloadable("return 1", "returned no table");
    expect_unloadable("return { listen = {}, handle = {} }", "name must be a string");
    expect_unloadable("return { name = 'x', handle = {} }", "listen must be a table");
    expect_unloadable("return { name = 'x', listen = { a = {} }, handle = {} }",
                      "listen.a needs a function handle.a");
    expect_unloadable("return { name = 'x', listen = { control = {} }, handle = {} }",
                      "listen.control is taken");
    expect_unloadable("return { name = 'x', listen = { a = { port = 1.5 } }, "
                      "handle = { a = print } }",
                      "port must be a whole number");
    expect_unloadable("require 'runbook.world.nothing'", "no library 'runbook.world.nothing'");
    expect_unloadable("io.write('x')", "global 'io'");
    cr_assert_null(world_load("/nonexistent/world.lua", &err));
    cr_assert(strstr(error_text(&err), "No such file"), "%s", error_text(&err));
}

Test(world, services_and_certificates)
{
    load("return { name = 'x', hint = 'look in {dir}', listen = {\n"
         "  b = { tls = true, names = 'b.example', certificate = function(w)\n"
         "        return { not_after = w.faults.expired and -60 or 3600 } end },\n"
         "  a = { port = 12345 } }, handle = { a = print, b = print },\n"
         "  faults = { expired = 'the certificate has expired' } }");
    cr_assert_not_null(world, "%s", error_text(&err));
    cr_assert_str_eq(world_name(world), "x");
    cr_assert_str_eq(world_hint(world), "look in {dir}");
    cr_assert(fault_set(world, "expired", value_bool(&a, true), &err));
    cr_assert(world_certificates(world, &err), "%s", error_text(&err));
    const struct world_service *s;
    cr_assert_eq(world_services(world, &s), 2);
    cr_assert_str_eq(s[0].name, "a");
    cr_assert(s[0].port == 12345 && !s[0].tls);
    cr_assert_str_eq(s[0].names, "127.0.0.1,localhost");
    cr_assert(s[1].tls && s[1].not_after_s == -60 && s[1].not_before_s == -3600);
    cr_assert_str_eq(s[1].names, "b.example");
}

Test(world, life)
{
    load(
        "return { name = 'x', listen = { a = {} },\n"
        "  handle = { a = function(w, req) return { body = req.path } end },\n"
        "  start = function(w) w.n = 0; w.told = w.urls.a .. ' ' .. w.ports.a .. ' ' .. w.ca .. ' '"
        " .. w.dir .. ' ' .. w.certificates.a end,\n"
        "  tick = function(w, now) assert(math.abs(now - w.now()) < 5); w.n = w.n + 1 end,\n"
        "  files = function(w) return { text = 'as is', ['v.yaml'] = { a = { 1, '2' } } } end,\n"
        "  snapshot = function(w) return { n = w.n, told = w.told } end }");
    cr_assert_not_null(world, "%s", error_text(&err));
    cr_assert(world_place(world, "a", 8080, "http://127.0.0.1:8080", "CERT", &err));
    cr_assert(world_start(world, "PEM", "/dir", &err), "%s", error_text(&err));
    cr_assert(world_tick(world, &err) && world_tick(world, &err), "%s", error_text(&err));
    cr_assert_str_eq(json_of(world_snapshot(world, &a, &err)),
                     "{\"n\":2,\"told\":\"http://127.0.0.1:8080 8080 PEM /dir CERT\"}");
    struct value *files = world_files(world, &a, &err);
    cr_assert_str_eq(value_get_text(files, "text"), "as is");
    cr_assert_str_eq(value_get_text(files, "v.yaml"), "a:\n- 1\n- \"2\"\n");
}

Test(world, answers)
{
    load("local answers = {\n"
         "  ['/json'] = { status = 201, json = { a = json.array {} } },\n"
         "  ['/text'] = { body = 'hello', headers = { ['Content-Type'] = 'text/csv' } },\n"
         "  ['/none'] = {}, ['/abort'] = { abort = true }, ['/read'] = { write = false },\n"
         "  ['/status'] = { status = 99 }, ['/function'] = { json = { f = print } } }\n"
         "return { name = 'x', listen = { a = {} }, handle = { a = function(w, req)\n"
         "  if req.path == '/raise' then error('broken') end\n"
         "  return answers[req.path] end } }");
    cr_assert_not_null(world, "%s", error_text(&err));
    struct world_answer answer = ask("a", "/json");
    cr_assert_eq(answer.status, 201);
    cr_assert_str_eq(answer.body, "{\"a\":[]}");
    cr_assert_eq(answer.len, strlen(answer.body));
    cr_assert_str_eq(json_of(answer.headers), "{\"Content-Type\":\"application/json\"}");
    answer = ask("a", "/text");
    cr_assert_str_eq(answer.body, "hello");
    cr_assert_str_eq(json_of(answer.headers), "{\"Content-Type\":\"text/csv\"}");
    answer = ask("a", "/none");
    cr_assert(answer.status == 200 && answer.len == 0 && !answer.abort && !answer.read_only);
    cr_assert(ask("a", "/abort").abort);
    cr_assert(ask("a", "/read").read_only);
    const char *const broken[] = {"/raise", "/status", "/function", "/nothing"};
    const char *const why[] = {"broken", "from 200 to 599", "f is a function", "and is a nil"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        answer = ask("a", broken[i]);
        cr_assert_eq(answer.status, 500);
        cr_assert(strstr(answer.body, why[i]), "%s: %s", broken[i], answer.body);
    }
}

Test(world, streams)
{
    load("return { name = 'x', listen = { a = {} }, handle = { a = function(w, req)\n"
         "  local pieces = { 'one', '', 'two' }\n"
         "  return { stream = function()\n"
         "    if req.path == '/raise' then error('broken') end\n"
         "    return table.remove(pieces, 1) end } end } }");
    cr_assert_not_null(world, "%s", error_text(&err));
    struct buf text = {0};
    int stream = ask("a", "/").stream;
    cr_assert_neq(stream, 0);
    for (int i = 0; i < 3; i++)
        cr_assert(answer_stream(world, stream, &text));
    cr_assert_not(answer_stream(world, stream, &text));
    cr_assert_str_eq(buf_text(&text), "onetwo");
    cr_assert_not(answer_stream(world, ask("a", "/raise").stream, &text));
    answer_close(world, ask("a", "/").stream);
    buf_free(&text);
}

Test(world, faults)
{
    load("return { name = 'x', listen = {}, handle = {}, faults = { slow = 'help', down = 'too' } "
         "}");
    cr_assert_not_null(world, "%s", error_text(&err));
    cr_assert(fault_set(world, "slow", value_float(&a, 0.5), &err));
    cr_assert_str_eq(json_of(fault_list(world, &a, &err)),
                     "[{\"help\":\"too\",\"name\":\"down\",\"weight\":false},"
                     "{\"help\":\"help\",\"name\":\"slow\",\"weight\":0.5}]");
    cr_assert(fault_set(world, "slow", value_bool(&a, false), &err));
    cr_assert_eq(value_get(value_at(fault_list(world, &a, &err), 1), "weight")->boolean, false);
    cr_assert_not(fault_set(world, "fast", value_bool(&a, true), &err));
    cr_assert_str_eq(error_text(&err), "the world 'x' has no fault 'fast'; it has down, slow");
}

Test(world, kubernetes)
{
    world = world_load(TESTS_FOLDER "/c/world_kubernetes.lua", &err);
    cr_assert_not_null(world, "%s", error_text(&err));
    cr_assert(world_start(world, "", "", &err), "%s", error_text(&err));
}
