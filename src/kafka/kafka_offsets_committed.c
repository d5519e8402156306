/* Commits of any group, by Admin ListConsumerGroupOffsets: our client does not carry the group's name, and nothing is
 * joined. 10,000 partitions take about 0.3 s. */
#include "kafka/kafka_offsets.h"

#include "base/buffer.h"
#include "kafka/kafka_admin.h"
#include "kafka/kafka_error.h"

#include <stdlib.h>
#include <string.h>

/* One request for all commits of group. *partitions is borrowed from the event that is returned; NULL: see *code. */
static rd_kafka_event_t *ask_once(struct kafka_client *client, const char *group, int timeout_ms,
                                  const rd_kafka_topic_partition_list_t **partitions, rd_kafka_resp_err_t *code)
{
    rd_kafka_ListConsumerGroupOffsets_t *request = rd_kafka_ListConsumerGroupOffsets_new(group, NULL);
    rd_kafka_event_t *event;
    struct kafka_admin admin;

    kafka_admin_begin(client, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, timeout_ms, &admin);
    rd_kafka_ListConsumerGroupOffsets(kafka_client_handle(client), &request, 1, admin.options, admin.queue);
    event = kafka_admin_wait(client, &admin, code);
    kafka_admin_end(&admin);
    rd_kafka_ListConsumerGroupOffsets_destroy(request);
    if (event != NULL) {
        size_t count = 0;
        const rd_kafka_group_result_t **groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
            rd_kafka_event_ListConsumerGroupOffsets_result(event), &count);
        const rd_kafka_error_t *error = count == 1 ? rd_kafka_group_result_error(groups[0]) : NULL;

        *code = count != 1 ? RD_KAFKA_RESP_ERR__FAIL : error != NULL ? rd_kafka_error_code(error) : *code;
        if (*code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            *partitions = rd_kafka_group_result_partitions(groups[0]);
            return event;
        }
        rd_kafka_event_destroy(event);
    }
    return NULL;
}

/* As ask_once, again while the coordinator is only just coming up. */
static rd_kafka_event_t *ask(struct kafka_client *client, const char *group, int timeout_ms,
                             const rd_kafka_topic_partition_list_t **partitions, struct error *err)
{
    int64_t deadline = timestamp_monotonic() + timeout_ms;
    rd_kafka_resp_err_t code;
    rd_kafka_event_t *event;
    int backoff_ms = 50;

    do {
        event = ask_once(client, group, kafka_ms_left(deadline), partitions, &code);
    } while (event == NULL && kafka_client_try_again(client, code, deadline, &backoff_ms));
    if (event == NULL)
        /* whose own group it is needs more than a look, and Read holds Describe */
        kafka_error_set_right(client, code,
                              &(struct kafka_right){ kafka_group_is_ours(group) ? "Read" : "Describe", "group", group },
                              err, "cannot read the offsets of group %s", group);
    return event;
}

static void take_commits(const rd_kafka_topic_partition_list_t *partitions, const char *topic,
                         struct partition_offsets *committed)
{
    for (int i = 0; i < partitions->cnt; i++) {
        const rd_kafka_topic_partition_t *from = &partitions->elems[i];
        struct partition_offset *row;

        if (strcmp(from->topic, topic) != 0)
            continue;
        if (from->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            partition_offsets_set_error(committed, from->partition, kafka_error_words(from->err));
            continue;
        }
        if (from->offset < 0)
            continue; /* no commit; never 0 */
        row = partition_offsets_row(committed, from->partition);
        row->offset = from->offset;
        free(row->metadata);
        row->metadata = from->metadata_size == 0 ? NULL : memory_copy_bytes(from->metadata, from->metadata_size);
    }
}

static int compare_group_topics(const void *left, const void *right)
{
    return strcmp(((const struct kafka_group_topic *)left)->topic, ((const struct kafka_group_topic *)right)->topic);
}

void kafka_group_topics_free(struct kafka_group_topic *topics, size_t count)
{
    for (size_t i = 0; topics != NULL && i < count; i++)
        free(topics[i].topic);
    free(topics);
}

/* Allocates rows, sorted by name. */
static struct kafka_group_topic *take_topics(const rd_kafka_topic_partition_list_t *partitions, size_t *count)
{
    struct kafka_group_topic *rows = memory_new(((size_t)partitions->cnt + 1) * sizeof(*rows));
    size_t used = 0;

    for (int i = 0; i < partitions->cnt; i++) {
        const rd_kafka_topic_partition_t *from = &partitions->elems[i];
        size_t at = used;

        if (from->offset < 0)
            continue;
        while (at > 0 && strcmp(rows[at - 1].topic, from->topic) != 0)
            at--; /* a broker lists one topic after the other, so this is the last row nearly always */
        if (at == 0) {
            rows[used].topic = memory_copy_text(from->topic);
            at = ++used;
        }
        rows[at - 1].partitions++;
    }
    qsort(rows, used, sizeof(*rows), compare_group_topics);
    *count = used;
    return rows;
}

/* Any of the two answers; committed NULL, topics NULL: not wanted. */
static bool ask_group(struct kafka_client *client, const char *group, const char *topic, int timeout_ms,
                      struct partition_offsets *committed, struct kafka_group_topic **topics, size_t *count,
                      struct error *err)
{
    const rd_kafka_topic_partition_list_t *partitions = NULL;
    rd_kafka_event_t *event = ask(client, group, timeout_ms, &partitions, err);

    if (event == NULL)
        return false;
    if (committed != NULL)
        take_commits(partitions, topic, committed);
    if (topics != NULL)
        *topics = take_topics(partitions, count);
    rd_kafka_event_destroy(event);
    return true;
}

bool kafka_offsets_committed(struct kafka_client *client, const char *group, const char *topic, int timeout_ms,
                             struct partition_offsets *committed, struct error *err)
{
    return ask_group(client, group, topic, timeout_ms, committed, NULL, NULL, err);
}

bool kafka_offsets_group_topics(struct kafka_client *client, const char *group, int timeout_ms,
                                struct kafka_group_topic **topics, size_t *count, struct error *err)
{
    return ask_group(client, group, NULL, timeout_ms, NULL, topics, count, err);
}

bool kafka_offsets_group(struct kafka_client *client, const char *group, const char *topic, int timeout_ms,
                         struct partition_offsets *committed, struct kafka_group_topic **topics, size_t *count,
                         struct error *err)
{
    return ask_group(client, group, topic, timeout_ms, committed, topics, count, err);
}
