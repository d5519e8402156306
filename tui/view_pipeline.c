/* A delivery while it runs: rates, retries, memory, waves, cutover, and a row a partition.
 *
 * Of a delivery of this process everything is known. One that another process or host runs is seen through its group's
 * commits: the streams are listed, Enter picks one. Up to 10,000 rows.
 */
#include "tui/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/pipeline_head.h"
#include "tui/table.h"

enum { TAG_PAUSE, TAG_RESUME, TAG_STOP, TAG_FLUSH, TAG_ABORT };

struct view_pipeline {
    const struct delivery_watch *delivery; /* NULL in small tests */
    char *stream;                          /* of another process, picked; NULL: the one of this process, or the list */
    bool elsewhere;                        /* somebody chose to look at the streams of others */
    struct engine_event *shown;            /* ENGINE_STREAMS; NULL */
    struct engine_stream_info before;      /* the picked one at the last reading but one; rows owned */
    bool detail;
    struct table local, others, remote; /* partitions of ours; streams; partitions of a stream elsewhere */
};

/* What is on the screen. */
enum face { FACE_LOCAL, FACE_STREAMS, FACE_REMOTE };

static const struct delivery_progress *progress_of(const struct view_pipeline *view)
{
    return view->delivery && view->delivery->news ? view->delivery->news->delivery : NULL;
}

static enum face face_of(const struct view_pipeline *view)
{
    if (view->stream)
        return FACE_REMOTE;
    return view->delivery && view->delivery->request != 0 && !view->elsewhere ? FACE_LOCAL : FACE_STREAMS;
}

/* --- partitions of this process --------------------------------------------------------------------------------------*/

enum column { PART, DELIVERED, COMMITTED, TO_END, LATE, RATE, OBJECT, STATE, COLUMNS };

static const struct table_column columns[COLUMNS] = {
    [PART] = { .name = "part", .least = 4, .want = 4, .most = 8, .gap = 1, .left = true, .keep = true },
    [DELIVERED] = { .name = "delivered", .least = 9, .want = 11, .most = 18, .gap = 1, .keep = true },
    [COMMITTED] = { .name = "committed", .least = 9, .want = 11, .most = 18, .gap = 1 },
    [TO_END] = { .name = "to end", .least = 6, .want = 10, .most = 16, .gap = 1, .keep = true },
    [LATE] = { .name = "late", .least = 6, .want = 6, .most = 8, .gap = 1 },
    [RATE] = { .name = "rec/s", .least = 6, .want = 7, .most = 9, .gap = 1 },
    [OBJECT] = { .name = "last object", .least = 11, .want = 12, .most = 22, .gap = 1 },
    [STATE] = { .name = "state", .least = 7, .want = 9, .most = 9, .gap = 1, .left = true, .keep = true },
};

static const struct table_column detail_columns[COLUMNS] = {
    [PART] = { .name = "part", .least = 4, .want = 4, .most = 8, .gap = 1, .left = true, .keep = true },
    [DELIVERED] = { .name = "start", .least = 9, .want = 11, .most = 18, .gap = 1, .keep = true },
    [COMMITTED] = { .name = "old commit", .least = 9, .want = 11, .most = 18, .gap = 1 },
    [TO_END] = { .name = "delivered", .least = 9, .want = 11, .most = 18, .gap = 1, .keep = true },
    [LATE] = { .name = "dup", .least = 10, .want = 10, .most = 14, .gap = 1 },
    [RATE] = { .name = "passed", .least = 10, .want = 10, .most = 14, .gap = 1 },
    [OBJECT] = { .name = "gap", .least = 6, .want = 10, .most = 14, .gap = 1 },
    [STATE] = { .name = "past it in", .least = 10, .want = 10, .most = 40, .gap = 1, .left = true, .keep = true },
};

/* Ranks of table_value. */
enum { KNOWN, UNKNOWN };

static const struct delivery_partition *row_at(const void *view, size_t row)
{
    return &progress_of(view)->partitions[row];
}

static size_t row_count(const void *view)
{
    const struct delivery_progress *progress = progress_of(view);

    return progress ? progress->count : 0;
}

static const char *row_identity(const void *view, size_t row, char out[64])
{
    snprintf(out, 64, "p%d", (int)row_at(view, row)->partition);
    return out;
}

/* Now - timestamp of the next record to deliver; -1 where none is known to wait. */
static int64_t late_ms(const struct view_pipeline *view, const struct delivery_partition *row)
{
    if (row->pending_time < 0 || delivery_partition_to_end(row) == 0)
        return -1;
    return view->delivery->news_at > row->pending_time ? view->delivery->news_at - row->pending_time : 0;
}

static int64_t expected(const struct delivery_partition *row)
{
    return row->old_base != OFFSET_NONE && row->start != OFFSET_NONE && row->old_base > row->start
               ? row->old_base - row->start
               : 0;
}

