/* All ranges are assigned at once; one that is done is paused, so that its records are not fetched any more. */
#include "kafka/kafka_scan.h"

#include "base/log.h"
#include "kafka/kafka_error.h"
#include "kafka/kafka_internal.h"

#include <stdlib.h>

enum { POLL_MS = 50 };

struct scan {
    struct kafka_client *client;
    const char *topic;
    struct kafka_scan_range *ranges;
    size_t count, open; /* open: neither done nor failed */
    bool *closed;
    kafka_scan_take take;
    void *context;
};

static bool assign(const struct scan *scan, struct error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)scan->count);
    rd_kafka_resp_err_t code;

    for (size_t i = 0; i < scan->count; i++)
        rd_kafka_topic_partition_list_add(list, scan->topic, scan->ranges[i].partition)->offset = scan->ranges[i].start;
    code = rd_kafka_assign(kafka_client_handle(scan->client), list);
    rd_kafka_topic_partition_list_destroy(list);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_error_set(scan->client, code, err, "cannot read from topic %s", scan->topic);
    return true;
}

static int compare_ranges(const void *a, const void *b)
{
    int32_t left = ((const struct kafka_scan_range *)a)->partition,
            right = ((const struct kafka_scan_range *)b)->partition;

    return (left > right) - (left < right);
}

static void close_range(struct scan *scan, size_t index, bool done)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

    scan->closed[index] = true;
    scan->ranges[index].done = done;
    scan->open--;
    rd_kafka_topic_partition_list_add(list, scan->topic, scan->ranges[index].partition);
    (void)rd_kafka_pause_partitions(kafka_client_handle(scan->client), list);
    rd_kafka_topic_partition_list_destroy(list);
}

static void take_message(struct scan *scan, const rd_kafka_message_t *message)
{
    struct kafka_scan_range wanted = { .partition = message->partition };
    struct kafka_scan_range *range =
        message->rkt ? bsearch(&wanted, scan->ranges, scan->count, sizeof(wanted), compare_ranges) : NULL;
    size_t index = range ? (size_t)(range - scan->ranges) : 0;

    if (!range || scan->closed[index])
        return;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF ||
        (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && message->offset >= range->end)) {
        close_range(scan, index, true);
    } else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        scan->take(scan->context, range->partition, message->offset);
        if (message->offset + 1 == range->end)
            close_range(scan, index, true);
    } else if (kafka_error_classify(message->err) != KAFKA_ERROR_PASSING) {
        log_write(LOG_WARNING, "kafka", "partition %d of topic %s cannot be read: %s", (int)message->partition,
                  scan->topic, rd_kafka_err2str(message->err));
        close_range(scan, index, false);
    }
}

static bool read_all(struct scan *scan, int timeout_ms, kafka_scan_wanted wanted, struct error *err)
{
    int64_t told = timestamp_monotonic(), asked = told;

    while (scan->open > 0) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(kafka_client_handle(scan->client), POLL_MS);
        int64_t now = timestamp_monotonic();

        if (now - asked >= POLL_MS && !wanted(scan->context)) {
            if (message)
                rd_kafka_message_destroy(message);
            return error_set(err, ERROR_CANCELLED, "stopped before it was done");
        }
        asked = now - asked >= POLL_MS ? now : asked;
        if (message) {
            take_message(scan, message);
            rd_kafka_message_destroy(message);
            told = now;
        } else if (now - told > timeout_ms) {
            return error_set_retriable(err, ERROR_KAFKA, "nothing came from topic %s for %d s", scan->topic,
                                       timeout_ms / 1000);
        }
    }
    return true;
}

bool kafka_scan_offsets(const struct kafka_settings *settings, const char *topic, struct kafka_scan_range *ranges,
                        size_t count, int timeout_ms, kafka_scan_take take, kafka_scan_wanted wanted, void *context,
                        struct error *err)
{
    struct scan scan = {
        .topic = topic, .ranges = ranges, .count = count, .open = count, .take = take, .context = context
    };
    bool ok;

    scan.closed = memory_new((count + 1) * sizeof(scan.closed[0]));
    for (size_t i = 0; i < count; i++)
        ranges[i].done = false;
    ok = kafka_client_new(settings, &scan.client, err) && kafka_client_connect(scan.client, timeout_ms, err) &&
         assign(&scan, err) && read_all(&scan, timeout_ms, wanted, err);
    kafka_client_free(scan.client);
    free(scan.closed);
    return ok;
}
