/* What librdkafka's error codes mean for us, and the last words of each broker. Private to kafka/.
 *
 * A call that fails against a broker that refuses us says only "timed out" or "transport failure"; the reason (wrong
 * password, TLS, refused) comes separately, as an error event. So the last event per broker is kept and shown beside
 * the failure.
 */
#ifndef KAFKA_KAFKA_ERROR_H
#define KAFKA_KAFKA_ERROR_H

#include "base/buffer.h"

#include <librdkafka/rdkafka.h>
#include <stdint.h>

enum kafka_error_class {
    KAFKA_ERROR_PASSING,    /* trying again can help: broker away, leader moving, timeout */
    KAFKA_ERROR_MEMBERSHIP, /* we are no longer the member we were: drop, do not commit, rejoin */
    KAFKA_ERROR_PARTITION,  /* this partition cannot be read on; the others can */
    KAFKA_ERROR_RIGHTS,     /* not allowed, or not known who we are: no blind retry */
    KAFKA_ERROR_FATAL,      /* the client is of no more use */
    KAFKA_ERROR_OTHER,      /* a plain failure */
};

enum kafka_error_class kafka_error_classify(rd_kafka_resp_err_t code);

/* An operator's words for code ("no broker answered in time"), or librdkafka's text where we have none. Static. */
const char *kafka_error_words(rd_kafka_resp_err_t code);

/* What to look at, or NULL. Static. */
const char *kafka_error_remedy(rd_kafka_resp_err_t code);

/* The codes by which a broker says that the user lacks a right to a topic, a group or the cluster. */
bool kafka_error_is_right(rd_kafka_resp_err_t code);

enum { KAFKA_NOTES = 8 };

/* The last error event of one broker. */
struct kafka_note {
    char broker[96];
    char text[320];
    rd_kafka_resp_err_t code;
    int64_t when; /* timestamp_monotonic() */
};

/* At most KAFKA_NOTES brokers; the oldest note makes room. All zero is empty. Owner's thread only. */
struct kafka_notes {
    struct kafka_note rows[KAFKA_NOTES];
    size_t count;
};

/* Keeps reason as librdkafka words it: "[sasl_ssl://]host:port/id: text (after 3ms in state CONNECT)"; not where a fresh
 * note of the same broker explains more (a wrong password, a wrong security.protocol). */
void kafka_notes_add(struct kafka_notes *notes, rd_kafka_resp_err_t code, const char *reason, int64_t now);

/* Appends "host:port: text" for every note not older than 60 s (librdkafka repeats a standing error only every 30 s),
 * separated by "; ", and sets *worst to the code that explains most (rights before transport). False: no such note. */
bool kafka_notes_text(const struct kafka_notes *notes, int64_t now, struct buffer *out, rd_kafka_resp_err_t *worst);

/* Whether a broker has said that it will not let us in: 2 surely, 1 maybe (it cuts the connection), 0 not. */
int kafka_notes_refused(const struct kafka_notes *notes);

#endif
