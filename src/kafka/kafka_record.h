/* One record of one partition, to be looked at: by Fetch, with a client of its own that joins and commits nothing. */
#ifndef KAFKA_KAFKA_RECORD_H
#define KAFKA_KAFKA_RECORD_H

#include "kafka/kafka_reader.h"

/* Gets the record (not kept after the call), once at most. */
typedef void (*kafka_record_take)(void *context, const struct kafka_record *record, bool log_append);
/* Looked at about every 50 ms; false gives up. */
typedef bool (*kafka_record_wanted)(void *context);

/* Calls take with the first visible record at or after offset; *found is false, without a call, where the partition ends
 * first. Fails when the offset is no longer in the log, when nothing comes within timeout_ms, and with ERROR_CANCELLED
 * when wanted says so. */
bool kafka_record_read(const struct kafka_settings *settings, const char *topic, int32_t partition, int64_t offset,
                       int timeout_ms, kafka_record_take take, kafka_record_wanted wanted, void *context, bool *found,
                       struct error *err) MUST_CHECK;

#endif
