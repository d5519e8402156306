/* The functions of src/kafka/ as commands, so that end-to-end tests can compare them with an independent client.
 *
 *   kafka_probe [-X name=value]... [-u] COMMAND ARGUMENT...
 *
 * -u reads uncommitted. Each command prints one JSON document; kafka_probe_reader.c has the one that prints many. A
 * failure prints {"error": ..., "kind": ..., "retriable": ...} and exits with 1.
 */
#include "tests/e2e/kafka_probe.h"

#include "base/buffer.h"
#include "base/log.h"
#include "format/value_kind.h"
#include "kafka/kafka_commit.h"
#include "kafka/kafka_directory.h"
#include "kafka/kafka_offsets.h"
#include "kafka/kafka_times.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 15000 };

void probe_print(struct json *document)
{
    struct buffer text;

    buffer_init(&text, 0);
    json_write(document, false, &text);
    puts(text.data);
    (void)fflush(stdout);
    buffer_clear(&text);
    json_free(document);
}

struct json *probe_error(const struct error *err)
{
    struct json *object = json_object_new();

    json_set_text(object, "error", err->message);
    json_set_text(object, "kind", error_kind_name(err->kind));
    json_set_bool(object, "retriable", err->retriable);
    return object;
}

struct json *probe_offsets(const struct partition_offsets *offsets)
{
    struct json *rows = json_array_new();

    for (size_t i = 0; i < offsets->count; i++) {
        struct json *row = json_object_new();

        json_set_int(row, "partition", offsets->rows[i].partition);
        json_set_int(row, "offset", offsets->rows[i].offset);
        json_set_text(row, "metadata", offsets->rows[i].metadata);
        json_set_text(row, "error", offsets->rows[i].error);
        json_append(rows, row);
    }
    return rows;
}

bool probe_parse_offset(char *text, struct partition_offsets *offsets)
{
    char *rest = NULL;
    struct partition_offset *row = partition_offsets_row(offsets, (int32_t)strtol(text, &rest, 10));

    if (*rest != ':')
        return false;
    row->offset = strtoll(rest + 1, &rest, 10);
    if (*rest == ':')
        row->metadata = memory_copy_text(rest + 1);
    return *rest == ':' || *rest == '\0';
}

static struct json *topic_json(const struct kafka_topic *topic)
{
    struct json *object = json_object_new();

    json_set_text(object, "name", topic->name);
    json_set_text(object, "id", topic->id);
    json_set_int(object, "partitions", topic->partitions);
    json_set_bool(object, "internal", topic->internal);
    json_set_bool(object, "log_append", topic->log_append);
    json_set_bool(object, "compacted", topic->compacted);
    json_set_bool(object, "described", topic->described);
    json_set_int(object, "retention_ms", topic->retention_ms);
    json_set_int(object, "max_message_bytes", topic->max_message_bytes);
    json_set_text(object, "error", topic->error);
    return object;
}

static struct json *group_json(const struct kafka_group *group)
{
    struct json *object = json_object_new();

    json_set_text(object, "name", group->name);
    json_set_text(object, "state", group->state);
    json_set_text(object, "protocol_type", group->protocol_type);
    json_set_text(object, "kind", group->kind);
    json_set_int(object, "members", group->members);
    json_set_text(object, "error", group->error);
    return object;
}

static struct json *run_connect(struct probe *probe, char **arguments, struct error *err)
{
    struct json *object;

    if (!kafka_client_connect(probe->client, arguments[0] == NULL ? TIMEOUT_MS : (int)strtol(arguments[0], NULL, 10),
                              err))
        return NULL;
    object = json_object_new();
    json_set_text(object, "cluster", kafka_client_cluster_id(probe->client, TIMEOUT_MS));
    json_set_text(object, "version", kafka_client_version());
    return object;
}

static struct json *run_topics(struct probe *probe, char **arguments, struct error *err)
{
    struct kafka_topics topics;
    struct json *array;

    (void)arguments;
    if (!kafka_directory_topics(probe->client, TIMEOUT_MS, &topics, err))
        return NULL;
    array = json_array_new();
    for (size_t i = 0; i < topics.count; i++)
        json_append(array, topic_json(&topics.rows[i]));
    kafka_topics_clear(&topics);
    return array;
}

