#include "cli/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/duration.h"
#include "base/file.h"
#include "base/json.h"
#include "net/loop.h"
#include "world/fault.h"
#include "world/host.h"
#include "world/world.h"

enum { EXIT_DONE = 0, EXIT_INTERNAL = 1, EXIT_USAGE = 2, EXIT_NOT_LOADED = 3 };

static const char usage[] =
    "usage: runbook sandbox WORLD.lua [--fault NAME[@WEIGHT]]... [--dir DIR] [--for DURATION]\n"
    "\n"
    "Serves a pretend world on loopback until Ctrl-C.\n"
    "  --fault NAME[@WEIGHT]  start with this fault; given again for more\n"
    "  --dir DIR              where kubeconfig, values.yaml and ca.pem go (default: .sandbox)\n"
    "  --for DURATION         end by itself after, say, 10m\n";

struct sandbox {
    const char *file, *dir;
    char **faults; // "NAME[@WEIGHT]" each
    size_t fault_count;
    int64_t for_ms; // 0: until a signal
    struct loop *loop;
    struct world *world;
    struct host *host;
    struct arena arena;
    struct value *files; // those to be removed at the end: { name: text }
    int lock;            // the pid file, locked while we serve
    struct timer *timer; // of --for
    bool over;
};

static char *path_in(struct sandbox *s, const char *name)
{
    return arena_printf(&s->arena, "%s/%s", s->dir, name);
}

