/* Records of one partition on their way from the reader to an encoder: copied once, then librdkafka's are let go, for
 * each of them would pin a whole fetch buffer. */
#ifndef DELIVERY_RECORD_BATCH_H
#define DELIVERY_RECORD_BATCH_H

#include "format/encoder.h"
#include "kafka/kafka_reader.h"

struct record_batch {
    int32_t partition;
    uint32_t epoch; /* of the partition when it was read */
    size_t count;
    int64_t value_bytes; /* what the records' values hold */
    struct record_slot *slots;
    size_t slot_size;
    char *bytes; /* keys, values, headers one after another */
    size_t length, size;
    struct encoder_header *headers; /* of the record last asked for */
    size_t header_size;
};

enum { RECORD_BATCH_BYTES = 256 * 1024, RECORD_BATCH_RECORDS = 2048 };

/* An empty batch for one partition. */
struct record_batch *record_batch_new(int32_t partition, uint32_t epoch);
void record_batch_free(struct record_batch *batch);

/* Copies a record. Grows beyond RECORD_BATCH_BYTES only for a single large record. */
void record_batch_add(struct record_batch *batch, const struct kafka_record *record);

/* True when the batch should be handed over before more is added. */
bool record_batch_is_full(const struct record_batch *batch);

/* Bytes it takes from the memory budget. */
int64_t record_batch_memory(const struct record_batch *batch);

/* The i-th record; it points into the batch and is valid until the next call. topic is left alone. */
void record_batch_get(struct record_batch *batch, size_t i, struct encoder_record *record);

#endif
