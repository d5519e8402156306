/* headgate groups: who reads what, and how far behind. */
#include "base/json.h"
#include "base/text.h"
#include "command/command_ask.h"
#include "command/command_print.h"
#include "command/command_rows.h"
#include "command/command_table.h"

#include <stdlib.h>

static struct json *groups_json(const struct engine_event *event)
{
    struct json *document = json_object_new();
    struct json *list = json_array_new();

    for (size_t i = 0; i < event->group_count; i++) {
        const struct engine_group *group = &event->groups[i];
        struct json *row = json_object_new();

        json_set_text(row, "group", group->name);
        json_set_text(row, "state", group->state);
        json_set_text(row, "type", group->type);
        json_set_int(row, "members", group->members);
        json_set_int(row, "topics", (int64_t)group->topics);
        json_set_int_or_null(row, "lag", group->lag);
        json_set_int_or_null(row, "lost", group->lost);
        json_set_int_or_null(row, "oldest_time_ms", group->oldest);
        json_set_bool(row, "caught_up", group->caught_up);
        json_set_text(row, "connector", group->connector);
        json_set_text(row, "connector_state", group->connector ? group->connector_state : NULL);
        json_set_text(row, "error", group->error);
        json_append(list, row);
    }
    json_set(document, "groups", list);
    json_set_text(document, "connect", event->connect_place);
    json_set_text(document, "connect_error", event->connect_error);
    return document;
}

static const char *oldest_text(const struct engine_group *group, timestamp_ms now, char out[TIMESTAMP_TEXT_SIZE])
{
    if (group->oldest != TIMESTAMP_NONE)
        return timestamp_short(out, group->oldest, now);
    return group->caught_up ? "=" : "-";
}

/* What the columns of a row depend on. */
struct columns {
    bool connectors;
    timestamp_ms now;
};

static void connector_cell(struct command_table *table, const struct engine_group *group)
{
    char *text = group->connector ? memory_printf("%s %s", group->connector, group->connector_state) : NULL;

    command_table_text(table, text ? text : "-");
    free(text);
}

static void add_row(struct command_table *table, const struct engine_group *group, const struct columns *columns)
{
    char time[TIMESTAMP_TEXT_SIZE], lag[TEXT_NUMBER_SIZE];
    char *note = group->error ? memory_printf("! %s", group->error) : NULL;

    command_table_text(table, group->name);
    command_table_text(table, group->state);
    command_table_text(table, group->type[0] ? group->type : "-");
    command_table_count(table, group->members);
    /* Nothing committed is not the same as nothing to do. */
    if (group->topics == 0 && !group->error)
        command_table_text(table, "-");
    else
        command_table_count(table, group->lag);
    command_table_text(table, oldest_text(group, columns->now, time));
    if (columns->connectors)
        connector_cell(table, group);
    if (!note && group->lost > 0)
        note = memory_printf("< %s lost", text_count(lag, group->lost));
    command_table_text(table, note);
    free(note);
}

static void print_groups(struct buffer *out, const struct engine_event *event, const char *topic)
{
    struct command_table *table = command_table_new();
    struct columns columns = { .connectors = event->connect_place, .now = timestamp_now() };

    command_table_column(table, "group", COMMAND_COLUMN_TEXT);
    command_table_column(table, "state", COMMAND_COLUMN_TEXT);
    command_table_column(table, "type", COMMAND_COLUMN_SPARE);
    command_table_column(table, "members", COMMAND_COLUMN_COUNT);
    command_table_column(table, "lag", COMMAND_COLUMN_COUNT);
    command_table_column(table, "oldest T", COMMAND_COLUMN_RIGHT);
    if (columns.connectors)
        command_table_column(table, "connector", COMMAND_COLUMN_TEXT);
    command_table_column(table, "", COMMAND_COLUMN_TEXT);
    for (size_t i = 0; i < event->group_count; i++)
        add_row(table, &event->groups[i], &columns);
    command_table_print(table, out);
    command_table_free(table);
    if (event->connect_error)
        command_note(out, "! connectors are not shown: %s", event->connect_error);
    if (event->group_count > 0)
        return;
    if (topic)
        command_note(out, "no visible group has commits for this topic (check rights: Describe on groups)");
    else
        command_note(out, "no group is visible: there is none, or the right Describe on groups is missing");
}

static int run(const struct config *config)
{
    struct engine_request request = { .kind = ENGINE_ASK_GROUPS, .topic = config->topic, .details = true };
    struct engine_event *event;
    struct error err;
    struct buffer out;

    if (!command_ask(config, &request, &event, &err))
        return command_fail(&err);
    buffer_init(&out, 0);
    if (config->json)
        command_json(&out, groups_json(event));
    else
        print_groups(&out, event, config->topic);
    engine_event_free(event);
    return command_finish(&out, COMMAND_DONE);
}

const struct command command_groups_row = {
    .name = "groups",
    .bit = CONFIG_GROUPS,
    .summary = "list consumer groups with state, members and lag",
    .usage = "--brokers HOST:PORT,... [--topic TOPIC]",
    .text = "Lists consumer groups. The group of a sink connector NAME is usually\n"
            "connect-NAME; headgate-NAME is where headgate's own stream NAME stands, and its\n"
            "lag is what that has still to deliver. `lag` is the sum of end - committed, in\n"
            "offsets; `lost` is what retention took before it was read; `oldest T` the oldest\n"
            "time at a commit, for which a record is read at each: many groups take a while,\n"
            "and Ctrl-C ends it at once. With --topic, only groups that have commits for it.\n"
            "With --connect the connector that a group belongs to, and its state. Groups are\n"
            "only read: nothing is joined or committed.\n"
            "\n"
            "Examples:\n"
            "  headgate groups -b b1:9092\n"
            "  headgate groups -b b1:9092 --topic orders\n",
    .run = run,
};
