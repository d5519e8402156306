/* The only place that commits offsets, and only for groups whose name begins with "headgate-". */
#ifndef KAFKA_KAFKA_COMMIT_H
#define KAFKA_KAFKA_COMMIT_H

#include "kafka/kafka_client.h"

/* Commits offsets with metadata (at most 80 bytes each, asserted) for a group of ours while it has no members: the
 * plan's start, and what a resume fills in. Sent in chunks of 1,000 partitions (one request holds about 1 MB). Refuses
 * (ERROR_REFUSED) any group that is not ours. Fails when the group has members (the broker answers UNKNOWN_MEMBER_ID):
 * err says so and is retriable. A failure may leave whole chunks committed. Blocks up to timeout_ms a chunk. */
bool kafka_commit_plan(const struct kafka_settings *settings, const char *group, const char *topic,
                       const struct partition_offsets *offsets, int timeout_ms, struct error *err) MUST_CHECK;

#endif
