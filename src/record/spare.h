// spare: what a journal falls back on when it cannot be written: room beside it that was set aside,
// and the note that a run's changes are being taken back all the same.
#pragma once

#include <stdbool.h>

// Sets room aside in a file beside the journal at `path`, as much as there is of what a rollback
// needs; where it is there already it stays. Nothing is said when it cannot be had.
void spare_set_aside(const char *path);
// Gives that room back to the disk. False when there was none.
bool spare_give_way(const char *path);

// Notes that the rollback of the run `id` began, and is not in the journal. The note is the name of
// an empty file, which wants no room. False when it cannot be made.
bool spare_note_rollback(const char *path, const char *id);
bool spare_notes_rollback(const char *path, const char *id);
// It is in the journal by now.
void spare_forget_rollback(const char *path, const char *id);
