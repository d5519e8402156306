/* The last look before anything is written. */
#include "command/command_confirm.h"

#include "base/text.h"
#include "command/command_print.h"
#include "command/command_report.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SKEW_SHOWN_MS = 60000, ANSWER_SIZE = 256, LOSSES_SHOWN = 20, MIB = 1024 * 1024 };

bool command_confirm_possible(void)
{
    return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

static void show_place(struct buffer *out, const struct engine_launch *launch)
{
    char skew[TEXT_NUMBER_SIZE];

    buffer_append_text(out, "  to      s3://");
    command_outside(out, launch->bucket);
    buffer_append_char(out, '/');
    command_outside(out, launch->prefix);
    buffer_append_text(out, " at ");
    command_outside(out, launch->endpoint);
    buffer_append_text(out, "\n  as      ");
    command_outside(out, launch->identity);
    if (launch->expires)
        buffer_printf(out, ", until %s", launch->expires);
    buffer_append_char(out, '\n');
    if (launch->exactly_once) {
        buffer_append_text(out, "  store   exactly once\n");
    } else {
        buffer_append_text(out, "  store   AT LEAST ONCE: ");
        command_outside(out, launch->store_reason);
        buffer_append_char(out, '\n');
    }
    if (llabs((long long)launch->clock_skew_ms) >= SKEW_SHOWN_MS)
        buffer_printf(out, "  clock   %s %s the store's: set it (timedatectl set-ntp true)\n",
                      text_duration(skew, llabs((long long)launch->clock_skew_ms)),
                      launch->clock_skew_ms < 0 ? "ahead of" : "behind");
}

static void show_objects(struct buffer *out, const struct engine_launch *launch)
{
    const struct cutover_plan *plan = launch->plan;
    char time[TIMESTAMP_TEXT_SIZE];

    buffer_printf(out, "  objects %s, %s, by %s, closed at %lld MiB or %lld s\n", launch->format, launch->compression,
                  launch->folders, (long long)(launch->size_bytes / MIB), (long long)(launch->interval_ms / 1000));
    if (plan->until_time != TIMESTAMP_NONE)
        buffer_printf(out, "  until   %s\n", timestamp_text(time, plan->until_time));
    else if (plan->count > 0 && plan->rows[0].until != OFFSET_NONE)
        buffer_append_text(out, "  until   the end as it was at launch\n");
}

static void show_source(struct buffer *out, const struct engine_launch *launch)
{
    const struct cutover_plan *plan = launch->plan;
    char number[TEXT_NUMBER_SIZE];

    buffer_append_text(out, launch->resume ? "resume stream " : "launch stream ");
    command_outside(out, launch->stream);
    buffer_printf(out, ", plan %s\n  from    ", plan->id);
    command_outside(out, plan->topic);
    if (plan->group) {
        buffer_append_text(out, ", where ");
        command_outside(out, plan->group);
        buffer_append_text(out, " stopped");
    }
    buffer_append_text(out, "\n  start   ");
    command_report_start(out, &plan->start);
    buffer_append_text(out, "\n  group   ");
    command_outside(out, launch->own_group);
    buffer_append_char(out, '\n');
    if (launch->resume && launch->behind >= 0)
        buffer_printf(out, "  left    %s offsets\n", text_count(number, launch->behind));
}

void command_confirm_show(const struct engine_launch *launch)
{
    struct buffer out;

    buffer_init(&out, 0);
    show_source(&out, launch);
    show_place(&out, launch);
    show_objects(&out, launch);
    if (!launch->resume) {
        command_report_plan_totals(&out, launch->plan);
        command_report_shared_notes(&out, launch->survey);
        if (launch->plan->group)
            command_report_plan_notes(&out, launch->plan);
    }
    fputs(out.data, stderr);
    fflush(stderr);
    buffer_clear(&out);
}

/* One line from the terminal. False at the end of input and when a signal came. */
static bool read_line(char *line, size_t size, int signal_fd)
{
    struct pollfd fds[2] = {
        { .fd = STDIN_FILENO, .events = POLLIN },
        { .fd = signal_fd,    .events = POLLIN }
    };
    ssize_t length;

    while (poll(fds, 2, -1) < 0) {
        if (errno != EINTR)
            return false;
    }
    if (fds[1].revents)
        return false;
    length = read(STDIN_FILENO, line, size - 1);
    if (length <= 0)
        return false;
    line[length] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    return true;
}

bool command_confirm_word(const char *word, const char *what, int signal_fd, struct error *err)
{
    char line[ANSWER_SIZE];

    if (!read_line(line, sizeof(line), signal_fd)) {
        fputc('\n', stderr);
        return error_set(err, ERROR_CANCELLED, "nothing was done: no answer");
    }
    if (strcmp(line, word) != 0)
        return error_set(err, ERROR_CANCELLED, "nothing was done: \"%s\" is not %s", line, what);
    return true;
}

bool command_confirm_lost(const struct delivery_progress *progress, const char *stream, int signal_fd)
{
    char line[ANSWER_SIZE];
    struct buffer out;
    size_t shown = 0;

    buffer_init(&out, 0);
    for (size_t i = 0; i < progress->count && shown < LOSSES_SHOWN; i++) {
        const struct delivery_partition *row = &progress->partitions[i];

        if (!row->asks_lost)
            continue;
        buffer_printf(&out, "  p%d: ", row->partition);
        command_outside(&out, row->note);
        buffer_append_char(&out, '\n');
        shown++;
    }
    if (progress->asking > shown)
        buffer_printf(&out, "  and %zu more partitions\n", progress->asking - shown);
    buffer_append_text(&out, "type the stream's name to go on after them, anything else leaves them parked: ");
    fputs(out.data, stderr);
    fflush(stderr);
    buffer_clear(&out);
    if (read_line(line, sizeof(line), signal_fd))
        return strcmp(line, stream) == 0;
    fputc('\n', stderr);
    return false;
}

bool command_confirm_ask(const struct engine_launch *launch, int signal_fd, struct error *err)
{
    char line[ANSWER_SIZE];

    fprintf(stderr, "type the stream's name to %s: ", launch->resume ? "go on" : "launch");
    fflush(stderr);
    if (!read_line(line, sizeof(line), signal_fd)) {
        fputc('\n', stderr);
        return error_set(err, ERROR_CANCELLED, "not launched: no answer");
    }
    if (strcmp(line, launch->stream) != 0)
        return error_set(err, ERROR_CANCELLED, "not launched: \"%s\" is not the stream's name", line);
    return true;
}
