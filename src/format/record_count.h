/* How many records an object of somebody else's sink holds, from its bytes: lines, plain, gzip or zstd. */
#ifndef FORMAT_RECORD_COUNT_H
#define FORMAT_RECORD_COUNT_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* A record is a line; the last one needs no newline (Aiven's sink writes none). A document that is one JSON array with a
 * line for each element counts its elements. gzip and zstd are told by their first bytes, whatever the key says, of one
 * member or more. ERROR_FORMAT in words for what cannot be counted here: snappy, bzip2, Parquet, Avro, broken gzip or zstd.
 * Values that hold newlines of their own are counted too high: nobody can tell from the bytes. Pure; memory 256 KiB beside
 * what zstd keeps. */
bool record_count(const void *bytes, size_t length, int64_t *records, struct error *err) MUST_CHECK;

#endif
