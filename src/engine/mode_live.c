// live: everything is done.
#include "engine/effect.h"
#include "engine/mode.h"

static void perform(struct effect *e)
{
    effect_do(e);
}

const struct mode mode_live = {.name = "live", .perform = perform};
