/* An object while it grows. Stored bytes lie in pieces that double from 16 KiB to 1 MiB, so that a small object costs
 * little and a large one is never copied: the uploader sends the pieces as they are. */
#include "delivery/open_object.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delivery/object_key.h"
#include "format/crc32c.h"

enum {
    PIECE_SMALLEST = 16 * 1024,
    PIECE_LARGEST = 1024 * 1024,
    STAGING_BYTES = 64 * 1024, /* calls of the codec are dear for single records */
};

struct piece {
    char *bytes;
    size_t length, size;
};

struct open_object {
    struct object_workshop *workshop;
    int32_t partition;
    uint32_t epoch;
    int64_t start, lost;
    bool begun; /* a visible record has been seen */
    struct object_first first;
    int64_t records, raw_bytes;
    timestamp_ms time_first, time_last;
    int64_t opened_at;               /* monotonic, first stored record */
    struct compression_state *codec; /* only while there are bytes */
    struct piece *pieces;
    size_t piece_count;
    size_t length;
    uint32_t crc32c;
    int64_t memory; /* taken as MEMORY_OPEN */
};

void object_workshop_init(struct object_workshop *workshop, const struct stream_object *stream,
                          struct memory_budget *budget, const char *writer)
{
    *workshop = (struct object_workshop){
        .stream = stream,
        .encoder = encoder_find(stream->settings.format),
        .compression = compression_find(stream->settings.compression),
        .budget = budget,
        .writer = writer,
    };
    buffer_init(&workshop->staging, 0);
}

void object_workshop_clear(struct object_workshop *workshop)
{
    workshop->compression->free(workshop->spare);
    workshop->spare = NULL;
    buffer_clear(&workshop->staging);
}

/* Takes what the codec makes: appends to the last piece, opens a larger one when it is full. */
static void store_bytes(void *context, const void *bytes, size_t length)
{
    struct open_object *object = context;
    const char *from = bytes;

    object->crc32c = crc32c_update(object->crc32c, bytes, length);
    object->length += length;
    while (length > 0) {
        struct piece *piece = object->piece_count ? &object->pieces[object->piece_count - 1] : NULL;
        if (!piece || piece->length == piece->size) {
            size_t size = !piece ? PIECE_SMALLEST : piece->size < PIECE_LARGEST ? piece->size * 2 : PIECE_LARGEST;
            object->pieces = memory_resize(object->pieces, (object->piece_count + 1) * sizeof(*object->pieces));
            piece = &object->pieces[object->piece_count++];
            *piece = (struct piece){ .bytes = memory_resize(NULL, size), .size = size };
            object->memory += (int64_t)size;
            memory_budget_take(object->workshop->budget, MEMORY_OPEN, (int64_t)size);
        }
        size_t part = piece->size - piece->length;
        if (part > length)
            part = length;
        memcpy(piece->bytes + piece->length, from, part);
        piece->length += part;
        from += part;
        length -= part;
    }
}

static void open_codec(struct open_object *object)
{
    struct object_workshop *workshop = object->workshop;

    if (workshop->spare) {
        object->codec = workshop->spare;
        workshop->spare = NULL;
        workshop->compression->reset(object->codec, object);
    } else {
        object->codec = workshop->compression->open(store_bytes, object);
    }
    object->memory += (int64_t)workshop->compression->state_bytes;
    memory_budget_take(workshop->budget, MEMORY_OPEN, (int64_t)workshop->compression->state_bytes);
}

static void close_codec(struct open_object *object)
{
    struct object_workshop *workshop = object->workshop;

    if (!object->codec)
        return;
    if (workshop->spare)
        workshop->compression->free(object->codec);
    else
        workshop->spare = object->codec;
    object->codec = NULL;
    object->memory -= (int64_t)workshop->compression->state_bytes;
    memory_budget_give(workshop->budget, MEMORY_OPEN, (int64_t)workshop->compression->state_bytes);
}

struct open_object *open_object_new(struct object_workshop *workshop, int32_t partition, uint32_t epoch, int64_t start,
                                    int64_t lost)
{
    struct open_object *object = memory_new(sizeof(*object));

    object->workshop = workshop;
    object->partition = partition;
    object->epoch = epoch;
    object->start = start;
    object->lost = lost;
    object->time_first = object->time_last = TIMESTAMP_NONE;
    return object;
}

void open_object_free(struct open_object *object)
{
    if (!object)
        return;
    close_codec(object);
    memory_budget_give(object->workshop->budget, MEMORY_OPEN, object->memory);
    for (size_t i = 0; i < object->piece_count; i++)
        free(object->pieces[i].bytes);
    free(object->pieces);
    free(object);
}

static uint32_t add_number(uint32_t crc, int64_t number)
{
    unsigned char bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)number >> (56 - 8 * i));
    return crc32c_update(crc, bytes, sizeof(bytes));
}

static void begin(struct open_object *object, const struct encoder_record *record)
{
    uint32_t crc = add_number(add_number(0, record->offset), record->time);

    crc = crc32c_update(crc, record->key, record->key_length);
    crc = crc32c_update(crc, record->value, record->value_length);
    object->first = (struct object_first){ .offset = record->offset, .time = record->time, .fingerprint = crc };
    object->begun = true;
}

static void stage(void *context, const void *bytes, size_t length)
{
    struct open_object *object = context;

    object->raw_bytes += (int64_t)length;
    buffer_append(&object->workshop->staging, bytes, length);
}

