/* Records of a member: polling, seeking, holding, closing.
 *
 * librdkafka numbers each seek, pause and assignment, and drops what was fetched before; a record that is handed out
 * has passed that check. Beside it we keep for each partition the next offset, so that nothing is handed out twice, and
 * what is dropped while holding is read again. Records are taken one by one: the batch call skips offsets around pause
 * and seek before 2.13.2.
 */
#include "kafka/kafka_reader.h"

#include "base/buffer.h"
#include "base/log.h"
#include "kafka/kafka_error.h"
#include "kafka/kafka_reader_internal.h"

#include <assert.h>
#include <stdlib.h>

struct reader_slot *reader_slot(struct kafka_reader *reader, int32_t partition)
{
    if (partition >= reader->slot_count) {
        int32_t size = partition < 8 ? 16 : 2 * partition;

        reader->slots = memory_resize(reader->slots, (size_t)size * sizeof(*reader->slots));
        for (int32_t i = reader->slot_count; i < size; i++)
            reader->slots[i] = (struct reader_slot){ .next = OFFSET_NONE };
        reader->slot_count = size;
    }
    return &reader->slots[partition];
}

void reader_end(struct kafka_reader *reader, const struct error *err)
{
    if (reader->ended)
        return;
    reader->ended = true;
    reader->events->fatal(reader->context, err);
}

static bool set_int(rd_kafka_conf_t *conf, const char *name, int64_t value, struct error *err)
{
    char text[32];

    snprintf(text, sizeof(text), "%lld", (long long)value);
    return kafka_conf_set(conf, name, text, err);
}

/* Settings of a member, on top of everybody's. */
static bool set_member(rd_kafka_conf_t *conf, const struct kafka_reader_settings *settings, struct error *err)
{
    enum { SESSION_MS = 10000, BEAT_MS = 3000 };
    int session = settings->session_timeout_ms > 0 ? settings->session_timeout_ms : SESSION_MS;
    /* cooperative-sticky lost assignments, hung or looped before */
    const char *assignor = rd_kafka_version() >= 0x020a0100 ? "cooperative-sticky" : "range,roundrobin";

    return kafka_conf_set(conf, "partition.assignment.strategy", assignor, err) &&
           set_int(conf, "session.timeout.ms", session, err) &&
           set_int(conf, "heartbeat.interval.ms", session / 3 < BEAT_MS ? session / 3 : BEAT_MS, err) &&
           (settings->queue_bytes == 0 ||
            set_int(conf, "queued.max.messages.kbytes", (int64_t)((settings->queue_bytes + 1023) / 1024), err));
}

static bool subscribe(struct kafka_reader *reader, struct error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_resp_err_t code;

    rd_kafka_topic_partition_list_add(list, reader->topic, RD_KAFKA_PARTITION_UA);
    code = rd_kafka_subscribe(kafka_client_handle(reader->client), list);
    rd_kafka_topic_partition_list_destroy(list);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_error_set(reader->client, code, err, "cannot subscribe to topic %s", reader->topic);
    return true;
}

bool kafka_reader_new(const struct kafka_reader_settings *settings, const struct kafka_reader_events *events,
                      void *context, struct kafka_reader **reader, struct error *err)
{
    struct kafka_reader *made;
    rd_kafka_conf_t *conf = NULL;

    if (!kafka_conf_new(&settings->kafka, settings->group == NULL ? "" : settings->group, &conf, err))
        return false;
    if (!set_member(conf, settings, err)) {
        rd_kafka_conf_destroy(conf);
        return false;
    }
    rd_kafka_conf_set_rebalance_cb(conf, reader_on_rebalance);
    made = memory_new(sizeof(*made));
    made->topic = memory_copy_text(settings->topic);
    made->group = memory_copy_text(settings->group);
    made->want_headers = settings->want_headers;
    made->events = memory_new(sizeof(*made->events));
    *made->events = *events;
    made->context = context;
    if (!kafka_client_from_conf(conf, &settings->kafka, made, &made->client, err)) {
        kafka_reader_close(made, KAFKA_LEAVE_MS);
        return false;
    }
    made->known = rd_kafka_topic_new(kafka_client_handle(made->client), made->topic, NULL);
    made->commits = rd_kafka_queue_new(kafka_client_handle(made->client));
    if (!subscribe(made, err)) {
        kafka_reader_close(made, KAFKA_LEAVE_MS);
        return false;
    }
    *reader = made;
    return true;
}

