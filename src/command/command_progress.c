/* Off a terminal the first line comes after two seconds, so that quick commands stay silent in scripts. */
#include "command/command_progress.h"

#include "base/buffer.h"
#include "base/text.h"
#include "base/timestamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FIRST_LINE_MS = 2000, EVERY_MS = 3000, LIVE_CELLS = 79 };

void command_progress_init(struct command_progress *progress)
{
    progress->terminal = isatty(STDERR_FILENO) == 1;
    progress->shown = false;
    progress->last_ms = timestamp_monotonic() - EVERY_MS + FIRST_LINE_MS;
}

void command_progress_show(struct command_progress *progress, const char *text)
{
    int64_t now = timestamp_monotonic();

    if (progress->terminal) {
        struct buffer line;
        size_t cells = text_width(text);

        buffer_init(&line, 0);
        text_fit(&line, text, cells < LIVE_CELLS ? cells : LIVE_CELLS, true);
        fprintf(stderr, "\r%s\033[K", line.data ? line.data : "");
        fflush(stderr);
        buffer_clear(&line);
        progress->shown = true;
    } else if (now - progress->last_ms >= EVERY_MS) {
        fprintf(stderr, "%s\n", text);
        progress->last_ms = now;
    }
}

void command_progress_end(struct command_progress *progress)
{
    if (progress->shown) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
    progress->shown = false;
}

void command_progress_say(struct command_progress *progress, const char *text)
{
    command_progress_end(progress);
    fprintf(stderr, "%s\n", text);
}
