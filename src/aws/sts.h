/* STS: roles assumed, and who one is. SigV4 over HTTP, answers in XML. Blocks its thread.
 *
 * A clock that is off by more than STS bears is measured by its answer and corrected for the signature, once, with a warning.
 */
#ifndef AWS_STS_H
#define AWS_STS_H

#include "aws/credential_answer.h"
#include "aws/credential_http.h"

/* Borrowed texts. */
struct sts_role {
    const char *arn;
    const char *session_name;
    const char *external_id; /* NULL: none */
    int64_t duration_s;      /* 0: STS's own, an hour */
};

/* Fills key id, secret, token, expires and arn (the assumed role's) of credentials, which the caller clears in any case. Fails
 * with ERROR_CREDENTIALS: what STS said about whom, and what to do. by: whose keys sign. */
bool sts_assume_role(const struct credential_search *search, const struct sts_role *role, const struct credentials *by,
                     struct credentials *credentials, struct error *err) MUST_CHECK;

/* The same with a web identity token (an OIDC token, a secret) instead of keys; from: its file, for texts. */
bool sts_assume_role_web(const struct credential_search *search, const struct sts_role *role, const char *token,
                         const char *from, struct credentials *credentials, struct error *err) MUST_CHECK;

/* Who these credentials are. Needs no right at all. */
bool sts_caller_identity(const struct credential_search *search, const struct credentials *credentials,
                         struct credential_identity *identity, struct error *err) MUST_CHECK;

#endif
