// turn: lets so many in at a time; the others wait in line. It keeps threads and sockets few where
// an author asks for a thousand things at once.
#pragma once

struct loop;
struct turn;

// Kept by whoever guards something, with `room` set to how many may be inside at once.
struct gate {
    int room;
    struct turn *first, *last; // those who wait
};

// Asks to be let in: fn(arg) is called from the loop, never from inside this call, when it is one's
// turn. turn_end gives the place to the next, or leaves the line; turn_end(NULL) does nothing.
struct turn *turn_start(struct gate *, struct loop *, void (*fn)(void *arg), void *arg);
void turn_end(struct turn *);
