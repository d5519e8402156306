/* Turns: waves (waves.h) put to work on the chains and on Kafka; private to the reader thread.
 *
 * A waiting partition is stopped in the reader and goes on at chain.next_read by a seek. What a chain does otherwise
 * (parking, a loss, an end) knows nothing of turns: whoever reads no more is found out here. */
#ifndef DELIVERY_DELIVERY_TURNS_H
#define DELIVERY_DELIVERY_TURNS_H

#include "delivery/delivery_chain.h"

/* Turns for partitions just taken over, whose rows say where reading begins: those that have to wait are stopped. */
void read_turns_take_over(struct read *read, const struct partition_offsets *partitions);

/* False while the chain waits: what still comes of it is read again in its next turn, and says nothing now, the end
 * neither: records before it may have been let go. */
bool read_turns_is_on(const struct read *read, const struct chain *chain);

/* A record that is handed on; its turn may be over by that. bytes: of its value. */
void read_turns_record(struct read *read, struct chain *chain, size_t bytes);

/* A seek that is due: true when the partition may read now; otherwise it waits, and its turn begins with the seek. One that
 * reads no more may have been given a turn before that was found out: it is not sought. */
bool read_turns_may_seek(struct read *read, struct chain *chain);

/* Ends and begins turns. */
void read_turns_tend(struct read *read);

#endif
