#include "cli/pretend.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "net/fetch.h"
#include "net/mint.h"
#include "world/answer.h"
#include "world/request.h"
#include "world/world.h"

enum { FIRST_PORT = 10001 };

struct pretend {
    struct arena arena;
    struct world *world;
    char dir[64];
    struct value *files;  // written into `dir`: { name: text }
    struct value *places; // { "127.0.0.1:PORT": service }
    struct buf ca;
};

static char *path_in(struct pretend *p, const char *name)
{
    return arena_printf(&p->arena, "%s/%s", p->dir, name);
}

static bool place(struct pretend *p, const struct world_service *s, int port, struct error *err)
{
    struct mint mint = {0};
    struct arena *a = &p->arena;
    if (s->tls && !mint_certificate(&mint, s->names, s->not_before_s, s->not_after_s, err))
        return false;
    const char *address = arena_printf(a, "127.0.0.1:%d", port);
    const char *url = arena_printf(a, "%s://%s", s->tls ? "https" : "http", address);
    value_set(a, p->places, address, value_string(a, s->name));
    if (mint.ca_pem)
        buf_puts(&p->ca, mint.ca_pem);
    bool ok = world_place(p->world, s->name, port, url, mint.cert_pem, err);
    mint_free(&mint);
    return ok;
}

static bool files_write(struct pretend *p, struct error *err)
{
    p->files = world_files(p->world, &p->arena, err);
    if (p->files == NULL)
        return false;
    value_set(&p->arena, p->files, "ca.pem", value_string(&p->arena, buf_text(&p->ca)));
    for (size_t i = 0; i < value_count(p->files); i++) {
        const struct value_member *m = &p->files->object.members[i];
        if (strchr(m->key, '/'))
            return error_set(err, "the world wants to write '%s': give a name without folders",
                             m->key);
        if (!file_write(path_in(p, m->key), m->value->string.text, m->value->string.len, err))
            return false;
    }
    return true;
}

static bool start(struct pretend *p, struct error *err)
{
    const struct world_service *services;
    size_t count = world_services(p->world, &services);
    bool ok = world_certificates(p->world, err);
    for (size_t i = 0; ok && i < count; i++)
        ok = place(p, &services[i], FIRST_PORT + (int)i, err);
    return ok && world_start(p->world, buf_text(&p->ca), p->dir, err) && files_write(p, err);
}

struct pretend *pretend_open(struct options *o, struct error *err)
{
    struct pretend *p = mem_alloc(sizeof *p);
    const char *tmp = getenv("TMPDIR");
    p->places = value_object(&p->arena);
    snprintf(p->dir, sizeof p->dir, "%.40s/runbook-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (mkdtemp(p->dir) == NULL) {
        p->dir[0] = '\0';
        error_set(err, "there is no place for the world's files; set TMPDIR");
        pretend_close(p);
        return NULL;
    }
    p->world = world_load(o->run.world, err);
    if (p->world == NULL || !start(p, err)) {
        pretend_close(p);
        return NULL;
    }
    o->values_pretended = o->values_file == NULL && value_get(p->files, "values.yaml");
    if (o->values_pretended)
        o->values_file = path_in(p, "values.yaml");
    o->kubeconfig_pretended = o->run.kubeconfig == NULL && value_get(p->files, "kubeconfig");
    if (o->kubeconfig_pretended)
        o->run.kubeconfig = path_in(p, "kubeconfig");
    return p;
}

void pretend_close(struct pretend *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < value_count(p->files); i++)
        unlink(path_in(p, p->files->object.members[i].key));
    if (*p->dir)
        rmdir(p->dir);
    world_free(p->world);
    buf_free(&p->ca);
    arena_free(&p->arena);
    free(p);
}

static struct value *headers_of(struct arena *a, const char *const *lines)
{
    struct value *headers = value_object(a);
    for (; lines && *lines; lines++) {
        size_t len = strcspn(*lines, ":");
        char *name = arena_copy(a, *lines, len);
        for (char *c = name; *c; c++)
            *c = (char)tolower((unsigned char)*c);
        const char *text = *lines + len + ((*lines)[len] == ':');
        value_set(a, headers, name, value_string(a, text + strspn(text, " \t")));
    }
    return headers;
}

// The service that the request is meant for: by the address to connect to, else by the URL's.
static const char *service_of(const struct pretend *p, struct arena *a,
                              const struct fetch_request *r, const char **target)
{
    const char *host = strstr(r->url, "://");
    host = host ? host + 3 : r->url;
    size_t len = strcspn(host, "/?#");
    *target = host[len] == '/' ? host + len : arena_printf(a, "/%s", host + len);
    const char *address = r->connect_to ? r->connect_to : arena_copy(a, host, len);
    return value_get_text(p->places, address);
}

static void answer(const struct fetch_request *r, struct arena *a, struct fetch_answer *out,
                   void *arg)
{
    struct pretend *p = arg;
    struct world_answer from;
    struct buf lines = {0}, body = {0};
    const char *target, *service = service_of(p, a, r, &target);
    if (*service == '\0') {
        out->error = arena_printf(a,
                                  "the world '%s' has no service at %s: its addresses stand in "
                                  "the values.yaml that it writes",
                                  world_name(p->world), r->url);
        return;
    }
    struct request_parts parts = {r->method ? r->method : "GET", target, headers_of(a, r->headers),
                                  r->body ? r->body : "", r->body ? r->body_len : 0};
    answer_make(p->world, request_make(a, service, &parts), a, &from);
    if (from.abort) {
        out->error = arena_printf(a, "%s closed the connection without an answer", service);
        return;
    }
    for (size_t i = 0; i < value_count(from.headers); i++)
        buf_printf(&lines, "%s: %s\r\n", from.headers->object.members[i].key,
                   value_text(from.headers->object.members[i].value));
    if (from.stream && answer_stream(p->world, from.stream, &body))
        answer_close(p->world, from.stream);
    out->status = from.status;
    out->headers = arena_dup(a, buf_text(&lines));
    out->body = from.stream ? arena_copy(a, buf_text(&body), body.len) : from.body;
    out->len = from.stream ? body.len : from.len;
    buf_free(&lines);
    buf_free(&body);
}

void pretend_answer(struct pretend *p, struct fetcher *fetcher)
{
    fetcher_pretend(fetcher, answer, p);
}
