/* What a delivery is told when it starts. A plain value. */
#ifndef DELIVERY_DELIVERY_SETTINGS_H
#define DELIVERY_DELIVERY_SETTINGS_H

#include "delivery/stream_object.h"
#include "kafka/kafka_client.h"

struct delivery_settings {
    struct kafka_settings kafka; /* isolation is overridden by the plan's */
    struct s3_settings s3;
    const struct stream_object *stream; /* borrowed until delivery_free */
    int64_t memory_bytes;               /* the budget, 256 MiB by default */
    int64_t max_message_bytes;          /* the topic's max.message.bytes; 0: not known */
    int session_timeout_ms;             /* 0: 10,000 */
    bool allow_lost;                    /* go on where retention took records, else park */
    bool ask_lost;                      /* else ask: progress.asking counts, delivery_answer_lost decides */
    const char *instance;               /* host-pid-random, for people */
    /* Called from a delivery thread when the state changed or a message appeared; must only wake somebody. May be NULL. */
    void (*wake)(void *context);
    void *context;
};

#endif
