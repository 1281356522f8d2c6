#include "kube/exec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/yaml.h"
#include "net/loop.h"
#include "net/spawn.h"

enum { TIMEOUT_MS = 60000, PERSON_TIMEOUT_MS = 600000 };

struct kube_exec {
    const struct kube_plugin *plugin;
    kube_exec_done *done;
    void *arg;
    struct arena memory;
    struct spawn *spawn;
    struct timer *refused; // it cannot be run at all
    struct kube_exec_result result;
};

static void exec_free(struct kube_exec *x)
{
    arena_free(&x->memory);
    free(x);
}

static void exec_end(struct kube_exec *x)
{
    x->done(&x->result, x->arg);
    exec_free(x);
}

static void exec_refused(void *arg)
{
    exec_end(arg);
}

// Begins every message: "the credential plugin aws (user 'ana' of /home/ana/.kube/config)".
static const char *name_of(struct kube_exec *x)
{
    return arena_printf(&x->memory, "the credential plugin %s (%s)", x->plugin->argv[0],
                        x->plugin->what);
}

static void fail(struct kube_exec *x, const char *why)
{
    x->result =
        (struct kube_exec_result){.error = arena_printf(&x->memory, "%s %s", name_of(x), why)};
}

static int digits_read(const char **p, int count)
{
    int n = 0;
    for (; count; count--, (*p)++) {
        if (**p < '0' || **p > '9')
            return -1;
        n = n * 10 + (**p - '0');
    }
    return n;
}

// RFC 3339, as Go reads it: "2026-03-01T08:30:00.5+01:00" into milliseconds since 1970.
static bool moment_read(const char *p, int64_t *ms)
{
    static const char marks[] = "--T::";
    int part[6];
    for (int i = 0; i < 6; i++) {
        part[i] = digits_read(&p, i ? 2 : 4);
        if (part[i] < 0 || (i < 5 && *p++ != marks[i]))
            return false;
    }
    if (*p == '.')
        p += 1 + strspn(p + 1, "0123456789");
    int64_t offset = 0; // minutes
    if (*p == '+' || *p == '-') {
        int sign = *p++ == '-' ? -1 : 1, hours = digits_read(&p, 2);
        int minutes = hours >= 0 && *p++ == ':' ? digits_read(&p, 2) : -1;
        if (minutes < 0 || *p)
            return false;
        offset = (int64_t)sign * (hours * 60 + minutes);
    } else if (strcmp(p, "Z") != 0) {
        return false;
    }
    struct tm tm = {.tm_year = part[0] - 1900,
                    .tm_mon = part[1] - 1,
                    .tm_mday = part[2],
                    .tm_hour = part[3],
                    .tm_min = part[4],
                    .tm_sec = part[5]};
    *ms = ((int64_t)timegm(&tm) - offset * 60) * 1000;
    return true;
}

static const char *text_or_null(const struct value *status, const char *name)
{
    const char *text = value_get_text(status, name);
    return *text ? text : NULL;
}

// Fills x->result from the status that the plugin gave, or fails.
static void status_read(struct kube_exec *x, const struct value *status)
{
    struct kube_exec_result *r = &x->result;
    const struct value *expires = value_get(status, "expirationTimestamp");
    r->token = text_or_null(status, "token");
    r->cert_pem = text_or_null(status, "clientCertificateData");
    r->key_pem = text_or_null(status, "clientKeyData");
    if (!r->token && !r->cert_pem && !r->key_pem)
        fail(x, "gave neither a token nor a client certificate");
    else if (!r->cert_pem != !r->key_pem)
        fail(x, r->key_pem ? "gave a client key without its certificate"
                           : "gave a client certificate without its key");
    else if (r->token && strpbrk(r->token, "\r\n"))
        fail(x, "gave a token with a line break in it");
    else if (!kube_is_null(expires) && !moment_read(value_text(expires), &r->expires))
        fail(x, arena_printf(&x->memory, "gave the expirationTimestamp '%s', which is no moment",
                             value_text(expires)));
}

