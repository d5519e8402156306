/* One question to librdkafka's Admin interface: options, queue, answer. Private to kafka/. Only describing and listing
 * operations are asked this way; nothing here creates, alters or deletes. */
#ifndef KAFKA_KAFKA_ADMIN_H
#define KAFKA_KAFKA_ADMIN_H

#include "kafka/kafka_internal.h"

struct kafka_admin {
    rd_kafka_AdminOptions_t *options; /* time limit set */
    rd_kafka_queue_t *queue;          /* where the answer comes */
    int timeout_ms;
    bool coordinator; /* librdkafka's own time limit is the longest there is, see kafka_client_is_stuck */
};

/* Asserts that operation only looks. Ended by kafka_admin_end. */
void kafka_admin_begin(struct kafka_client *client, rd_kafka_admin_op_t operation, int timeout_ms,
                       struct kafka_admin *admin);
void kafka_admin_end(struct kafka_admin *admin);

/* The answer to the request just sent: an event that the caller destroys, with *code 0; or NULL with the reason in
 * *code. Serves the client's error events meanwhile. */
rd_kafka_event_t *kafka_admin_wait(struct kafka_client *client, struct kafka_admin *admin, rd_kafka_resp_err_t *code);

#endif
