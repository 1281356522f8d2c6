// starttls: the talk in the clear that comes before TLS on ports where a server speaks both.
#pragma once

#include <stdbool.h>

struct loop;
struct starttls;

enum starttls_protocol {
    STARTTLS_NONE,
    STARTTLS_SMTP,     // RFC 3207
    STARTTLS_IMAP,     // RFC 9051, 6.2.1
    STARTTLS_POSTGRES, // SSLRequest of PostgreSQL's protocol
};

// Finds the protocol by its name: "smtp", "imap" or "postgres". False when there is none of it.
bool starttls_find(const char *name, enum starttls_protocol *);
const char *starttls_name(enum starttls_protocol);
int starttls_port(enum starttls_protocol); // the usual one

// `error` is NULL when TLS may begin on the socket, else what the server did instead, with what to
// do next.
typedef void starttls_done(const char *error, void *arg);

// Talks on a connected, non-blocking socket, which stays the caller's. What a server says is read
// up to 16 KiB, and a server that sends more than its consent before TLS begins is refused: whoever
// is in between could have put that there. `done` is called exactly once from the loop, never from
// inside this call, unless starttls_cancel came first. No time limit of its own.
struct starttls *starttls_start(struct loop *, int fd, enum starttls_protocol, starttls_done *done,
                                void *arg);
// For use before `done` only, with which it is gone; NULL does nothing.
void starttls_cancel(struct starttls *);
