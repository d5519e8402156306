/* The deep check of one object: is in it what is written on it? Private to src/; inspector thread only. */
#ifndef ENGINE_DEEP_H
#define ENGINE_DEEP_H

#include "cutover/cutover_coverage.h"
#include "delivery/stream_object.h"

/* Reads the whole object (at most 1 GiB stored) and compares: its length with the listing, its checksum (of gzip, zstd),
 * its lines with the records that the metadata promise (a value with newlines inside makes more of them in `lines`; `raw`
 * has none to count), and in `json` the order of the offsets and that they lie inside the range. *trouble says what is
 * wrong, NULL: nothing; the caller frees it. False only where the object could not be read. */
bool engine_deep_check(struct s3_client *client, const struct stream_object *stream, const char *key,
                       const struct coverage_object *object, char **trouble, struct error *err) MUST_CHECK;

#endif