static int64_t passed(const struct delivery_partition *row)
{
    int64_t done = row->delivered > row->start ? row->delivered - row->start : 0;

    return done < expected(row) ? done : expected(row);
}

static int64_t gap_of(const struct delivery_partition *row)
{
    return row->old_base != OFFSET_NONE && row->start > row->old_base ? row->start - row->old_base : 0;
}

static void append_number(struct buffer *out, int64_t number)
{
    char text[TEXT_NUMBER_SIZE];

    buffer_append_text(out, number == OFFSET_NONE ? "-" : text_count(text, number));
}

/* "0/535460000": the key shortened to partition/P. */
static void append_object(struct buffer *out, const struct delivery_partition *row)
{
    buffer_append_text(out, row->last_object[0] ? row->last_object : "-");
}

/* When retention takes what has to be delivered next. */
static void append_left(struct buffer *out, const struct view_pipeline *view, const struct delivery_partition *row)
{
    int64_t retention = progress_of(view)->retention_ms, late = late_ms(view, row);
    char text[TEXT_NUMBER_SIZE];

    if (retention > 0 && late >= 0)
        buffer_printf(out, ", retention in %s", text_duration(text, retention > late ? retention - late : 0));
}

static enum theme_role state_text(const struct view_pipeline *view, const struct delivery_partition *row,
                                  struct buffer *out)
{
    char text[TEXT_NUMBER_SIZE];

    if (row->state == DELIVERY_PARTITION_PARKED) {
        buffer_printf(out, "PARKED %s", text_starts_with(row->note, "parked") ? row->note + 6 : row->note);
        return THEME_BAD;
    }
    if (row->stuck_ms > 0) {
        buffer_printf(out, "STUCK %s", text_duration(text, row->stuck_ms));
        append_left(out, view, row);
        if (row->note[0])
            buffer_printf(out, ", %s", row->note);
        return THEME_BAD;
    }
    if (row->note[0]) {
        buffer_append_text(out, row->note); /* "retry 1: ..." */
        return THEME_WARNING;
    }
    if (row->state == DELIVERY_PARTITION_READING) {
        buffer_append_text(out, delivery_partition_to_end(row) == 0 ? "=" : "ok");
        return THEME_GOOD;
    }
    buffer_append_text(out, delivery_partition_state_name(row->state));
    return row->state == DELIVERY_PARTITION_DONE ? THEME_GOOD : THEME_DIM;
}

/* The delivery of this process has ended: its rates are those of its last seconds, and nothing goes on at them. */
static bool view_over(const struct view_pipeline *view)
{
    return delivery_watch_shows_end(view->delivery);
}

static enum theme_role row_cell(const void *view, size_t row, size_t column, struct buffer *out)
{
    const struct delivery_partition *partition = row_at(view, row);
    char text[TEXT_NUMBER_SIZE];
    int64_t late = late_ms(view, partition);

    switch ((enum column)column) {
    case PART: buffer_printf(out, "p%d", (int)partition->partition); break;
    case DELIVERED: append_number(out, partition->delivered); break;
    case COMMITTED:
        append_number(out, partition->committed);
        return delivery_partition_is_uncommitted(partition) ? THEME_WARNING : THEME_TEXT;
    case TO_END: append_number(out, delivery_partition_to_end(partition)); break;
    case LATE: buffer_append_text(out, late < 0 ? "-" : text_duration(text, late)); break;
    case RATE: append_number(out, view_over(view) ? OFFSET_NONE : (int64_t)partition->rate); break;
    case OBJECT: append_object(out, partition); break;
    case STATE: return state_text(view, partition, out);
    case COLUMNS: break;
    }
    return THEME_TEXT;
}

static enum theme_role past_text(const struct delivery_partition *row, struct buffer *out)
{
    int64_t left = expected(row) - passed(row), ms = left > 0 ? delivery_partition_past_ms(row) : 0;
    char text[TEXT_NUMBER_SIZE];

    if (expected(row) == 0)
        buffer_append_text(out, "-");
    else if (left == 0)
        buffer_append_text(out, "passed");
    else if (ms == DELIVERY_READ)
        buffer_append_text(out, "read, open"); /* its object is */
    else if (ms == DELIVERY_NEVER)
        buffer_append_text(out, "never");
    else
        buffer_append_text(out, text_duration(text, ms));
    return left == 0 ? THEME_GOOD : THEME_TEXT;
}

static enum theme_role detail_cell(const void *view, size_t row, size_t column, struct buffer *out)
{
    const struct delivery_partition *partition = row_at(view, row);

