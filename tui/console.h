/* The console on any source of answers: views, keys, signals, scripts. ui.c runs it on the engine, tests on fixtures.
 *
 * One thread; it waits in poll(2) for keys, events and signals, and for nothing else. It never blocks on a network, a disk
 * or a lock held across either.
 */
#ifndef TUI_CONSOLE_H
#define TUI_CONSOLE_H

#include "tui/console_options.h"
#include "tui/tui_source.h"

/* Runs until the operator leaves, the terminal hangs up, a signal ends it, or the script is over. The terminal is given
 * back before it returns. */
bool console_run(const struct console_options *options, const struct tui_source *source, struct error *err) MUST_CHECK;

#endif
