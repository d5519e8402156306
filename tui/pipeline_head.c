/* Ten lines of totals. Every rate states its window. */
#include "tui/pipeline_head.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/view.h"
#include "tui/zone.h"

enum {
    SPARK_CELLS_80 = 15,
    METER_CELLS = 12,
    PASSED_CELLS = 20,
    METER_FRAME = 4, /* brackets, a blank, the end */
    LOW_LINES = 24,  /* below that the second lines are left out */
};

/* 12m09s is 00:12:09 here: it runs like a clock. */
static const char *clock_text(char out[TEXT_NUMBER_SIZE], int64_t ms)
{
    snprintf(out, TEXT_NUMBER_SIZE, "%02lld:%02lld:%02lld", (long long)(ms / 3600000), (long long)(ms / 60000 % 60),
             (long long)(ms / 1000 % 60));
    return out;
}

static const char *count(char out[TEXT_NUMBER_SIZE], double number)
{
    return text_count(out, number > 0 ? (int64_t)number : 0);
}

/* MB/s with one decimal, cut. */
static const char *mega(char out[TEXT_NUMBER_SIZE], double bytes)
{
    int64_t tenths = bytes > 0 ? (int64_t)(bytes / 100000) : 0;

    snprintf(out, TEXT_NUMBER_SIZE, "%lld.%lld", (long long)(tenths / 10), (long long)(tenths % 10));
    return out;
}

/* The last cells of a history, scaled to its largest. */
static void spark(const struct canvas *canvas, int line, const double *cells, size_t count)
{
    static const char *const blocks[] = { " ",
                                          "\xe2\x96\x81",
                                          "\xe2\x96\x82",
                                          "\xe2\x96\x83",
                                          "\xe2\x96\x84",
                                          "\xe2\x96\x85",
                                          "\xe2\x96\x86",
                                          "\xe2\x96\x87",
                                          "\xe2\x96\x88" };
    static const char *const ascii[] = { " ", ".", ":", "-", "=", "+", "*", "#", "@" };
    enum { LEVELS = 8 };
    int room = canvas->columns >= 120 ? DELIVERY_CELLS < 50 ? DELIVERY_CELLS : 50 : SPARK_CELLS_80;
    int column = canvas->columns - room - 3;
    double most = 0;

    if (canvas->columns < 80 || canvas->plain)
        return;
    for (size_t i = 0; i < count; i++)
        most = cells[i] > most ? cells[i] : most;
    canvas_text(canvas, line, column, THEME_DIM, "|");
    for (int i = 0; i < room; i++) {
        int at = (int)count - room + i;
        int level = at < 0 || most <= 0 ? 0 : (int)(cells[at] * LEVELS / most);

        if (at >= 0 && cells[at] > 0 && level == 0)
            level = 1;
        canvas_text(canvas, line, column + 1 + i, THEME_GOOD, canvas->ascii ? ascii[level] : blocks[level]);
    }
    canvas_text(canvas, line, column + 1 + room, THEME_DIM, "|");
}

/* "[###---] ", and nothing where no bars are drawn: the share stands behind it as a number. */
static const char *meter(const struct canvas *canvas, char *out, int cells, int64_t part, int64_t whole)
{
    int full = whole > 0 ? (int)(part >= whole ? cells : part * cells / whole) : 0;

    if (canvas->plain)
        return "";
    out[0] = '[';
    for (int i = 0; i < cells; i++)
        out[1 + i] = i < full ? '#' : '-';
    memcpy(out + 1 + cells, "] ", 3);
    return out;
}

static const char *drain_text(const struct delivery_progress *progress, const struct delivery_outlook *outlook,
                              char out[TEXT_NUMBER_SIZE])
{
    if (progress->state == DELIVERY_STOPPED || progress->state == DELIVERY_FAILED)
        return "-"; /* nothing goes on */
    switch (outlook->drain_ms) {
    case DELIVERY_READ: return "caught up"; /* the hint says what is left to do */
    case DELIVERY_NEVER: return "never";
    case DELIVERY_UNKNOWN: return "?";
    default: return clock_text(out, outlook->drain_ms);
    }
}

