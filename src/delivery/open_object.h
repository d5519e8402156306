/* An object while it grows: encoded, compressed and summed up as records arrive; sealed, it never changes again.
 *
 * One encoder thread owns an open object; sealing hands everything over to a struct sealed_object for the uploader. An
 * object begins at chain position P with any visible record, tombstones included, for the first visible record decides
 * the key; it is worth sending only when it holds a record to store.
 */
#ifndef DELIVERY_OPEN_OBJECT_H
#define DELIVERY_OPEN_OBJECT_H

#include "delivery/delivery_progress.h"
#include "delivery/memory_budget.h"
#include "delivery/stream_object.h"
#include "format/compression.h"
#include "format/encoder.h"

/* What one encoder thread uses for all its objects; plain, filled once. */
struct object_workshop {
    const struct stream_object *stream;
    const struct encoder *encoder;
    const struct compression *compression;
    struct memory_budget *budget;
    const char *writer;              /* hg-writer, for people */
    struct compression_state *spare; /* a codec state for the next object, or NULL */
    struct buffer staging;           /* encoded bytes before they are compressed */
};
void object_workshop_init(struct object_workshop *workshop, const struct stream_object *stream,
                          struct memory_budget *budget, const char *writer);
void object_workshop_clear(struct object_workshop *workshop);

/* The first visible record of an object: what its key and its identity are made of. */
struct object_first {
    int64_t offset;
    timestamp_ms time;
    uint32_t fingerprint; /* CRC32C over offset, timestamp, key and value */
};

struct sealed_object {
    int32_t partition;
    uint32_t epoch;
    int64_t start, next;      /* [start, next) */
    struct offset_range lost; /* as given to open_object_new */
    struct object_first first;
    int64_t records, raw_bytes;
    timestamp_ms time_first, time_last; /* smallest and largest of the stored records; TIMESTAMP_NONE */
    enum rotation_reason reason;
    struct buffer key;
    struct s3_metadata metadata;
    struct http_piece *pieces;
    size_t piece_count;
    size_t length; /* bytes to store */
    uint32_t crc32c;
    int64_t memory; /* taken from the budget as MEMORY_SEALED, or MEMORY_PARKED while it is parked */
    bool parked;
    struct memory_budget *budget;
};
/* What its memory is counted as from now on. */
void sealed_object_set_parked(struct sealed_object *object, bool parked);
/* Frees the bytes and gives the memory back. NULL is fine. */
void sealed_object_free(struct sealed_object *object);

struct open_object;

/* start: chain position P. lost: what was declared lost between P and the first record (hg-lost); start == end: nothing. */
struct open_object *open_object_new(struct object_workshop *workshop, int32_t partition, uint32_t epoch, int64_t start,
                                    struct offset_range lost);
void open_object_free(struct open_object *object); /* drops it; NULL is fine */

/* Adds a visible record; records come in offset order. now_ms: monotonic, for the object's age. */
void open_object_add(struct open_object *object, const struct encoder_record *record, int64_t now_ms);
/* Compresses what is staged; call before another object of the workshop is added to. */
void open_object_settle(struct open_object *object);

/* An object of up to so many encoded bytes is kept as it is and compressed when it is closed: a codec's state takes more.
 * 0: never (no compression). */
int64_t open_object_lazy_bytes(const struct compression *compression);

int64_t open_object_records(const struct open_object *object);   /* to store */
int64_t open_object_raw_bytes(const struct open_object *object); /* encoded, uncompressed */
int64_t open_object_memory(const struct open_object *object);
int64_t open_object_age(const struct open_object *object, int64_t now_ms); /* of the first stored record */
/* False before the first visible record. Borrowed. */
const struct object_first *open_object_first(const struct open_object *object);

/* Key of the object as far as it is known (next does not matter on an exactly-once stream). */
bool open_object_key(const struct open_object *object, struct buffer *key, struct error *err) MUST_CHECK;

/* Closes it: takes object (frees it) and gives what is to be stored. The object must hold a record. Fails when no key
 * can be made (above 1,024 bytes); object is freed then too. */
bool open_object_seal(struct open_object *object, int64_t next, enum rotation_reason reason,
                      struct sealed_object **sealed, struct error *err) MUST_CHECK;

#endif
