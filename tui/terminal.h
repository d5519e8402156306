/* The terminal: taken over and given back, on every way out. The only caller of initscr, newterm and endwin.
 *
 * One terminal per process, used by the UI thread alone. Keys come raw (Ctrl-C and Ctrl-Z are keys like others), signals
 * come through a descriptor, so nothing interrupts a drawing. What dies of a fault (SEGV, BUS, FPE, ILL, ABRT), or
 * of QUIT, still gives the terminal back, by async-signal-safe calls with prepared bytes, then dies of the same signal; no
 * core is left, for memory holds secrets.
 */
#ifndef TUI_TERMINAL_H
#define TUI_TERMINAL_H

#include "base/buffer.h"
#include "base/error.h"

struct terminal;

/* Blocks INT, TERM, HUP, TSTP, CONT and WINCH for this thread and those it starts, and gives a descriptor that tells of
 * them. Call before other threads are started. Below zero on failure. */
int terminal_watch_signals(struct error *err);
/* Closes the descriptor and lets the signals through again. */
void terminal_unwatch_signals(int descriptor);
/* The next signal that came, or 0. */
int terminal_next_signal(int descriptor);

/* Takes the terminal on standard input and output. Refuses (ERROR_USAGE, naming --json) what is no terminal or cannot
 * move its cursor, as TERM=dumb. */
bool terminal_open(bool colours, struct terminal **terminal, struct error *err) MUST_CHECK;

/* A screen of height lines and width columns that nobody sees (xterm-256color drawn to /dev/null), for scripts. */
bool terminal_open_headless(int height, int width, bool colours, struct terminal **terminal,
                            struct error *err) MUST_CHECK;

/* Gives the terminal back as it was. NULL is fine. */
void terminal_close(struct terminal *terminal);

/* The descriptor keys arrive on; -1 when headless. */
int terminal_fd(const struct terminal *terminal);

/* The next key, as keymap.h numbers them; 0 when none waits. */
int terminal_key(struct terminal *terminal);

/* Asks the system for the window's size and tells ncurses. True when it changed. */
bool terminal_adopt_size(struct terminal *terminal);
/* Sets the size of a headless screen. */
void terminal_set_size(struct terminal *terminal, int height, int width);

/* How text is sent to the clipboard of the operator's own machine. */
enum terminal_clipboard {
    TERMINAL_OSC52,      /* an escape sequence that most terminals take */
    TERMINAL_OSC52_TMUX, /* the same, wrapped so that tmux hands it on (it needs allow-passthrough) */
    TERMINAL_FILE_ONLY,
    TERMINAL_OFF = 3,
};
void terminal_set_clipboard(struct terminal *terminal, enum terminal_clipboard clipboard);
/* Sends text. False where it is too long, or is not to be sent; whether the terminal takes it nobody can know. */
bool terminal_copy(struct terminal *terminal, const char *text, size_t length);

/* Mouse reports on or off: the wheel then moves. */
void terminal_mouse(bool on);

/* Gives the terminal back, stops the process group as Ctrl-Z does, and takes it again when continued. */
void terminal_suspend(struct terminal *terminal);

/* Sends what was drawn, once a turn. repaint: all of it, for Ctrl-L only. */
void terminal_show(struct terminal *terminal, bool repaint);

#endif
