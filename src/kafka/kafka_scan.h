/* Which offsets of a range hold a visible record: by Fetch, with a client of its own that joins and commits nothing. For the
 * few ranges where a count of offsets is not a count of records; reads every record, so bounded by the caller. */
#ifndef KAFKA_KAFKA_SCAN_H
#define KAFKA_KAFKA_SCAN_H

#include "kafka/kafka_client.h"

struct kafka_scan_range {
    int32_t partition;
    int64_t start, end; /* [start, end); start is in the log */
    bool done;          /* set when the whole range was read; false: it could not be */
};

/* Called for each visible record inside its partition's range, rising within a partition. */
typedef void (*kafka_scan_take)(void *context, int32_t partition, int64_t offset);
/* Looked at about every 50 ms; false gives up. */
typedef bool (*kafka_scan_wanted)(void *context);

/* ranges: at most one of a partition, sorted by it. A range that fails (retention overtook it, no rights) stays not done
 * and the others go on. Fails when no broker is reached, when nothing comes for timeout_ms, and with ERROR_CANCELLED. */
bool kafka_scan_offsets(const struct kafka_settings *settings, const char *topic, struct kafka_scan_range *ranges,
                        size_t count, int timeout_ms, kafka_scan_take take, kafka_scan_wanted wanted, void *context,
                        struct error *err) MUST_CHECK;

#endif
