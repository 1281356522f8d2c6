// pretend: a world file that answers a plan inside the process, in place of the network.
#pragma once

#include "base/error.h"
#include "cli/options.h"

struct fetcher;
struct pretend;

// Loads the world, places its services at addresses that nobody serves, starts it, and writes what
// it wants in its folder into a temporary one: its values.yaml and kubeconfig become those of the
// options, unless others are given. NULL with `err` set.
struct pretend *pretend_open(struct options *, struct error *err);
// From now on the world answers what is fetched.
void pretend_answer(struct pretend *, struct fetcher *);
void pretend_close(struct pretend *); // NULL is fine
