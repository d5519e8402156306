/* headgate connect: the old sink's own side. Stopping and resuming are Kafka Connect's acts; the operator names the
 * connector and confirms by typing the name again, or with --yes. */
#include "base/json.h"
#include "base/text.h"
#include "command/command_ask.h"
#include "command/command_confirm.h"
#include "command/command_print.h"
#include "command/command_rows.h"
#include "command/command_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- JSON ------------------------------------------------------------------------------------------------------------*/

static struct json *offsets_json(const struct engine_connector *connector)
{
    struct json *list = json_array_new();

    for (size_t i = 0; i < connector->offset_count; i++) {
        struct json *row = json_object_new();

        json_set_text(row, "topic", connector->offsets[i].topic);
        json_set_int(row, "partition", connector->offsets[i].partition);
        json_set_int(row, "offset", connector->offsets[i].offset);
        json_append(list, row);
    }
    return list;
}

static struct json *settings_json(const struct engine_connector *connector)
{
    struct json *object = json_object_new();

    for (size_t i = 0; i < connector->settings.count; i++)
        json_set_text(object, connector->settings.rows[i].name, connector->settings.rows[i].value);
    return object;
}

static struct json *connector_json(const struct engine_connector *connector, bool whole)
{
    struct json *object = json_object_new();

    json_set_text(object, "connector", connector->name);
    json_set_text(object, "type", connector->sink ? "sink" : "source");
    json_set_text(object, "state", connector->state);
    json_set_int(object, "tasks", connector->tasks);
    json_set_int(object, "tasks_running", connector->running_tasks);
    json_set_int(object, "tasks_failed", connector->failed_tasks);
    json_set_text(object, "group", connector->group);
    json_set_text(object, "topics", connector->topics);
    json_set_text(object, "class", connector->class_name);
    json_set_text(object, "trouble", connector->trouble);
    if (!whole)
        return object;
    json_set_text(object, "group_state", connector->group_state[0] ? connector->group_state : NULL);
    if (connector->group_state[0])
        json_set_int(object, "group_members", connector->group_members);
    else
        json_set_null(object, "group_members");
    json_set_text(object, "worker", connector->worker);
    if (connector->offsets_known)
        json_set(object, "offsets", offsets_json(connector));
    else
        json_set_null(object, "offsets");
    json_set(object, "settings", settings_json(connector));
    return object;
}

static struct json *answer_json(const struct engine_event *event, bool whole)
{
    struct json *document = json_object_new();
    struct json *list = json_array_new();

    json_set_text(document, "connect", event->connect_place);
    for (size_t i = 0; i < event->connector_count; i++)
        json_append(list, connector_json(&event->connectors[i], whole));
    json_set(document, "connectors", list);
    return document;
}

/* --- text ------------------------------------------------------------------------------------------------------------*/

static char *tasks_text(const struct engine_connector *connector)
{
    if (connector->tasks == 0)
        return memory_copy_text("-");
    return memory_printf("%d/%d%s", connector->running_tasks, connector->tasks,
                         connector->failed_tasks > 0 ? " !" : "");
}

static void print_list(struct buffer *out, const struct engine_event *event)
{
    struct command_table *table = command_table_new();

    command_outside(out, event->connect_place);
    buffer_append_text(out, "\n\n");
    command_table_column(table, "connector", COMMAND_COLUMN_TEXT);
    command_table_column(table, "type", COMMAND_COLUMN_TEXT);
    command_table_column(table, "state", COMMAND_COLUMN_TEXT);
    command_table_column(table, "tasks", COMMAND_COLUMN_RIGHT);
    command_table_column(table, "group", COMMAND_COLUMN_TEXT);
    command_table_column(table, "topics", COMMAND_COLUMN_TEXT);
    for (size_t i = 0; i < event->connector_count; i++) {
        const struct engine_connector *connector = &event->connectors[i];
        char *tasks = tasks_text(connector);

        command_table_text(table, connector->name);
        command_table_text(table, connector->sink ? "sink" : "source");
        command_table_text(table, connector->state);
        command_table_text(table, tasks);
        command_table_text(table, connector->group ? connector->group : "-");
        command_table_text(table, connector->topics ? connector->topics : "-");
        free(tasks);
    }
    command_table_print(table, out);
    command_table_free(table);
    if (event->connector_count == 0)
        command_note(out, "Kafka Connect has no connectors");
    for (size_t i = 0; i < event->connector_count; i++) {
        if (event->connectors[i].trouble) {
            char *text = text_sanitised(event->connectors[i].trouble);

            command_note(out, "! %s: %s", event->connectors[i].name, text);
            free(text);
        }
    }
}

static void print_line(struct buffer *out, const char *word, const char *value)
{
    buffer_printf(out, "  %-8s", word);
    command_outside(out, value);
    buffer_append_char(out, '\n');
}

static void print_group(struct buffer *out, const struct engine_connector *connector)
{
    char members[TEXT_COUNTED_SIZE];

    if (!connector->group)
        return;
    buffer_append_text(out, "  group   ");
    command_outside(out, connector->group);
    if (connector->group_state[0]) {
        buffer_append_char(out, ' ');
        command_outside(out, connector->group_state);
        buffer_printf(out, ", %s\n", text_counted(members, connector->group_members, "member"));
    } else {
        buffer_append_text(out, " (not looked at: give --brokers)\n");
    }
}

