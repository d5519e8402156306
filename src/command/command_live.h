/* A running delivery in one line while it runs, and in a few lines when it has ended. */
#ifndef COMMAND_COMMAND_LIVE_H
#define COMMAND_COMMAND_LIVE_H

#include "command/command_progress.h"
#include "delivery/delivery_progress.h"

struct command_live {
    struct command_progress line;
    char message[600]; /* last one printed */
    size_t parked;     /* said so far */
};

void command_live_init(struct command_live *live);
/* Draws a snapshot; new messages and parked partitions get lines that stay. */
void command_live_show(struct command_live *live, const struct delivery_progress *progress);

/* Appends what came out. */
void command_live_summary(struct buffer *out, const struct delivery_progress *progress, const char *stream,
                          const char *plan_id);

#endif
