/* Tokens for Kafka's IAM login from the AWS credentials that S3 gets: where kafka/ and aws/ meet. Private to src/. */
#ifndef ENGINE_TOKEN_H
#define ENGINE_TOKEN_H

#include "config.h"
#include "kafka/kafka_client.h"

/* A kafka_token_maker. Credentials: the Kafka settings' own profile, else --profile, else as for S3. Region: that of the
 * brokers' MSK names, else of the Kafka settings' own profile, else --region, AWS_REGION, AWS_DEFAULT_REGION, else the
 * profile's. The context is the config, which is only read. Any thread. */
bool engine_token_make(void *context, const struct kafka_login *login, struct msk_token *token,
                       struct error *err) MUST_CHECK;

#endif
