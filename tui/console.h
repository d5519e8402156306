/* The console on any source of answers: views, keys, signals, scripts. ui.c runs it on the engine, tests on fixtures.
 *
 * One thread; it waits in poll(2) for keys, events and signals, and for nothing else. It never blocks on a network, a disk
 * or a lock held across either.
 */
#ifndef TUI_CONSOLE_H
#define TUI_CONSOLE_H

#include "tui/tui_source.h"

/* Texts are borrowed for the run. */
struct console_options {
    const char *cluster; /* shown in row 1 */
    const char *script;  /* file (script.h); NULL: a person at a terminal */
    int signals;         /* descriptor of terminal_watch_signals; -1: signals are not watched */
    int refresh_seconds; /* 0: every 10 s */
    bool colours, ascii; /* ascii also where the locale is not UTF-8 */
};

/* Runs until the operator leaves, the terminal hangs up, a signal ends it, or the script is over. The terminal is given
 * back before it returns. */
bool console_run(const struct console_options *options, const struct tui_source *source, struct error *err) MUST_CHECK;

#endif
