/* When an open object is closed: uncompressed size, age of its first record. Pure. The other reasons come from outside
 * (memory budget, flush, revoke, stop, end). Cuts need no agreement between writers: a chain is right with any cuts. */
#ifndef DELIVERY_ROTATION_H
#define DELIVERY_ROTATION_H

#include "delivery/delivery_progress.h"

struct rotation_limits {
    int64_t size_bytes;  /* uncompressed */
    int64_t interval_ms; /* age of the first stored record */
};

/* ROTATION_NONE, ROTATION_SIZE or ROTATION_AGE. An object without a record is never closed. */
enum rotation_reason rotation_due(const struct rotation_limits *limits, int64_t records, int64_t raw_bytes,
                                  int64_t age_ms);

#endif
