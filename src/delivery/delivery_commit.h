/* The commits that follow the chain, and what they tell of other instances. Part of the reader thread. */
#ifndef DELIVERY_DELIVERY_COMMIT_H
#define DELIVERY_DELIVERY_COMMIT_H

#include "delivery/delivery_chain.h"

/* What is left until the reader has to have ended, between least_ms and most_ms; most_ms where nobody asked for an end. */
int64_t read_time_left(const struct read *read, int64_t most_ms, int64_t least_ms);

/* Commits what is dirty. wait: for the answer. A failure is said, and what was dirty stays so. */
void read_commit(struct read *read, bool wait);

/* A commit that was sent without waiting is in Kafka. Librdkafka may send one again after a later one, so that the older
 * stays: a chain whose answer is not what it would commit now is committed once more. */
void read_take_commit(struct read *read, const struct partition_offset *row);

/* The commits before the end: tried for some seconds while the group is rebalancing, which needs polling. Afterwards
 * chains' committed and position tell what could not be committed. */
void read_commit_last(struct read *read);

/* True while the uploader cannot store a partition's object until an operator acts. */
bool read_upload_is_parked(struct read *read, int32_t partition);

/* Whether every partition of an --until stream, ours and those of other instances, has reached its end (or is parked). */
bool read_all_ended(struct read *read);

#endif
