/* Is the object at a key part of this plan? Asked before an object is adopted, and by the audit. Pure. */
#ifndef DELIVERY_OBJECT_IDENTITY_H
#define DELIVERY_OBJECT_IDENTITY_H

#include "delivery/stream_object.h"

/* What the metadata of an object of ours says. */
struct object_identity {
    int64_t start, next, first, count;
    struct offset_range lost; /* declared lost inside [start, next); start == end: nothing */
    timestamp_ms time_first, time_last;
    uint32_t fingerprint;
    bool same_topic; /* both sides know the topic's id, and it is the same */
};

/* Reads and compares hg-* metadata: cluster, plan, topic id ('-' on either side matches anything) and, where start is
 * not OFFSET_NONE, hg-start. Checks that next > first >= start and 1 <= count <= next - first. False with ERROR_FORMAT:
 * "this key holds an object that is not part of this plan", and what differs. */
bool object_identity_read(const struct stream_object *stream, const struct s3_metadata *metadata, int64_t start,
                          struct object_identity *identity, struct error *err) MUST_CHECK;

#endif
