/* How far something is, on standard error: a live line on a terminal, a line every few seconds otherwise. */
#ifndef COMMAND_COMMAND_PROGRESS_H
#define COMMAND_COMMAND_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct command_progress {
    bool terminal;   /* standard error is one that can go back to the start of a line */
    bool shown;      /* a live line stands there */
    int64_t last_ms; /* monotonic time of the last line printed */
};

void command_progress_init(struct command_progress *progress);

/* Harmless text; cut to 79 cells on a terminal. */
void command_progress_show(struct command_progress *progress, const char *text);

/* A line that stays, above the live line. */
void command_progress_say(struct command_progress *progress, const char *text);

/* Removes the live line. */
void command_progress_end(struct command_progress *progress);

#endif
