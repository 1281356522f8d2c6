// dns_message: questions and answers of the DNS as bytes (RFC 1035). Names and records are taken
// apart by the C library's own parser (arpa/nameser.h), which checks every length.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/value.h"

enum { DNS_QUESTION_MAX = 12 + 255 + 4, DNS_MESSAGE_MAX = 65535 };

// The number of a record type that can be asked for: A, AAAA, CAA, CNAME, MX, NS, PTR, SOA, TXT, in
// any case; 0 for others.
int dns_type_number(const char *name);

// Writes the question for `name` (a last dot does no harm). Returns its length; 0 when that is no
// domain name.
size_t dns_question_write(unsigned char out[DNS_QUESTION_MAX], const char *name, int type,
                          bool recursive, uint16_t id);

// Reads what claims to answer the question. NULL when it does not (another id, another question, no
// answer at all) or is damaged. Else { status, authoritative, answers, authority }, where status is
// "NOERROR", "NXDOMAIN", "SERVFAIL" and so on, or "RCODE11" for one without a name, and the last
// two hold records of the types above: [ { name, type, ttl, data } ]. data is text: an address, a
// name, a TXT's chunks joined, "10 mail.shop.test", "0 issue \"ca.test\"", or for SOA the primary
// server, the mailbox and the serial.
struct value *dns_answer_read(struct arena *, const unsigned char *bytes, size_t len,
                              const unsigned char *question, size_t question_len);

// It answers the question, but did not fit: to be asked again over TCP.
bool dns_answer_is_cut(const unsigned char *bytes, size_t len, const unsigned char *question);

// What was read tells of the server rather than of the name: SERVFAIL, REFUSED or NOTIMP.
bool dns_answer_is_refusal(const struct value *answer);
