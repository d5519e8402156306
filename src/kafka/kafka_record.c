/* assign() of one partition at one offset, one message, and the client is gone again. Rare: somebody pressed a key. */
#include "kafka/kafka_record.h"

#include "kafka/kafka_error.h"
#include "kafka/kafka_internal.h"

/* One reading under way. */
struct reading {
    struct kafka_client *client;
    const char *topic;
    int32_t partition;
    int64_t offset;
    kafka_record_take take;
    void *context;
    bool *found;
};

enum reading_state { READING_WAITS, READING_DONE, READING_FAILED };

static bool assign(const struct reading *reading, struct error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_resp_err_t code;

    rd_kafka_topic_partition_list_add(list, reading->topic, reading->partition)->offset = reading->offset;
    code = rd_kafka_assign(kafka_client_handle(reading->client), list);
    rd_kafka_topic_partition_list_destroy(list);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_error_set(reading->client, code, err, "cannot read from topic %s", reading->topic);
    return true;
}

static void give(const struct reading *reading, const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    struct kafka_record record = {
        .partition = message->partition,
        .offset = message->offset,
        .time = rd_kafka_message_timestamp(message, &type),
        .key = message->key,
        .key_length = message->key_len,
        .value = message->payload,
        .value_length = message->len,
    };

    if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE)
        record.time = TIMESTAMP_NONE;
    *reading->found = true;
    reading->take(reading->context, &record, type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME);
}

static enum reading_state take_message(const struct reading *reading, const rd_kafka_message_t *message,
                                       struct error *err)
{
    if (message->rkt == NULL || message->partition != reading->partition)
        return READING_WAITS; /* of the throw-away group */
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        give(reading, message);
        return READING_DONE;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return READING_DONE;
    if (kafka_error_classify(message->err) == KAFKA_ERROR_PASSING)
        return READING_WAITS;
    (void)kafka_error_set_right(reading->client, message->err, &(struct kafka_right){ "Read", "topic", reading->topic },
                                err, "cannot read offset %lld of partition %d of topic %s", (long long)reading->offset,
                                (int)reading->partition, reading->topic);
    return READING_FAILED;
}

static bool read_one(const struct reading *reading, int timeout_ms, kafka_record_wanted wanted, struct error *err)
{
    enum { POLL_MS = 50 };
    int64_t deadline = timestamp_monotonic() + timeout_ms;
    enum reading_state state = READING_WAITS;

    while (state == READING_WAITS) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(kafka_client_handle(reading->client), POLL_MS);

        if (message != NULL) {
            state = take_message(reading, message, err);
            rd_kafka_message_destroy(message);
        } else if (!wanted(reading->context)) {
            return error_set(err, ERROR_CANCELLED, "stopped before it was done");
        } else if (timestamp_monotonic() > deadline) {
            return error_set_retriable(err, ERROR_KAFKA, "no record and no end of partition %d of topic %s within %d s",
                                       (int)reading->partition, reading->topic, timeout_ms / 1000);
        }
    }
    return state == READING_DONE;
}

bool kafka_record_read(const struct kafka_settings *settings, const char *topic, int32_t partition, int64_t offset,
                       int timeout_ms, kafka_record_take take, kafka_record_wanted wanted, void *context, bool *found,
                       struct error *err)
{
    struct reading reading = { NULL, topic, partition, offset, take, context, found };
    bool ok;

    *found = false;
    ok = kafka_client_new(settings, &reading.client, err) && kafka_client_connect(reading.client, timeout_ms, err) &&
         assign(&reading, err) && read_one(&reading, timeout_ms, wanted, err);
    kafka_client_free(reading.client);
    return ok;
}
