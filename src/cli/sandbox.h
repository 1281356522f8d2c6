// sandbox: runbook sandbox WORLD.lua [--fault NAME[@WEIGHT]]... [--dir DIR] [--for DURATION]
#pragma once

// Serves a pretend world on loopback until a signal or --for ends it. argv[0] is the verb. Returns
// the exit code: 0 served and ended, 1 could not serve, 2 wrong usage, 3 the world does not load.
int sandbox_main(int argc, char **argv);
