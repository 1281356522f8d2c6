// name: what people type to name an object, "deployment/billing" or "certificates.cert-manager.io
// x", parted into resource words and a name; and what may stand in an API path. No network.
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

struct kube_name {
    const char *resource; // as typed: "deployment", "deployments.v1.apps"
    const char *name;     // NULL when only a type was named
};

// Reads "TYPE", "TYPE/NAME" or "TYPE NAME" (copied into the arena). False with `err` set when it is
// empty, names more than one type or object, or kube_name_check refuses the name.
bool kube_name_parse(struct arena *, const char *text, struct kube_name *out, struct error *err);

// The words for the type of an object, "Ingress.v1.networking.k8s.io", from its kind and
// apiVersion.
const char *kube_name_of_kind(struct arena *, const char *kind, const char *api_version);

// May `text` be one segment of an API path? False with `err` set ("name 'a/b': ...") when it is
// empty,
// "." or "..", or holds a slash, '%', '?', '#' or a control character. `what` is what it names.
bool kube_name_check(const char *what, const char *text, struct error *err);

// May `text` name a type: letters, digits, '-' and '.', nothing empty before the first dot?
bool kube_name_check_resource(const char *text, struct error *err);

// May `text` be a namespace (an RFC 1123 label: lower case letters, digits and '-', at most 63)?
bool kube_name_check_namespace(const char *text, struct error *err);
