/* Follows the chain of one partition through the bucket by listing, where the records that would name the next key are
 * gone: retention has passed the chain position. */
#ifndef DELIVERY_CHAIN_WALK_H
#define DELIVERY_CHAIN_WALK_H

#include "delivery/stream_object.h"

/* From position on, along objects of this plan: *end is the `next` of the last one (position itself when there is none).
 * Lists the whole prefix and HEADs the partition's objects at or after position. Blocks; the client's thread. An object
 * that is not of this plan at a needed position is an error. */
bool chain_walk(struct s3_client *client, const struct stream_object *stream, int32_t partition, int64_t position,
                int64_t *end, struct error *err) MUST_CHECK;

#endif
