/* Membership: what is given and taken away, in one piece (range, roundrobin) or bit by bit (cooperative-sticky), and
 * the commits of a member. */
#include "base/buffer.h"
#include "base/log.h"
#include "kafka/kafka_error.h"
#include "kafka/kafka_reader.h"
#include "kafka/kafka_reader_internal.h"

#include <stdlib.h>
#include <string.h>

static bool is_cooperative(rd_kafka_t *rk)
{
    const char *protocol = rd_kafka_rebalance_protocol(rk);

    return protocol != NULL && strcmp(protocol, "COOPERATIVE") == 0;
}

/* Logs and frees an error of librdkafka; false when there was one. */
static bool no_error(rd_kafka_error_t *error, const char *what)
{
    if (error == NULL)
        return true;
    log_write(LOG_WARNING, "kafka", "%s: %s", what, rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return false;
}

/* Gives librdkafka the partitions as they are in the list, in the protocol's way. */
static bool give(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_resp_err_t code;

    if (is_cooperative(rk))
        return no_error(rd_kafka_incremental_assign(rk, list), "cannot take partitions");
    code = rd_kafka_assign(rk, list);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        log_write(LOG_WARNING, "kafka", "cannot take partitions: %s", rd_kafka_err2str(code));
    return code == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void take_away(rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *list)
{
    if (is_cooperative(rk))
        (void)no_error(rd_kafka_incremental_unassign(rk, list), "cannot give partitions up");
    else
        (void)rd_kafka_assign(rk, NULL);
}

/* Where a partition stands in the assignment. One that is not read yet is paused, and may stand anywhere but at "end" or
 * another word that librdkafka has to look up: an answer that comes after a seek starts the looking up anew, and reading
 * would go on at the end, over all that lies between, without a word (librdkafka issue 2256). */
static int64_t place_of(const struct reader_slot *slot)
{
    return slot->next == OFFSET_NONE ? 0 : slot->next;
}

void reader_pause_list(struct kafka_reader *reader, rd_kafka_topic_partition_list_t *list, bool pause)
{
    rd_kafka_t *rk = kafka_client_handle(reader->client);

    for (int i = 0; pause && i < list->cnt; i++)
        reader_slot(reader, list->elems[i].partition)->paused = true;
    if (list->cnt > 0)
        (void)(pause ? rd_kafka_pause_partitions(rk, list) : rd_kafka_resume_partitions(rk, list));
    rd_kafka_topic_partition_list_destroy(list);
}

/* Not ours any more, or not yet. */
static void forget(struct reader_slot *slot)
{
    *slot = (struct reader_slot){ .paused = slot->paused, .next = OFFSET_NONE };
}

/* Asks the owner where reading begins, and begins. */
static void on_assigned(struct kafka_reader *reader, rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_topic_partition_list_t *paused = rd_kafka_topic_partition_list_new(list->cnt);
    rd_kafka_topic_partition_list_t *resumed = rd_kafka_topic_partition_list_new(16);
    struct partition_offsets rows;

    partition_offsets_init(&rows);
    for (int i = 0; i < list->cnt; i++)
        partition_offsets_set(&rows, list->elems[i].partition, OFFSET_NONE);
    for (int i = 0; i < list->cnt; i++)
        forget(reader_slot(reader, list->elems[i].partition));
    log_write(LOG_INFO, "kafka", "group %s gives us %d partitions", reader->group, list->cnt);
    reader->events->assigned(reader->context, &rows);
    for (int i = 0; i < list->cnt; i++) {
        int32_t partition = list->elems[i].partition;
        struct reader_slot *slot = reader_slot(reader, partition);
        int64_t start = partition_offsets_get(&rows, partition);

        slot->assigned = true;
        slot->stopped = start < 0 || slot->stopped;
        slot->next = start < 0 ? OFFSET_NONE : start;
        list->elems[i].offset = place_of(slot);
        if (slot->stopped || reader->hold)
            rd_kafka_topic_partition_list_add(paused, reader->topic, partition);
        else if (slot->paused) /* from when it was ours before */
            rd_kafka_topic_partition_list_add(resumed, reader->topic, partition);
    }
    partition_offsets_clear(&rows);
    /* Before: a fetch out of range leaves a state that only another assignment ends, which thousands would wait for in
     * turn. After: librdkafka may not have known them all. */
    reader_pause_list(reader, rd_kafka_topic_partition_list_copy(paused), true);
    if (!give(rk, list)) {
        struct error err;
        /* The owner believes it reads them: better to end, so that the group gives them to somebody who can. */
        (void)error_set(&err, ERROR_KAFKA, "group %s gave us %d partitions that librdkafka does not take",
                        reader->group, list->cnt);
        for (int i = 0; i < list->cnt; i++)
            reader_slot(reader, list->elems[i].partition)->assigned = false;
        reader_end(reader, &err);
    }
    reader->joined = true;
    kafka_client_reached(reader->client);
    reader_pause_list(reader, paused, true);
    reader_pause_list(reader, resumed, false);
}

static void on_revoked(struct kafka_reader *reader, rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list)
{
    bool lost = rd_kafka_assignment_lost(rk) != 0;
    struct partition_offsets rows;

    partition_offsets_init(&rows);
    for (int i = 0; i < list->cnt; i++) {
        struct reader_slot *slot = reader_slot(reader, list->elems[i].partition);

        if (slot->assigned)
            partition_offsets_set(&rows, list->elems[i].partition, slot->next);
    }
    log_write(LOG_INFO, "kafka", "group %s takes %zu partitions from us%s", reader->group, rows.count,
              lost ? ": they were lost" : "");
    if (rows.count > 0)
        reader->events->revoked(reader->context, &rows, lost);
    partition_offsets_clear(&rows);
    for (int i = 0; i < list->cnt; i++)
        forget(reader_slot(reader, list->elems[i].partition));
    take_away(rk, list);
    reader->joined = reader->joined && is_cooperative(rk) && !lost;
}

void reader_rebalance(struct kafka_reader *reader, rd_kafka_resp_err_t code,
                      rd_kafka_topic_partition_list_t *partitions)
{
    rd_kafka_t *rk = kafka_client_handle(reader->client);

    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && reader->leaving) {
        (void)give(rk, partitions); /* librdkafka gives them back by itself; nobody can be asked any more */
    } else if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        on_assigned(reader, rk, partitions);
    } else {
        if (code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)
            log_write(LOG_WARNING, "kafka", "group %s: %s", reader->group, rd_kafka_err2str(code));
        on_revoked(reader, rk, partitions);
    }
}