    switch ((enum column)column) {
    case PART: buffer_printf(out, "p%d", (int)partition->partition); break;
    case DELIVERED: append_number(out, partition->start); break;
    case COMMITTED: append_number(out, partition->old_base); break;
    case TO_END: append_number(out, partition->delivered); break;
    case LATE: append_number(out, expected(partition)); break;
    case RATE: append_number(out, passed(partition)); break;
    case OBJECT: append_number(out, gap_of(partition)); return gap_of(partition) > 0 ? THEME_BAD : THEME_TEXT;
    case STATE: return past_text(partition, out);
    case COLUMNS: break;
    }
    return THEME_TEXT;
}

/* How much an operator should look at a row: parked and stuck above retries above the rest. */
static int64_t trouble_of(const struct delivery_partition *row)
{
    return row->state == DELIVERY_PARTITION_PARKED ? 3 : row->stuck_ms > 0 ? 2 : row->note[0] != '\0';
}

static struct table_value row_value(const void *view, size_t row, size_t column)
{
    const struct view_pipeline *pipeline = view;
    const struct delivery_partition *partition = row_at(view, row);
    int64_t number = 0;

    switch ((enum column)column) {
    case PART: number = partition->partition; break;
    case DELIVERED: number = pipeline->detail ? partition->start : partition->delivered; break;
    case COMMITTED: number = pipeline->detail ? partition->old_base : partition->committed; break;
    case TO_END: number = pipeline->detail ? partition->delivered : delivery_partition_to_end(partition); break;
    case LATE: number = pipeline->detail ? expected(partition) : late_ms(view, partition); break;
    case RATE: number = pipeline->detail ? passed(partition) : (int64_t)partition->rate; break;
    case OBJECT: number = pipeline->detail ? gap_of(partition) : partition->records; break;
    case STATE: number = pipeline->detail ? expected(partition) - passed(partition) : trouble_of(partition); break;
    case COLUMNS: break;
    }
    return (struct table_value){ .rank = number == OFFSET_NONE ? UNKNOWN : KNOWN, .number = number };
}

static const struct table_rows local_rows = {
    .columns = columns,
    .column_count = COLUMNS,
    .error_column = COLUMNS,
    .count = row_count,
    .identity = row_identity,
    .cell = row_cell,
    .value = row_value,
};

static const struct table_rows detail_rows = {
    .columns = detail_columns,
    .column_count = COLUMNS,
    .error_column = COLUMNS,
    .count = row_count,
    .identity = row_identity,
    .cell = detail_cell,
    .value = row_value,
};

/* --- streams ---------------------------------------------------------------------------------------------------------*/

enum stream_column { S_NAME, S_TOPIC, S_STATE, S_MEMBERS, S_PARTS, S_LAG, S_LOST, S_PLAN, S_INSTANCE, S_COLUMNS };

static const struct table_column stream_columns[S_COLUMNS] = {
    [S_NAME] = { .name = "stream", .least = 12, .want = 16, .most = 34, .gap = 1, .left = true, .keep = true },
    [S_TOPIC] = { .name = "topic", .least = 8, .want = 10, .most = 30, .gap = 1, .left = true, .keep = true },
    [S_STATE] = { .name = "group", .least = 6, .want = 6, .most = 10, .gap = 1, .left = true },
    [S_MEMBERS] = { .name = "members", .least = 7, .want = 7, .most = 7, .gap = 1 },
    [S_PARTS] = { .name = "parts", .least = 5, .want = 6, .most = 7, .gap = 1 },
    [S_LAG] = { .name = "to end", .least = 6, .want = 12, .most = 16, .gap = 1, .keep = true },
    [S_LOST] = { .name = "lost", .least = 4, .want = 6, .most = 14, .gap = 1 },
    [S_PLAN] = { .name = "plan", .least = 8, .want = 8, .most = 8, .gap = 1, .left = true },
    [S_INSTANCE] = { .name = "last commit by", .least = 12, .want = 14, .most = 40, .gap = 1, .left = true },
};

static const struct engine_stream_info *stream_at(const void *view, size_t row)
{
    return &((const struct view_pipeline *)view)->shown->streams[row];
}

static size_t stream_count(const void *view)
{
    const struct engine_event *shown = ((const struct view_pipeline *)view)->shown;

    return shown ? shown->stream_count : 0;
}

static const char *stream_identity(const void *view, size_t row, char out[64])
{
    (void)out;
    return stream_at(view, row)->stream;
}

static enum theme_role stream_cell(const void *view, size_t row, size_t column, struct buffer *out)
{
    const struct engine_stream_info *info = stream_at(view, row);

