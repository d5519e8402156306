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
    RAW_SMALLEST = 4 * 1024,
    OBJECT_BYTES = 2 * 1024, /* the object itself, its key, metadata and what its upload takes; counts with 10,000 */
    RAW_MOST = 128 * 1024,
};

struct piece {
    char *bytes;
    size_t length, size;
};

struct open_object {
    struct object_workshop *workshop;
    int32_t partition;
    uint32_t epoch;
    int64_t start;
    struct offset_range lost;
    bool begun; /* a visible record has been seen */
    struct object_first first;
    int64_t records, raw_bytes;
    timestamp_ms time_first, time_last;
    int64_t opened_at;               /* monotonic, first stored record */
    struct compression_state *codec; /* only once there is more than raw may hold */
    char *raw;                       /* encoded and not compressed yet: for a small object cheaper than a codec */
    size_t raw_length, raw_size;
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

static void take_memory(struct open_object *object, int64_t bytes)
{
    object->memory += bytes;
    memory_budget_take(object->workshop->budget, MEMORY_OPEN, bytes);
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
            take_memory(object, (int64_t)size);
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
    take_memory(object, (int64_t)workshop->compression->state_bytes);
}

int64_t open_object_lazy_bytes(const struct compression *compression)
{
    size_t state = compression->state_bytes;

    return state < STAGING_BYTES ? 0 : state < RAW_MOST ? (int64_t)state : RAW_MOST;
}

static void free_raw(struct open_object *object)
{
    take_memory(object, -(int64_t)object->raw_size);
    free(object->raw);
    object->raw = NULL;
    object->raw_length = object->raw_size = 0;
}

/* Keeps bytes as they are; false when there are too many for that. */
static bool keep_raw(struct open_object *object, const void *bytes, size_t length)
{
    size_t most = (size_t)open_object_lazy_bytes(object->workshop->compression), size = object->raw_size;

    if (object->codec || object->raw_length + length > most)
        return false;
    while (size < object->raw_length + length)
        size = size == 0 ? RAW_SMALLEST : size * 2;
    if (size > object->raw_size) {
        object->raw = memory_resize(object->raw, size);
        take_memory(object, (int64_t)(size - object->raw_size));
        object->raw_size = size;
    }
    memcpy(object->raw + object->raw_length, bytes, length);
    object->raw_length += length;
    return true;
}

/* From here on bytes go through the codec; what was kept raw goes first. */
static void use_codec(struct open_object *object)
{
    if (object->codec)
        return;
    open_codec(object);
    if (object->raw_length > 0)
        object->workshop->compression->write(object->codec, object->raw, object->raw_length);
    free_raw(object);
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
    take_memory(object, -(int64_t)workshop->compression->state_bytes);
}

struct open_object *open_object_new(struct object_workshop *workshop, int32_t partition, uint32_t epoch, int64_t start,
                                    struct offset_range lost)
{
    struct open_object *object = memory_new(sizeof(*object));

    object->workshop = workshop;
    object->partition = partition;
    object->epoch = epoch;
    object->start = start;
    object->lost = lost;
    object->time_first = object->time_last = TIMESTAMP_NONE;
    take_memory(object, OBJECT_BYTES);
    return object;
}

void open_object_free(struct open_object *object)
{
    if (!object)
        return;
    close_codec(object);
    free_raw(object);
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
    if (!keep_raw(object, staging->data, staging->length)) {
        use_codec(object);
        object->workshop->compression->write(object->codec, staging->data, staging->length);
    }
    buffer_reset(staging);
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

static void set_range(struct s3_metadata *metadata, const char *name, struct offset_range range)
{
    char text[48];

    snprintf(text, sizeof(text), "%" PRId64 "-%" PRId64, range.start, range.end);
    s3_metadata_set(metadata, name, text);
}

static void set_hex(struct s3_metadata *metadata, const char *name, uint32_t number)
{
    char text[9];

    snprintf(text, sizeof(text), "%08" PRIx32, number);
    s3_metadata_set(metadata, name, text);
}

/* Identity first, then what an audit and an adoption need. */
static void describe(const struct open_object *object, int64_t next, struct s3_metadata *metadata)
{
    const struct cutover_plan *plan = object->workshop->stream->plan;

    s3_metadata_set(metadata, "hg-v", "1");
    s3_metadata_set(metadata, "hg-cluster", plan->cluster_id);
    s3_metadata_set(metadata, "hg-topic-id", plan->topic_id);
    s3_metadata_set(metadata, "hg-plan", plan->id);
    set_number(metadata, "hg-start", object->start);
    set_hex(metadata, "hg-fp", object->first.fingerprint);
    if (object->lost.end > object->lost.start)
        set_range(metadata, "hg-lost", object->lost);
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

/* A small object waits for S3 in no more memory than it has bytes. */
static void trim(struct open_object *object)
{
    struct piece *last = object->piece_count ? &object->pieces[object->piece_count - 1] : NULL;

    if (!last || last->size - last->length < RAW_SMALLEST)
        return;
    take_memory(object, (int64_t)last->length - (int64_t)last->size);
    last->bytes = memory_resize(last->bytes, last->length > 0 ? last->length : 1);
    last->size = last->length;
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
    use_codec(object);
    workshop->compression->finish(object->codec);
    close_codec(object);
    trim(object);
    done->partition = object->partition;
    done->epoch = object->epoch;
    done->start = object->start;
    done->next = next;
    done->lost = object->lost;
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

void sealed_object_set_parked(struct sealed_object *object, bool parked)
{
    enum memory_use use = parked ? MEMORY_PARKED : MEMORY_SEALED;

    memory_budget_move(object->budget, object->parked ? MEMORY_PARKED : MEMORY_SEALED, use, object->memory);
    object->parked = parked;
}

void sealed_object_free(struct sealed_object *object)
{
    if (!object)
        return;
    memory_budget_give(object->budget, object->parked ? MEMORY_PARKED : MEMORY_SEALED, object->memory);
    for (size_t i = 0; i < object->piece_count; i++)
        free((void *)object->pieces[i].bytes);
    free(object->pieces);
    s3_metadata_clear(&object->metadata);
    buffer_clear(&object->key);
    free(object);
}
