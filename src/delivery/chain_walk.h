/* Follows the chains of partitions through the bucket by listing, where the records that would name the next keys are
 * gone: retention has passed the chain positions. One listing serves all partitions that were overtaken together. */
#ifndef DELIVERY_CHAIN_WALK_H
#define DELIVERY_CHAIN_WALK_H

#include "delivery/stream_object.h"

struct chain_listing;

/* Lists the whole prefix once (with folders by partition: theirs, unless they are many) and keeps the keys of the given
 * partitions at or after their offsets. Blocks; the client's thread. stream is borrowed. Free with chain_listing_free. */
bool chain_listing_new(struct s3_client *client, const struct stream_object *stream,
                       const struct partition_offsets *positions, struct chain_listing **listing,
                       struct error *err) MUST_CHECK;
void chain_listing_free(struct chain_listing *listing);

/* From position on, along objects of this plan: *end is the `next` of the last one (position itself when there is none).
 * HEADs one object after the other. An object that is not of this plan at a needed position is an error. */
bool chain_listing_walk(const struct chain_listing *listing, struct s3_client *client, int32_t partition,
                        int64_t position, int64_t *end, struct error *err) MUST_CHECK;

#endif
