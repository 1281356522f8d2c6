// sending: the changes that are on their way to another side, as a signal handler may read them.
#pragma once

// Notes one down, by a text for people without secrets. Returns what sending_remove takes; -1 when
// there is no room, which takes nothing but its mention.
int sending_add(const char *what);
void sending_remove(int place);
// From a signal handler, too: says on stderr what is on its way.
void sending_end(void);
