/* The scan: one record per partition, by Fetch. Expected: 1 to 10,000 partitions, of which a chunk is assigned at a
 * time.
 *
 * A broker answers a Fetch in request order and gives whole batches only: the first partition with data always gets
 * one, a later one only where a whole batch fits its limit. Below one batch the scan starves: one partition a request.
 * So it begins with 64 KiB and asks again with four times as much what stayed silent or came in one by one. A partition
 * that has answered is paused at once, so that it neither takes that first place again nor sends more than is needed.
 */
#include "kafka/kafka_times.h"

#include "base/buffer.h"
#include "base/log.h"
#include "kafka/kafka_error.h"
#include "kafka/kafka_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    FIRST_LIMIT = 64 * 1024,
    LAST_LIMIT = 4 * 1024 * 1024,
    CHUNK_BYTES = 64 * 1024 * 1024, /* what a chunk may bring; librdkafka's queue holds it (a full one stalls 2.0.2) */
    CHUNK_MOST = 1000,
    RESPONSE_BYTES = 8 * 1024 * 1024, /* of one Fetch: few requests, and yet progress to see and a way to cancel */
    PAUSED_MOST = 200,
    QUIET_MS = 2000, /* a chunk without answers for so long is left for the next limit */
};

struct wanted {
    int32_t partition;
    int64_t offset;
    bool answered;
};

struct scan {
    const char *topic;
    kafka_times_kind kind_of;
    kafka_times_progress progress;
    void *context;
    struct partition_records *records;
    struct wanted *wanted; /* sorted by partition; what is not answered moves to the front after each pass */
    size_t count;
    size_t done;
    size_t total;
    int timeout_ms;
    int64_t last_answer; /* timestamp_monotonic() */
};

/* One assigned stretch of scan->wanted. */
struct chunk {
    struct kafka_client *client;
    struct wanted *rows;
    size_t count;
    size_t open;                               /* not answered yet */
    rd_kafka_topic_partition_list_t *answered; /* and still fetched */
};

static struct wanted *find_wanted(struct chunk *chunk, int32_t partition)
{
    size_t low = 0, high = chunk->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (chunk->rows[middle].partition < partition)
            low = middle + 1;
        else
            high = middle;
    }
    return low < chunk->count && chunk->rows[low].partition == partition ? &chunk->rows[low] : NULL;
}

static void take_record(struct scan *scan, struct partition_record *row, const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    int64_t time = rd_kafka_message_timestamp(message, &type);

    row->found = true;
    row->offset = message->offset;
    row->time = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || time < 0 ? TIMESTAMP_NONE : time;
    row->log_append = type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME;
    row->size = message->len;
    row->kind = scan->kind_of == NULL ? VALUE_UNKNOWN : scan->kind_of(message->payload, message->len);
}

/* A record, an end or an error of one partition. Counts it once; answers that come later are dropped. */
static void take_message(struct scan *scan, struct chunk *chunk, const rd_kafka_message_t *message)
{
    struct wanted *wanted = message->rkt == NULL ? NULL : find_wanted(chunk, message->partition);
    struct partition_record *row;

    if (wanted == NULL || wanted->answered)
        return; /* of the throw-away group (no right to it: no matter), or late */
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF &&
        kafka_error_classify(message->err) == KAFKA_ERROR_PASSING)
        return;
    row = partition_records_row(scan->records, message->partition);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        take_record(scan, row, message);
    else if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
        row->error =
            kafka_right_text(chunk->client, message->err, &(struct kafka_right){ "Read", "topic", scan->topic });
    wanted->answered = true;
    chunk->open--;
    scan->done++;
    scan->last_answer = timestamp_monotonic();
}

/* Stops fetching of partitions that have answered, and empties the list; what is queued of them is dropped by
 * librdkafka. Waits for a thread of librdkafka, so it is done for many at a time. */
static void pause_answered(struct chunk *chunk)
{
    if (chunk->answered->cnt > 0)
        (void)rd_kafka_pause_partitions(kafka_client_handle(chunk->client), chunk->answered);
    rd_kafka_topic_partition_list_destroy(chunk->answered);
    chunk->answered = rd_kafka_topic_partition_list_new(PAUSED_MOST);
}