    switch ((enum stream_column)column) {
    case S_NAME: buffer_append_text(out, info->stream); break;
    case S_TOPIC: buffer_append_text(out, info->topic ? info->topic : "-"); break;
    case S_STATE: buffer_append_text(out, info->state); break;
    case S_MEMBERS: append_number(out, info->members); break;
    case S_PARTS: append_number(out, (int64_t)info->partitions); break;
    case S_LAG: append_number(out, info->lag); break;
    case S_LOST: append_number(out, info->lost); return info->lost > 0 ? THEME_BAD : THEME_TEXT;
    case S_PLAN: buffer_append_text(out, info->plan_id[0] ? info->plan_id : "-"); break;
    case S_INSTANCE: buffer_append_text(out, info->instance[0] ? info->instance : "-"); break;
    case S_COLUMNS: break;
    }
    return THEME_TEXT;
}

static struct table_value stream_value(const void *view, size_t row, size_t column)
{
    const struct engine_stream_info *info = stream_at(view, row);

    switch ((enum stream_column)column) {
    case S_NAME: return (struct table_value){ .text = info->stream };
    case S_TOPIC: return (struct table_value){ .rank = !info->topic, .text = info->topic ? info->topic : "" };
    case S_STATE: return (struct table_value){ .text = info->state };
    case S_MEMBERS: return (struct table_value){ .number = info->members };
    case S_PARTS: return (struct table_value){ .number = (int64_t)info->partitions };
    case S_LAG: return (struct table_value){ .rank = info->lag < 0, .number = info->lag };
    case S_LOST: return (struct table_value){ .number = info->lost };
    case S_PLAN: return (struct table_value){ .text = info->plan_id };
    default: return (struct table_value){ .text = info->instance };
    }
}

static const char *stream_error(const void *view, size_t row)
{
    return stream_at(view, row)->error;
}

static const struct table_rows stream_rows = {
    .columns = stream_columns,
    .column_count = S_COLUMNS,
    .error_column = S_TOPIC,
    .count = stream_count,
    .identity = stream_identity,
    .cell = stream_cell,
    .value = stream_value,
    .error = stream_error,
};

/* --- partitions of a stream elsewhere --------------------------------------------------------------------------------*/

enum remote_column { R_PART, R_COMMITTED, R_END, R_TO_END, R_RATE, R_LOST, R_COLUMNS };

static const struct table_column remote_columns[R_COLUMNS] = {
    [R_PART] = { .name = "part", .least = 4, .want = 6, .most = 8, .gap = 1, .left = true, .keep = true },
    [R_COMMITTED] = { .name = "committed", .least = 9, .want = 14, .most = 18, .gap = 1, .keep = true },
    [R_END] = { .name = "end", .least = 9, .want = 14, .most = 18, .gap = 1 },
    [R_TO_END] = { .name = "to end", .least = 6, .want = 12, .most = 16, .gap = 1, .keep = true },
    [R_RATE] = { .name = "offsets/s", .least = 9, .want = 10, .most = 12, .gap = 1 },
    [R_LOST] = { .name = "lost", .least = 6, .want = 10, .most = 14, .gap = 1 },
};

/* The picked stream in the last answer; NULL. */
static const struct engine_stream_info *picked(const struct view_pipeline *view)
{
    for (size_t i = 0; view->shown && view->stream && i < view->shown->stream_count; i++) {
        if (strcmp(view->shown->streams[i].stream, view->stream) == 0)
            return &view->shown->streams[i];
    }
    return NULL;
}

static size_t remote_count(const void *view)
{
    const struct engine_stream_info *info = picked(view);

    return info ? info->row_count : 0;
}

static int64_t remote_number(const struct view_pipeline *view, size_t row, size_t column)
{
    const struct engine_stream_info *info = picked(view);
    const struct engine_stream_row *now = &info->rows[row];
    int64_t reach = now->seen > now->committed ? now->seen : now->committed;
    int64_t ms = info->read_at - view->before.read_at;

    reach = now->lost > reach ? now->lost : reach;
    switch ((enum remote_column)column) {
    case R_PART: return now->partition;
    case R_COMMITTED: return now->committed;
    case R_END: return now->end;
    case R_TO_END:
        if (reach == OFFSET_NONE || now->end == OFFSET_NONE)
            return OFFSET_NONE;
        return now->end > reach ? now->end - reach : 0;
    case R_RATE:
        if (row >= view->before.row_count || ms <= 0 || view->before.rows[row].committed < 0 || now->committed < 0)
            return OFFSET_NONE;
        return (now->committed - view->before.rows[row].committed) * 1000 / ms;
    default: return now->log_start > reach && reach != OFFSET_NONE ? now->log_start - reach : 0;
    }
}

static const char *remote_identity(const void *view, size_t row, char out[64])
{
    snprintf(out, 64, "p%d", (int)picked(view)->rows[row].partition);
    return out;
}

static enum theme_role remote_cell(const void *view, size_t row, size_t column, struct buffer *out)
{
    int64_t number = remote_number(view, row, column);

    if (column == R_PART)
        buffer_append_char(out, 'p');
    append_number(out, number);
    return column == R_LOST && number > 0 ? THEME_BAD : THEME_TEXT;
}