void open_object_add(struct open_object *object, const struct encoder_record *record, int64_t now_ms)
{
    struct object_workshop *workshop = object->workshop;

    if (!object->begun)
        begin(object, record);
    if (!record->value && workshop->encoder->skips_tombstones)
        return;
    if (!object->codec)
        open_codec(object);
    if (object->records++ == 0)
        object->opened_at = now_ms;
    if (record->time >= 0) {
        if (object->time_first < 0 || record->time < object->time_first)
            object->time_first = record->time;
        if (record->time > object->time_last)
            object->time_last = record->time;
    }
    workshop->encoder->encode(record, stage, object);
    if (workshop->staging.length >= STAGING_BYTES)
        open_object_settle(object);
}

void open_object_settle(struct open_object *object)
{
    struct buffer *staging = &object->workshop->staging;

    if (staging->length == 0)
        return;
    object->workshop->compression->write(object->codec, staging->data, staging->length);
    buffer_reset(staging);
}

int64_t open_object_start(const struct open_object *object)
{
    return object->start;
}

int64_t open_object_records(const struct open_object *object)
{
    return object->records;
}

int64_t open_object_raw_bytes(const struct open_object *object)
{
    return object->raw_bytes;
}

int64_t open_object_memory(const struct open_object *object)
{
    return object->memory;
}

int64_t open_object_age(const struct open_object *object, int64_t now_ms)
{
    return object->records ? now_ms - object->opened_at : 0;
}

const struct object_first *open_object_first(const struct open_object *object)
{
    return object->begun ? &object->first : NULL;
}

bool open_object_key(const struct open_object *object, struct buffer *key, struct error *err)
{
    return object_key_make(object->workshop->stream, object->partition, object->start, object->first.time,
                           object->start, object->workshop->writer, key, err);
}

static void set_number(struct s3_metadata *metadata, const char *name, int64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRId64, number);
    s3_metadata_set(metadata, name, text);
}

static void set_hex(struct s3_metadata *metadata, const char *name, uint32_t number)
{
    char text[9];

    snprintf(text, sizeof(text), "%08" PRIx32, number);
    s3_metadata_set(metadata, name, text);
}

/* The table of reference s3.md 2: identity first, then what an audit and an adoption need. */
static void describe(const struct open_object *object, int64_t next, struct s3_metadata *metadata)
{
    const struct cutover_plan *plan = object->workshop->stream->plan;

    s3_metadata_set(metadata, "hg-v", "1");
    s3_metadata_set(metadata, "hg-cluster", plan->cluster_id);
    s3_metadata_set(metadata, "hg-topic-id", plan->topic_id);
    s3_metadata_set(metadata, "hg-plan", plan->id);
    set_number(metadata, "hg-start", object->start);
    set_hex(metadata, "hg-fp", object->first.fingerprint);
    if (object->lost != OFFSET_NONE)
        set_number(metadata, "hg-lost", object->lost);
    set_number(metadata, "hg-first", object->first.offset);
    set_number(metadata, "hg-next", next);
    set_number(metadata, "hg-count", object->records);
    set_number(metadata, "hg-ts-first", object->time_first);
    set_number(metadata, "hg-ts-last", object->time_last);
    set_hex(metadata, "hg-crc32c", object->crc32c);
    s3_metadata_set(metadata, "hg-writer", object->workshop->writer);
}

/* Moves the pieces over as they are; the open object keeps none. */
static void hand_over_pieces(struct open_object *object, struct sealed_object *sealed)
{
    sealed->pieces = memory_new(object->piece_count * sizeof(*sealed->pieces));
    sealed->piece_count = object->piece_count;
    for (size_t i = 0; i < object->piece_count; i++)
        sealed->pieces[i] = (struct http_piece){ .bytes = object->pieces[i].bytes, .length = object->pieces[i].length };
    sealed->memory = object->memory;
    memory_budget_take(sealed->budget, MEMORY_SEALED, object->memory);
    memory_budget_give(sealed->budget, MEMORY_OPEN, object->memory);
    object->piece_count = 0;
    object->memory = 0;
}

bool open_object_seal(struct open_object *object, int64_t next, enum rotation_reason reason,
                      struct sealed_object **sealed, struct error *err)
{
    struct object_workshop *workshop = object->workshop;
    struct sealed_object *done = memory_new(sizeof(*done));
    bool ok = false;

    assert(object->records > 0 && next > object->first.offset);
    done->budget = workshop->budget;
    buffer_init(&done->key, 0);
    if (!object_key_make(workshop->stream, object->partition, object->start, object->first.time, next, workshop->writer,
                         &done->key, err))
        goto out;
    open_object_settle(object);
    workshop->compression->finish(object->codec);
    close_codec(object);
    done->partition = object->partition;
    done->epoch = object->epoch;
    done->start = object->start;
    done->next = next;
    done->first = object->first;
    done->records = object->records;
    done->raw_bytes = object->raw_bytes;
    done->time_first = object->time_first;
    done->time_last = object->time_last;
    done->reason = reason;
    done->length = object->length;
    done->crc32c = object->crc32c;
    describe(object, next, &done->metadata);
    hand_over_pieces(object, done);
    ok = true;
out:
    open_object_free(object);
    if (!ok) {
        buffer_reset(&workshop->staging); /* its records must not end up in another object */
        sealed_object_free(done);
        done = NULL;
    }
    *sealed = done;
    return ok;
}

void sealed_object_free(struct sealed_object *object)
{
    if (!object)
        return;
    memory_budget_give(object->budget, MEMORY_SEALED, object->memory);
    for (size_t i = 0; i < object->piece_count; i++)
        free((void *)object->pieces[i].bytes);
    free(object->pieces);
    s3_metadata_clear(&object->metadata);
    buffer_clear(&object->key);
    free(object);
}
