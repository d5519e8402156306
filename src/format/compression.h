/* One compressed stream per object: gzip (ISA-L level 1, one member), gzip-small (zlib 6), zstd, none.
 *
 * A state is used by one thread at a time. Output goes to a sink in pieces as it is made; input is gathered, so small
 * writes cost little, and up to some 100 KB of it have not reached the sink before finish. Nothing here can fail. */
#ifndef FORMAT_COMPRESSION_H
#define FORMAT_COMPRESSION_H

#include "base/error.h"

#include <stddef.h>

typedef void (*compression_sink)(void *context, const void *bytes, size_t length);

struct compression_state;

struct compression {
    const char *name; /* "gzip" */
    const char *help;
    const char *firehose_name;    /* CompressionFormat: "GZIP", "UNCOMPRESSED"; NULL: Firehose has no such */
    const char *extension;        /* ".gz", ".zst", "" */
    const char *content_encoding; /* "gzip", NULL for none */
    size_t state_bytes;           /* memory one open object takes in the codec, for the budget */
    struct compression_state *(*open)(compression_sink sink, void *context);
    void (*write)(struct compression_state *state, const void *bytes, size_t length);
    void (*finish)(struct compression_state *state); /* everything has reached the sink afterwards */
    /* Ready for another object with another sink context; cheaper than free and open. */
    void (*reset)(struct compression_state *state, void *context);
    void (*free)(struct compression_state *state); /* NULL is fine */
};

/* By name, or NULL. Static. */
const struct compression *compression_find(const char *name);
extern const struct compression *const compressions[]; /* NULL-terminated */

#endif
