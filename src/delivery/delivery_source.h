/* Where a partition goes on, decided from facts: the group's commit, the stream object, the log start, the bucket.
 * Part of the reader thread. */
#ifndef DELIVERY_DELIVERY_SOURCE_H
#define DELIVERY_DELIVERY_SOURCE_H

#include "delivery/delivery_chain.h"

/* Takes over newly assigned partitions: commits, stream object, log starts decide where each goes on;
 * sets each row's offset to where reading begins. Asks Kafka once, for it is called inside of a rebalance: where that
 * fails by what passes, the partitions stay ours and unread until read_tend_take_over has an answer. */
void read_take_over(struct read *read, struct partition_offsets *partitions);

/* Whether an object found in the store claims to go on, at next, behind the end of its partition: the log was truncated, or
 * the object is none of this plan. Asks Kafka, for up to 4 s, where the end last known does not answer it; what cannot be
 * asked is not claimed. */
bool read_is_behind_end(struct read *read, struct chain *chain, int64_t next);

/* Asks again for partitions whose takeover waits for Kafka, when that is due. */
void read_tend_take_over(struct read *read);

#endif
