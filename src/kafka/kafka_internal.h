/* What the modules of kafka/ share; private to the folder. */
#ifndef KAFKA_KAFKA_INTERNAL_H
#define KAFKA_KAFKA_INTERNAL_H

#include "kafka/kafka_client.h"

#include <librdkafka/rdkafka.h>

/* The handle behind a client. Borrowed. */
rd_kafka_t *kafka_client_handle(struct kafka_client *client);

/* ERROR_KAFKA with what, librdkafka's text for code, the last broker error seen, and the remedy where one is known
 * (rights, unknown topic). Sets retriable by code. Returns false. */
bool kafka_error_set(struct kafka_client *client, rd_kafka_resp_err_t code, struct error *err, const char *what, ...)
    __attribute__((format(printf, 4, 5)));

/* A conf with our safe defaults and the user's settings; shared with kafka_reader. The caller owns it until
 * rd_kafka_new takes it. group: NULL for a throw-away one; any other must be ours (checked here). */
bool kafka_conf_new(const struct kafka_settings *settings, const char *group, rd_kafka_conf_t **conf, struct error *err)
    MUST_CHECK;

#endif
