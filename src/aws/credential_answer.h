/* What services and programs that hand out credentials say, read: JSON documents of containers, instance metadata and
 * credential_process, XML of STS. Pure; the bytes are not trusted: at most 64 KiB, XML as base/xml.h takes it.
 */
#ifndef AWS_CREDENTIAL_ANSWER_H
#define AWS_CREDENTIAL_ANSWER_H

#include "aws/credentials.h"

#include <stddef.h>

enum { CREDENTIAL_ANSWER_MOST = 64 * 1024 };

/* Fills key id, secret, token and expiry, which the caller clears; source and arn are left alone. The token may be called Token
 * or SessionToken. versioned: {"Version": 1} is required, as of credential_process. what names the answer in the error
 * (ERROR_CREDENTIALS), which repeats nothing of the document. */
bool credential_answer_json(const char *bytes, size_t length, bool versioned, const char *what,
                            struct credentials *credentials, struct error *err) MUST_CHECK;

/* An error in JSON ({"code"/"Code": ..., "message"/"Message": ...}), cut and raw; "" where there is none. */
struct credential_refusal {
    char code[64];
    char message[256];
    char request_id[80];
};
void credential_answer_json_refusal(const char *bytes, size_t length, struct credential_refusal *refusal);

/* AssumeRole's and AssumeRoleWithWebIdentity's answer; arn is the assumed role's. As above. */
bool credential_answer_sts(const char *bytes, size_t length, const char *what, struct credentials *credentials,
                           struct error *err) MUST_CHECK;

/* GetCallerIdentity's. Texts are raw; "" where missing. False when this is no such answer. */
struct credential_identity {
    char arn[256];
    char account[32];
};
bool credential_answer_identity(const char *bytes, size_t length, struct credential_identity *identity);

/* STS's <ErrorResponse>. False, and all "", when this is none. Raw text from outside: sanitise before showing. */
bool credential_answer_sts_refusal(const char *bytes, size_t length, struct credential_refusal *refusal);

#endif
