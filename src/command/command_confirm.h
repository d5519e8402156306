/* What a launch would do, in words, and the question whether to do it. */
#ifndef COMMAND_COMMAND_CONFIRM_H
#define COMMAND_COMMAND_CONFIRM_H

#include "engine_event.h"

/* Prints the launch on standard error. */
void command_confirm_show(const struct engine_launch *launch);

/* Asks for the stream's name on the terminal. signal_fd: readable when a signal has come, which means no. */
bool command_confirm_ask(const struct engine_launch *launch, int signal_fd, struct error *err) MUST_CHECK;

/* Reads one line from the terminal; ERROR_CANCELLED unless it is `word`. what: "the stream's name", for the message.
 * signal_fd as above; -1: none. */
bool command_confirm_word(const char *word, const char *what, int signal_fd, struct error *err) MUST_CHECK;

/* Can the operator be asked at all? */
bool command_confirm_possible(void);

/* Shows the losses that a running delivery met, and asks whether to go on behind them. False also for a signal and the end
 * of input. */
bool command_confirm_lost(const struct delivery_progress *progress, const char *stream, int signal_fd);

#endif
