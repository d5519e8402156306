/* Tables of the streams of others. */
#include "tui/pipeline_streams.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

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
    return &((const struct pipeline_streams *)view)->shown->streams[row];
}

static size_t stream_count(const void *view)
{
    const struct engine_event *shown = ((const struct pipeline_streams *)view)->shown;

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
    case S_MEMBERS: table_append_count(out, info->members); break;
    case S_PARTS: table_append_count(out, (int64_t)info->partitions); break;
    case S_LAG: table_append_count(out, info->lag); break;
    case S_LOST: table_append_count(out, info->lost); return info->lost > 0 ? THEME_BAD : THEME_TEXT;
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

static size_t remote_count(const void *view)
{
    const struct engine_stream_info *info = pipeline_streams_picked(view);

    return info ? info->row_count : 0;
}

static int64_t remote_number(const struct pipeline_streams *streams, size_t row, size_t column)
{
    const struct engine_stream_info *info = pipeline_streams_picked(streams);
    const struct engine_stream_row *now = &info->rows[row];
    int64_t reach = now->seen > now->committed ? now->seen : now->committed;
    int64_t ms = info->read_at - streams->before.read_at;

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
        if (row >= streams->before.row_count || ms <= 0 || streams->before.rows[row].committed < 0 ||
            now->committed < 0)
            return OFFSET_NONE;
        return (now->committed - streams->before.rows[row].committed) * 1000 / ms;
    default: return now->log_start > reach && reach != OFFSET_NONE ? now->log_start - reach : 0;
    }
}

static const char *remote_identity(const void *view, size_t row, char out[64])
{
    snprintf(out, 64, "p%d", (int)pipeline_streams_picked(view)->rows[row].partition);
    return out;
}

static enum theme_role remote_cell(const void *view, size_t row, size_t column, struct buffer *out)
{
    int64_t number = remote_number(view, row, column);

    if (column == R_PART)
        buffer_append_char(out, 'p');
    table_append_count(out, number);
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

void pipeline_streams_init(struct pipeline_streams *streams)
{
    table_init(&streams->others, &stream_rows, streams, S_NAME, false);
    table_init(&streams->remote, &remote_rows, streams, R_TO_END, true);
}

void pipeline_streams_clear(struct pipeline_streams *streams)
{
    engine_event_free(streams->shown);
    free(streams->before.rows);
    free(streams->picked);
    table_clear(&streams->others);
    table_clear(&streams->remote);
}

const struct engine_stream_info *pipeline_streams_picked(const struct pipeline_streams *streams)
{
    for (size_t i = 0; streams->shown && streams->picked && i < streams->shown->stream_count; i++) {
        if (strcmp(streams->shown->streams[i].stream, streams->picked) == 0)
            return &streams->shown->streams[i];
    }
    return NULL;
}

const struct engine_stream_info *pipeline_streams_selected(const struct pipeline_streams *streams)
{
    size_t row;

    return table_selected(&streams->others, &row) ? stream_at(streams, row) : NULL;
}

void pipeline_streams_pick(struct pipeline_streams *streams, const char *name)
{
    char *picked = memory_copy_text(name);

    free(streams->picked);
    streams->picked = picked;
}

/* Rates of a stream elsewhere are between two readings. */
static void remember(struct pipeline_streams *streams)
{
    const struct engine_stream_info *info = pipeline_streams_picked(streams);

    free(streams->before.rows);
    memset(&streams->before, 0, sizeof(streams->before));
    if (!info || info->row_count == 0)
        return;
    streams->before.read_at = info->read_at;
    streams->before.row_count = info->row_count;
    streams->before.rows = memory_new(info->row_count * sizeof(info->rows[0]));
    memcpy(streams->before.rows, info->rows, info->row_count * sizeof(info->rows[0]));
}

void pipeline_streams_take(struct pipeline_streams *streams, struct engine_event *event)
{
    remember(streams);
    engine_event_free(streams->shown);
    streams->shown = event;
    table_changed(&streams->others, true);
    table_changed(&streams->remote, true);
}

void pipeline_streams_export(const struct table *table, struct export *out)
{
    for (size_t column = 0; column < table->rows->column_count; column++)
        export_column(out, table->rows->columns[column].name);
    for (size_t i = 0; i < table->count; i++)
        for (size_t column = 0; column < table->rows->column_count; column++) {
            struct table_value value = table->rows->value(table->view, table->order[i], column);

            if (value.rank != 0)
                export_null(out);
            else if (value.text)
                export_text(out, value.text);
            else
                export_number(out, value.number);
        }
}
