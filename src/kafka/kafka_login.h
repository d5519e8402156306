/* How a login that needs a token gets one, without kafka/ knowing where credentials come from. */
#ifndef KAFKA_KAFKA_LOGIN_H
#define KAFKA_KAFKA_LOGIN_H

#include "aws/msk_token.h"
#include "base/error.h"

/* What a token for a login by OAUTHBEARER is made for. Borrowed. */
struct kafka_login {
    const char *brokers; /* as configured */
    const char *profile; /* of ~/.aws, where the settings name one for Kafka alone; else NULL */
};

/* Makes a token (Amazon MSK's IAM login). Called by a thread of librdkafka whenever one is needed: at the start, at four
 * fifths of its life, and 10 s after a failure; may block for seconds, and may run for several clients at once. */
typedef bool (*kafka_token_maker)(void *context, const struct kafka_login *login, struct msk_token *token,
                                  struct error *err);

#endif