static size_t read_headers(struct kafka_reader *reader, const rd_kafka_message_t *message)
{
    rd_kafka_headers_t *headers = NULL;
    size_t count = 0;

    if (!reader->want_headers || rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    for (;; count++) {
        struct kafka_header row;

        if (rd_kafka_header_get_all(headers, count, &row.name, &row.value, &row.value_length) !=
            RD_KAFKA_RESP_ERR_NO_ERROR)
            return count;
        if (count == reader->header_size) {
            reader->header_size = count == 0 ? 8 : 2 * count;
            reader->headers = memory_resize(reader->headers, reader->header_size * sizeof(row));
        }
        reader->headers[count] = row;
    }
}

static void give_record(struct kafka_reader *reader, const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t type;
    struct kafka_record record = {
        .partition = message->partition,
        .offset = message->offset,
        .time = rd_kafka_message_timestamp(message, &type),
        .key = message->key,
        .key_length = message->key_len,
        .value = message->payload,
        .value_length = message->len,
        .header_count = read_headers(reader, message),
    };

    record.headers = record.header_count == 0 ? NULL : reader->headers;
    reader->events->record(reader->context, &record);
}

static void pause_one(struct kafka_reader *reader, int32_t partition, bool pause)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

    rd_kafka_topic_partition_list_add(list, reader->topic, partition);
    reader_pause_list(reader, list, pause);
}

static bool is_out_of_range(const rd_kafka_message_t *message)
{
    return message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
           message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
}

/* Sought once more for an error of a place that we have left: librdkafka does not drop that at a seek, and may even stop
 * where it was sought for it. Should the place where it is read now be missing as well, it will say so. */
static bool sought_again(struct kafka_reader *reader, const struct reader_slot *slot, const rd_kafka_message_t *message)
{
    struct error err;

    return is_out_of_range(message) && message->offset >= 0 && message->offset < slot->next &&
           kafka_reader_seek(reader, message->partition, slot->next, &err);
}

/* An error of one partition. What passes by itself is librdkafka's to repeat; anything else stops the partition before
 * reading goes on behind it. */
static void take_partition_error(struct kafka_reader *reader, const rd_kafka_message_t *message)
{
    struct reader_slot *slot = reader_slot(reader, message->partition);
    struct error err;

    if (!slot->assigned || slot->stopped || sought_again(reader, slot, message))
        return;
    log_write(LOG_WARNING, "kafka", "partition %d at %lld: %s", (int)message->partition, (long long)message->offset,
              rd_kafka_message_errstr(message));
    if (kafka_error_classify(message->err) == KAFKA_ERROR_PASSING)
        return;
    slot->stopped = true;
    pause_one(reader, message->partition, true);
    kafka_error_set_right(reader->client, message->err, &(struct kafka_right){ "Read", "topic", reader->topic }, &err,
                          "partition %d of topic %s cannot be read on", (int)message->partition, reader->topic);
    reader->events->partition_error(reader->context, message->partition, is_out_of_range(message), &err);
}

/* An error of the membership. Only what waiting does not mend ends the reader. */
static void take_group_error(struct kafka_reader *reader, const rd_kafka_message_t *message)
{
    struct error err;

    log_write(LOG_WARNING, "kafka", "group %s: %s", reader->group, rd_kafka_message_errstr(message));
    switch (kafka_error_classify(message->err)) {
    case KAFKA_ERROR_PASSING:
    case KAFKA_ERROR_MEMBERSHIP: return; /* librdkafka joins again by itself */
    default: break;
    }
    if (message->err == RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL)
        error_set(&err, ERROR_KAFKA,
                  "cannot join group %s: its members use another librdkafka that shares partitions in another way "
                  "(below and from 2.10.1); run the same version everywhere",
                  reader->group);
    else
        kafka_error_set_right(reader->client, message->err,
                              message->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
                                  ? &(struct kafka_right){ "Describe", "topic", reader->topic }
                                  : &(struct kafka_right){ "Read", "group", reader->group },
                              &err, "cannot read topic %s as a member of group %s", reader->topic, reader->group);
    reader_end(reader, &err);
}

static size_t size_of(const rd_kafka_message_t *message)
{
    return message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? message->len + message->key_len : 0;
}

