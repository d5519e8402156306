/* Log starts, ends and first offsets at or after a time, all by rd_kafka_offsets_for_times(): -2, -1 or the time. The
 * first two are not documented but go to the broker as they are; rd_kafka_query_watermark_offsets() is never used, for
 * it ignored its timeout before 2.12.
 *
 * One bad partition fails the whole call and tells nothing about the others; a partition without leader lets it wait
 * for all its time. So the good case is a call for each thousand, and only when one fails the partitions are sorted by
 * leader, asked leader by leader, and halved until the bad ones stand alone.
 */
#include "kafka/kafka_offsets.h"

#include "base/buffer.h"
#include "base/log.h"
#include "kafka/kafka_error.h"
#include "kafka/kafka_internal.h"

#include <assert.h>
#include <stdlib.h>

/* librdkafka looks each row of an answer up from the front of the list: with 10,000 in one call that takes 0.4 s. */
enum { CHUNK = 1000 };

struct question {
    struct kafka_client *client;
    const char *topic;
    int64_t ask; /* KAFKA_ASK_START, KAFKA_ASK_END or a time */
    int timeout_ms;
    struct partition_offsets *offsets;
};

static void set_row_error(const struct question *question, int32_t partition, rd_kafka_resp_err_t code)
{
    const struct kafka_right right = { "Describe", "topic", question->topic };
    char *text = kafka_right_text(question->client, code, &right);

    partition_offsets_set_error(question->offsets, partition, text);
    free(text);
}

static void take_row(const struct question *question, const rd_kafka_topic_partition_t *row)
{
    if (row->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        set_row_error(question, row->partition, row->err);
    else if (row->offset >= 0)
        partition_offsets_set(question->offsets, row->partition, row->offset);
    else if (question->ask >= 0)
        partition_offsets_set(question->offsets, row->partition, OFFSET_NONE); /* nothing at or after the time */
    else
        partition_offsets_set_error(question->offsets, row->partition, "the broker gave no offset");
}

/* One call for count partitions. On success all rows are taken, with errors of their own. */
static rd_kafka_resp_err_t ask_once(const struct question *question, const int32_t *partitions, size_t count)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    rd_kafka_resp_err_t code;

    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, question->topic, partitions[i])->offset = question->ask;
    code = rd_kafka_offsets_for_times(kafka_client_handle(question->client), list, question->timeout_ms);
    kafka_client_serve(question->client);
    for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++)
        take_row(question, &list->elems[i]);
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}

static void set_errors(const struct question *question, const int32_t *partitions, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        partition_offsets_set_error(question->offsets, partitions[i], text);
}

/* Asks; when that fails, halves. A broker that does not answer fails all its partitions at once: halving would wait
 * for it again and again. Depth: log2 of CHUNK. */
static void ask_halving(const struct question *question, const int32_t *partitions, size_t count)
{
    rd_kafka_resp_err_t code = ask_once(question, partitions, count);

    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    if (count == 1 || code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT) {
        for (size_t i = 0; i < count; i++)
            set_row_error(question, partitions[i], code);
        return;
    }
    ask_halving(question, partitions, count / 2);
    ask_halving(question, partitions + count / 2, count - count / 2);
}

struct placed {
    int32_t leader;
    int32_t partition;
};

static int compare_placed(const void *left, const void *right)
{
    const struct placed *a = left, *b = right;

    if (a->leader != b->leader)
        return a->leader < b->leader ? -1 : 1;
    return a->partition < b->partition ? -1 : a->partition > b->partition;
}

/* The leader of each partition by number, -1 where there is none; count rows. */
static int32_t *leaders_of(const struct rd_kafka_metadata_topic *topic, int32_t *count)
{
    int32_t *leaders;

    *count = 0;
    for (int i = 0; i < topic->partition_cnt; i++)
        if (topic->partitions[i].id >= *count)
            *count = topic->partitions[i].id + 1;
    leaders = memory_new(((size_t)*count + 1) * sizeof(*leaders));
    for (int i = 0; i < topic->partition_cnt; i++)
        leaders[topic->partitions[i].id] = topic->partitions[i].leader;
    return leaders;
}

