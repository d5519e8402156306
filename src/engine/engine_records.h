/* Records at single offsets, for the lists' times. Private to src/; inspector thread only. */
#ifndef ENGINE_RECORDS_H
#define ENGINE_RECORDS_H

#include "engine/engine_question.h"
#include "engine/engine_tools.h"

/* The first visible record at or after each offset of from; ends bounds the wait (see kafka_times_read). Rows that could not
 * be read carry an error. Fails when cancelled and when no broker answers. */
bool engine_records_read(struct engine_tools *tools, struct engine_question *question, const char *topic,
                         const struct partition_offsets *from, const struct partition_offsets *ends,
                         struct partition_records *records, struct error *err) MUST_CHECK;

#endif