void reader_on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *partitions,
                         void *opaque)
{
    (void)rk;
    reader_rebalance(kafka_client_owner(opaque), code, partitions);
}

/* All assigned partitions with their places. */
static rd_kafka_topic_partition_list_t *assigned_list(struct kafka_reader *reader)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(reader->slot_count);

    for (int32_t i = 0; i < reader->slot_count; i++)
        if (reader->slots[i].assigned)
            rd_kafka_topic_partition_list_add(list, reader->topic, i)->offset = place_of(&reader->slots[i]);
    return list;
}

void reader_pause_all(struct kafka_reader *reader, bool pause)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(reader->slot_count);

    for (int32_t i = 0; i < reader->slot_count; i++)
        if (reader->slots[i].assigned && (pause || !reader->slots[i].stopped))
            rd_kafka_topic_partition_list_add(list, reader->topic, i);
    reader_pause_list(reader, list, pause);
}

bool reader_assign_again(struct kafka_reader *reader, int32_t partition, int64_t offset, struct error *err)
{
    rd_kafka_t *rk = kafka_client_handle(reader->client);
    rd_kafka_topic_partition_list_t *list;
    int64_t before = reader->slots[partition].next;
    bool ok;

    reader->slots[partition].next = offset;
    if (is_cooperative(rk)) {
        list = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(list, reader->topic, partition)->offset = offset;
        ok = no_error(rd_kafka_incremental_unassign(rk, list), "cannot seek") && give(rk, list);
    } else {
        list = assigned_list(reader); /* all of them: assign() knows no less */
        ok = give(rk, list);
    }
    rd_kafka_topic_partition_list_destroy(list);
    if (!ok) {
        reader->slots[partition].next = before;
        return error_set_retriable(err, ERROR_KAFKA, "cannot seek in partition %d of topic %s now", (int)partition,
                                   reader->topic);
    }
    return true;
}

static char *copy_metadata(const rd_kafka_topic_partition_t *from)
{
    return from->metadata_size == 0 ? NULL : memory_copy_bytes(from->metadata, from->metadata_size);
}

/* Rows of a commit's answer. */
static void take_rows(struct partition_offsets *rows, const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; list != NULL && i < list->cnt; i++) {
        struct partition_offset *row;

        if (list->elems[i].offset < 0)
            continue;
        row = partition_offsets_row(rows, list->elems[i].partition);
        row->offset = list->elems[i].offset;
        free(row->metadata);
        row->metadata = copy_metadata(&list->elems[i]);
    }
}

/* True, or what a commit's answer says. */
static bool commit_ok(struct kafka_reader *reader, rd_kafka_resp_err_t code, struct error *err)
{
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return true;
    return kafka_error_set_right(reader->client, code, &(struct kafka_right){ "Read", "group", reader->group }, err,
                                 "cannot commit for group %s", reader->group);
}

