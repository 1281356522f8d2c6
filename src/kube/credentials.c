#include "kube/credentials.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/duration.h"
#include "kube/entry.h"
#include "kube/exec.h"
#include "net/loop.h"

enum { FILE_AGE_MS = 60000 };

// Texts that can change while we run, and the memory they live in.
struct held {
    struct arena memory;
    const char *token, *cert_pem, *key_pem;
    int64_t until; // they are believed; 0: never had, or refused since
};

struct kube_credentials {
    struct loop *loop;
    const struct kube_config *config;
    struct held token, certificate; // of files, on the steady clock
    struct held given;              // by the plugin, on the wall clock
    struct kube_exec *exec;         // under way
    struct kube_login *waiting;     // for it
    unsigned number;
};

struct kube_login {
    struct kube_credentials *credentials;
    struct kube_login *next, **link; // while waiting
    kube_login_done *done;
    void *arg;
    struct timer *ready;
};

struct kube_credentials *kube_credentials_new(struct loop *loop, const struct kube_config *config)
{
    struct kube_credentials *c = mem_alloc(sizeof *c);
    *c = (struct kube_credentials){.loop = loop, .config = config, .number = 1};
    c->certificate.until = clock_steady() + FILE_AGE_MS; // the configuration has just read it
    return c;
}

void kube_credentials_free(struct kube_credentials *c)
{
    arena_free(&c->token.memory);
    arena_free(&c->certificate.memory);
    arena_free(&c->given.memory);
    free(c);
}

static bool is_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

// Takes over what is fresh; equal texts are the same credentials as before.
static void held_replace(struct kube_credentials *c, struct held *h, const struct held *fresh)
{
    bool had = h->token || h->cert_pem;
    if (had && (!is_same(h->token, fresh->token) || !is_same(h->cert_pem, fresh->cert_pem) ||
                !is_same(h->key_pem, fresh->key_pem)))
        c->number++;
    arena_free(&h->memory);
    *h = *fresh;
}

// While the file cannot be read, the last token stays good unless it was refused, and else the
// kubeconfig's own counts.
static bool token_refresh(struct kube_credentials *c, struct error *err)
{
    const struct kube_config *config = c->config;
    struct held fresh = {.until = clock_steady() + FILE_AGE_MS};
    error_local(why);
    size_t len;
    if (config->token_file == NULL || clock_steady() < c->token.until)
        return true;
    char *text = kube_file_text(&fresh.memory, config->token_file, &len, &why);
    if (text) {
        text += strspn(text, " \t\r\n");
        for (char *end = text + strlen(text); end > text && strchr(" \t\r\n", end[-1]);)
            *--end = '\0';
        if (*text == '\0')
            error_set(&why, "the token file %s is empty", config->token_file);
        else if (strpbrk(text, "\r\n"))
            error_set(&why, "the token file %s holds several lines", config->token_file);
        else
            fresh.token = text;
    }
    if (fresh.token) {
        held_replace(c, &c->token, &fresh);
        return true;
    }
    arena_free(&fresh.memory);
    return (c->token.token && c->token.until) || config->token ||
           error_set(err, "%s. Write a token into it, or change 'tokenFile' (%s)", error_text(&why),
                     config->where);
}

// While the files cannot be read, the last certificate stays good.
static void certificate_refresh(struct kube_credentials *c)
{
    const struct kube_entry *e = c->config->certificate_entry;
    struct held fresh = {.until = clock_steady() + FILE_AGE_MS};
    if (e == NULL || clock_steady() < c->certificate.until)
        return;
    if (c->certificate.cert_pem == NULL) { // what is known from the start, for comparison
        c->certificate.cert_pem = c->config->cert_pem;
        c->certificate.key_pem = c->config->key_pem;
    }
    if (kube_entry_pem(&fresh.memory, e, "client-certificate", KUBE_PEM_CERTIFICATE,
                       &fresh.cert_pem, NULL) &&
        kube_entry_pem(&fresh.memory, e, "client-key", KUBE_PEM_KEY, &fresh.key_pem, NULL)) {
        held_replace(c, &c->certificate, &fresh);
    } else {
        arena_free(&fresh.memory);
        c->certificate.until = fresh.until;
    }
}

