/* The records at given offsets, above all their timestamps: no request gives the time of a commit, so the record is
 * read (Fetch). assign() in chunks with a small fetch size, asked again with four times the size where a partition
 * stays silent; a partition is done by a record or by its end-of-partition event. */
#ifndef KAFKA_KAFKA_TIMES_H
#define KAFKA_KAFKA_TIMES_H

#include "kafka/kafka_client.h"

/* done of total partitions answered so far; rows of `records` that are done may be looked at. Return false to cancel. */
typedef bool (*kafka_times_progress)(void *context, size_t done, size_t total);

/* Looks at a value and says what it is; injected, for kafka/ does not know formats. */
typedef enum value_kind (*kafka_times_kind)(const void *value, size_t length);

/* First visible record at or after each offset of `from` (rows with OFFSET_NONE or an error are skipped). ends: where
 * reading may stop (the partition's end at this isolation): a partition with offset >= end is not asked at all.
 * Uses a client of its own per fetch size, made from settings; the first one may have been made before
 * (kafka_times_client) and is taken over, NULL: it was not. timeout_ms: without any progress for that long, what is
 * missing gets an error row. Fails with ERROR_CANCELLED when progress said so, rows found so far stay. */
bool kafka_times_read(const struct kafka_settings *settings, struct kafka_client *first, const char *topic,
                      const struct partition_offsets *from, const struct partition_offsets *ends, int timeout_ms,
                      kafka_times_kind kind_of, kafka_times_progress progress, void *context,
                      struct partition_records *records, struct error *err) MUST_CHECK;

/* The client for the first fetch size: made early, it connects while other things are asked. For kafka_times_read or
 * kafka_client_free, nothing else. */
bool kafka_times_client(const struct kafka_settings *settings, struct kafka_client **client,
                        struct error *err) MUST_CHECK;

#endif
