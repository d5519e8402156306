/* The entry of the console: takes the terminal, shows views on the engine, gives the terminal back. */
#ifndef TUI_UI_H
#define TUI_UI_H

#include "config.h"

/* Runs the console until the operator leaves, the terminal hangs up or a signal ends it. Standard input and output must
 * be a terminal unless config names a script. Call before other threads are started, for signals are taken over; config
 * is borrowed for the call. Returns the exit code: 0; 1 failed, 2 wrong usage, both with err. */
int tui_run(const struct config *config, struct error *err);

#endif
