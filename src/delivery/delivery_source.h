/* Where a partition goes on, decided from facts: the group's commit, the stream object, the log start, the bucket.
 * Part of the reader thread. */
#ifndef DELIVERY_DELIVERY_SOURCE_H
#define DELIVERY_DELIVERY_SOURCE_H

#include "delivery/delivery_chain.h"

/* Takes over newly assigned partitions: commits, stream object, log starts decide where each goes on;
 * sets each row's offset to where reading begins. */
void read_take_over(struct read *read, struct partition_offsets *partitions);

#endif