/* Returns true when a record was handed out. */
static bool take_message(struct kafka_reader *reader, const rd_kafka_message_t *message)
{
    struct reader_slot *slot;

    if (message->rkt == NULL || message->partition < 0) {
        take_group_error(reader, message);
        return false;
    }
    slot = reader_slot(reader, message->partition);
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        take_partition_error(reader, message);
        return false;
    }
    if (!slot->assigned || slot->stopped)
        return false;
    if (reader->hold) {
        slot->missed = true;
        return false;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        reader->events->end_of_partition(reader->context, message->partition, message->offset);
        return false;
    }
    if (message->offset < slot->next)
        return false; /* late, from before a seek */
    slot->next = message->offset + 1;
    give_record(reader, message);
    return true;
}

static void check_fatal(struct kafka_reader *reader)
{
    char text[512];
    struct error err;
    rd_kafka_resp_err_t code = rd_kafka_fatal_error(kafka_client_handle(reader->client), text, sizeof(text));

    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    error_set(&err, ERROR_KAFKA, "the Kafka client is of no more use: %s", text);
    reader_end(reader, &err);
}

size_t kafka_reader_poll(struct kafka_reader *reader, size_t max_records, int timeout_ms)
{
    enum { POLL_BYTES = 1024 * 1024 };
    rd_kafka_t *rk = kafka_client_handle(reader->client);
    size_t given = 0, bytes = 0;
    int wait = timeout_ms;

    while (given < max_records && bytes < POLL_BYTES) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, wait);

        if (message == NULL)
            break;
        bytes += size_of(message);
        given += take_message(reader, message);
        rd_kafka_message_destroy(message);
        wait = 0;
    }
    reader_serve_commits(reader);
    kafka_client_serve(reader->client);
    check_fatal(reader);
    return given;
}

bool kafka_reader_refused(struct kafka_reader *reader, struct error *why)
{
    return kafka_client_refused(reader->client, why);
}

bool kafka_reader_unreachable(struct kafka_reader *reader, int64_t *since, struct error *why)
{
    return kafka_client_unreachable(reader->client, since, why);
}

void kafka_reader_reached(struct kafka_reader *reader)
{
    kafka_client_reached(reader->client);
}

/* Tries to seek; the code of the one row. */
static rd_kafka_resp_err_t try_seek(struct kafka_reader *reader, int32_t partition, int64_t offset)
{
    enum { SEEK_MS = 1000 }; /* librdkafka's own thread answers, not the broker */
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_resp_err_t code;
    rd_kafka_error_t *error;

    rd_kafka_topic_partition_list_add(list, reader->topic, partition)->offset = offset;
    error = rd_kafka_seek_partitions(kafka_client_handle(reader->client), list, SEEK_MS);
    code = error != NULL ? rd_kafka_error_code(error) : list->elems[0].err;
    rd_kafka_error_destroy(error);
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}

bool kafka_reader_seek(struct kafka_reader *reader, int32_t partition, int64_t offset, struct error *err)
{
    struct reader_slot *slot = reader_slot(reader, partition);

    assert(offset >= 0);
    if (!slot->assigned)
        return error_set_retriable(err, ERROR_KAFKA, "partition %d of topic %s is not ours now", (int)partition,
                                   reader->topic);
    /* After an out-of-range error, and for a moment after an assignment, there is nothing that could seek. */
    if (try_seek(reader, partition, offset) != RD_KAFKA_RESP_ERR_NO_ERROR &&
        !reader_assign_again(reader, partition, offset, err))
        return false;
    slot->next = offset;
    slot->stopped = false;
    slot->missed = false;
    pause_one(reader, partition, reader->hold);
    return true;
}

/* At most SEEK_AT_ONCE rows: librdkafka looks each answer up from the front of the list. */
static void seek_some(struct kafka_reader *reader, struct partition_offset *rows, size_t count)
{
    enum { SEEK_MS = 5000 };
    rd_kafka_t *rk = kafka_client_handle(reader->client);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    rd_kafka_topic_partition_list_t *moved = rd_kafka_topic_partition_list_new((int)count);
    struct error err;

    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, reader->topic, rows[i].partition)->offset = rows[i].offset;
    rd_kafka_error_t *error = rd_kafka_seek_partitions(rk, list, SEEK_MS);
    for (size_t i = 0; i < count; i++) {
        struct reader_slot *slot = reader_slot(reader, rows[i].partition);
        bool done = slot->assigned && !error && list->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR;

        if (!done && !kafka_reader_seek(reader, rows[i].partition, rows[i].offset, &err)) {
            rows[i].error = memory_copy_text(err.message);
        } else if (done) {
            slot->next = rows[i].offset;
            slot->stopped = slot->missed = false;
            rd_kafka_topic_partition_list_add(moved, reader->topic, rows[i].partition);
        }
    }
    if (reader->hold)
        rd_kafka_topic_partition_list_destroy(moved);
    else
        reader_pause_list(reader, moved, false);
    rd_kafka_error_destroy(error);
    rd_kafka_topic_partition_list_destroy(list);
}

