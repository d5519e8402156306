/* Records of one partition, packed: a slot per record, and one run of bytes behind them. A batch of about 256 KiB holds
 * some 400 records of 600 bytes. */
#include "delivery/record_batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

enum { ABSENT = UINT32_MAX };

struct record_slot {
    int64_t offset;
    timestamp_ms time;
    size_t at;             /* of the key; value and headers follow */
    uint32_t key_length;   /* UINT32_MAX: no key */
    uint32_t value_length; /* UINT32_MAX: tombstone */
    uint32_t header_count;
};

struct record_batch *record_batch_new(int32_t partition, uint32_t epoch)
{
    struct record_batch *batch = memory_new(sizeof(*batch));

    batch->partition = partition;
    batch->epoch = epoch;
    batch->size = 4096; /* never NULL: an empty value must stay apart from none */
    batch->bytes = memory_resize(NULL, batch->size);
    return batch;
}

void record_batch_free(struct record_batch *batch)
{
    if (!batch)
        return;
    free(batch->slots);
    free(batch->bytes);
    free(batch->headers);
    free(batch);
}

/* Doubles, as long as more are to come: what is larger than a batch fills it, and gets no more than it needs. */
static void make_room(struct record_batch *batch, size_t length)
{
    size_t size = batch->size, wanted = batch->length + length;

    if (wanted <= size)
        return;
    while (size < wanted)
        size *= 2;
    if (wanted > (size_t)RECORD_BATCH_BYTES)
        size = wanted;
    batch->bytes = memory_resize(batch->bytes, size);
    batch->size = size;
}

static void put_bytes(struct record_batch *batch, const void *bytes, size_t length)
{
    make_room(batch, length);
    if (length > 0)
        memcpy(batch->bytes + batch->length, bytes, length);
    batch->length += length;
}

static void put_header(struct record_batch *batch, const struct kafka_header *header)
{
    uint32_t name_length = (uint32_t)strlen(header->name);
    uint32_t value_length = header->value ? (uint32_t)header->value_length : ABSENT;

    put_bytes(batch, &name_length, sizeof(name_length));
    put_bytes(batch, &value_length, sizeof(value_length));
    put_bytes(batch, header->name, name_length + 1);
    if (header->value)
        put_bytes(batch, header->value, header->value_length);
}

void record_batch_add(struct record_batch *batch, const struct kafka_record *record)
{
    assert(record->partition == batch->partition);
    if (batch->count == batch->slot_size) {
        batch->slot_size = batch->slot_size ? batch->slot_size * 2 : 64;
        batch->slots = memory_resize(batch->slots, batch->slot_size * sizeof(*batch->slots));
    }
    batch->slots[batch->count++] = (struct record_slot){
        .offset = record->offset,
        .time = record->time,
        .at = batch->length,
        .key_length = record->key ? (uint32_t)record->key_length : ABSENT,
        .value_length = record->value ? (uint32_t)record->value_length : ABSENT,
        .header_count = (uint32_t)record->header_count,
    };
    make_room(batch, (record->key ? record->key_length : 0) + (record->value ? record->value_length : 0));
    if (record->key)
        put_bytes(batch, record->key, record->key_length);
    if (record->value) {
        put_bytes(batch, record->value, record->value_length);
        batch->value_bytes += (int64_t)record->value_length;
    }
    for (size_t i = 0; i < record->header_count; i++)
        put_header(batch, &record->headers[i]);
}

bool record_batch_is_full(const struct record_batch *batch)
{
    return batch->length >= RECORD_BATCH_BYTES || batch->count >= RECORD_BATCH_RECORDS;
}

int64_t record_batch_memory(const struct record_batch *batch)
{
    return (int64_t)(sizeof(*batch) + batch->size + batch->slot_size * sizeof(*batch->slots));
}

/* Headers lie behind the value: two lengths, the name with its NUL, the value. */
static void read_headers(struct record_batch *batch, const char *at, size_t count)
{
    if (count > batch->header_size) {
        batch->headers = memory_resize(batch->headers, count * sizeof(*batch->headers));
        batch->header_size = count;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t name_length, value_length;
        memcpy(&name_length, at, sizeof(name_length));
        memcpy(&value_length, at + sizeof(name_length), sizeof(value_length));
        at += 2 * sizeof(uint32_t);
        bool absent = value_length == ABSENT;
        batch->headers[i] = (struct encoder_header){
            .name = at,
            .value = absent ? NULL : at + name_length + 1,
            .value_length = absent ? 0 : value_length,
        };
        at += name_length + 1 + (absent ? 0 : value_length);
    }
}

void record_batch_get(struct record_batch *batch, size_t i, struct encoder_record *record)
{
    const struct record_slot *slot = &batch->slots[i];
    const char *at = batch->bytes + slot->at;

    record->partition = batch->partition;
    record->offset = slot->offset;
    record->time = slot->time;
    record->key = slot->key_length == ABSENT ? NULL : at;
    record->key_length = slot->key_length == ABSENT ? 0 : slot->key_length;
    at += record->key_length;
    record->value = slot->value_length == ABSENT ? NULL : at;
    record->value_length = slot->value_length == ABSENT ? 0 : slot->value_length;
    at += record->value_length;
    read_headers(batch, at, slot->header_count);
    record->headers = batch->headers;
    record->header_count = slot->header_count;
}
