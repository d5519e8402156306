/* headgate topics: what there is on this cluster. */
#include "base/json.h"
#include "base/text.h"
#include "command/command_ask.h"
#include "command/command_print.h"
#include "command/command_rows.h"
#include "command/command_table.h"

#include <string.h>

static void set_kinds(struct json *row, const struct engine_topic *topic)
{
    struct json *kinds = json_object_new();

    for (int kind = VALUE_UNKNOWN + 1; kind <= VALUE_TOMBSTONE; kind++) {
        if (topic->kinds[kind] > 0)
            json_set_int(kinds, engine_value_kind_name((enum value_kind)kind), (int64_t)topic->kinds[kind]);
    }
    json_set(row, "values", kinds);
}

static struct json *topics_json(const struct engine_event *event)
{
    struct json *document = json_object_new();
    struct json *list = json_array_new();

    for (size_t i = 0; i < event->topic_count; i++) {
        const struct engine_topic *topic = &event->topics[i];
        struct json *row = json_object_new();

        json_set_text(row, "topic", topic->name);
        json_set_int(row, "partitions", topic->partitions);
        json_set_bool(row, "internal", topic->internal);
        json_set_int_or_null(row, "offsets", topic->offsets);
        json_set_text(row, "timestamp_type", !topic->described ? NULL : topic->log_append ? "append" : "create");
        json_set_text(row, "cleanup_policy", !topic->described ? NULL : topic->compacted ? "compact" : "delete");
        json_set_int_or_null(row, "retention_ms", topic->retention_ms);
        json_set_int_or_null(row, "oldest_time_ms", topic->oldest);
        json_set_int_or_null(row, "newest_time_ms", topic->newest);
        set_kinds(row, topic);
        json_set_text(row, "error", topic->error);
        json_append(list, row);
    }
    json_set(document, "topics", list);
    return document;
}

/* "JSON", "JSON, multi !" */
static void values_text(struct buffer *out, const struct engine_topic *topic)
{
    bool breaks = false;

    for (int kind = VALUE_UNKNOWN + 1; kind <= VALUE_TOMBSTONE; kind++) {
        if (topic->kinds[kind] == 0)
            continue;
        buffer_printf(out, "%s%s", out->length > 0 ? ", " : "", engine_value_kind_name((enum value_kind)kind));
        breaks = breaks || engine_value_kind_breaks_lines((enum value_kind)kind);
    }
    buffer_append_text(out, breaks ? " !" : "");
}

static void add_row(struct command_table *table, const struct engine_topic *topic, bool details, timestamp_ms now)
{
    struct buffer values;
    char time[TIMESTAMP_TEXT_SIZE];

    buffer_init(&values, 0);
    command_table_text(table, topic->name);
    command_table_count(table, topic->partitions);
    command_table_count(table, topic->offsets);
    command_table_text(table, !topic->described ? "-" : topic->log_append ? "append" : "create");
    if (topic->error)
        buffer_printf(&values, "! %s", topic->error);
    else if (details)
        values_text(&values, topic);
    if (details) {
        command_table_text(table, timestamp_short(time, topic->oldest, now));
        command_table_text(table, timestamp_short(time, topic->newest, now));
    }
    command_table_text(table, !topic->described ? "-" : topic->compacted ? "compact" : "delete");
    command_table_text(table, values.data);
    buffer_clear(&values);
}

static void print_topics(struct buffer *out, const struct engine_event *event, bool details)
{
    struct command_table *table = command_table_new();
    char counted[TEXT_COUNTED_SIZE];
    size_t hidden = 0;

    command_table_column(table, "topic", COMMAND_COLUMN_TEXT);
    command_table_column(table, "parts", COMMAND_COLUMN_COUNT);
    command_table_column(table, "offsets", COMMAND_COLUMN_COUNT);
    command_table_column(table, "clock", COMMAND_COLUMN_TEXT);
    if (details) {
        command_table_column(table, "oldest", COMMAND_COLUMN_RIGHT);
        command_table_column(table, "newest", COMMAND_COLUMN_RIGHT);
    }
    command_table_column(table, "policy", COMMAND_COLUMN_TEXT);
    command_table_column(table, details ? "values" : "", COMMAND_COLUMN_TEXT);
    for (size_t i = 0; i < event->topic_count; i++) {
        if (event->topics[i].internal && !details)
            hidden++;
        else
            add_row(table, &event->topics[i], details, timestamp_now());
    }
    command_table_print(table, out);
    command_table_free(table);
    if (event->topic_count == hidden)
        command_note(out, "no topic is visible: the cluster is empty, or the right Describe on topics is missing");
    if (hidden > 0)
        command_note(out, "%s hidden (--json lists all)", text_counted(counted, (int64_t)hidden, "internal topic"));
}

static int run(const struct config *config)
{
    struct engine_request request = { .kind = ENGINE_ASK_TOPICS, .topic = config->topic, .details = config->topic };
    struct engine_event *event;
    struct error err;
    struct buffer out;

    if (!command_ask(config, &request, &event, &err))
        return command_fail(&err);
    buffer_init(&out, 0);
    if (config->json)
        command_json(&out, topics_json(event));
    else
        print_topics(&out, event, request.details);
    engine_event_free(event);
    return command_finish(&out, COMMAND_DONE);
}

const struct command command_topics_row = {
    .name = "topics",
    .bit = CONFIG_TOPICS,
    .summary = "list topics with partitions, offsets and settings",
    .usage = "--brokers HOST:PORT,... [--topic TOPIC]",
    .text = "Lists the topics of a cluster. `offsets` is the sum of end - log start. `clock`\n"
            "says whose time records carry: the producer's (create) or the broker's (append).\n"
            "With --topic, only that one, and its records are looked at: oldest and newest\n"
            "time, and what the values are.\n"
            "\n"
            "Examples:\n"
            "  headgate topics -b b1:9092\n"
            "  headgate topics -F client.properties --topic orders\n"
            "  headgate topics -b b1:9092 --json | jq '.topics[].topic'\n",
    .run = run,
};
