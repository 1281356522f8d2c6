// tls_client: OpenSSL as a client that describes a server, however bad, rather than refuse it.
#pragma once

#include <openssl/types.h>

#include "base/value.h"

// A client on a connected socket: verification off, security level 0, TLS 1.0 and up, asking for a
// stapled OCSP answer. `sni` NULL: none. `alpn` as on the wire, such as "\x02h2"; NULL: none is
// offered. NULL when OpenSSL fails; the reason is in its queue.
SSL *tls_client_new(int fd, const char *sni, const char *alpn);

// Sets protocol, cipher, group, alpn of `into` by the handshake that came about, as handshake.h has
// them.
void tls_client_describe(struct arena *, struct value *into, SSL *);

// Why a handshake broke off, by OpenSSL's queue and errno, and what to do next:
// "the answer is not TLS; check that TLS is spoken on this port". Empties the queue.
const char *tls_client_failure(struct arena *, int system_error);