static void login_end(struct kube_login *l, const char *error)
{
    struct kube_credentials *c = l->credentials;
    const struct kube_config *config = c->config;
    struct kube_identity id = {.error = error};
    struct arena a = {0};
    error_local(why);
    certificate_refresh(c);
    if (error == NULL && !token_refresh(c, &why))
        id.error = error_text(&why);
    if (id.error == NULL) {
        const char *token = c->token.until   ? c->token.token
                            : c->given.token ? c->given.token
                                             : config->token;
        const char *name = config->username ? config->username : "";
        const char *password = config->password ? config->password : "";
        const char *pair = arena_printf(&a, "%s:%s", name, password);
        if (token)
            id.authorization = arena_printf(&a, "Authorization: Bearer %s", token);
        else if (strlen(pair) > 1)
            id.authorization =
                arena_printf(&a, "Authorization: Basic %s", base64_encode(&a, pair, strlen(pair)));
        const struct held *h = c->given.cert_pem ? &c->given : &c->certificate;
        id.cert_pem = h->cert_pem ? h->cert_pem : config->cert_pem;
        id.key_pem = h->cert_pem ? h->key_pem : config->key_pem;
        id.number = c->number;
    }
    l->done(&id, l->arg);
    arena_free(&a);
    free(l);
}

static void login_ready(void *arg)
{
    login_end(arg, NULL);
}

static void waiting_add(struct kube_login **list, struct kube_login *l)
{
    l->next = *list;
    l->link = list;
    if (l->next)
        l->next->link = &l->next;
    *list = l;
}

static void waiting_remove(struct kube_login *l)
{
    *l->link = l->next;
    if (l->next)
        l->next->link = l->link;
    l->link = NULL;
}

static void plugin_done(const struct kube_exec_result *r, void *arg)
{
    struct kube_credentials *c = arg;
    struct kube_login *ready = NULL;
    c->exec = NULL;
    if (r->error == NULL) {
        struct held fresh = {.until = r->expires ? r->expires : INT64_MAX};
        fresh.token = arena_dup(&fresh.memory, r->token);
        fresh.cert_pem = arena_dup(&fresh.memory, r->cert_pem);
        fresh.key_pem = arena_dup(&fresh.memory, r->key_pem);
        held_replace(c, &c->given, &fresh);
    }
    // Their callbacks may start other logins, which wait for a run of their own.
    while (c->waiting) {
        struct kube_login *l = c->waiting;
        waiting_remove(l);
        waiting_add(&ready, l);
    }
    while (ready) {
        struct kube_login *l = ready;
        waiting_remove(l);
        login_end(l, r->error);
    }
}

struct kube_login *kube_login_start(struct kube_credentials *c, kube_login_done *done, void *arg)
{
    struct kube_login *l = mem_alloc(sizeof *l);
    *l = (struct kube_login){.credentials = c, .done = done, .arg = arg};
    if (c->config->plugin == NULL || clock_wall() < c->given.until) {
        l->ready = timer_start(c->loop, 0, login_ready, l);
        return l;
    }
    waiting_add(&c->waiting, l);
    if (c->exec == NULL)
        c->exec = kube_exec_start(c->loop, c->config->plugin, plugin_done, c);
    return l;
}

void kube_login_cancel(struct kube_login *l)
{
    struct kube_credentials *c = l->credentials;
    timer_stop(l->ready);
    if (l->link)
        waiting_remove(l);
    if (c->exec && c->waiting == NULL) { // nobody wants to know any more
        kube_exec_cancel(c->exec);
        c->exec = NULL;
    }
    free(l);
}

void kube_credentials_refused(struct kube_credentials *c, unsigned number)
{
    if (number == c->number)
        c->token.until = c->certificate.until = c->given.until = 0;
}