static int draw_read(const struct delivery_progress *progress, const struct delivery_outlook *outlook,
                     const struct canvas *canvas, int line)
{
    bool narrow =
        canvas->columns < 80; /* holds the whole row with fewer blanks in it, and large numbers with fewer words */
    const char *blanks = narrow ? "" : "  ";
    const char *produced, *to_end, *drain;
    char a[TEXT_NUMBER_SIZE], b[TEXT_NUMBER_SIZE], c[TEXT_NUMBER_SIZE], d[TEXT_NUMBER_SIZE];

    canvas_printf(canvas, line, 1, THEME_TEXT, "read  %s rec/s  %s MB/s  avg 10s %s  5m %s",
                  count(a, progress->read_records.now), mega(b, progress->read_bytes.now),
                  count(c, progress->read_records.ten_s), count(d, progress->read_records.five_min));
    spark(canvas, line, progress->read_cells, progress->cells);
    produced = progress->produced < 0 ? "?" : count(a, progress->produced);
    to_end = outlook->to_end == OFFSET_NONE ? "?" : text_count(b, outlook->to_end);
    drain = drain_text(progress, outlook, c);
    enum { WORDS = 33 }; /* cells of "produced  rec/s  to end   drain " and what stands left and right of the row */
    if (narrow && (int)(WORDS + strlen(produced) + strlen(to_end) + strlen(drain)) > canvas->columns)
        canvas_printf(canvas, line + 1, 1, THEME_TEXT, "produced %s/s to end %s drain %s", produced, to_end, drain);
    else
        canvas_printf(canvas, line + 1, narrow ? 1 : 7, THEME_TEXT, "produced %s rec/s%s  to end %s%s  drain %s",
                      produced, blanks, to_end, blanks, drain);
    return line + 2;
}

static void append_reasons(struct buffer *out, const struct delivery_progress *progress)
{
    size_t shown = 0;
    char text[TEXT_NUMBER_SIZE];

    for (int reason = ROTATION_NONE + 1; reason < ROTATION_REASONS; reason++)
        if (progress->rotations[reason] > 0)
            buffer_printf(out, "%s%s %s", shown++ > 0 ? ", " : " (", rotation_reason_name((enum rotation_reason)reason),
                          text_count(text, progress->rotations[reason]));
    if (shown > 0)
        buffer_append_char(out, ')');
}

static void append_retries(struct buffer *out, const struct delivery_progress *progress)
{
    static const char *const words[DELIVERY_RETRY_CAUSES] = { "503", "5xx", "net", "4xx" };
    size_t shown = 0;

    buffer_printf(out, "  retries %lld", (long long)progress->retries);
    for (int cause = 0; cause < DELIVERY_RETRY_CAUSES; cause++)
        if (progress->retries_by[cause] > 0)
            buffer_printf(out, "%s%s %lld", shown++ > 0 ? ", " : " (", words[cause],
                          (long long)progress->retries_by[cause]);
    if (shown > 0)
        buffer_append_char(out, ')');
}

static void draw_objects(const struct delivery_progress *progress, const struct canvas *canvas, int line)
{
    char text[TEXT_NUMBER_SIZE];
    struct buffer out;

    buffer_init(&out, 0);
    buffer_printf(&out, "objects %s", text_count(text, progress->objects));
    append_reasons(&out, progress);
    if (progress->put_p50_ms >= 0)
        buffer_printf(&out, "  put p50 %lld p99 %lld ms", (long long)progress->put_p50_ms,
                      (long long)progress->put_p99_ms);
    int column = canvas_text(canvas, line, 7, THEME_TEXT, out.data);
    buffer_reset(&out);
    append_retries(&out, progress);
    canvas_text(canvas, line, column, progress->retries > 0 ? THEME_WARNING : THEME_TEXT, out.data);
    buffer_clear(&out);
}

static int draw_store(const struct delivery_progress *progress, const struct canvas *canvas, int line)
{
    enum { MIB = 1024 * 1024 };
    char a[TEXT_NUMBER_SIZE], b[TEXT_NUMBER_SIZE], c[TEXT_NUMBER_SIZE], d[TEXT_NUMBER_SIZE],
        bar[METER_CELLS + METER_FRAME];
    int64_t percent = progress->memory_limit > 0 ? progress->memory_used * 100 / progress->memory_limit : 0;
    int column;

    canvas_printf(canvas, line, 1, THEME_TEXT, "S3    %s MB/s  avg 10s %s  5m %s  peak %s",
                  mega(a, progress->stored_bytes.now), mega(b, progress->stored_bytes.ten_s),
                  mega(c, progress->stored_bytes.five_min), mega(d, progress->stored_bytes.peak));
    spark(canvas, line, progress->stored_cells, progress->cells);
    draw_objects(progress, canvas, line + 1);
    column =
        canvas_printf(canvas, line + 2, 7, THEME_TEXT, "memory %lld/%lld MiB %s%lld%%  in flight %d/%d  adopted %lld",
                      (long long)(progress->memory_used / MIB), (long long)(progress->memory_limit / MIB),
                      meter(canvas, bar, METER_CELLS, progress->memory_used, progress->memory_limit),
                      (long long)percent, progress->uploads_in_flight,
                      progress->uploads_in_flight + progress->uploads_waiting, (long long)progress->adopted);
    column = canvas_printf(canvas, line + 2, column + 2, progress->stuck > 0 ? THEME_BAD : THEME_TEXT, "stuck %zu",
                           progress->stuck);
    if (progress->parked > 0)
        canvas_printf(canvas, line + 2, column + 2, THEME_BAD, "parked %zu", progress->parked);
    return line + 3;
}

