/* When an open object is closed by itself. */
#include "delivery/rotation.h"

enum rotation_reason rotation_due(const struct rotation_limits *limits, int64_t records, int64_t raw_bytes,
                                  int64_t age_ms)
{
    if (records == 0)
        return ROTATION_NONE;
    if (raw_bytes >= limits->size_bytes)
        return ROTATION_SIZE;
    if (age_ms >= limits->interval_ms)
        return ROTATION_AGE;
    return ROTATION_NONE;
}
