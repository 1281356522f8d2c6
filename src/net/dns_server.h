// dns_server: where DNS servers are.
#pragma once

#include <netdb.h>

#include "base/value.h"

enum { DNS_PORT = 53 };

// The address of a server given as "192.0.2.1", "192.0.2.1:5353" or "[2001:db8::1]:5353", for a
// datagram socket, to be freed with freeaddrinfo; NULL when that is no address.
struct addrinfo *dns_server_address(struct arena *, const char *server);

// The servers of a text like "192.0.2.1 192.0.2.2:5353", parted by blanks or commas, as an array of
// texts. NULL when there is none or one of them is no address.
struct value *dns_servers_of(struct arena *, const char *text);
// Those that a file of the form of resolv.conf(5) names, at most three; this machine's own,
// "127.0.0.1", when it names none or cannot be read.
struct value *dns_servers_of_file(struct arena *, const char *path);