static void print_offsets(struct buffer *out, const struct engine_connector *connector)
{
    const char *topic = NULL;

    if (!connector->sink)
        return;
    if (!connector->offsets_known) {
        command_note(out,
                     "offsets: this worker does not tell them (older than 3.5); the group has them: headgate survey");
        return;
    }
    if (connector->offset_count == 0)
        command_note(out, "no offsets are committed yet");
    for (size_t i = 0; i < connector->offset_count; i++) {
        const struct engine_connector_offset *row = &connector->offsets[i];
        char number[TEXT_NUMBER_SIZE];

        if (!topic || strcmp(topic, row->topic) != 0) {
            topic = row->topic;
            buffer_append_text(out, "\n  committed in ");
            command_outside(out, topic);
            buffer_append_text(out, " (the next offset to read)\n");
        }
        buffer_printf(out, "    p%-6d %15s\n", row->partition, text_count(number, row->offset));
    }
}

static void print_settings(struct buffer *out, const struct engine_connector *connector)
{
    buffer_append_text(out, "\n  settings\n");
    for (size_t i = 0; i < connector->settings.count; i++) {
        buffer_append_text(out, "    ");
        command_outside(out, connector->settings.rows[i].name);
        buffer_append_char(out, '=');
        command_outside(out, connector->settings.rows[i].value);
        buffer_append_char(out, '\n');
    }
}

static void print_one(struct buffer *out, const struct engine_event *event, bool settings)
{
    const struct engine_connector *connector = &event->connectors[0];
    char *tasks = tasks_text(connector);

    command_outside(out, connector->name);
    buffer_printf(out, ": %s ", connector->sink ? "sink" : "source");
    command_outside(out, connector->state);
    buffer_append_char(out, '\n');
    print_line(out, "at", event->connect_place);
    print_line(out, "tasks", tasks);
    print_line(out, "topics", connector->topics ? connector->topics : "-");
    print_group(out, connector);
    if (connector->trouble)
        print_line(out, "trouble", connector->trouble);
    print_offsets(out, connector);
    if (settings)
        print_settings(out, connector);
    free(tasks);
}

/* --- running ---------------------------------------------------------------------------------------------------------*/

static const struct verb {
    const char *name;
    enum engine_request_kind kind;
    bool acts; /* wants a name, and a confirmation */
} verbs[] = {
    { "status", ENGINE_ASK_CONNECT_STATUS, false },
    { "stop",   ENGINE_ASK_CONNECT_STOP,   true  },
    { "resume", ENGINE_ASK_CONNECT_RESUME, true  },
};
enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static const struct verb *find_verb(const struct config *config, struct error *err)
{
    const char *name = config->connect_verb ? config->connect_verb : "status";

    for (size_t i = 0; i < VERBS; i++) {
        if (strcmp(verbs[i].name, name) != 0)
            continue;
        if (verbs[i].acts && !config->connect_name)
            error_set(err, ERROR_USAGE, "which connector? headgate connect %s NAME; headgate connect status lists them",
                      name);
        else
            return &verbs[i];
        return NULL;
    }
    error_set(err, ERROR_USAGE, "headgate connect knows status, stop and resume, not \"%s\"", name);
    return NULL;
}

/* The name typed again on the terminal, or --yes. */
static bool confirm(const struct config *config, const struct verb *verb, struct error *err)
{
    if (!verb->acts || config->yes)
        return true;
    if (!command_confirm_possible())
        return error_set(err, ERROR_USAGE, "to %s a connector without a terminal to ask on, give --yes", verb->name);
    fputs(strcmp(verb->name, "stop") == 0 ? "all its topics stop; type the connector's name to stop it: "
                                          : "type the connector's name to resume it: ",
          stderr);
    fflush(stderr);
    return command_confirm_word(config->connect_name, "the connector's name", -1, err);
}

static int run(const struct config *config)
{
    struct engine_request request = { .connector = config->connect_name, .topic = NULL };
    struct engine_event *event;
    const struct verb *verb;
    struct error err = { 0 };
    struct buffer out;

    verb = find_verb(config, &err);
    if (!verb || !confirm(config, verb, &err))
        return command_fail(&err);
    request.kind = verb->kind;
    if (!command_ask(config, &request, &event, &err))
        return command_fail(&err);
    buffer_init(&out, 0);
    if (config->json)
        command_json(&out, answer_json(event, config->connect_name != NULL));
    else if (config->connect_name)
        print_one(&out, event, !verb->acts);
    else
        print_list(&out, event);
    engine_event_free(event);
    return command_finish(&out, COMMAND_DONE);
}

const struct command command_connect_row = {
    .name = "connect",
    .bit = CONFIG_CONNECT,
    .summary = "Kafka Connect's connectors: status, stop, resume",
    .usage = "[status|stop|resume] [NAME] --connect URL\n"
             "           [--brokers HOST:PORT,...]",
    .text = "Asks Kafka Connect's REST interface. `status` lists the connectors with their\n"
            "states and consumer groups; with a name also the offsets it will go on at and\n"
            "its settings, secrets masked. `stop` and `resume` ask for the name again on a\n"
            "terminal, else want --yes; both wait until it is so: stopped means no tasks\n"
            "and, with --brokers, an Empty group, so that its commits no longer move. A\n"
            "connector that is stopped already is fine.\n"
            "\n"
            "The address is --connect or headgate.connect in the file of --config. A user\n"
            "and a password belong there too (headgate.connect.user, .password), for the\n"
            "command line is seen by others; headgate.connect.ca names a private CA's file.\n"
            "\n"
            "Examples:\n"
            "  headgate connect --connect http://connect:8083\n"
            "  headgate connect status orders-s3 -F my.conf\n"
            "  headgate connect stop orders-s3 -F my.conf\n"
            "  headgate connect resume orders-s3 -F my.conf --yes\n"
            "\n"
            "Exit codes: 0 done, 1 failed, 2 wrong usage.\n",
    .run = run,
};
