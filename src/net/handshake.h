// handshake: looks at what a TLS server really serves: an own OpenSSL handshake on a connected
// socket with verification off, then a separate verdict that collects every error.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/value.h"
#include "net/guard.h"
#include "net/starttls.h"

struct loop;
struct handshake;

struct handshake_request {
    struct guard guard; // asked about each connection
    const char *host;   // also what the certificate is judged against
    int port;           // default 443, or the usual one of `starttls`
    enum starttls_protocol starttls;
    const char *connect_to; // "address" or "address:port" to connect to instead of host
    const char *sni;        // default: host, when it is a name
    const char *ca_file;    // default: the system's store
    const char *ca_pem;     // PEM text instead; stays the caller's until `done`
    int64_t timeout_ms;     // for everything; default 10 s
    int64_t at;             // judge at this moment, seconds since 1970; 0: now
};

// `found` (in the caller's arena) is an object, or NULL with `error` set when no TLS handshake came
// about. Its members, times as RFC 3339 text in UTC:
//   host, ip, port, sni, protocol, cipher, group, alpn (null: none of sni, group, alpn),
//   timings { dns, connect, tls } in seconds since the start; TLS without the talk before it
//   ok            the chain verifies at security level 2 for `host` as a server
//   errors        [ { code, name, depth, message } ], all of them
//   cause         one of "" "expired" "not_yet_valid" "wrong_host" "incomplete_chain" "self_signed"
//                 "untrusted_root" "weak" "other": the first thing to mend
//   host_ok       the leaf names `host` (subjectAltName only, never the common name)
//   chain, verified  arrays of certificates, leaf first: as served, and as verified (may be empty)
//     subject, issuer, serial, sha256, spki_sha256, not_before, not_after, days_left (integer,
//     rounded down), sans [ "DNS:x" "IP:y" ], key { type, bits }, signature, is_ca, eku [..],
//     ocsp [..], crl [..], aia [..], sct_count; the digests are lower-case hex of the DER
//   chain_complete, chain_order_ok, days_left (the earliest, as served), days_left_verified (null
//                 when no chain was verified),
//   ocsp          null, or { status, this_update, next_update, fresh, signature_ok }, as
//                 staple.h has them; must_staple
// `code` (base/code.h) goes with `error`.
typedef void handshake_done(struct value *found, const char *error, const char *code, void *arg);

// Starts, when it is its turn: 256 are under way at most, and the time limit counts from then on.
// `done` is called exactly once from the loop, never from inside this call, unless
// handshake_cancel came first. The arena must outlive it.
struct handshake *handshake_start(struct loop *, struct arena *, const struct handshake_request *,
                                  handshake_done *done, void *arg);
// For use before `done` only, with which it is gone; NULL does nothing.
void handshake_cancel(struct handshake *);