static struct json *run_topic(struct probe *probe, char **arguments, struct error *err)
{
    struct kafka_topic topic;
    struct json *object;

    if (!kafka_directory_topic(probe->client, arguments[0], TIMEOUT_MS, &topic, err))
        return NULL;
    object = topic_json(&topic);
    kafka_topic_clear(&topic);
    return object;
}

static struct json *run_groups(struct probe *probe, char **arguments, struct error *err)
{
    struct kafka_groups groups;
    struct json *array;

    (void)arguments;
    if (!kafka_directory_groups(probe->client, TIMEOUT_MS, &groups, err))
        return NULL;
    array = json_array_new();
    for (size_t i = 0; i < groups.count; i++)
        json_append(array, group_json(&groups.rows[i]));
    kafka_groups_clear(&groups);
    return array;
}

static struct json *run_group(struct probe *probe, char **arguments, struct error *err)
{
    struct kafka_group group;
    struct json *object;

    if (!kafka_directory_group(probe->client, arguments[0], TIMEOUT_MS, &group, err))
        return NULL;
    object = group_json(&group);
    kafka_group_clear(&group);
    return object;
}

static struct json *finish_offsets(bool ok, struct partition_offsets *offsets)
{
    struct json *array = ok ? probe_offsets(offsets) : NULL;

    partition_offsets_clear(offsets);
    return array;
}

static struct json *run_committed(struct probe *probe, char **arguments, struct error *err)
{
    struct partition_offsets offsets;

    partition_offsets_init(&offsets);
    return finish_offsets(kafka_offsets_committed(probe->client, arguments[0], arguments[1], TIMEOUT_MS, &offsets, err),
                          &offsets);
}

static struct json *run_group_topics(struct probe *probe, char **arguments, struct error *err)
{
    struct kafka_group_topic *topics = NULL;
    size_t count = 0;
    struct json *object;

    if (!kafka_offsets_group_topics(probe->client, arguments[0], TIMEOUT_MS, &topics, &count, err))
        return NULL;
    object = json_object_new();
    for (size_t i = 0; i < count; i++)
        json_set_int(object, topics[i].topic, topics[i].partitions);
    kafka_group_topics_free(topics, count);
    return object;
}

/* range TOPIC PARTITIONS start|end|TIME */
static struct json *run_range(struct probe *probe, char **arguments, struct error *err)
{
    int32_t partitions = (int32_t)strtol(arguments[1], NULL, 10);
    struct partition_offsets offsets;
    bool ok;

    partition_offsets_init(&offsets);
    if (strcmp(arguments[2], "start") == 0)
        ok = kafka_offsets_range(probe->client, arguments[0], partitions, KAFKA_LOG_START, TIMEOUT_MS, &offsets, err);
    else if (strcmp(arguments[2], "end") == 0)
        ok = kafka_offsets_range(probe->client, arguments[0], partitions, KAFKA_LOG_END, TIMEOUT_MS, &offsets, err);
    else
        ok = kafka_offsets_for_time(probe->client, arguments[0], partitions, strtoll(arguments[2], NULL, 10),
                                    TIMEOUT_MS, &offsets, err);
    return finish_offsets(ok, &offsets);
}

static bool print_progress(void *context, size_t done, size_t total)
{
    (void)done;
    (void)total;
    return *(int *)context == 0 || --*(int *)context > 0;
}

static struct json *records_json(const struct partition_records *records)
{
    struct json *rows = json_array_new();

    for (size_t i = 0; i < records->count; i++) {
        const struct partition_record *record = &records->rows[i];
        struct json *row = json_object_new();

        json_set_int(row, "partition", record->partition);
        json_set_bool(row, "found", record->found);
        json_set_int(row, "offset", record->offset);
        json_set_int(row, "time", record->time);
        json_set_bool(row, "log_append", record->log_append);
        json_set_int(row, "size", (int64_t)record->size);
        json_set_text(row, "kind", value_kind_name(record->kind));
        json_set_text(row, "error", record->error);
        json_append(rows, row);
    }
    return rows;
}

