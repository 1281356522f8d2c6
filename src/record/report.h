// report: writes what happened in a run into files when it has ended.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "engine/event.h"

// A listener that collects the run and writes one file for each path at EVENT_RUN_ENDED. The ending
// of a path picks the format: .html .xml (JUnit) .md .json. NULL with `err` set when an ending is
// another one, or when a file could not be written there: found out now, not when the night is
// over.
struct listener *report_new(const char *const *paths, size_t count, struct error *err);

// What it has collected so far, as record/story says; lives as long as the report.
const struct value *report_story(struct listener *report);

// As report_new, printed to standard output: "json", "markdown" or "html".
struct listener *report_print(const char *format);

// Writes the reports if the run ended without EVENT_RUN_ENDED. False with `err` set when a report
// could not be written, now or at the end of the run. A report already there is only ever replaced
// by a whole one.
bool report_finish(struct listener *report, struct error *err);
void report_free(struct listener *report);
