/* headgate topics: what there is on this cluster. */
#include "base/json.h"
#include "base/text.h"
#include "command/command_ask.h"
#include "command/command_print.h"
#include "command/command_rows.h"
#include "command/command_table.h"

#include <poll.h>
#include <string.h>

enum { RATE_OVER_MS = 1000 };

/* A list of topics with two readings of their ends, which give the rates. */
struct reading {
    struct engine_event *first;
    struct engine_event *second; /* NULL: there is none */
};

static const struct engine_topic *find_topic(const struct engine_event *event, const char *name)
{
    for (size_t i = 0; event && i < event->topic_count; i++) {
        if (strcmp(event->topics[i].name, name) == 0)
            return &event->topics[i];
    }
    return NULL;
}

/* Records per 1,000 s between the readings; OFFSET_NONE where one of them does not know the end, or the topic was made
 * again. */
static int64_t rate_of(const struct reading *reading, size_t index)
{
    const struct engine_topic *topic = &reading->first->topics[index], *later = NULL;

    /* Both lists come in the order of the broker's answer, which is the same one where no topic came or went. */
    if (reading->second && index < reading->second->topic_count)
        later = &reading->second->topics[index];
    if (!later || strcmp(later->name, topic->name) != 0)
        later = find_topic(reading->second, topic->name);
    if (!later || topic->error || later->error || topic->ends == OFFSET_NONE || later->ends < topic->ends ||
        later->ends_at <= topic->ends_at)
        return OFFSET_NONE;
    return (int64_t)((double)(later->ends - topic->ends) * 1e6 / (double)(later->ends_at - topic->ends_at));
}

static void set_kinds(struct json *row, const struct engine_topic *topic)
{
    struct json *kinds = json_object_new();

    for (int kind = VALUE_UNKNOWN + 1; kind <= VALUE_TOMBSTONE; kind++) {
        if (topic->kinds[kind] > 0)
            json_set_int(kinds, engine_value_kind_name((enum value_kind)kind), (int64_t)topic->kinds[kind]);
    }
    json_set(row, "values", kinds);
}

static void set_rate(struct json *row, int64_t rate)
{
    if (rate == OFFSET_NONE)
        json_set_null(row, "records_per_second");
    else
        json_set_real(row, "records_per_second", (double)rate / 1000);
}