/* Takes what comes in without a break, at most 200 ms long. Returns how many partitions answered. */
static size_t take_burst(struct scan *scan, struct chunk *chunk, int timeout_ms)
{
    enum { GAP_MS = 3, BURST_MS = 200 };
    int64_t until = timestamp_monotonic() + BURST_MS;
    size_t before = chunk->open;
    rd_kafka_message_t *message = rd_kafka_consumer_poll(kafka_client_handle(chunk->client), timeout_ms);

    while (message != NULL) {
        size_t open = chunk->open;

        take_message(scan, chunk, message);
        if (chunk->open < open && message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
            rd_kafka_topic_partition_list_add(chunk->answered, scan->topic, message->partition);
        rd_kafka_message_destroy(message);
        message = NULL;
        if (chunk->answered->cnt == PAUSED_MOST)
            pause_answered(chunk);
        if (chunk->open > 0 && timestamp_monotonic() < until)
            message = rd_kafka_consumer_poll(kafka_client_handle(chunk->client), GAP_MS);
    }
    if (chunk->open > 0)
        pause_answered(chunk);
    return before - chunk->open;
}

/* Whether answers come one by one: then the limit is below the size of a batch, and each request brings one partition.
 * A slow line, or a broker with other things to do, brings them slowly too, but many at once. bursts: in a row, until now. */
static bool is_starved(const struct chunk *chunk, size_t answers, size_t *bursts)
{
    enum { PER_BURST = 2, BURSTS = 4, WORTH_IT = 8 };

    if (answers > 0)
        *bursts = answers <= PER_BURST ? *bursts + 1 : 0;
    return *bursts >= BURSTS && chunk->open > WORTH_IT;
}

static bool assign(struct scan *scan, struct chunk *chunk, struct error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)chunk->count);
    rd_kafka_resp_err_t code;

    for (size_t i = 0; i < chunk->count; i++)
        rd_kafka_topic_partition_list_add(list, scan->topic, chunk->rows[i].partition)->offset = chunk->rows[i].offset;
    code = rd_kafka_assign(kafka_client_handle(chunk->client), list);
    rd_kafka_topic_partition_list_destroy(list);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_error_set(chunk->client, code, err, "cannot read from topic %s", scan->topic);
    return true;
}

/* Reads until every partition of chunk has answered, or waiting is of no more use. Partitions left open are not an
 * error here. */
static bool read_chunk(struct scan *scan, struct chunk *chunk, bool last, struct error *err)
{
    enum { POLL_MS = 50 };
    int64_t quiet_since = timestamp_monotonic();
    size_t bursts = 0;

    if (!assign(scan, chunk, err))
        return false;
    while (chunk->open > 0) {
        size_t answers = take_burst(scan, chunk, POLL_MS);
        int64_t now = timestamp_monotonic();

        if (scan->progress != NULL && !scan->progress(scan->context, scan->done, scan->total))
            return error_set(err, ERROR_CANCELLED, "the scan was cancelled");
        if (answers > 0)
            quiet_since = now;
        if (now - scan->last_answer > scan->timeout_ms)
            break;
        if (!last && (now - quiet_since > QUIET_MS || is_starved(chunk, answers, &bursts)))
            break;
    }
    return true;
}

static bool new_client(const struct kafka_settings *settings, int limit, struct kafka_client **client,
                       struct error *err)
{
    rd_kafka_conf_t *conf = NULL;
    char bytes[32], response[32], queue[32];

    snprintf(bytes, sizeof(bytes), "%d", limit);
    snprintf(response, sizeof(response), "%d", limit > RESPONSE_BYTES ? limit : RESPONSE_BYTES);
    snprintf(queue, sizeof(queue), "%d", CHUNK_BYTES / 1024);
    if (!kafka_conf_new(settings, NULL, &conf, err))
        return false;
    if (!kafka_conf_set(conf, "fetch.message.max.bytes", bytes, err) ||
        !kafka_conf_set(conf, "fetch.max.bytes", response, err) ||
        !kafka_conf_set(conf, "queued.max.messages.kbytes", queue, err) ||
        !kafka_conf_set(conf, "queued.min.messages", "100000", err) ||
        !kafka_conf_set(conf, "fetch.wait.max.ms", "20", err)) { /* each end of partition costs that long */
        rd_kafka_conf_destroy(conf);
        return false;
    }
    kafka_conf_set_if_known(conf, "fetch.queue.backoff.ms", "10"); /* >= 2.2.0 */
    return kafka_client_from_conf(conf, settings, NULL, client, err);
}

