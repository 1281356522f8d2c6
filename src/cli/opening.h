// opening: what a run tells first: of what it is, how it was asked for, and what will run.
#pragma once

#include "cli/session.h"

void opening_tell(const struct session *);
