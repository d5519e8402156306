/* What librdkafka's threads tell a client, until its owner looks: failures of brokers as they are logged, and tokens. Private
 * to kafka/.
 *
 * A broker that is down is told of every few seconds, and the owner of an idle client may not look for days. So only the
 * last KAFKA_HEARD_MOST of each kind wait; older ones go, and are counted.
 */
#ifndef KAFKA_KAFKA_HEARD_H
#define KAFKA_KAFKA_HEARD_H

#include "base/error.h"

#include <librdkafka/rdkafka.h>
#include <stdint.h>

enum { KAFKA_HEARD_MOST = 200 };

/* A broker's failure, or a token that could not be made (NO_ERROR: that can be made again). */
struct kafka_heard_line {
    int64_t when; /* monotonic */
    bool of_token;
    rd_kafka_resp_err_t code;
    char text[ERROR_MESSAGE_SIZE]; /* of a token that could be made: what it says, without its secret */
};

struct kafka_heard;

struct kafka_heard *kafka_heard_new(void);
void kafka_heard_free(struct kafka_heard *heard);

/* Takes line, from memory_new. Any thread. */
void kafka_heard_add(struct kafka_heard *heard, struct kafka_heard_line *line);

/* The oldest line, which the caller frees; NULL when there is none. The owner's thread. */
struct kafka_heard_line *kafka_heard_take(struct kafka_heard *heard);

/* How many lines went since the last call without having been taken. */
unsigned kafka_heard_gone(struct kafka_heard *heard);

#endif
