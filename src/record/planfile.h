// planfile: the file of a plan that is to be approved. It is the plan's JSON report (record/story)
// in canonical form, with one member more that `apply` goes by, and perhaps a signature:
//
// plan: { format: 1, id, seed, made (ms since 1970), user, host, name, file,
//   program ("runbook VERSION, DIGEST of its own Lua"),
//   options: { phases, from, only, kubeconfig, context, values_file, set: [ "key=value" ] },
//   params: { name: value }, sources: { module: { chunk, text } },
//   writes, foreseen, readings (as engine/planned) },
// signature: { algorithm: "Ed25519", key, value }, both in base64
//
// What is signed is the file without that member and without the line end. Secrets stand in it by
// name alone, so that another value of one makes no plan stale.
#pragma once

#include "base/error.h"
#include "base/value.h"

enum { PLANFILE_FORMAT = 1, PLANFILE_LARGEST = 64 * 1024 * 1024 };

// Writes `report` with `plan` in it; signed with the private key in the file `key` unless that is
// NULL. False with `err` set.
bool planfile_write(const char *path, const struct value *report, const struct value *plan,
                    const char *key, struct error *err);

enum planfile_signature { PLANFILE_UNSIGNED, PLANFILE_SIGNED, PLANFILE_FORGED };

struct planfile {
    const struct value *plan; // its member `plan`, of the form above
    enum planfile_signature signature;
    const char *key; // in base64: whose signature it is; NULL when unsigned
};

// Takes the text of a plan file apart, into the arena. False with `err` set ("is no plan: ...")
// when it is not what planfile_write writes, to the byte, or of another format.
bool planfile_read(struct arena *, const char *text, size_t len, struct planfile *,
                   struct error *err);
// Whether the public key in the file is the one that signed it. False with `err` set when not, or
// when it is not signed.
bool planfile_signed_by(const struct planfile *, const char *path, struct error *err);
