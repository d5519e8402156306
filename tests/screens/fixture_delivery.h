/* A running delivery for the console without a cluster. */
#ifndef TESTS_SCREENS_FIXTURE_DELIVERY_H
#define TESTS_SCREENS_FIXTURE_DELIVERY_H

#include "engine_event.h"

/* The worked example's delivery as it stands at 10:09:00Z, in a state. The caller owns it. */
struct delivery_progress *fixture_delivery_orders(enum delivery_state state);
/* The same rows over and over, for many partitions. */
struct delivery_progress *fixture_delivery(enum delivery_state state, size_t partitions);
/* Parked, stuck, waiting, elsewhere, retried: a row of each. */
struct delivery_progress *fixture_delivery_trouble(enum delivery_state state);
/* It was aborted: the last partition was delivered to its end, the one before it was not read on. */
void fixture_delivery_abort(struct delivery_progress *progress);
/* Its brokers are gone, and with them its membership of the group. */
struct delivery_progress *fixture_delivery_cut_off(void);

#endif
