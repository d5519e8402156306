/* Offsets the broker knows: commits of any group, log starts and ends, first offsets at or after a time.
 *
 * Answers are lists with a row per partition; a partition that failed carries its own error and the others stand.
 * Blocks up to timeout_ms per request. The special offsets -1 and -2 never leave this module.
 */
#ifndef KAFKA_KAFKA_OFFSETS_H
#define KAFKA_KAFKA_OFFSETS_H

#include "kafka/kafka_client.h"

/* Commits of a foreign or own group for one topic, by ListConsumerGroupOffsets: no joining, no group id of that name
 * on our side. Partitions without commit are missing from the list. Metadata is kept. */
bool kafka_offsets_committed(struct kafka_client *client, const char *group, const char *topic, int timeout_ms,
                             struct partition_offsets *committed, struct error *err) MUST_CHECK;

/* The topics for which a group has commits, with how many partitions: what else stops when the connector is stopped. */
struct kafka_group_topic {
    char *topic;
    int partitions;
};
bool kafka_offsets_group_topics(struct kafka_client *client, const char *group, int timeout_ms,
                                struct kafka_group_topic **topics, size_t *count, struct error *err) MUST_CHECK;

/* Both by one request: with 10,000 partitions librdkafka takes 0.3 s for each. */
bool kafka_offsets_group(struct kafka_client *client, const char *group, const char *topic, int timeout_ms,
                         struct partition_offsets *committed, struct kafka_group_topic **topics, size_t *count,
                         struct error *err) MUST_CHECK;
void kafka_group_topics_free(struct kafka_group_topic *topics, size_t count);

enum kafka_offset_kind {
    KAFKA_LOG_START,
    KAFKA_LOG_END, /* at the client's isolation: last stable offset under read_committed, else high watermark */
};

/* Log start or end of partitions 0..partitions-1 in one batched request (chunks of 1,000 on retry). */
bool kafka_offsets_range(struct kafka_client *client, const char *topic, int32_t partitions,
                         enum kafka_offset_kind kind, int timeout_ms, struct partition_offsets *offsets,
                         struct error *err) MUST_CHECK;

/* First offset with timestamp >= time per partition; OFFSET_NONE where no such record exists. time must be >= 0
 * (asserted: below zero means other things to a broker). */
bool kafka_offsets_for_time(struct kafka_client *client, const char *topic, int32_t partitions, timestamp_ms time,
                            int timeout_ms, struct partition_offsets *offsets, struct error *err) MUST_CHECK;

#endif