/* Forgets what has answered. */
static void keep_open(struct scan *scan)
{
    size_t kept = 0;

    for (size_t i = 0; i < scan->count; i++)
        if (!scan->wanted[i].answered)
            scan->wanted[kept++] = scan->wanted[i];
    scan->count = kept;
}

/* Asks all open partitions with one limit. client: made for it, or NULL. */
static bool pass(struct scan *scan, const struct kafka_settings *settings, struct kafka_client *client, int limit,
                 struct error *err)
{
    size_t most = CHUNK_BYTES / (size_t)limit < CHUNK_MOST ? CHUNK_BYTES / (size_t)limit : CHUNK_MOST;
    int64_t start = timestamp_monotonic();
    bool ok = false;

    if ((client == NULL && !new_client(settings, limit, &client, err)) ||
        !kafka_client_connect(client, scan->timeout_ms, err))
        goto out;
    scan->last_answer = timestamp_monotonic();

    ok = true;
    for (size_t at = 0; ok && at < scan->count; at += most) {
        struct chunk chunk = { client, scan->wanted + at, scan->count - at < most ? scan->count - at : most, 0, NULL };

        chunk.open = chunk.count;
        chunk.answered = rd_kafka_topic_partition_list_new(PAUSED_MOST);
        ok = read_chunk(scan, &chunk, limit >= LAST_LIMIT, err);
        rd_kafka_topic_partition_list_destroy(chunk.answered);
    }
    keep_open(scan);
    log_write(LOG_DEBUG, "kafka",
              "scan of %s: %zu of %zu partitions did not answer to fetches of %d bytes within %lld ms", scan->topic,
              scan->count, scan->total, limit, (long long)(timestamp_monotonic() - start));
out:
    kafka_client_free(client);
    return ok;
}

/* What there is to ask; partitions at their end are answered without asking. */
static void collect(struct scan *scan, const struct partition_offsets *from, const struct partition_offsets *ends)
{
    scan->wanted = memory_new((from->count + 1) * sizeof(*scan->wanted));
    for (size_t i = 0; i < from->count; i++) {
        const struct partition_offset *row = &from->rows[i];
        int64_t end = ends == NULL ? OFFSET_NONE : partition_offsets_get(ends, row->partition);

        if (row->error != NULL || row->offset < 0)
            continue;
        scan->total++;
        if (end != OFFSET_NONE && row->offset >= end) {
            (void)partition_records_row(scan->records, row->partition); /* not found */
            scan->done++;
        } else {
            scan->wanted[scan->count++] = (struct wanted){ row->partition, row->offset, false };
        }
    }
}

static void set_silent(struct scan *scan)
{
    for (size_t i = 0; i < scan->count; i++) {
        struct partition_record *row = partition_records_row(scan->records, scan->wanted[i].partition);

        free(row->error);
        row->error = memory_printf("no record and no end within %d s", scan->timeout_ms / 1000);
        scan->done++;
    }
}

bool kafka_times_client(const struct kafka_settings *settings, struct kafka_client **client, struct error *err)
{
    return new_client(settings, FIRST_LIMIT, client, err);
}

bool kafka_times_read(const struct kafka_settings *settings, struct kafka_client *first, const char *topic,
                      const struct partition_offsets *from, const struct partition_offsets *ends, int timeout_ms,
                      kafka_times_kind kind_of, kafka_times_progress progress, void *context,
                      struct partition_records *records, struct error *err)
{
    struct scan scan = {
        .topic = topic, .kind_of = kind_of, .progress = progress, .context = context, .records = records
    };
    bool ok = true;

    scan.timeout_ms = timeout_ms;
    collect(&scan, from, ends);
    for (int limit = FIRST_LIMIT; ok && scan.count > 0 && limit <= LAST_LIMIT; limit *= 4) {
        ok = pass(&scan, settings, first, limit, err);
        first = NULL;
    }
    kafka_client_free(first);
    if (ok)
        set_silent(&scan);
    if (ok && progress != NULL)
        (void)progress(context, scan.done, scan.total);
    free(scan.wanted);
    return ok;
}
