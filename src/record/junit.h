// junit: a run as JUnit XML, for machines that show tests: a phase is a test suite, a step a test
// case; the rollback is a suite of its own.
#pragma once

#include "base/buf.h"
#include "base/value.h"

void junit_render(const struct value *story, struct buf *out); // story: of story_finish