void kafka_reader_seek_all(struct kafka_reader *reader, struct partition_offsets *offsets)
{
    enum { SEEK_AT_ONCE = 200 };

    for (size_t at = 0; at < offsets->count; at += SEEK_AT_ONCE)
        seek_some(reader, offsets->rows + at, offsets->count - at < SEEK_AT_ONCE ? offsets->count - at : SEEK_AT_ONCE);
}

void kafka_reader_stop_partition(struct kafka_reader *reader, int32_t partition)
{
    struct reader_slot *slot = reader_slot(reader, partition);

    if (slot->assigned && !slot->stopped)
        pause_one(reader, partition, true);
    slot->stopped = true;
}

void kafka_reader_stop_all(struct kafka_reader *reader, const struct partition_offsets *partitions)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)partitions->count);

    for (size_t i = 0; i < partitions->count; i++) {
        struct reader_slot *slot = reader_slot(reader, partitions->rows[i].partition);

        if (slot->assigned && !slot->stopped)
            rd_kafka_topic_partition_list_add(list, reader->topic, partitions->rows[i].partition);
        slot->stopped = true;
    }
    reader_pause_list(reader, list, true);
}

void kafka_reader_hold(struct kafka_reader *reader, bool hold)
{
    if (hold == reader->hold)
        return;
    reader->hold = hold;
    reader_pause_all(reader, hold);
    for (int32_t i = 0; !hold && i < reader->slot_count; i++) {
        struct reader_slot *slot = &reader->slots[i];
        struct error err;

        /* Nothing should come while held; should it, librdkafka's position has moved on and ours counts. */
        if (slot->missed && slot->assigned && !slot->stopped && slot->next != OFFSET_NONE &&
            !kafka_reader_seek(reader, i, slot->next, &err))
            reader->events->partition_error(reader->context, i, false, &err);
        slot->missed = false;
    }
}

bool kafka_reader_waiting(const struct kafka_reader *reader)
{
    return !reader->joined && !reader->ended;
}

/* Waits for one event while leaving. Not by callbacks: librdkafka ends the process when a record that was fetched
 * before meets a queue that is served for callbacks only. */
static void serve_leaving(struct kafka_reader *reader, rd_kafka_queue_t *queue, int timeout_ms)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, timeout_ms);

    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE)
        reader_rebalance(reader, rd_kafka_event_error(event), rd_kafka_event_topic_partition_list(event));
    rd_kafka_event_destroy(event);
}

/* Leaves the group: revoked is called from here. False: it took too long. */
static bool leave(struct kafka_reader *reader, int timeout_ms)
{
    enum { SLICE_MS = 100 };
    rd_kafka_t *rk = kafka_client_handle(reader->client);
    int64_t deadline = timestamp_monotonic() + timeout_ms;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(rk, queue);
    bool closed = error != NULL;

    reader->leaving = true;
    rd_kafka_error_destroy(error); /* there was nothing to leave */
    while (!closed && timestamp_monotonic() < deadline) {
        serve_leaving(reader, queue, SLICE_MS);
        closed = rd_kafka_consumer_closed(rk) != 0;
    }
    rd_kafka_queue_destroy(queue);
    return closed;
}

void kafka_reader_close(struct kafka_reader *reader, int leave_ms)
{
    enum { CLOSE_MS = 2000 };

    if (reader == NULL)
        return;
    if (reader->client != NULL) {
        if (!leave(reader, leave_ms))
            log_write(LOG_WARNING, "kafka", "leaving group %s took too long", reader->group);
        reader_serve_commits(reader);
        if (reader->commits != NULL)
            rd_kafka_queue_destroy(reader->commits);
        if (reader->known != NULL)
            rd_kafka_topic_destroy(reader->known);
        kafka_client_destroy(reader->client, CLOSE_MS);
    }
    free(reader->headers);
    free(reader->events);
    free(reader->slots);
    free(reader->topic);
    free(reader->group);
    free(reader);
}
