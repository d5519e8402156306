/* The token that the IAM listener of Amazon MSK takes by SASL/OAUTHBEARER: a signed address, in base64url.
 *
 * It proves who signed it and when; the broker's name plays no part, its region does. Valid for 15 minutes, or until the
 * credentials end. Pure: time, credentials and region are arguments. Vectors: AWS's own signer for Python.
 */
#ifndef AWS_MSK_TOKEN_H
#define AWS_MSK_TOKEN_H

#include "aws/credentials.h"
#include "base/error.h"

struct msk_token {
    char *text;           /* a secret: as good as a password until it ends */
    char *about;          /* for people: "of key ...4XYZ (profile lake) for eu-west-1, made at 2026-..." */
    timestamp_ms expires; /* the token's end, or the credentials' where that is sooner */
};

/* Signs for region at the time now; agent ("headgate/0.1.0") is told to the broker and not signed. Fails with
 * ERROR_CREDENTIALS when the credentials have ended, ERROR_USAGE when region cannot be one. The caller clears token. */
bool msk_token_make(const struct credentials *credentials, const char *region, const char *agent, timestamp_ms now,
                    struct msk_token *token, struct error *err) MUST_CHECK;

/* Wipes and frees. All zero is fine. */
void msk_token_clear(struct msk_token *token);

/* The region in the first MSK host name of a list "b-1.orders.x1.c2.kafka.eu-west-1.amazonaws.com:9098,...", or NULL: an
 * address of one's own (a proxy, a private link) does not tell it. Caller frees. */
char *msk_token_region(const char *brokers);

#endif