/* The waves ended with the partitions in them: what they would still have read, a resume reads. */
static int draw_ended(const struct delivery_progress *progress, const struct canvas *canvas, int line)
{
    const char *how = progress->aborted ? "aborted" : progress->state == DELIVERY_FAILED ? "failed" : "stopped";
    char text[TEXT_NUMBER_SIZE];
    size_t left = 0;

    for (size_t i = 0; i < progress->count; i++)
        left += delivery_partition_to_end(&progress->partitions[i]) != 0;
    int column =
        canvas_printf(canvas, line, 1, THEME_TEXT, "waves   %s%s: %s; ", canvas->columns < 80 ? "" : "partitions ",
                      text_count(text, (int64_t)progress->count), how);
    if (left > 0)
        canvas_printf(canvas, line, column, THEME_TEXT, "a resume goes on with %zu", left);
    else
        canvas_text(canvas, line, column, THEME_TEXT, "nothing was left to read");
    return line + 1;
}

static int draw_waves(const struct delivery_progress *progress, const struct canvas *canvas, int line)
{
    if (progress->aborted || progress->state == DELIVERY_STOPPED || progress->state == DELIVERY_FAILED)
        return draw_ended(progress, canvas, line);
    char text[TEXT_NUMBER_SIZE];
    bool lonely = progress->waiting_for_member && progress->state == DELIVERY_RUNNING;
    bool brief = lonely || canvas->columns < 80;
    int column = canvas_printf(canvas, line, 1, THEME_TEXT, "waves   %s%s: read now %zu, waiting%s %zu, caught up %zu",
                               brief ? "" : "partitions ", text_count(text, (int64_t)progress->count),
                               progress->reading, brief ? "" : " for a wave", progress->waiting, progress->caught_up);

    if (progress->done > 0)
        column = canvas_printf(canvas, line, column, THEME_GOOD, ", done %zu", progress->done);
    if (lonely)
        canvas_printf(canvas, line, column, THEME_WARNING, ", waiting %lld s for the dead member",
                      (long long)(progress->waiting_ms / 1000));
    return line + 1;
}

static void draw_last(const struct delivery_watch *watch, const struct delivery_outlook *outlook,
                      const struct canvas *canvas, int line)
{
    char text[TEXT_NUMBER_SIZE];

    if (outlook->last_partition < 0)
        canvas_text(canvas, line, 10, THEME_GOOD, "every partition is past its old commit");
    else if (delivery_watch_shows_end(watch))
        canvas_printf(canvas, line, 10, THEME_WARNING, "it ended before p%d was past its old commit: a resume goes on",
                      (int)outlook->last_partition);
    else if (outlook->last_ms == DELIVERY_READ)
        canvas_printf(canvas, line, 10, THEME_TEXT, "last partition past its old commit: p%d, read and not stored yet",
                      (int)outlook->last_partition);
    else if (outlook->last_ms == DELIVERY_NEVER)
        canvas_printf(canvas, line, 10, THEME_TEXT, "last partition past its old commit: p%d never at this rate",
                      (int)outlook->last_partition);
    else
        canvas_printf(canvas, line, 10, THEME_TEXT, "last partition past its old commit: p%d in %s",
                      (int)outlook->last_partition, clock_text(text, outlook->last_ms));
}