// Reads the command line; false after saying what is wrong with it.
static bool options_read(struct sandbox *s, int argc, char **argv)
{
    static const struct option options[] = {{"fault", required_argument, NULL, 'f'},
                                            {"dir", required_argument, NULL, 'd'},
                                            {"for", required_argument, NULL, 't'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    s->dir = ".sandbox";
    s->faults = arena_alloc(&s->arena, (size_t)argc * sizeof *s->faults);
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (c == 'f') {
            s->faults[s->fault_count++] = optarg;
        } else if (c == 'd') {
            s->dir = optarg;
        } else if (c == 't') {
            if (!duration_parse(optarg, &s->for_ms) || s->for_ms == 0) {
                fprintf(stderr,
                        "runbook sandbox: --for '%s' is no length of time; write 10m or 90s\n",
                        optarg);
                return false;
            }
        } else {
            fputs(usage, c == 'h' ? stdout : stderr);
            if (c == 'h')
                exit(EXIT_DONE);
            return false;
        }
    }
    s->file = argv[optind];
    if (optind + 1 != argc)
        fputs(usage, stderr);
    return optind + 1 == argc;
}

static bool fault_read(struct sandbox *s, const char *text, struct error *err)
{
    const char *at = strchr(text, '@');
    if (at == NULL)
        return fault_set(s->world, text, value_bool(&s->arena, true), err);
    const struct value *weight = json_parse(&s->arena, at + 1, strlen(at + 1), NULL);
    if (weight == NULL || (weight->type != VALUE_INT && weight->type != VALUE_FLOAT))
        return error_set(err, "--fault '%s': what follows the @ is not a number", text);
    return fault_set(s->world, arena_copy(&s->arena, text, (size_t)(at - text)), weight, err);
}

// Takes the folder for ourselves: makes it, and locks the pid file in it.
static bool folder_take(struct sandbox *s, struct error *err)
{
    if (mkdir(s->dir, 0755) != 0 && errno != EEXIST)
        return error_set(err, "could not make the folder %s: %s", s->dir, strerror(errno));
    const char *path = path_in(s, "pid");
    s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (s->lock < 0)
        return error_set(err, "could not write %s: %s", path, strerror(errno));
    if (flock(s->lock, LOCK_EX | LOCK_NB) != 0) {
        close(s->lock);
        s->lock = -1;
        return error_set(err,
                         "another sandbox serves from %s (its process id is in %s); stop it, or "
                         "choose another folder with --dir",
                         s->dir, path);
    }
    return ftruncate(s->lock, 0) == 0 && dprintf(s->lock, "%d\n", (int)getpid()) > 0;
}

// Writes what a client needs to find its way in. values.yaml and the like come from the world.
static bool files_write(struct sandbox *s, struct error *err)
{
    const char *ca = host_ca(s->host);
    const char *ca_path = path_in(s, "ca.pem");
    s->files = world_files(s->world, &s->arena, err);
    if (s->files == NULL || !file_write(ca_path, ca, strlen(ca), err))
        return false;
    value_set(&s->arena, s->files, "control.url",
              value_printf(&s->arena, "%s\n", host_url(s->host, "control")));
    for (size_t i = 0; i < value_count(s->files); i++) {
        const struct value_member *m = &s->files->object.members[i];
        if (strchr(m->key, '/'))
            return error_set(err, "the world wants to write '%s': give a name without folders",
                             m->key);
        if (!file_write(path_in(s, m->key), m->value->string.text, m->value->string.len, err))
            return false;
    }
    return true;
}

static void files_remove(struct sandbox *s)
{
    for (size_t i = 0; i < value_count(s->files); i++)
        unlink(path_in(s, s->files->object.members[i].key));
    if (s->lock >= 0) {
        unlink(path_in(s, "pid"));
        close(s->lock);
    }
}

static void hint_print(struct sandbox *s)
{
    const char *hint = world_hint(s->world);
    if (hint == NULL && value_get(s->files, "kubeconfig"))
        hint = "kubectl --kubeconfig {dir}/kubeconfig get all --all-namespaces";
    else if (hint == NULL)
        hint = "curl $(cat {dir}/control.url)/faults";
    printf("Try next:\n  ");
    for (const char *at; (at = strstr(hint, "{dir}")); hint = at + 5)
        printf("%.*s%s", (int)(at - hint), hint, s->dir);
    printf("%s\n", hint);
}

static void welcome_print(struct sandbox *s)
{
    const struct world_service *services;
    size_t count = world_services(s->world, &services);
    printf("This is only a sandbox: the pretend world '%s', on this machine alone.\n",
           world_name(s->world));
    for (size_t i = 0; i < count; i++)
        printf("  %-12s %s\n", services[i].name, host_url(s->host, services[i].name));
    printf("  %-12s %s\n", "control", host_url(s->host, "control"));
    for (size_t i = 0; i < s->fault_count; i++)
        printf("  %-12s %s\n", "fault", s->faults[i]);
    printf("Files in %s/: ca.pem", s->dir);
    for (size_t i = 0; i < value_count(s->files); i++)
        printf(", %s", s->files->object.members[i].key);
    printf(", requests.ndjson\n");
    hint_print(s);
    printf("ready\n");
    fflush(stdout);
}

static void on_signal(int signo, void *arg)
{
    struct sandbox *s = arg;
    (void)signo;
    s->over = true;
}

static void on_time(void *arg)
{
    struct sandbox *s = arg;
    s->timer = NULL;
    s->over = true;
}

static bool serve(struct sandbox *s, struct error *err)
{
    if (!folder_take(s, err))
        return false;
    s->host = host_start(s->loop, s->world, s->dir, err);
    if (s->host == NULL || !files_write(s, err))
        return false;
    loop_on_signal(s->loop, SIGINT, on_signal, s);
    loop_on_signal(s->loop, SIGTERM, on_signal, s);
    if (s->for_ms)
        s->timer = timer_start(s->loop, s->for_ms, on_time, s);
    welcome_print(s);
    while (!s->over && loop_once(s->loop))
        ;
    timer_stop(s->timer);
    return true;
}

static int run(struct sandbox *s, struct error *err)
{
    s->world = world_load(s->file, err);
    if (s->world == NULL)
        return EXIT_NOT_LOADED;
    for (size_t i = 0; i < s->fault_count; i++)
        if (!fault_read(s, s->faults[i], err))
            return EXIT_USAGE;
    return serve(s, err) ? EXIT_DONE : EXIT_INTERNAL;
}

int sandbox_main(int argc, char **argv)
{
    struct sandbox s = {.lock = -1};
    error_local(err);
    int code = EXIT_USAGE;
    if (options_read(&s, argc, argv)) {
        s.loop = loop_new();
        code = run(&s, &err);
        if (code != EXIT_DONE)
            fprintf(stderr, "runbook sandbox: %s\n", error_text(&err));
        files_remove(&s);
        if (s.host)
            host_stop(s.host);
        world_free(s.world);
        loop_free(s.loop);
    }
    arena_free(&s.arena);
    return code;
}
