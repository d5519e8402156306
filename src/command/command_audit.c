/* headgate audit: the proof, from the bucket. */
#include "base/json.h"
#include "base/text.h"
#include "command/command_ask.h"
#include "command/command_objects.h"
#include "command/command_print.h"
#include "command/command_rows.h"
#include "command/command_table.h"

#include <ctype.h>
#include <stdlib.h>

enum { RANGES_SHOWN = 100 };

static int exit_code(const struct coverage *coverage)
{
    return coverage->verdict == COVERAGE_FAIL ? COMMAND_BAD_NEWS : COMMAND_DONE;
}

static void print_chain(struct buffer *out, const struct coverage *coverage)
{
    char text[TEXT_COUNTED_SIZE], number[TEXT_NUMBER_SIZE];

    buffer_printf(out, "chain  %s, ", text_counted(text, coverage->holes, "hole"));
    buffer_printf(out, "%s, ", text_counted(text, coverage->overlaps, "overlap"));
    buffer_printf(out, "%s; ", text_counted(text, coverage->foreign, "foreign object"));
    buffer_printf(out, "%s, ", text_counted(text, coverage->objects, "object"));
    buffer_printf(out, "%s, %s\n", text_counted(text, coverage->records, "record"),
                  text_bytes(number, coverage->bytes));
}

static void print_verdict(struct buffer *out, const struct engine_event *event)
{
    const struct coverage *coverage = event->coverage;
    char to_end[TEXT_COUNTED_SIZE], stored[TIMESTAMP_TEXT_SIZE];

    for (const char *c = coverage_verdict_name(coverage->verdict); *c; c++)
        buffer_append_char(out, (char)toupper((unsigned char)*c));
    buffer_append_text(out, "  stream ");
    command_outside(out, event->stream);
    buffer_append_text(out, ", plan ");
    command_outside(out, event->plan_id);
    buffer_append_char(out, '\n');
    if (coverage_is_empty(coverage))
        buffer_printf(out, "  nothing delivered yet; %s still to be read\n",
                      coverage->to_end != OFFSET_NONE ? text_counted(to_end, coverage->to_end, "offset")
                                                      : "unknown what is");
    if (coverage->cutover_known && coverage->found.gap > 0)
        buffer_printf(out, "  the cutover's gap: %s in neither sink%s\n",
                      text_counted(to_end, coverage->found.gap, "offset"),
                      coverage->found.gap == coverage->planned.gap ? ", as planned" : "");
    if (coverage->reason && coverage->reason[0]) {
        char *reason = text_sanitised(coverage->reason);

        command_note(out, "  %s", reason);
        free(reason);
    }
    print_chain(out, coverage);
    if (!coverage->tail_checked)
        buffer_append_text(out, "tail   not checked: were the last object of a partition gone, nothing here would\n"
                                "       show it (give --brokers to compare with the group's commits)\n");
    else if (coverage->to_end != OFFSET_NONE)
        buffer_printf(out, "tail   checked against the group's commits; %s to the end of the log\n",
                      text_counted(to_end, coverage->to_end, "offset"));
    else
        buffer_append_text(out, "tail   checked against the group's commits\n");
    if (coverage->last_stored_at != TIMESTAMP_NONE)
        buffer_printf(out, "last   the newest object was stored at %s\n",
                      timestamp_text(stored, coverage->last_stored_at));
    buffer_append_char(out, '\n');
}

static void add_counts(struct command_table *table, const char *name, const struct coverage_counts *counts)
{
    command_table_text(table, name);
    command_table_count(table, counts->gap);
    command_table_count(table, counts->duplicates);
    command_table_count(table, counts->lost);
}

static void print_cutover(struct buffer *out, const struct coverage *coverage, bool objects)
{
    struct command_table *table;

    if (!coverage->cutover_known)
        return;
    table = command_table_new();
    command_table_column(table, "cutover", COMMAND_COLUMN_TEXT);
    command_table_column(table, "gap", COMMAND_COLUMN_COUNT);
    command_table_column(table, "duplicates", COMMAND_COLUMN_COUNT);
    command_table_column(table, "lost", COMMAND_COLUMN_COUNT);
    add_counts(table, "planned", &coverage->planned);
    add_counts(table, "found", &coverage->found);
    command_table_print(table, out);
    command_table_free(table);
    if (objects)
        buffer_append_text(out, "found: old side: connector's objects\n");
    buffer_append_char(out, '\n');
}

static const char *partition_word(const struct coverage_partition *row)
{
    if (row->hole_count > 0)
        return row->overlap_count > 0 ? "! hole, overlap" : "! hole";
    if (row->overlap_count > 0)
        return "! overlap";
    if (row->lost_count > 0)
        return "< lost at the source";
    return row->open ? "open" : "";
}