/* Partitions that the metadata knows, by leader; those without one, or that are missing, get their error rows. */
static size_t place(const struct question *question, const struct rd_kafka_metadata_topic *topic,
                    const int32_t *partitions, size_t count, struct placed *placed)
{
    int32_t known = 0, *leaders = leaders_of(topic, &known);
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        if (partitions[i] >= known)
            set_errors(question, &partitions[i], 1, "there is no such partition");
        else if (leaders[partitions[i]] < 0)
            set_errors(question, &partitions[i], 1, "the partition has no leader");
        else
            placed[used++] = (struct placed){ leaders[partitions[i]], partitions[i] };
    }
    free(leaders);
    qsort(placed, used, sizeof(*placed), compare_placed);
    return used;
}

/* Leader by leader, in chunks. */
static void ask_placed(const struct question *question, const struct placed *placed, size_t count)
{
    int32_t *chunk = memory_new(CHUNK * sizeof(*chunk));
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        chunk[used++] = placed[i].partition;
        if (used == CHUNK || i + 1 == count || placed[i + 1].leader != placed[i].leader) {
            ask_halving(question, chunk, used);
            used = 0;
        }
    }
    free(chunk);
}

/* The slow way, after a failure: fresh metadata, then leader by leader. Fails when not even metadata can be had. */
static bool ask_by_leader(const struct question *question, const int32_t *partitions, size_t count, struct error *err)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_t *rk = kafka_client_handle(question->client);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, question->topic, NULL);
    rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 0, topic, &metadata, question->timeout_ms);
    struct placed *placed = memory_new((count + 1) * sizeof(*placed));

    rd_kafka_topic_destroy(topic);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = metadata->topics[0].err;
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            ask_placed(question, placed, place(question, &metadata->topics[0], partitions, count, placed));
        rd_kafka_metadata_destroy(metadata);
    }
    free(placed);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_error_set_right(question->client, code,
                                     &(struct kafka_right){ "Describe", "topic", question->topic }, err,
                                     "cannot read offsets of topic %s", question->topic);
    return true;
}

bool kafka_offsets_ask(struct kafka_client *client, const char *topic, const int32_t *partitions, size_t count,
                       int64_t ask, int timeout_ms, struct partition_offsets *offsets, struct error *err)
{
    struct question question = { client, topic, ask, timeout_ms, offsets };
    int64_t began = timestamp_monotonic();

    for (size_t i = 0; i < count; i++)
        partition_offsets_set(offsets, partitions[i], OFFSET_NONE); /* rows in rising order; answers come in any */
    for (size_t at = 0; at < count; at += CHUNK) {
        size_t chunk = count - at < CHUNK ? count - at : CHUNK;

        if (ask_once(&question, partitions + at, chunk) != RD_KAFKA_RESP_ERR_NO_ERROR)
            return ask_by_leader(&question, partitions + at, count - at, err);
    }
    log_write(LOG_DEBUG, "kafka", "offsets of %zu partitions of %s: %lld ms", count, topic,
              (long long)(timestamp_monotonic() - began));
    return true;
}

/* Partitions 0 to count - 1. */
static bool ask_all(struct kafka_client *client, const char *topic, int32_t count, int64_t ask, int timeout_ms,
                    struct partition_offsets *offsets, struct error *err)
{
    int32_t *partitions = memory_new(((size_t)count + 1) * sizeof(*partitions));
    bool ok;

    for (int32_t i = 0; i < count; i++)
        partitions[i] = i;
    ok = kafka_offsets_ask(client, topic, partitions, (size_t)count, ask, timeout_ms, offsets, err);
    free(partitions);
    return ok;
}

bool kafka_offsets_range(struct kafka_client *client, const char *topic, int32_t partitions,
                         enum kafka_offset_kind kind, int timeout_ms, struct partition_offsets *offsets,
                         struct error *err)
{
    return ask_all(client, topic, partitions, kind == KAFKA_LOG_START ? KAFKA_ASK_START : KAFKA_ASK_END, timeout_ms,
                   offsets, err);
}

bool kafka_offsets_for_time(struct kafka_client *client, const char *topic, int32_t partitions, timestamp_ms time,
                            int timeout_ms, struct partition_offsets *offsets, struct error *err)
{
    assert(time >= 0);
    return ask_all(client, topic, partitions, time, timeout_ms, offsets, err);
}
