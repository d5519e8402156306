/* Tokens for SASL/OAUTHBEARER, made outside by a kafka_token_maker (Amazon MSK's IAM login). Private to kafka/.
 *
 * librdkafka asks for one before it signs in, at four fifths of a token's life, and 10 s after a failure; it asks on its
 * background thread, so that a client that nobody polls keeps its session.
 */
#ifndef KAFKA_KAFKA_TOKEN_H
#define KAFKA_KAFKA_TOKEN_H

#include "base/properties.h"
#include "kafka/kafka_login.h"

#include <librdkafka/rdkafka.h>

struct kafka_token_source;

/* True where conf wants a token that librdkafka cannot make itself: OAUTHBEARER without method=oidc and without unsecured
 * ones. Fails with ERROR_USAGE where the token would travel unencrypted, or where nobody can make one (can_make: there is a maker). */
bool kafka_token_wanted(const rd_kafka_conf_t *conf, bool can_make, bool *wanted, struct error *err) MUST_CHECK;

/* For the client that will be made of conf: its brokers, and the AWS profile that the user's settings (may be NULL) name for
 * Kafka, are copied; context is borrowed. */
struct kafka_token_source *kafka_token_source_new(const rd_kafka_conf_t *conf, const struct properties *user,
                                                  kafka_token_maker make, void *context);
/* NULL is fine. The client's handle must be gone. */
void kafka_token_source_free(struct kafka_token_source *source);

/* No maker is called any more from now on, nor its context touched, except by a call that is under way. Any thread. */
void kafka_token_source_end(struct kafka_token_source *source);

/* Makes a token and gives it to rk, or tells rk that there is none. about gets what may be shown of it. The background
 * thread. */
bool kafka_token_refresh(struct kafka_token_source *source, rd_kafka_t *rk, char *about, size_t size,
                         struct error *err) MUST_CHECK;

#endif