static struct table_value remote_value(const void *view, size_t row, size_t column)
{
    int64_t number = remote_number(view, row, column);

    return (struct table_value){ .rank = number == OFFSET_NONE, .number = number };
}

static const struct table_rows remote_rows = {
    .columns = remote_columns,
    .column_count = R_COLUMNS,
    .error_column = R_COLUMNS,
    .count = remote_count,
    .identity = remote_identity,
    .cell = remote_cell,
    .value = remote_value,
};

/* --- opening, answers ------------------------------------------------------------------------------------------------*/

static struct table *table_of(struct view_pipeline *view)
{
    switch (face_of(view)) {
    case FACE_LOCAL: return &view->local;
    case FACE_STREAMS: return &view->others;
    default: return &view->remote;
    }
}

static void *view_pipeline_open(const struct view_subject *subject)
{
    struct view_pipeline *view = memory_new(sizeof(*view));

    view->delivery = subject->delivery;
    table_init(&view->local, &local_rows, view, TO_END, true);
    table_init(&view->others, &stream_rows, view, S_NAME, false);
    table_init(&view->remote, &remote_rows, view, R_TO_END, true);
    view->local.sort_column = PART;
    view->local.descending = false;
    table_changed(&view->local, true);
    return view;
}

static void view_pipeline_close(void *state)
{
    struct view_pipeline *view = state;

    engine_event_free(view->shown);
    free(view->before.rows);
    free(view->stream);
    table_clear(&view->local);
    table_clear(&view->others);
    table_clear(&view->remote);
    free(view);
}

static void view_pipeline_ask(const void *state, struct engine_request *request)
{
    request->kind = ENGINE_ASK_STREAMS;
    request->stream = ((const struct view_pipeline *)state)->stream;
}

/* A delivery of this process tells its own numbers all the time; where the partitions end, the brokers have to tell. */
static timestamp_ms view_pipeline_read_at(const void *state)
{
    const struct view_pipeline *view = state;

    if (face_of(view) == FACE_LOCAL && progress_of(view) && progress_of(view)->ends_age_ms >= 0)
        return view->delivery->news_at - progress_of(view)->ends_age_ms;
    if (face_of(view) == FACE_REMOTE && picked(view) && picked(view)->row_count > 0)
        return picked(view)->read_at;
    return TIMESTAMP_NONE;
}

/* Rates of a stream elsewhere are between two readings. */
static void remember(struct view_pipeline *view)
{
    const struct engine_stream_info *info = picked(view);

    free(view->before.rows);
    memset(&view->before, 0, sizeof(view->before));
    if (!info || info->row_count == 0)
        return;
    view->before.read_at = info->read_at;
    view->before.row_count = info->row_count;
    view->before.rows = memory_new(info->row_count * sizeof(info->rows[0]));
    memcpy(view->before.rows, info->rows, info->row_count * sizeof(info->rows[0]));
}

static bool view_pipeline_event(void *state, struct engine_event **event, timestamp_ms now)
{
    struct view_pipeline *view = state;

    (void)now;
    if ((*event)->kind != ENGINE_STREAMS)
        return false;
    remember(view);
    engine_event_free(view->shown);
    view->shown = *event;
    *event = NULL;
    table_changed(&view->others, true);
    table_changed(&view->remote, true);
    return true;
}

static bool view_pipeline_delivery(void *state, timestamp_ms now)
{
    struct view_pipeline *view = state;

    (void)now;
    table_changed(&view->local, true);
    return true;
}

/* --- drawing ---------------------------------------------------------------------------------------------------------*/

static void draw_streams(struct view_pipeline *view, struct canvas *canvas, const char *error)
{
    struct buffer counts;
    int line = view_first_line();

    buffer_init(&counts, 0);
    if (view->shown)
        table_counts(&view->others, &counts);
    view_draw_subject(canvas, "STREAMS", view->shown ? "by their groups' commits" : "",
                      counts.length > 0 ? counts.data : "");
    buffer_clear(&counts);
    if (!view->shown)
        view_draw_empty(canvas, line + 2, error);
    else if (view->shown->stream_count == 0)
        canvas_text(canvas, line + 2, 1, THEME_DIM,
                    "no stream has commits on this cluster, and none was launched from here");
    else
        table_draw(&view->others, canvas, line + 1, view_last_line(canvas));
}

