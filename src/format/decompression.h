/* Reads back what compression.h writes: for checks, not for the data path. */
#ifndef FORMAT_DECOMPRESSION_H
#define FORMAT_DECOMPRESSION_H

#include "base/error.h"

#include <stddef.h>

/* Receives the plain bytes in pieces; they are borrowed until it returns. */
typedef void (*decompression_sink)(void *context, const void *bytes, size_t length);

/* method: a name of compression.h ("gzip", "gzip-small", "zstd", "none"). Fails with ERROR_FORMAT when the bytes are cut
 * off, damaged (gzip and zstd carry checksums, which are compared) or of another method; what came before has reached the
 * sink by then. */
bool decompress(const char *method, const void *bytes, size_t length, decompression_sink sink, void *context,
                struct error *err) MUST_CHECK;

#endif