static void print_partitions(struct buffer *out, const struct coverage *coverage)
{
    struct command_table *table = command_table_new();

    command_table_column(table, "part", COMMAND_COLUMN_RIGHT);
    command_table_column(table, "from", COMMAND_COLUMN_COUNT);
    command_table_column(table, "to", COMMAND_COLUMN_COUNT);
    command_table_column(table, "objects", COMMAND_COLUMN_COUNT);
    command_table_column(table, "records", COMMAND_COLUMN_COUNT);
    command_table_column(table, "stored", COMMAND_COLUMN_RIGHT);
    if (coverage->to_end != OFFSET_NONE)
        command_table_column(table, "to end", COMMAND_COLUMN_COUNT);
    command_table_column(table, "", COMMAND_COLUMN_TEXT);
    for (size_t i = 0; i < coverage->count; i++) {
        const struct coverage_partition *row = &coverage->partitions[i];
        char bytes[TEXT_NUMBER_SIZE], *name = memory_printf("p%d", row->partition);

        command_table_text(table, name);
        command_table_count(table, row->from);
        command_table_count(table, row->to);
        command_table_count(table, row->objects);
        command_table_count(table, row->records);
        command_table_text(table, text_bytes(bytes, row->bytes));
        if (coverage->to_end != OFFSET_NONE)
            command_table_count(table, row->to_end);
        command_table_text(table, partition_word(row));
        free(name);
    }
    command_table_print(table, out);
    command_table_free(table);
}

/* Exact ranges, for these are what an operator acts on; bounded, because a lost prefix can make thousands. */
static void print_ranges(struct buffer *out, const char *what, int32_t partition, const struct offset_range *ranges,
                         size_t count, size_t *shown)
{
    for (size_t i = 0; i < count; i++) {
        if ((*shown)++ < RANGES_SHOWN)
            buffer_printf(out, "%s  p%d  [%lld, %lld)  %lld offsets\n", what, partition, (long long)ranges[i].start,
                          (long long)ranges[i].end, (long long)(ranges[i].end - ranges[i].start));
    }
}

static void print_all_ranges(struct buffer *out, const struct coverage *coverage)
{
    size_t shown = 0;

    buffer_append_char(out, '\n');
    for (size_t i = 0; i < coverage->count; i++) {
        const struct coverage_partition *row = &coverage->partitions[i];

        print_ranges(out, "missing", row->partition, row->holes, row->hole_count, &shown);
        print_ranges(out, "twice  ", row->partition, row->overlaps, row->overlap_count, &shown);
        print_ranges(out, "lost   ", row->partition, row->lost, row->lost_count, &shown);
    }
    if (shown > RANGES_SHOWN)
        command_note(out, "and %zu more ranges (--json lists all)", shown - RANGES_SHOWN);
}

static int run(const struct config *config)
{
    struct engine_request request = { .kind = ENGINE_ASK_AUDIT };
    struct engine_event *event;
    struct error err;
    struct buffer out;
    int code;

    if (!command_need(config->stream, "stream", &err) || !command_need(config->bucket, "bucket", &err) ||
        !command_ask(config, &request, &event, &err))
        return command_fail(&err);
    buffer_init(&out, 0);
    code = exit_code(event->coverage);
    if (config->json) {
        struct json *document = coverage_to_json(event->coverage, event->stream, event->plan_id);

        if (event->objects)
            json_set_text(document, "old_side", "objects");
        if (event->objects)
            json_set(document, "connect_objects", cutover_connect_to_json(event->objects, NULL));
        command_json(&out, document);
    } else {
        print_verdict(&out, event);
        print_cutover(&out, event->coverage, event->objects != NULL);
        print_partitions(&out, event->coverage);
        print_all_ranges(&out, event->coverage);
        if (event->objects)
            command_objects_report(&out, event->objects, NULL);
    }
    engine_event_free(event);
    return command_finish(&out, code);
}

const struct command command_audit_row = {
    .name = "audit",
    .bit = CONFIG_AUDIT,
    .summary = "prove from the bucket what is covered, missing, double",
    .usage = "--stream NAME --bucket BUCKET [--prefix PREFIX]\n"
             "           [--brokers HOST:PORT,...] [--with-connect PREFIX]",
    .text = "Lists the stream's objects, reads their metadata and compares them with the plan\n"
            "that lies beside them: is each partition one unbroken chain, is anything there\n"
            "twice, did the cutover come out as planned. It needs nothing but the bucket;\n"
            "with --brokers it also checks that the group's commits do not lie beyond the\n"
            "objects. With --with-connect the old connector's own objects are the old side,\n"
            "instead of its commits. Nothing is written.\n"
            "\n"
            "  pass  all there: up to the --until end and to every old commit\n"
            "  open  right so far, but short of them: the delivery is still on its way\n"
            "  fail  something is missing, double or foreign\n"
            "\n"
            "Examples:\n"
            "  headgate audit --stream orders --bucket lake --prefix orders/\n"
            "  headgate audit --stream orders --bucket lake --prefix orders/ -b b1:9092\n"
            "  headgate audit --stream orders --bucket lake --prefix orders/ \\\n"
            "      --with-connect topics/orders/\n"
            "\n"
            "Exit codes: 0 pass or open, 1 failed, 2 wrong usage, 3 the verdict is fail.\n",
    .run = run,
};
