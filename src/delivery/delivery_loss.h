/* Records that retention took before they were read (C4), and positions that the log does not have. Part of the reader
 * thread. */
#ifndef DELIVERY_DELIVERY_LOSS_H
#define DELIVERY_DELIVERY_LOSS_H

#include "delivery/delivery_chain.h"

/* Decides how overtaken chains go on once all that was read before is settled: adopt what is stored beyond, wait, ask,
 * declare the loss, or park. Chains that were overtaken together share one listing of the bucket. Called each turn;
 * blocks for questions to broker and bucket, and otherwise a fifth of a second at most. */
void read_tend_losses(struct read *read);

/* Another writer's object is adopted where a loss was declared: the object says what is lost now. */
void read_overrule_loss(struct read *read, struct chain *chain);

#endif