static int draw_cutover(const struct delivery_watch *watch, const struct delivery_outlook *outlook,
                        const struct canvas *canvas, int line)
{
    const struct engine_launch *launch = watch->launch ? watch->launch->launch : NULL;
    char a[TEXT_NUMBER_SIZE], b[TEXT_NUMBER_SIZE], time[ZONE_TEXT_SIZE], bar[PASSED_CELLS + METER_FRAME];

    if (launch) {
        const struct cutover_plan *plan = launch->plan;
        int column =
            canvas_printf(canvas, line, 1, THEME_TEXT, "cutover  start %s", cutover_start_name(plan->start.kind));

        if (plan->start.time != TIMESTAMP_NONE)
            column = canvas_printf(canvas, line, column, THEME_TEXT, ", %s",
                                   zone_named(canvas->local, time, plan->start.time, canvas->now));
        column = canvas_printf(canvas, line, column, plan->totals.gap > 0 ? THEME_BAD : THEME_TEXT, "  gap %s",
                               text_count(a, plan->totals.gap));
        if (plan->group && canvas->columns - column > 34)
            canvas_printf(canvas, line, column + 3, THEME_DIM, "old %s %s at launch",
                          watch->launch->connector_count > 0 ? "sink" : "group",
                          watch->launch->connector_count > 0 ? watch->launch->connectors[0].state : plan->group_state);
        line++;
    }
    if (outlook->duplicates_expected == 0) {
        canvas_text(canvas, line, 10, THEME_TEXT, "dup expected 0");
        return line + 1;
    }
    canvas_printf(canvas, line, 10, THEME_TEXT, "dup expected %s  passed %s %s%lld%%",
                  text_count(a, outlook->duplicates_expected), text_count(b, outlook->duplicates_passed),
                  meter(canvas, bar, PASSED_CELLS, outlook->duplicates_passed, outlook->duplicates_expected),
                  (long long)(outlook->duplicates_passed * 100 / outlook->duplicates_expected));
    line++;
    draw_last(watch, outlook, canvas, line);
    return line + 1;
}

static void draw_subject(const struct delivery_watch *watch, const struct canvas *canvas)
{
    const struct engine_launch *launch = watch->launch ? watch->launch->launch : NULL;
    char *names;
    char *counts;

    if (!launch) {
        view_draw_subject(canvas, "PIPELINE", watch->news && watch->news->stream ? watch->news->stream : "", "");
        return;
    }
    names = memory_printf("%s -> s3://%s/%s", launch->plan->topic, launch->bucket, launch->prefix);
    counts = memory_printf("stream %s   %s %s%s", launch->stream, launch->format, launch->compression,
                           launch->exactly_once ? "" : "   AT LEAST ONCE");
    view_draw_subject(canvas, "PIPELINE", names, counts);
    free(names);
    free(counts);
}

/* The end of it, and what it left. */
static int draw_end(const struct delivery_watch *watch, const struct delivery_outlook *outlook,
                    const struct canvas *canvas, int line)
{
    if (!watch->over || watch->held)
        return line;
    if (watch->error)
        return canvas_wrap(canvas, line, line + 2, 1, THEME_BAD, watch->error);
    if (watch->news && watch->news->delivery && watch->news->delivery->aborted) {
        canvas_text(canvas, line, 1, THEME_WARNING,
                    "aborted: what was read and not stored is dropped; a resume reads it again");
        return line + 1;
    }
    if (outlook->uncommitted > 0) {
        canvas_printf(
            canvas, line, 1, THEME_BAD,
            "stopped; commits are missing in %zu partitions: a resume finds what is stored and goes on behind it",
            outlook->uncommitted);
        return line + 1;
    }
    canvas_text(canvas, line, 1, THEME_GOOD, "stopped: all that was read is stored and committed; 5 audits it");
    return line + 1;
}

int pipeline_head_draw(const struct delivery_watch *watch, const struct canvas *canvas, bool detail)
{
    const struct delivery_progress *progress = watch->news ? watch->news->delivery : NULL;
    struct delivery_outlook outlook;
    int line = view_first_line() + 1;
    bool low = canvas->lines < LOW_LINES;

    draw_subject(watch, canvas);
    if (!progress) {
        if (watch->error)
            return canvas_wrap(canvas, line + 1, view_last_line(canvas), 1, THEME_BAD, watch->error);
        canvas_text(canvas, line + 1, 1, THEME_DIM, watch->progress ? watch->progress : "starting");
        return line + 2;
    }
    delivery_progress_outlook(progress, &outlook);
    line = draw_end(watch, &outlook, canvas, line);
    if (!detail || !low)
        line = draw_read(progress, &outlook, canvas, line);
    if (!low)
        line = draw_store(progress, canvas, line);
    line = draw_waves(progress, canvas, line);
    if (!low || detail)
        line = draw_cutover(watch, &outlook, canvas, line);
    return line;
}