/* times TOPIC PARTITIONS start|GROUP [CANCEL_AFTER_CALLS]: the records at the log starts, or at a group's commits */
static struct json *run_times(struct probe *probe, char **arguments, struct error *err)
{
    int32_t partitions = (int32_t)strtol(arguments[1], NULL, 10);
    int calls = arguments[3] == NULL ? 0 : (int)strtol(arguments[3], NULL, 10);
    struct partition_offsets from, ends;
    struct partition_records records;
    struct json *rows = NULL;
    bool ok;

    partition_offsets_init(&from);
    partition_offsets_init(&ends);
    partition_records_init(&records);
    if (strcmp(arguments[2], "start") == 0)
        ok = kafka_offsets_range(probe->client, arguments[0], partitions, KAFKA_LOG_START, TIMEOUT_MS, &from, err);
    else
        ok = kafka_offsets_committed(probe->client, arguments[2], arguments[0], TIMEOUT_MS, &from, err);
    if (ok && kafka_offsets_range(probe->client, arguments[0], partitions, KAFKA_LOG_END, TIMEOUT_MS, &ends, err) &&
        kafka_times_read(probe->settings, NULL, arguments[0], &from, &ends, TIMEOUT_MS, value_kind_of, print_progress,
                         &calls, &records, err))
        rows = records_json(&records);
    partition_records_clear(&records);
    partition_offsets_clear(&ends);
    partition_offsets_clear(&from);
    return rows;
}

/* commit GROUP TOPIC PARTITION:OFFSET[:METADATA]..., or commit GROUP TOPIC many COUNT OFFSET METADATA */
static struct json *run_commit(struct probe *probe, char **arguments, struct error *err)
{
    struct partition_offsets offsets;
    bool many = arguments[2] != NULL && strcmp(arguments[2], "many") == 0, ok = true;

    partition_offsets_init(&offsets);
    for (int32_t i = 0; many && i < strtol(arguments[3], NULL, 10); i++) {
        struct partition_offset *row = partition_offsets_row(&offsets, i);

        row->offset = strtoll(arguments[4], NULL, 10);
        row->metadata = memory_copy_text(arguments[5]);
    }
    for (size_t i = 2; !many && arguments[i] != NULL; i++)
        ok = ok && probe_parse_offset(arguments[i], &offsets);
    if (!ok)
        error_set(err, ERROR_USAGE, "PARTITION:OFFSET[:METADATA] is needed");
    return finish_offsets(
        ok && kafka_commit_plan(probe->settings, arguments[0], arguments[1], &offsets, TIMEOUT_MS, err), &offsets);
}

struct command {
    const char *name;
    int arguments; /* at least */
    struct json *(*run)(struct probe *probe, char **arguments, struct error *err);
};

static const struct command commands[] = {
    { "connect",      0, run_connect      },
    { "topics",       0, run_topics       },
    { "topic",        1, run_topic        },
    { "groups",       0, run_groups       },
    { "group",        1, run_group        },
    { "committed",    2, run_committed    },
    { "group-topics", 1, run_group_topics },
    { "range",        3, run_range        },
    { "times",        3, run_times        },
    { "commit",       3, run_commit       },
    { "reader",       3, probe_reader     },
};

static int run(const struct command *command, const struct kafka_settings *settings, char **arguments)
{
    struct probe probe = { settings, NULL };
    struct error err = { .kind = ERROR_NONE };
    struct json *document = NULL;

    if (kafka_client_new(settings, &probe.client, &err))
        document = command->run(&probe, arguments, &err);
    kafka_client_free(probe.client);
    probe_print(document != NULL ? document : probe_error(&err));
    return document != NULL ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct properties properties;
    struct kafka_settings settings = { .properties = &properties };
    struct error err;
    int at = 1, result = 2;

    properties_init(&properties);
    for (; at < argc && argv[at][0] == '-'; at++) {
        if (strcmp(argv[at], "-u") == 0)
            settings.isolation = KAFKA_READ_UNCOMMITTED;
        else if (strcmp(argv[at], "-v") == 0)
            log_to_stderr(true, LOG_DEBUG);
        else if (strcmp(argv[at], "-X") != 0 || !properties_set_pair(&properties, argv[++at], &err))
            return 2;
    }
    for (size_t i = 0; at < argc && i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(commands[i].name, argv[at]) == 0 && argc - at - 1 >= commands[i].arguments)
            result = run(&commands[i], &settings, argv + at + 1);
    properties_clear(&properties);
    return result;
}