static void draw_remote(struct view_pipeline *view, struct canvas *canvas, const char *error)
{
    const struct engine_stream_info *info = picked(view);
    char age[TEXT_NUMBER_SIZE], lag[TEXT_NUMBER_SIZE], counted[TEXT_COUNTED_SIZE];
    int line = view_first_line();

    if (!info || info->row_count == 0) {
        view_draw_subject(canvas, "PIPELINE", view->stream, "");
        view_draw_empty(canvas, line + 2, info && info->error ? info->error : error);
        return;
    }
    view_draw_subject(canvas, "PIPELINE", info->topic ? info->topic : "", "");
    canvas_printf(canvas, line, 11, THEME_TEXT, "%s   stream %s   from commits, read %s ago   ",
                  info->topic ? info->topic : "-", info->stream,
                  text_duration(age, canvas->now > info->read_at ? canvas->now - info->read_at : 0));
    canvas_printf(canvas, line + 1, 1, THEME_TEXT, "group %s, %s, %s   plan %s   place %s", info->group, info->state,
                  text_counted(counted, info->members, "member"), info->plan_id, info->place);
    canvas_printf(canvas, line + 2, 1, THEME_TEXT,
                  "to end %s in %zu partitions, %zu with a commit   lost %lld   last commit by %s",
                  info->lag == OFFSET_NONE ? "?" : text_count(lag, info->lag), info->partitions, info->with_commit,
                  (long long)info->lost, info->instance[0] ? info->instance : "-");
    table_draw(&view->remote, canvas, line + 3, view_last_line(canvas));
}

static void draw_local(struct view_pipeline *view, struct canvas *canvas)
{
    int line = pipeline_head_draw(view->delivery, canvas, view->detail);

    if (!progress_of(view))
        return;
    if (view_last_line(canvas) - line >= 2) {
        int start[TABLE_COLUMNS], width[TABLE_COLUMNS], last = view_last_line(canvas);
        struct delivery_outlook outlook;
        char text[TEXT_NUMBER_SIZE];

        delivery_progress_outlook(progress_of(view), &outlook);
        table_draw(&view->local, canvas, line, last - 1);
        last = line + (int)(view->local.count < view->local.height ? view->local.count : view->local.height) + 1;
        table_layout(&view->local, canvas->columns, start, width);
        canvas_text(canvas, last, 1, THEME_TITLE, "total");
        if (!view->detail && width[TO_END] > 0 && outlook.to_end != OFFSET_NONE)
            canvas_fit(canvas, last, start[TO_END], width[TO_END], false, THEME_TITLE,
                       text_count(text, outlook.to_end));
        if (!view->detail && width[RATE] > 0 && !view_over(view))
            canvas_fit(canvas, last, start[RATE], width[RATE], false, THEME_TITLE,
                       text_count(text, (int64_t)progress_of(view)->read_records.now));
    }
}

static void view_pipeline_draw(void *state, struct canvas *canvas, const char *error)
{
    struct view_pipeline *view = state;

    switch (face_of(view)) {
    case FACE_LOCAL: draw_local(view, canvas); break;
    case FACE_STREAMS: draw_streams(view, canvas, error); break;
    case FACE_REMOTE: draw_remote(view, canvas, error); break;
    }
}

/* --- acting ----------------------------------------------------------------------------------------------------------*/

static struct view_outcome explain(const char *message)
{
    struct view_outcome outcome = { .result = VIEW_EXPLAINS };

    snprintf(outcome.message, sizeof(outcome.message), "%s", message);
    return outcome;
}

static struct view_outcome confirm(int tag, const char *label)
{
    struct view_outcome outcome = { .result = VIEW_CONFIRMS, .tag = tag };

    snprintf(outcome.label, sizeof(outcome.label), "%s", label);
    return outcome;
}

static struct view_outcome act(const struct view_pipeline *view, enum view_act act, const char *what)
{
    struct view_outcome outcome = { .result = VIEW_ACTS, .act = act };
    const struct engine_event *news = view->delivery->news;

    snprintf(outcome.log, sizeof(outcome.log), "%s, stream %.100s, plan %.8s", what,
             news && news->stream ? news->stream : "-", news && news->plan_id ? news->plan_id : "-");
    return outcome;
}

static struct view_outcome on_delivery(const struct view_pipeline *view, enum action action)
{
    struct view_outcome outcome = { .result = VIEW_PROMPTS, .tag = TAG_ABORT };
    bool paused;

    if (!view->delivery || !delivery_watch_runs(view->delivery) || face_of(view) != FACE_LOCAL)
        return explain("no delivery of this process is shown that runs");
    paused = delivery_watch_state(view->delivery) == DELIVERY_PAUSED;
    switch (action) {
    case ACTION_PAUSE:
        return paused ? confirm(TAG_RESUME, "read on? y/N ")
                      : confirm(TAG_PAUSE, "pause: read nothing more until p is pressed again? y/N ");
    case ACTION_FLUSH: return act(view, VIEW_ACT_FLUSH, "flush: open objects are closed now");
    case ACTION_STOP: return confirm(TAG_STOP, "stop: store what is open, commit, end? y/N ");
    default: break;
    }
    snprintf(outcome.label, sizeof(outcome.label), "abort without storing what is open: type the stream's name: ");
    return outcome;
}