static void output_read(struct kube_exec *x, const char *text, size_t len)
{
    error_local(why);
    bool json = text[strspn(text, " \t\r\n")] == '{';
    const struct value *v = json ? json_parse(&x->memory, text, len, &why)
                                 : value_at(yaml_parse(&x->memory, text, len, &why), 0);
    const char *version = value_get_text(v, "apiVersion"), *kind = value_get_text(v, "kind");
    const struct value *status = value_get(v, "status");
    if (strcmp(kind, "ExecCredential") != 0)
        fail(x, "did not print an ExecCredential: run it by hand to see what it says");
    else if (strcmp(version, x->plugin->api_version) != 0)
        fail(x, arena_printf(&x->memory,
                             "speaks '%s', and the kubeconfig says '%s': make 'apiVersion' of "
                             "its exec section the plugin's",
                             version, x->plugin->api_version));
    else if (kube_is_null(status))
        fail(x, "printed an ExecCredential without a status");
    else
        status_read(x, status);
}

static void exec_ended(const struct spawn_result *r, void *arg)
{
    struct kube_exec *x = arg;
    const char *hint = x->plugin->hint;
    x->spawn = NULL;
    if (r->error && r->status < 0)
        fail(x, arena_printf(&x->memory, "could not be run: %s. %s", r->error,
                             *hint ? hint : "Install it, or correct 'command'"));
    else if (r->error)
        fail(x, arena_printf(&x->memory, "is stuck: %s. Run it by hand to see why", r->error));
    else if (r->status != 0)
        fail(x, arena_printf(&x->memory,
                             "ended with status %d; what it said stands on stderr. Log in again "
                             "with the tool it belongs to, or run it by hand",
                             r->status));
    else if (r->truncated)
        fail(x, "printed more than 1 MiB");
    else
        output_read(x, r->out, r->out_len);
    exec_end(x);
}

// The line that tells the plugin what is wanted of it.
static const char *info_line(struct kube_exec *x, bool interactive)
{
    struct arena *a = &x->memory;
    struct buf text = {0};
    struct value *info = value_object(a), *spec = value_object(a);
    value_set(a, info, "kind", value_string(a, "ExecCredential"));
    value_set(a, info, "apiVersion", value_string(a, x->plugin->api_version));
    value_set(a, info, "spec", spec);
    if (x->plugin->cluster)
        value_set(a, spec, "cluster", (struct value *)x->plugin->cluster);
    value_set(a, spec, "interactive", value_bool(a, interactive));
    buf_puts(&text, "KUBERNETES_EXEC_INFO=");
    json_write(&text, info, JSON_COMPACT);
    const char *line = arena_copy(a, text.data, text.len);
    buf_free(&text);
    return line;
}

static const char *const *environment(struct kube_exec *x, bool interactive)
{
    size_t count = 0;
    while (x->plugin->env[count])
        count++;
    const char **lines = arena_alloc(&x->memory, (count + 2) * sizeof *lines);
    for (size_t i = 0; i < count; i++)
        lines[i] = x->plugin->env[i];
    lines[count] = info_line(x, interactive);
    return lines;
}

struct kube_exec *kube_exec_start(struct loop *loop, const struct kube_plugin *plugin,
                                  kube_exec_done *done, void *arg)
{
    struct kube_exec *x = mem_alloc(sizeof *x);
    *x = (struct kube_exec){.plugin = plugin, .done = done, .arg = arg};
    bool terminal = !plugin->no_input && isatty(STDIN_FILENO);
    bool interactive = terminal && plugin->asks != KUBE_ASKS_NEVER;
    if (plugin->asks == KUBE_ASKS_ALWAYS && !interactive) {
        fail(x, plugin->no_input ? "must ask a person, and --no-input forbids that"
                                 : "must ask a person, and standard input is not a terminal: run "
                                   "this in one");
        x->refused = timer_start(loop, 0, exec_refused, x);
        return x;
    }
    struct spawn_request r = {.argv = plugin->argv,
                              .env = environment(x, interactive),
                              .timeout_ms = interactive ? PERSON_TIMEOUT_MS : TIMEOUT_MS,
                              .pass_stderr = true,
                              .terminal = interactive};
    x->spawn = spawn_start(loop, &r, exec_ended, x);
    return x;
}

void kube_exec_cancel(struct kube_exec *x)
{
    timer_stop(x->refused);
    if (x->spawn)
        spawn_cancel(x->spawn);
    exec_free(x);
}
