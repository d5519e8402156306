/* What an operator watches: is it moving, how far is it, what holds it up. */
#include "command/command_live.h"

#include "base/text.h"
#include "command/command_print.h"

#include <stdio.h>
#include <string.h>

enum { WAITING_SHOWN_MS = 1500, PARKED_SHOWN = 20 };

void command_live_init(struct command_live *live)
{
    memset(live, 0, sizeof(*live));
    command_progress_init(&live->line);
}

static void waiting_text(struct buffer *text, const struct delivery_progress *progress)
{
    char waited[TEXT_NUMBER_SIZE];

    if (progress->waiting_ms < WAITING_SHOWN_MS)
        buffer_append_text(text, "joining the group");
    else
        buffer_printf(text, "waiting %s for the group (a dead member's session has to end first)",
                      text_duration(waited, progress->waiting_ms));
}

/* Reading over the last 2 s; storing over 10 s, for it comes in whole objects. */
static void running_text(struct buffer *text, const struct delivery_progress *progress)
{
    char number[TEXT_NUMBER_SIZE];
    struct delivery_outlook outlook;

    delivery_progress_outlook(progress, &outlook);
    if (progress->state == DELIVERY_DRAINING || progress->state == DELIVERY_PAUSED)
        buffer_printf(text, "%s ", delivery_state_name(progress->state));
    buffer_printf(text, "%s/s", text_bytes(number, (int64_t)progress->read_bytes.now));
    buffer_printf(text, " %s rec/s", text_short_count(number, (int64_t)progress->read_records.now));
    buffer_printf(text, "  S3 %s/s", text_bytes(number, (int64_t)progress->stored_bytes.ten_s));
    buffer_printf(text, "  read %s", text_short_count(number, progress->records_read));
    buffer_printf(text, "  stored %s", text_short_count(number, progress->records_stored));
    if (outlook.to_end != OFFSET_NONE)
        buffer_printf(text, "  to end %s", text_short_count(number, outlook.to_end));
    if (progress->waiting > 0)
        buffer_printf(text, "  partitions reading %zu, waiting %zu", progress->reading, progress->waiting);
    if (progress->uploads_in_flight + progress->uploads_waiting > 0)
        buffer_printf(text, "  uploads %d", progress->uploads_in_flight + progress->uploads_waiting);
    if (progress->memory_limit > 0)
        buffer_printf(text, "  memory %lld%%", (long long)(progress->memory_used * 100 / progress->memory_limit));
    if (progress->retries > 0)
        buffer_printf(text, "  retries %s", text_short_count(number, progress->retries));
    if (progress->parked > 0)
        buffer_printf(text, "  parked %zu", progress->parked);
    if (progress->stuck > 0)
        buffer_printf(text, "  stuck %zu", progress->stuck);
}

static void say_news(struct command_live *live, const struct delivery_progress *progress)
{
    if (progress->message[0] && strcmp(progress->message, live->message) != 0) {
        snprintf(live->message, sizeof(live->message), "%s", progress->message);
        command_progress_say(&live->line, live->message);
    }
    if (progress->parked > live->parked) {
        for (size_t i = 0; i < progress->count; i++) {
            const struct delivery_partition *row = &progress->partitions[i];
            char text[sizeof(row->note) + 32];

            if (row->state != DELIVERY_PARTITION_PARKED || !row->note[0])
                continue;
            snprintf(text, sizeof(text), "partition %d: %s", row->partition, row->note);
            command_progress_say(&live->line, text);
        }
    }
    live->parked = progress->parked;
}

void command_live_show(struct command_live *live, const struct delivery_progress *progress)
{
    struct buffer text;

    buffer_init(&text, 0);
    say_news(live, progress);
    if (progress->waiting_for_member && progress->state == DELIVERY_RUNNING)
        waiting_text(&text, progress);
    else
        running_text(&text, progress);
    command_progress_show(&live->line, text.data);
    buffer_clear(&text);
}

/* --- the end ---------------------------------------------------------------------------------------------------------*/

static void rotations(struct buffer *out, const struct delivery_progress *progress)
{
    size_t shown = 0;

    for (int reason = ROTATION_NONE + 1; reason < ROTATION_REASONS; reason++) {
        if (progress->rotations[reason] == 0)
            continue;
        buffer_printf(out, "%s%s %lld", shown++ > 0 ? ", " : " (closed by ", rotation_reason_name(reason),
                      (long long)progress->rotations[reason]);
    }
    buffer_append_text(out, shown > 0 ? ")\n" : "\n");
}