static void show_detail(struct view_pipeline *view)
{
    view->detail = !view->detail;
    view->local.rows = view->detail ? &detail_rows : &local_rows;
    table_changed(&view->local, true);
}

/* Enter: the selected stream's partitions. The one of this process opens as what it is. */
static struct view_outcome pick(struct view_pipeline *view)
{
    struct view_outcome outcome = { .result = VIEW_ASKS };
    size_t row;

    if (face_of(view) != FACE_STREAMS || !table_selected(&view->others, &row))
        return (struct view_outcome){ .result = VIEW_IGNORED };
    free(view->stream);
    view->stream = memory_copy_text(stream_at(view, row)->stream);
    outcome.request = (struct engine_request){ .kind = ENGINE_ASK_STREAMS, .stream = view->stream };
    return outcome;
}

static struct view_outcome view_pipeline_action(void *state, enum action action)
{
    struct view_pipeline *view = state;
    struct view_outcome outcome = { .result = VIEW_HANDLED };

    switch (action) {
    case ACTION_PAUSE:
    case ACTION_FLUSH:
    case ACTION_STOP:
    case ACTION_ABORT: return on_delivery(view, action);
    case ACTION_DETAIL: show_detail(view); return outcome;
    case ACTION_OPEN_STREAM: return pick(view);
    case ACTION_NEXT_PANE:
    case ACTION_PREVIOUS_PANE:
        view->elsewhere = !view->elsewhere;
        free(view->stream);
        view->stream = NULL;
        return outcome;
    case ACTION_BACK:
        if (!view->stream)
            break;
        free(view->stream);
        view->stream = NULL;
        return outcome;
    default: break;
    }
    if (!table_action(table_of(view), action))
        outcome.result = VIEW_IGNORED;
    return outcome;
}

static struct view_outcome view_pipeline_typed(void *state, int tag, const char *text)
{
    const struct view_pipeline *view = state;
    const struct engine_event *news = view->delivery ? view->delivery->news : NULL;

    if (!text)
        return (struct view_outcome){ .result = VIEW_HANDLED };
    switch (tag) {
    case TAG_PAUSE: return act(view, VIEW_ACT_PAUSE, "typed y: pause");
    case TAG_RESUME: return act(view, VIEW_ACT_RESUME, "typed y: read on");
    case TAG_STOP: return act(view, VIEW_ACT_DRAIN, "typed y: drain and stop");
    default: break;
    }
    if (!news || !news->stream || strcmp(text, news->stream) != 0)
        return explain("not the stream's name: nothing is aborted");
    return act(view, VIEW_ACT_ABORT, "typed the stream's name: abort");
}

static bool view_pipeline_typing(void *state, int tag, const char *text, char remark[240])
{
    const struct view_pipeline *view = state;
    const struct engine_event *news = view->delivery ? view->delivery->news : NULL;

    remark[0] = '\0';
    return tag != TAG_ABORT || (news && news->stream && strcmp(text, news->stream) == 0);
}

static unsigned view_pipeline_footer(const void *state)
{
    switch (face_of(state)) {
    case FACE_STREAMS: return IN_STREAMS;
    case FACE_REMOTE: return IN_STREAM;
    default: return IN_PIPELINE;
    }
}

static void view_pipeline_filter(void *state, const char *text)
{
    table_set_filter(table_of(state), text);
}

static const char *view_pipeline_filtered(const void *state)
{
    /* table_of changes nothing. */
    return table_of((struct view_pipeline *)(uintptr_t)state)->filter;
}

/* How a stream goes on that ended before its time. The bucket is not known here: commits only hold a hash of it. */
static bool hint_resume(const struct engine_stream_info *info, struct buffer *out)
{
    if (info->error || info->members > 0 || info->lag <= 0)
        return false;
    buffer_printf(out, "to go on: headgate deliver -b ... --stream %s --bucket B --prefix P", info->stream);
    return true;
}

/* Nothing moves, and nothing is wrong: what is left is read, and its objects are not full or old enough yet. */
static bool hint_open_objects(const struct view_pipeline *view, struct buffer *out)
{
    enum { MIB = 1024 * 1024, SECOND = 1000 };
    const struct delivery_progress *progress = progress_of(view);
    const struct engine_launch *launch = view->delivery->launch ? view->delivery->launch->launch : NULL;
    struct delivery_outlook outlook;
    char text[TEXT_NUMBER_SIZE];

    delivery_progress_outlook(progress, &outlook);
    if (progress->state != DELIVERY_RUNNING || outlook.drain_ms != DELIVERY_READ || progress->read_records.ten_s > 0)
        return false;
    buffer_printf(out, "all is read; %s offsets wait in open objects", text_count(text, outlook.to_end));
    if (launch)
        buffer_printf(out, " (%lld MiB, %lld s, or F)", (long long)(launch->size_bytes / MIB),
                      (long long)(launch->interval_ms / SECOND));
    return true;
}

