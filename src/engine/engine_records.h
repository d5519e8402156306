/* Records at single offsets, for the lists' times. A list is asked again every few seconds, and most records are those of
 * before: what lies at an offset of a topic that only grows does not change, so it is read once. Private to src/; inspector
 * thread only.
 */
#ifndef ENGINE_RECORDS_H
#define ENGINE_RECORDS_H

#include "engine/engine_question.h"
#include "kafka/kafka_client.h"

struct engine_records;

struct engine_records_place {
    const char *topic;
    const char
        *id; /* the topic's, "-" unknown; NULL: records may vanish between others (compaction), nothing is kept */
    const char *user; /* who asks: what was kept for the same one gives way to the newer answer */
};

/* The first visible record at or after each offset of from; ends bounds the wait (see kafka_times_read). Rows that could not
 * be read carry an error. Fails when cancelled and when no broker answers. */
bool engine_records_read(struct engine_records *kept, struct engine_question *question,
                         const struct engine_records_place *place, const struct partition_offsets *from,
                         const struct partition_offsets *ends, struct partition_records *records,
                         struct error *err) MUST_CHECK;

/* What settings point to outlives it. timeout_ms: how long a reading goes on without any progress. */
struct engine_records *engine_records_new(const struct kafka_settings *settings, int timeout_ms);
void engine_records_free(struct engine_records *kept); /* NULL is fine */

#endif
