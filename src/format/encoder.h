/* From a record to bytes of an object: lines, raw, json. A pure function of the record. */
#ifndef FORMAT_ENCODER_H
#define FORMAT_ENCODER_H

#include "base/timestamp.h"

struct encoder_header {
    const char *name;
    const void *value;
    size_t value_length;
};

struct encoder_record {
    const char *topic;
    int32_t partition;
    int64_t offset;
    timestamp_ms time;
    const void *key; /* NULL: none */
    size_t key_length;
    const void *value; /* NULL: tombstone */
    size_t value_length;
    const struct encoder_header *headers;
    size_t header_count;
};

/* Receives pieces in order; they are borrowed until it returns. */
typedef void (*encoder_sink)(void *context, const void *bytes, size_t length);

struct encoder {
    const char *name;         /* "lines" */
    const char *help;         /* one line */
    const char *extension;    /* ".txt"? the format's part of the object's extension, with its dot; may be "" */
    const char *content_type; /* of the object, uncompressed */
    bool needs_headers;       /* key and headers are looked at */
    bool skips_tombstones;    /* a tombstone produces no bytes and is not counted as a record of the object */
    /* Gives the record's bytes to sink. */
    void (*encode)(const struct encoder_record *record, encoder_sink sink, void *context);
};

/* By name, or NULL. Static. */
const struct encoder *encoder_find(const char *name);
extern const struct encoder *const encoders[]; /* NULL-terminated */

#endif
