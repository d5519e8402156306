/* A running delivery for the console without a cluster. */
#ifndef TESTS_SCREENS_FIXTURE_DELIVERY_H
#define TESTS_SCREENS_FIXTURE_DELIVERY_H

#include "engine_event.h"

/* The worked example's delivery as it stands at 10:09:00Z, in a state. The caller owns it. */
struct delivery_progress *fixture_delivery_orders(enum delivery_state state);

#endif
