/* Committing, for our own groups only.
 *
 * One OffsetCommit holds about 1 MB of partitions and metadata; above it the broker answers UNKNOWN and stores nothing.
 * 1,000 partitions with 80 bytes of metadata each stay well below.
 */
#include "kafka/kafka_commit.h"

#include "base/buffer.h"
#include "kafka/kafka_error.h"
#include "kafka/kafka_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { METADATA_MOST = 80 };

bool kafka_commit_send(struct kafka_client *client, const rd_kafka_topic_partition_list_t *list,
                       rd_kafka_queue_t *queue, struct error *err)
{
    rd_kafka_t *rk = kafka_client_handle(client);
    char group[256] = "";
    size_t size = sizeof(group);
    rd_kafka_resp_err_t code;

    /* 249 bytes are a name's most; a longer one does not fit and is refused as well */
    if (rd_kafka_conf_get(rd_kafka_conf(rk), "group.id", group, &size) != RD_KAFKA_CONF_OK || size > sizeof(group) ||
        !kafka_group_is_ours(group))
        return error_set(err, ERROR_REFUSED, "headgate commits for no group but its own (headgate-...): %s", group);
    code = rd_kafka_commit_queue(rk, list, queue, NULL, NULL);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_error_set(client, code, err, "cannot commit for group %s", group);
    return true;
}

rd_kafka_resp_err_t kafka_commit_answer(rd_kafka_event_t *event)
{
    const rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);

    for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && list != NULL && i < list->cnt; i++)
        code = list->elems[i].err;
    return code;
}

rd_kafka_topic_partition_list_t *kafka_commit_list(const char *topic, const struct partition_offsets *offsets,
                                                   size_t first, size_t most)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)most);

    for (size_t i = first; i < offsets->count && i < first + most; i++) {
        const struct partition_offset *row = &offsets->rows[i];
        rd_kafka_topic_partition_t *to;

        if (row->error != NULL || row->offset < 0)
            continue;
        to = rd_kafka_topic_partition_list_add(list, topic, row->partition);
        to->offset = row->offset;
        if (row->metadata == NULL)
            continue;
        to->metadata_size = strlen(row->metadata);
        assert(to->metadata_size <= METADATA_MOST);
        to->metadata = memory_copy_text(row->metadata); /* librdkafka frees it with free() */
    }
    return list;
}

/* Codes by which a broker says that the group has members, or is getting some. */
static bool has_members(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID || code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION ||
           code == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS;
}

/* The answer to a commit, or why none will come: without the right to the group librdkafka finds no coordinator. */
static rd_kafka_resp_err_t wait_answer(struct kafka_client *client, rd_kafka_queue_t *queue, int timeout_ms)
{
    enum { SLICE_MS = 100 };
    int64_t deadline = timestamp_monotonic() + timeout_ms;
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
    rd_kafka_event_t *event = NULL;

    while (event == NULL && timestamp_monotonic() < deadline) {
        int left = kafka_ms_left(deadline);

        event = rd_kafka_queue_poll(queue, left < SLICE_MS ? left : SLICE_MS);
        kafka_client_serve(client);
        if (event == NULL && kafka_error_classify(kafka_client_group_error(client)) == KAFKA_ERROR_RIGHTS)
            return kafka_client_group_error(client);
    }
    if (event != NULL)
        code = kafka_commit_answer(event);
    rd_kafka_event_destroy(event);
    return code;
}

/* One request and its answer. */
static bool commit_once(struct kafka_client *client, const rd_kafka_topic_partition_list_t *list, int timeout_ms,
                        rd_kafka_resp_err_t *code, struct error *err)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka_client_handle(client));
    bool sent = kafka_commit_send(client, list, queue, err);

    if (sent)
        *code = wait_answer(client, queue, timeout_ms);
    rd_kafka_queue_destroy(queue);
    return sent;
}

static bool commit_failed(struct kafka_client *client, rd_kafka_resp_err_t code, const char *group, const char *topic,
                          struct error *err)
{
    bool of_topic = code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    const struct kafka_right right = { "Read", of_topic ? "topic" : "group", of_topic ? topic : group };

    return kafka_error_set_right(client, code, &right, err, "cannot commit for group %s", group);
}

/* A chunk, tried again while its answer is one that passes (a coordinator that is only coming up). */
static bool commit_chunk(struct kafka_client *client, const char *group, const char *topic,
                         const rd_kafka_topic_partition_list_t *list, int timeout_ms, struct error *err)
{
    int64_t deadline = timestamp_monotonic() + timeout_ms;
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    int backoff_ms = 50;

    do {
        if (!commit_once(client, list, kafka_ms_left(deadline), &code, err))
            return false;
    } while (code != RD_KAFKA_RESP_ERR_NO_ERROR && !has_members(code) &&
             kafka_client_try_again(client, code, deadline, &backoff_ms));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return true;
    if (has_members(code))
        return error_set_retriable(
            err, ERROR_KAFKA,
            "cannot commit for group %s: it has members (an instance that runs, or one that died "
            "and whose session has not ended yet)",
            group);
    return commit_failed(client, code, group, topic, err);
}

bool kafka_commit_plan(const struct kafka_settings *settings, const char *group, const char *topic,
                       const struct partition_offsets *offsets, int timeout_ms, struct error *err)
{
    rd_kafka_conf_t *conf = NULL;
    struct kafka_client *client = NULL;
    bool ok = kafka_conf_new(settings, group, &conf, err) &&
              kafka_client_from_conf(conf, settings, NULL, &client, err) &&
              kafka_client_connect(client, timeout_ms, err);

    for (size_t at = 0; ok && at < offsets->count; at += KAFKA_COMMIT_CHUNK) {
        rd_kafka_topic_partition_list_t *list = kafka_commit_list(topic, offsets, at, KAFKA_COMMIT_CHUNK);

        ok = list->cnt == 0 || commit_chunk(client, group, topic, list, timeout_ms, err);
        rd_kafka_topic_partition_list_destroy(list);
    }
    kafka_client_free(client);
    return ok;
}
