/* What the modules of kafka/ share; private to the folder. */
#ifndef KAFKA_KAFKA_INTERNAL_H
#define KAFKA_KAFKA_INTERNAL_H

#include "base/error.h"

#include <librdkafka/rdkafka.h>
#include <stdint.h>

struct kafka_client;
struct kafka_settings;
struct partition_offsets;

/* A conf with our safe defaults and the user's settings. The caller owns it until kafka_client_from_conf or
 * rd_kafka_conf_destroy takes it. group: NULL for a throw-away one (headgate-scan-...); any other must be ours, else
 * ERROR_REFUSED: the check before any client with a group id is made. */
bool kafka_conf_new(const struct kafka_settings *settings, const char *group, rd_kafka_conf_t **conf,
                    struct error *err) MUST_CHECK;

/* Sets what this module chose; a value that librdkafka does not take is a bug of ours (ERROR_INTERNAL). */
bool kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct error *err) MUST_CHECK;

/* A setting's value, "" where it has none. Caller frees; not for secrets. */
char *kafka_conf_text(const rd_kafka_conf_t *conf, const char *name);

/* As kafka_conf_set, for settings that older versions do not know: those are skipped. */
void kafka_conf_set_if_known(rd_kafka_conf_t *conf, const char *name, const char *value);

/* Makes a client of conf, which it takes even when it fails, with settings' maker of tokens where the login wants one.
 * owner is what kafka_client_owner answers in librdkafka's callbacks, whose opaque is the client. */
bool kafka_client_from_conf(rd_kafka_conf_t *conf, const struct kafka_settings *settings, void *owner,
                            struct kafka_client **client, struct error *err) MUST_CHECK;
void *kafka_client_owner(struct kafka_client *client);

/* The handle behind a client. Borrowed. */
rd_kafka_t *kafka_client_handle(struct kafka_client *client);

/* A question was left without an answer, and librdkafka must not find out: see kafka_client_is_stuck. */
void kafka_client_give_up(struct kafka_client *client);

/* Takes in error events that wait; for a client with an owner only what was logged: its records must not be taken here,
 * and it polls for the events itself. */
void kafka_client_serve(struct kafka_client *client);

/* The last error of the group itself that kafka_client_serve took in: a request to the group's coordinator without the
 * right to it is not answered but waits for ever, and this is where the reason comes. */
rd_kafka_resp_err_t kafka_client_group_error(const struct kafka_client *client);

/* kafka_client_free when librdkafka's handle is already being closed by the caller (kafka_reader). */
void kafka_client_destroy(struct kafka_client *client, int timeout_ms);

/* ERROR_KAFKA with what, the words for code, the last error of each broker where code says that nobody answered, and
 * the remedy where one is known. Sets retriable by code. Returns false. Serves nothing. */
bool kafka_error_set(struct kafka_client *client, rd_kafka_resp_err_t code, struct error *err, const char *what, ...)
    __attribute__((format(printf, 4, 5)));

/* What a request needs, in Kafka's words: {"Describe", "topic", "orders"}. Borrowed. */
struct kafka_right {
    const char *operation; /* Describe or Read */
    const char *kind;      /* topic, group */
    const char *name;
};

/* As kafka_error_set; where code says that a right is missing, names it and how to grant it. */
bool kafka_error_set_right(struct kafka_client *client, rd_kafka_resp_err_t code, const struct kafka_right *right,
                           struct error *err, const char *what, ...) __attribute__((format(printf, 5, 6)));

/* The same for a row of a list: the words alone; for other codes kafka_error_words. Caller frees. */
char *kafka_right_text(struct kafka_client *client, rd_kafka_resp_err_t code, const struct kafka_right *right);

/* True where in the last minute a broker refused our login or certificate, or no token could be made: why says so with the
 * remedy. librdkafka tries again for ever, and what was mended outside is noticed. */
bool kafka_client_refused(struct kafka_client *client, struct error *why);

/* True where no broker could be reached at *since (monotonic), and kafka_client_reached was not called after it; why: each
 * broker's last words, may be empty. librdkafka says so only once, and never that one came back: the caller has to know. */
bool kafka_client_unreachable(struct kafka_client *client, int64_t *since, struct error *why);
void kafka_client_reached(struct kafka_client *client);

/* For what may pass soon (a coordinator that is just loading): true when code is passing and the deadline
 * (timestamp_monotonic) is not over, after having waited *backoff_ms, which it doubles up to 1,000. Start at 50. */
bool kafka_client_try_again(struct kafka_client *client, rd_kafka_resp_err_t code, int64_t deadline, int *backoff_ms);

/* The one function that commits. Reads the group's name from the handle itself and refuses (ERROR_REFUSED) any that is
 * not ours. Rows of list carry offsets and metadata; the answer comes to queue, for kafka_commit_answer. */
bool kafka_commit_send(struct kafka_client *client, const rd_kafka_topic_partition_list_t *list,
                       rd_kafka_queue_t *queue, struct error *err) MUST_CHECK;

/* What a commit's answer says: the code of the whole, else of the first row that failed. Destroys nothing. */
rd_kafka_resp_err_t kafka_commit_answer(rd_kafka_event_t *event);

/* Partitions that one request may carry. */
enum { KAFKA_COMMIT_CHUNK = 1000 };

/* At most `most` rows of offsets as librdkafka's list, from row `first`, without those that have no offset; metadata at
 * most 80 bytes (asserted). Caller destroys. */
rd_kafka_topic_partition_list_t *kafka_commit_list(const char *topic, const struct partition_offsets *offsets,
                                                   size_t first, size_t most);

/* rd_kafka_offsets_for_times() for some partitions, with an error row for each that is bad (see kafka_offsets.c). ask: a
 * time, or one of these. */
enum { KAFKA_ASK_END = -1, KAFKA_ASK_START = -2 };
bool kafka_offsets_ask(struct kafka_client *client, const char *topic, const int32_t *partitions, size_t count,
                       int64_t ask, int timeout_ms, struct partition_offsets *offsets, struct error *err) MUST_CHECK;

/* Milliseconds until deadline (timestamp_monotonic), at least 1: for calls that take a timeout. */
int kafka_ms_left(int64_t deadline);

#endif
