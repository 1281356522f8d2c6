// libFuzzer target: a kubeconfig of any kind is read or refused with a sentence, and each of its
// contexts is resolved or refused.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kube/kubeconfig.h"
#include "kube/kubefile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *no_environment(const char *name)
{
    (void)name;
    return NULL;
}

static void resolve(const char *path, const char *context)
{
    error_local(err);
    struct kube_config_options options = {.path = path,
                                          .context = context,
                                          .env = no_environment,
                                          .pod_folder = "/nonexistent",
                                          .no_input = true};
    struct kube_config *config = kube_config_load(&options, &err);
    if (!config && !error_is_set(&err)) {
        fprintf(stderr, "refused without a word\n");
        abort();
    }
    if (config)
        kube_config_free(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct kube_files files;
    error_local(err);
    char path[64];
    int fd = memfd_create("kubeconfig", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    resolve(path, NULL);
    if (kube_files_read(&a, path, NULL, NULL, &files, &err))
        for (const struct kube_entry *e = files.sections[KUBE_CONTEXTS]; e; e = e->next)
            resolve(path, e->name);
    close(fd);
    arena_free(&a);
    return 0;
}