static struct json *topics_json(const struct reading *reading)
{
    const struct engine_event *event = reading->first;
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
        set_rate(row, rate_of(reading, i));
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

static void add_rate(struct command_table *table, int64_t rate)
{
    if (rate == OFFSET_NONE)
        command_table_text(table, "-");
    else if (rate > 0 && rate < 1000)
        command_table_text(table, "<1");
    else
        command_table_count(table, rate / 1000);
}

static void add_row(struct command_table *table, const struct engine_topic *topic, int64_t rate, timestamp_ms now)
{
    struct buffer values;
    char time[TIMESTAMP_TEXT_SIZE];

    buffer_init(&values, 0);
    command_table_text(table, topic->name);
    command_table_count(table, topic->partitions);
    command_table_count(table, topic->offsets);
    add_rate(table, rate);
    command_table_text(table, !topic->described ? "-" : topic->log_append ? "append" : "create");
    command_table_text(table, timestamp_short(time, topic->oldest, now));
    command_table_text(table, timestamp_short(time, topic->newest, now));
    command_table_text(table, !topic->described ? "-" : topic->compacted ? "compact" : "delete");
    if (topic->error)
        buffer_printf(&values, "! %s", topic->error);
    else
        values_text(&values, topic);
    command_table_text(table, values.data);
    buffer_clear(&values);
}

static void print_topics(struct buffer *out, const struct reading *reading, bool internal)
{
    const struct engine_event *event = reading->first;
    struct command_table *table = command_table_new();
    char counted[TEXT_COUNTED_SIZE];
    size_t hidden = 0;

    command_table_column(table, "topic", COMMAND_COLUMN_TEXT);
    command_table_column(table, "parts", COMMAND_COLUMN_COUNT);
    command_table_column(table, "offsets", COMMAND_COLUMN_COUNT);
    command_table_column(table, "rec/s", COMMAND_COLUMN_COUNT);
    command_table_column(table, "clock", COMMAND_COLUMN_SPARE);
    command_table_column(table, "oldest", COMMAND_COLUMN_RIGHT);
    command_table_column(table, "newest", COMMAND_COLUMN_RIGHT);
    command_table_column(table, "policy", COMMAND_COLUMN_SPARE);
    command_table_column(table, "values", COMMAND_COLUMN_TEXT);
    for (size_t i = 0; i < event->topic_count; i++) {
        if (event->topics[i].internal && !internal)
            hidden++;
        else
            add_row(table, &event->topics[i], rate_of(reading, i), timestamp_now());
    }
    command_table_print(table, out);
    command_table_free(table);
    if (event->topic_count == hidden)
        command_note(out, "no topic is visible: the cluster is empty, or the right Describe on topics is missing");
    if (hidden > 0)
        command_note(out, "%s hidden (--json lists all)", text_counted(counted, (int64_t)hidden, "internal topic"));
}

/* Until the last of the ends is old enough. Reading the records has taken most of it, or all. */
static void wait_for_rates(const struct engine_event *event)
{
    int64_t until = 0, left;

    for (size_t i = 0; i < event->topic_count; i++) {
        if (event->topics[i].ends != OFFSET_NONE && event->topics[i].ends_at + RATE_OVER_MS > until)
            until = event->topics[i].ends_at + RATE_OVER_MS;
    }
    while ((left = until - timestamp_monotonic()) > 0)
        poll(NULL, 0, (int)left);
}

/* A list without rates is still a list. */
static bool read_topics(const struct config *config, struct reading *reading, struct error *err)
{
    struct engine_request request = { .kind = ENGINE_ASK_TOPICS, .topic = config->topic, .details = true };
    struct engine *engine = NULL;
    struct error own = { 0 };
    bool ok;

    if (!engine_new(config, &engine, err))
        return false;
    ok = command_ask_engine(engine, &request, &reading->first, err);
    if (ok) {
        wait_for_rates(reading->first);
        request.details = false;
        if (!command_ask_engine(engine, &request, &reading->second, &own))
            command_warn(own.message);
    }
    engine_free(engine);
    return ok;
}

static int run(const struct config *config)
{
    struct reading reading = { 0 };
    struct error err;
    struct buffer out;

    if (!read_topics(config, &reading, &err))
        return command_fail(&err);
    buffer_init(&out, 0);
    if (config->json)
        command_json(&out, topics_json(&reading));
    else
        print_topics(&out, &reading, config->topic);
    engine_event_free(reading.first);
    engine_event_free(reading.second);
    return command_finish(&out, COMMAND_DONE);
}

const struct command command_topics_row = {
    .name = "topics",
    .bit = CONFIG_TOPICS,
    .summary = "list topics with partitions, offsets and settings",
    .usage = "--brokers HOST:PORT,... [--topic TOPIC]",
    .text = "Lists the topics of a cluster, with what the console shows. `offsets` is the sum\n"
            "of end - log start; `rec/s` what was added to the ends between two readings, a\n"
            "second or more apart. `clock` says whose time records carry: the producer's\n"
            "(create) or the broker's (append). For the oldest and the newest time, and for\n"
            "what the values are, the first and last records of up to 100 partitions are\n"
            "looked at: many topics take a while, and Ctrl-C ends it at once. With --topic,\n"
            "only that one. `clock` and `policy` give way to long names; --json has all.\n"
            "\n"
            "Examples:\n"
            "  headgate topics -b b1:9092\n"
            "  headgate topics -F client.properties --topic orders\n"
            "  headgate topics -b b1:9092 --json | jq '.topics[].topic'\n",
    .run = run,
};
