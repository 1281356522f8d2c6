// say: what a verb itself tells a person on stderr, beside what the listeners show.
#pragma once

struct run;

// Prints "runbook: " and the text, as a quote: with the secrets of `run` masked, which may be NULL,
// not endless, and without what steers a terminal.
void say(const struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
