// kubefile: the kubeconfig files of a person, read and merged: of each cluster, user and context
// the whole entry of the first file that has it counts (client-go's ClientConfigLoadingRules).
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "kube/entry.h"

enum kube_section { KUBE_CLUSTERS, KUBE_USERS, KUBE_CONTEXTS, KUBE_SECTIONS };

struct kube_files {
    struct kube_entry *sections[KUBE_SECTIONS];
    const char *current; // current-context of the first file that has one, or NULL
    const char *found;   // the files that were read, parted by ", "; "" when there was none
    const char *looked;  // the files that were looked for
};

// Reads the file `path` alone (which must exist), or with NULL the list `kubeconfig` (the value of
// $KUBECONFIG: parted by ':'; missing and empty names are skipped), or with NULL or "" there
// home/.kube/config. False with `err` set when a file cannot be read or is not a kubeconfig. What
// is found lives in the arena.
bool kube_files_read(struct arena *, const char *path, const char *kubeconfig, const char *home,
                     struct kube_files *out, struct error *err);

// The entry of that name, or NULL.
const struct kube_entry *kube_entry_find(const struct kube_files *, enum kube_section,
                                         const char *name);
// The names of a section for messages: "a, b, c".
const char *kube_entry_names(struct arena *, const struct kube_files *, enum kube_section);
