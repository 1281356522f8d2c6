// address: the many ways to write an IP address, and which addresses the public may reach.
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

enum { ADDRESS_TEXT = 64 };

// Writes the address as one plain text into out: of a mapped IPv4 address (::ffff:127.0.0.1) the
// IPv4 one, without a zone.
void address_text(const struct sockaddr *, char out[ADDRESS_TEXT]);
int address_port(const struct sockaddr *); // 0: none
// The same for a host as people and URLs write it: "[::1]", "2130706433", "0x7f.1", "127.0.0.1.".
// False when it is a name.
bool address_read(const char *host, char out[ADDRESS_TEXT]);
// Is it neither of this machine, nor of a private network, nor reserved (IANA's special-purpose
// registries, RFC 6890), also where IPv6 carries an IPv4 address?
bool address_is_public(const struct sockaddr *);
