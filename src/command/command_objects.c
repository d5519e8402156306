/* First what differs, then what to do about it. */
#include "command/command_objects.h"

#include "base/text.h"
#include "command/command_print.h"
#include "command/command_table.h"

#include <stdlib.h>

enum { ROWS_SHOWN = 100 };

static char *difference(const struct cutover_connect_row *row)
{
    char number[TEXT_NUMBER_SIZE];

    switch (row->state) {
    case CUTOVER_CONNECT_EXACT: return memory_copy_text("=");
    case CUTOVER_CONNECT_AHEAD: return memory_printf("+%s ahead of the commit", text_count(number, row->repeats));
    case CUTOVER_CONNECT_BEHIND: return memory_printf("-%s ! MISSING", text_count(number, row->missing));
    case CUTOVER_CONNECT_NONE: return memory_copy_text("nothing delivered");
    case CUTOVER_CONNECT_NO_OBJECTS: return memory_copy_text("! no objects");
    case CUTOVER_CONNECT_NO_COMMIT: return memory_copy_text("? no commit");
    case CUTOVER_CONNECT_UNCOUNTED: return memory_copy_text("! cannot be counted");
    case CUTOVER_CONNECT_PAST_END: return memory_copy_text("! beyond the log's end");
    }
    return NULL;
}

static void print_rows(struct buffer *out, const struct cutover_connect *connect, const struct cutover_plan *plan)
{
    struct command_table *table = command_table_new();
    size_t shown = 0;

    command_table_column(table, "part", COMMAND_COLUMN_RIGHT);
    command_table_column(table, "objects", COMMAND_COLUMN_COUNT);
    command_table_column(table, "committed", COMMAND_COLUMN_COUNT);
    command_table_column(table, "objects end", COMMAND_COLUMN_COUNT);
    if (plan) {
        command_table_column(table, "gap", COMMAND_COLUMN_COUNT);
        command_table_column(table, "duplicates", COMMAND_COLUMN_COUNT);
    }
    command_table_column(table, "", COMMAND_COLUMN_TEXT);
    for (size_t i = 0; i < connect->count; i++) {
        const struct cutover_connect_row *row = &connect->rows[i];
        int64_t gap = OFFSET_NONE, duplicates = OFFSET_NONE;
        char *name, *text;

        if (connect->count > ROWS_SHOWN && (row->state == CUTOVER_CONNECT_EXACT || shown >= ROWS_SHOWN))
            continue;
        shown++;
        name = memory_printf("p%d", row->partition);
        text = difference(row);
        command_table_text(table, name);
        command_table_count(table, row->objects);
        command_table_count(table, row->committed);
        command_table_count(table, row->end);
        if (plan) {
            if (i < plan->count)
                (void)cutover_connect_cost(row, plan->rows[i].log_start, plan->rows[i].start, &gap, &duplicates);
            command_table_count(table, gap);
            command_table_count(table, duplicates);
        }
        command_table_text(table, text);
        free(name);
        free(text);
    }
    command_table_print(table, out);
    command_table_free(table);
}

/* The first partition in a state, for the note that names it. */
static const struct cutover_connect_row *first_in(const struct cutover_connect *connect,
                                                  enum cutover_connect_state state)
{
    for (size_t i = 0; i < connect->count; i++) {
        if (connect->rows[i].state == state)
            return &connect->rows[i];
    }
    return NULL;
}

static void note_missing(struct buffer *out, const struct cutover_connect *connect)
{
    const struct cutover_connect_row *row = first_in(connect, CUTOVER_CONNECT_BEHIND);
    char number[TEXT_NUMBER_SIZE];

    if (row)
        command_note(out,
                     "! STOP: %s offsets were committed and are in no object, first partition %d [%lld, %lld): objects "
                     "deleted, expired or moved, records that the connector drops (filters, tombstones), or its fault. "
                     "Find out before anything is launched; a start at or before the objects' end repeats them",
                     text_count(number, connect->missing), row->partition, (long long)row->end,
                     (long long)row->committed);
    row = first_in(connect, CUTOVER_CONNECT_NO_OBJECTS);
    if (row)
        command_note(out,
                     "! %zu partitions have commits and no objects, first p%d: another prefix, another layout, or "
                     "they are gone",
                     connect->states[CUTOVER_CONNECT_NO_OBJECTS], row->partition);
}

static void note_holes(struct buffer *out, const struct cutover_connect *connect)
{
    char number[TEXT_NUMBER_SIZE], text[TEXT_COUNTED_SIZE];

    if (connect->holes > 0) {
        for (size_t i = 0; i < connect->count; i++) {
            const struct cutover_connect_row *row = &connect->rows[i];

            if (row->hole_count == 0)
                continue;
            buffer_printf(out, "hole   p%d  [%lld, %lld)\n", row->partition, (long long)row->holes[0].start,
                          (long long)row->holes[0].end);
            break;
        }
        command_note(out,
                     "! %s between objects, %s offsets in all: honest where compaction, transactions or filters "
                     "leave no record, else an object is gone",
                     text_counted(text, connect->holes, "hole"), text_count(number, connect->hole_offsets));
    }
    if (connect->overlap > 0)
        command_note(out, "%s offsets are in two of the connector's objects", text_count(number, connect->overlap));
}

static void note_rest(struct buffer *out, const struct cutover_connect *connect)
{
    char number[TEXT_NUMBER_SIZE], *text;

    if (connect->repeats > 0)
        command_note(out,
                     "%s offsets are in objects ahead of the commits (the sink did not stop cleanly, or still "
                     "runs): a start at the commits repeats them",
                     text_count(number, connect->repeats));
    if (connect->empty > 0)
        command_note(out, "%s offsets hold no record (markers of transactions, compaction): the brokers were asked",
                     text_count(number, connect->empty));
    if (connect->uncounted_why) {
        text = text_sanitised(connect->uncounted_why);
        command_note(out, "! not counted: %s", text);
        free(text);
    }
    if (connect->states[CUTOVER_CONNECT_PAST_END] > 0)
        command_note(out, "! objects end beyond the log: the topic was made again, or values hold newlines and lines "
                          "are no records");
    if (connect->foreign > 0) {
        text = text_sanitised(connect->first_foreign);
        command_note(out, "%s keys there fit no layout that tells partition and offset, such as %s",
                     text_count(number, connect->foreign), text);
        free(text);
    }
    if (connect->side_files > 0)
        command_note(out, "%s side files of keys and headers were passed over",
                     text_count(number, connect->side_files));
    if (connect->counted < connect->objects)
        command_note(out, "counted is the last object of each partition, the others end where the next begins; "
                          "--count-all reads every one");
}

void command_objects_report(struct buffer *out, const struct cutover_connect *connect, const struct cutover_plan *plan)
{
    char text[TEXT_COUNTED_SIZE];

    buffer_printf(out, "\nold side: connector's objects, %s below s3://",
                  text_counted(text, connect->objects, "object"));
    command_outside(out, connect->bucket);
    buffer_append_char(out, '/');
    command_outside(out, connect->prefix);
    buffer_append_text(out, "\n\n");
    print_rows(out, connect, plan);
    buffer_append_char(out, '\n');
    note_missing(out, connect);
    note_holes(out, connect);
    note_rest(out, connect);
}