static void parked(struct buffer *out, const struct delivery_progress *progress)
{
    char counted[TEXT_COUNTED_SIZE];
    size_t shown = 0;

    if (progress->parked == 0)
        return;
    buffer_printf(out, "parked   %s\n", text_counted(counted, (int64_t)progress->parked, "partition"));
    for (size_t i = 0; i < progress->count && shown < PARKED_SHOWN; i++) {
        const struct delivery_partition *row = &progress->partitions[i];

        if (row->state != DELIVERY_PARTITION_PARKED)
            continue;
        buffer_printf(out, "  p%d at %lld: ", row->partition, (long long)row->delivered);
        command_outside(out, row->note);
        buffer_append_char(out, '\n');
        shown++;
    }
}

/* Nothing is lost by it, but the next run has to look for what this one stored. */
static void uncommitted(struct buffer *out, const struct delivery_progress *progress)
{
    struct delivery_outlook outlook;
    char counted[TEXT_COUNTED_SIZE];
    size_t shown = 0;

    delivery_progress_outlook(progress, &outlook);
    if (outlook.uncommitted == 0)
        return;
    buffer_printf(out, "COMMITS  missing in %s\n", text_counted(counted, (int64_t)outlook.uncommitted, "partition"));
    for (size_t i = 0; i < progress->count && shown < PARKED_SHOWN; i++) {
        const struct delivery_partition *row = &progress->partitions[i];

        if (!delivery_partition_is_uncommitted(row))
            continue;
        buffer_printf(out, "  p%d stored up to %lld, committed ", row->partition, (long long)row->delivered);
        if (row->committed == OFFSET_NONE)
            buffer_append_text(out, "nothing\n");
        else
            buffer_printf(out, "%lld\n", (long long)row->committed);
        shown++;
    }
    command_note(out,
                 "note     what is stored stays: the same command, with the brokers there, finds these objects and "
                 "goes on behind them");
}

static void lost(struct buffer *out, const struct delivery_progress *progress)
{
    char counted[TEXT_COUNTED_SIZE];
    size_t shown = 0;

    buffer_printf(out, "lost     %s gone at the source before they were read\n",
                  text_counted(counted, progress->lost, "offset"));
    for (size_t i = 0; i < progress->count && shown < PARKED_SHOWN; i++) {
        const struct delivery_partition *row = &progress->partitions[i];

        if (row->lost <= 0)
            continue;
        buffer_printf(out, "  p%d: %lld, the last of them [%lld, %lld)\n", row->partition, (long long)row->lost,
                      (long long)row->lost_range.start, (long long)row->lost_range.end);
        shown++;
    }
}

void command_live_summary(struct buffer *out, const struct delivery_progress *progress, const char *stream,
                          const char *plan_id)
{
    char number[TEXT_NUMBER_SIZE], other[TEXT_NUMBER_SIZE], counted[TEXT_COUNTED_SIZE];
    int64_t elapsed = progress->elapsed_ms > 0 ? progress->elapsed_ms : 1;

    buffer_printf(out, "%-9s", delivery_state_name(progress->state));
    buffer_append_text(out, "stream ");
    command_outside(out, stream);
    buffer_append_text(out, ", plan ");
    command_outside(out, plan_id);
    buffer_printf(out, ", after %s\n", text_duration(number, progress->elapsed_ms));
    buffer_printf(out, "stored   %s", text_counted(counted, progress->records_stored, "record"));
    buffer_printf(out, " in %s", text_counted(counted, progress->objects, "object"));
    rotations(out, progress);
    buffer_printf(out, "bytes    %s read, %s stored", text_bytes(number, progress->bytes_in),
                  text_bytes(other, progress->bytes_out));
    buffer_printf(out, ", %s/s\n", text_bytes(number, progress->bytes_in * 1000 / elapsed));
    buffer_printf(out, "retries  %s", text_count(number, progress->retries));
    if (progress->adopted > 0)
        buffer_printf(out, ", %s already there", text_counted(counted, progress->adopted, "object"));
    buffer_append_char(out, '\n');
    if (progress->tombstones > 0)
        command_note(out, "note     %s left out: no value", text_counted(counted, progress->tombstones, "tombstone"));
    if (progress->multi_line > 0)
        command_note(out, "note     %s with newlines inside, which `lines` does not keep apart from its own",
                     text_counted(counted, progress->multi_line, "value"));
    if (progress->lost > 0)
        lost(out, progress);
    parked(out, progress);
    uncommitted(out, progress);
}
