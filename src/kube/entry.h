// entry: one cluster, user or context of a kubeconfig, and its fields as what they must be.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/value.h"

struct kube_entry {
    struct kube_entry *next; // in the order of precedence
    const char *name;
    const char *what;           // for messages: "user 'ana' of /home/ana/.kube/config"
    const char *folder;         // of its file, for relative paths
    const struct value *fields; // an object, or NULL for an empty entry
};

// The entry's field as text: NULL when absent, null or "". False with `err` when it is not text.
bool kube_entry_text(const struct kube_entry *, const char *field, const char **out,
                     struct error *err);
// The same for true or false (YAML 1.1's "yes", "on", "no" and "off" count, as they do for
// kubectl).
bool kube_entry_flag(const struct kube_entry *, const char *field, bool *out, struct error *err);

// `path` as it is meant in the entry's file: relative to the folder of that file.
const char *kube_entry_path(struct arena *, const struct kube_entry *, const char *path);

enum kube_pem { KUBE_PEM_CERTIFICATE, KUBE_PEM_KEY };
// The PEM text that `field` stands for: FIELD-data decoded, or else the content of the file that
// FIELD names; NULL when the entry has neither. False with `err` when it cannot be read, is not PEM
// of that sort, or is a key that needs a passphrase.
bool kube_entry_pem(struct arena *, const struct kube_entry *, const char *field, enum kube_pem,
                    const char **out, struct error *err);

// Reads a whole file of at most 1 MiB into the arena. NULL with `err` set ("... : No such file").
char *kube_file_text(struct arena *, const char *path, size_t *len, struct error *err);

bool kube_is_null(const struct value *);          // absent or null
const char *kube_type_name(const struct value *); // "a number", "a list" ... for messages