void reader_serve_commits(struct kafka_reader *reader)
{
    rd_kafka_event_t *event;

    while (reader->commits != NULL && (event = rd_kafka_queue_poll(reader->commits, 0)) != NULL) {
        struct partition_offsets rows;
        struct error err;
        bool ok = commit_ok(reader, kafka_commit_answer(event), &err);

        if (ok)
            kafka_client_reached(reader->client);
        partition_offsets_init(&rows);
        take_rows(&rows, rd_kafka_event_topic_partition_list(event));
        reader->events->committed(reader->context, &rows, ok ? NULL : &err);
        partition_offsets_clear(&rows);
        rd_kafka_event_destroy(event);
    }
}

/* Sends, and takes the answer. */
static bool commit_and_wait(struct kafka_reader *reader, const rd_kafka_topic_partition_list_t *list, int timeout_ms,
                            struct error *err)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka_client_handle(reader->client));
    bool ok = kafka_commit_send(reader->client, list, queue, err);

    if (ok) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, timeout_ms);

        ok = commit_ok(reader, event == NULL ? RD_KAFKA_RESP_ERR__TIMED_OUT : kafka_commit_answer(event), err);
        rd_kafka_event_destroy(event);
    }
    rd_kafka_queue_destroy(queue);
    return ok;
}

bool kafka_reader_commit(struct kafka_reader *reader, const struct partition_offsets *offsets, bool wait,
                         int timeout_ms, struct error *err)
{
    int64_t deadline = timestamp_monotonic() + timeout_ms;
    bool ok = true;

    for (size_t at = 0; ok && at < offsets->count; at += KAFKA_COMMIT_CHUNK) {
        rd_kafka_topic_partition_list_t *list = kafka_commit_list(reader->topic, offsets, at, KAFKA_COMMIT_CHUNK);

        if (list->cnt > 0)
            ok = wait ? commit_and_wait(reader, list, kafka_ms_left(deadline), err)
                      : kafka_commit_send(reader->client, list, reader->commits, err);
        rd_kafka_topic_partition_list_destroy(list);
    }
    return ok;
}

/* The partitions of a list for a request of librdkafka's. */
static rd_kafka_topic_partition_list_t *list_of(const struct kafka_reader *reader,
                                                const struct partition_offsets *partitions)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)partitions->count);

    for (size_t i = 0; i < partitions->count; i++)
        rd_kafka_topic_partition_list_add(list, reader->topic, partitions->rows[i].partition);
    return list;
}

static void take_commit(struct partition_offset *row, const rd_kafka_topic_partition_t *from)
{
    row->offset = from->offset < 0 ? OFFSET_NONE : from->offset;
    free(row->metadata);
    row->metadata = copy_metadata(from);
}

bool kafka_reader_committed(struct kafka_reader *reader, struct partition_offsets *partitions, int timeout_ms,
                            struct error *err)
{
    int64_t deadline = timestamp_monotonic() + timeout_ms;
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_resp_err_t code;
    int backoff_ms = 50;

    if (partitions->count == 0)
        return true; /* librdkafka would ask, and wait for the answer */
    list = list_of(reader, partitions);
    do {
        code = rd_kafka_committed(kafka_client_handle(reader->client), list, kafka_ms_left(deadline));
        for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++)
            code = list->elems[i].err;
    } while (code != RD_KAFKA_RESP_ERR_NO_ERROR && kafka_client_try_again(reader->client, code, deadline, &backoff_ms));
    for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++)
        take_commit(partition_offsets_row(partitions, list->elems[i].partition), &list->elems[i]);
    rd_kafka_topic_partition_list_destroy(list);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_error_set_right(reader->client, code, &(struct kafka_right){ "Describe", "group", reader->group },
                                     err, "cannot read the commits of group %s", reader->group);
    return true;
}

bool kafka_reader_range(struct kafka_reader *reader, const struct partition_offsets *partitions, int timeout_ms,
                        struct partition_offsets *starts, struct partition_offsets *ends, struct error *err)
{
    int32_t *numbers = memory_new((partitions->count + 1) * sizeof(*numbers));
    bool ok;

    for (size_t i = 0; i < partitions->count; i++)
        numbers[i] = partitions->rows[i].partition;
    ok = (starts == NULL || kafka_offsets_ask(reader->client, reader->topic, numbers, partitions->count,
                                              KAFKA_ASK_START, timeout_ms, starts, err)) &&
         (ends == NULL || kafka_offsets_ask(reader->client, reader->topic, numbers, partitions->count, KAFKA_ASK_END,
                                            timeout_ms, ends, err));
    free(numbers);
    return ok;
}
