// code: what kind of failure it is, in one word that programs compare, beside the sentence that
// people read. These are all there are; script/reference makes the table of docs/reference.md out
// of them. Those that end with a point have more behind it.
#pragma once

#include <stdbool.h>

#include "base/arena.h"

// clang-format off
#define CODE_HTTP          "http."         // the server answered with that HTTP status: `http.409`
#define CODE_K8S           "k8s."          // the Kubernetes API refused it, with that reason: `k8s.Conflict`
#define CODE_METRICS       "metrics."      // Prometheus refused it, with its errorType: `metrics.bad_data`
#define CODE_EXIT          "exit."         // the program ended with that status: `exit.1`
#define CODE_NO_ANSWER     "no_answer"     // refused, reset, unreachable, or the name was not found
#define CODE_TIMEOUT       "timeout"       // no answer, or no end, in the time that was given
#define CODE_PROXY         "proxy"         // the proxy on the way does not answer, or reaches nobody
#define CODE_PROXY_REFUSED "proxy.refused" // the proxy on the way would not connect
#define CODE_IN_DOUBT      "in_doubt"      // a change was sent; whether it took effect is not known
#define CODE_TLS_UNTRUSTED "tls.untrusted" // no trusted root stands behind the server's certificate
#define CODE_TLS_NAME      "tls.name"      // the server's certificate is made out to other names
#define CODE_TLS_EXPIRED   "tls.expired"   // the server's certificate has run out, or is not valid yet
#define CODE_TLS_NO_CA     "tls.no_ca"     // the CA certificates to judge by cannot be read
#define CODE_TLS_CLIENT    "tls.client"    // our own certificate is refused, or unfit
#define CODE_CREDENTIALS   "credentials"   // there are no credentials to ask with
#define CODE_BAD_ANSWER    "bad_answer"    // what answers is no HTTP or no JSON, or leads nowhere
#define CODE_TOO_LARGE     "too_large"     // the answer is larger than it may be
#define CODE_NO_TYPE       "no_type"       // the cluster knows no such resource type
#define CODE_NOT_STARTED   "not_started"   // the program is not there, or cannot be run
#define CODE_FILE          "file"          // a file on this machine cannot be read or written
#define CODE_FAILED        "failed"        // an effect failed in another way
#define CODE_CHECK         "check"         // a check or a gate did not hold
#define CODE_USAGE         "usage"         // the runbook asked for something that makes no sense
#define CODE_STOPPED       "stopped"       // a signal, or another branch that failed
#define CODE_RUNAWAY       "runaway"       // Lua ran for longer than it may
#define CODE_MEMORY        "memory"        // Lua used more memory than it may
#define CODE_DENIED        "denied"        // a person said no, or was not there to say yes
#define CODE_FORBIDDEN     "forbidden"     // `allow` does not declare it, or it was forbidden
#define CODE_UNKNOWN       "unknown"       // a plan was asked for what only the change could tell
#define CODE_ASSUMED       "assumed"       // a plan takes the step for failed
#define CODE_JOURNAL       "journal"       // the journal cannot be written
#define CODE_DIVERGED      "diverged"      // resumed, the run takes another path than before
#define CODE_LOCKED        "locked"        // it is not certain any more that the run is the only one
#define CODE_UNAPPROVED    "unapproved"    // the approved plan does not contain it
#define CODE_HALTED        "halted"        // the run may do nothing more
#define CODE_ERROR         "error"         // an error in the runbook's own Lua
// clang-format on

// What a failure of that code promises to who tries the same again.
enum code_sense {
    CODE_IS_OTHER,    // nothing
    CODE_IS_FINAL,    // the same answer
    CODE_IS_CONFLICT, // another answer, once it is looked at anew
    CODE_IS_PASSING,  // an answer, some time later: nobody answered, or nobody could
};
enum code_sense code_sense(const char *code);
// Is it the word of somebody who was reached? NULL is not.
bool code_is_answer(const char *code);

// "http.409", in the arena.
const char *code_http(struct arena *, int status);
// "k8s.Conflict" out of a Status' reason. Without one, the reason that Kubernetes has for that HTTP
// status, or else the code of the status. In the arena.
const char *code_k8s(struct arena *, const char *reason, int status);