static void view_pipeline_hint(const void *state, struct buffer *out)
{
    const struct view_pipeline *view = state;
    const struct delivery_progress *progress = progress_of(view);
    size_t row;

    if (face_of(view) == FACE_STREAMS && table_selected(&view->others, &row)) {
        if (!hint_resume(stream_at(view, row), out))
            buffer_append_text(out, "Enter shows a stream's partitions; another process may run it");
        return;
    }
    if (face_of(view) == FACE_REMOTE && picked(view))
        (void)hint_resume(picked(view), out);
    if (face_of(view) != FACE_LOCAL || !progress)
        return;
    if (table_selected(&view->local, &row) && row_at(view, row)->note[0])
        buffer_printf(out, "p%d: %s", (int)row_at(view, row)->partition, row_at(view, row)->note);
    else if (view->delivery->error)
        buffer_append_text(out, view->delivery->error);
    else if (!hint_open_objects(view, out) && progress->message[0])
        buffer_append_text(out, progress->message);
}

static void export_local(const struct view_pipeline *view, struct export *out)
{
    static const char *const names[] = { "partition", "start",    "delivered", "committed",     "end",
                                         "to_end",    "old_base", "records",   "records_per_s", "stuck_ms" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        export_column(out, names[i]);
    export_column(out, "last_object");
    export_column(out, "state");
    export_column(out, "note");
    for (size_t i = 0; i < view->local.count; i++) {
        const struct delivery_partition *row = row_at(view, view->local.order[i]);
        int64_t numbers[] = { row->partition, row->start,   row->delivered,
                              row->committed, row->end,     delivery_partition_to_end(row),
                              row->old_base,  row->records, (int64_t)row->rate,
                              row->stuck_ms };

        for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
            if (numbers[n] == OFFSET_NONE)
                export_null(out);
            else
                export_number(out, numbers[n]);
        }
        export_text(out, row->last_object);
        export_text(out, delivery_partition_state_name(row->state));
        export_text(out, row->note);
    }
}

static void export_table(const struct view_pipeline *view, const struct table *table, struct export *out)
{
    struct buffer text;

    for (size_t column = 0; column < table->rows->column_count; column++)
        export_column(out, table->rows->columns[column].name);
    buffer_init(&text, 0);
    for (size_t i = 0; i < table->count; i++)
        for (size_t column = 0; column < table->rows->column_count; column++) {
            struct table_value value = table->rows->value(view, table->order[i], column);

            if (value.rank != 0)
                export_null(out);
            else if (value.text)
                export_text(out, value.text);
            else
                export_number(out, value.number);
        }
    buffer_clear(&text);
}

static void view_pipeline_export(const void *state, struct export *out)
{
    const struct view_pipeline *view = state;

    switch (face_of(view)) {
    case FACE_LOCAL: export_local(view, out); break;
    case FACE_STREAMS: export_table(view, &view->others, out); break;
    case FACE_REMOTE: export_table(view, &view->remote, out); break;
    }
}

static void view_pipeline_subject(const void *state, struct view_subject *subject)
{
    const struct view_pipeline *view = state;
    const struct engine_event *launch = view->delivery ? view->delivery->launch : NULL;
    const struct engine_stream_info *info = picked(view);
    size_t row;

    if (face_of(view) == FACE_LOCAL && launch && launch->launch) {
        subject->topic = launch->launch->plan->topic;
        subject->group = launch->launch->plan->group;
        subject->stream = launch->launch->stream;
        subject->bucket = launch->launch->bucket;
        subject->prefix = launch->launch->prefix;
    } else if (info) {
        subject->topic = info->topic;
        subject->stream = info->stream;
    } else if (face_of(view) == FACE_STREAMS && table_selected(&view->others, &row)) {
        subject->topic = stream_at(view, row)->topic;
        subject->stream = stream_at(view, row)->stream;
    }
}

const struct view_ops view_pipeline_ops = {
    .name = "pipeline",
    .scope = IN_PIPELINE,
    .open = view_pipeline_open,
    .close = view_pipeline_close,
    .ask = view_pipeline_ask,
    .read_at = view_pipeline_read_at,
    .event = view_pipeline_event,
    .delivery = view_pipeline_delivery,
    .draw = view_pipeline_draw,
    .action = view_pipeline_action,
    .typed = view_pipeline_typed,
    .typing = view_pipeline_typing,
    .export = view_pipeline_export,
    .filter = view_pipeline_filter,
    .filtered = view_pipeline_filtered,
    .hint = view_pipeline_hint,
    .footer = view_pipeline_footer,
    .subject = view_pipeline_subject,
};
