/* What the modules of kafka/ share; private to the folder. */
#ifndef KAFKA_KAFKA_INTERNAL_H
#define KAFKA_KAFKA_INTERNAL_H

#include "base/error.h"

#include <librdkafka/rdkafka.h>
#include <stdint.h>

struct kafka_client;
struct kafka_settings;

/* A conf with our safe defaults and the user's settings. The caller owns it until kafka_client_from_conf or
 * rd_kafka_conf_destroy takes it. group: NULL for a throw-away one (headgate-scan-...); any other must be ours, else
 * ERROR_REFUSED: the check before any client with a group id is made. */
bool kafka_conf_new(const struct kafka_settings *settings, const char *group, rd_kafka_conf_t **conf,
                    struct error *err) MUST_CHECK;

/* Sets what this module chose; a value that librdkafka does not take is a bug of ours (ERROR_INTERNAL). */
bool kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct error *err) MUST_CHECK;

/* As kafka_conf_set, for settings that older versions do not know: those are skipped. */
void kafka_conf_set_if_known(rd_kafka_conf_t *conf, const char *name, const char *value);

/* Makes a client of conf, which it takes even when it fails. owner is what kafka_client_owner answers in librdkafka's
 * callbacks, whose opaque is the client. */
bool kafka_client_from_conf(rd_kafka_conf_t *conf, void *owner, struct kafka_client **client,
                            struct error *err) MUST_CHECK;
void *kafka_client_owner(struct kafka_client *client);

/* The handle behind a client. Borrowed. */
rd_kafka_t *kafka_client_handle(struct kafka_client *client);

/* Takes in error events that wait. Not for a client that reads records: its own polling does it. */
void kafka_client_serve(struct kafka_client *client);

/* kafka_client_free when librdkafka's handle is already being closed by the caller (kafka_reader). */
void kafka_client_destroy(struct kafka_client *client, int timeout_ms);

/* ERROR_KAFKA with what, the words for code, the last error of each broker where code says that nobody answered, and
 * the remedy where one is known. Sets retriable by code. Returns false. Serves nothing. */
bool kafka_error_set(struct kafka_client *client, rd_kafka_resp_err_t code, struct error *err, const char *what, ...)
    __attribute__((format(printf, 4, 5)));

/* For what may pass soon (a coordinator that is just loading): true when code is passing and the deadline
 * (timestamp_monotonic) is not over, after having waited *backoff_ms, which it doubles up to 1,000. Start at 50. */
bool kafka_client_try_again(struct kafka_client *client, rd_kafka_resp_err_t code, int64_t deadline, int *backoff_ms);

/* Milliseconds until deadline (timestamp_monotonic), at least 1: for calls that take a timeout. */
int kafka_ms_left(int64_t deadline);

#endif
