/* Answers of whatever hands out credentials: containers, instances, processes, STS. Taken whole or not at all. */
#include "fuzz.h"

#include "aws/credential_answer.h"

#include <string.h>

const char *const fuzz_pieces[] = {
    "{\"Version\":1,\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\",\"Expiration\":\"2026-11-23T10:00:00Z\"}",
    "{\"Code\":\"Success\",",
    "\"AccessKeyId\":\"AK\",",
    "\"SecretAccessKey\":\"\",",
    "\"Token\":\"t\",",
    "\"Expiration\":\"never\"}",
    "{\"code\":\"no\",\"message\":\"\\u001b[2J\"}",
    "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>",
    "<Credentials><AccessKeyId>AK</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
    "<Expiration>2026-11-23T10:00:00Z</Expiration></Credentials>",
    "<AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/a/b</Arn></AssumedRoleUser>",
    "</AssumeRoleResult></AssumeRoleResponse>",
    "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>",
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>a</Arn><Account>1</Account>",
    "</GetCallerIdentityResult></GetCallerIdentityResponse>",
    "<Arn>",
    "</Arn>",
    "<Account>",
    "&lt;",
    "<!DOCTYPE x [<!ENTITY a \"b\">]>",
    "&a;",
    "{",
    "}",
    "\xff",
    NULL
};

static void must_be_whole(bool taken, const struct credentials *credentials)
{
    if (taken)
        FUZZ_MUST(credentials->key_id && *credentials->key_id && credentials->secret && *credentials->secret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    struct credential_refusal refusal;
    struct credential_identity identity;

    for (int versioned = 0; versioned < 2; versioned++) {
        struct credentials credentials = { 0 };

        must_be_whole(credential_answer_json(bytes, size, versioned, "the fuzzer", &credentials, NULL), &credentials);
        credentials_clear(&credentials);
    }
    struct credentials credentials = { 0 };

    must_be_whole(credential_answer_sts(bytes, size, "the fuzzer", &credentials, NULL), &credentials);
    credentials_clear(&credentials);
    credential_answer_json_refusal(bytes, size, &refusal);
    FUZZ_MUST(memchr(refusal.code, '\0', sizeof refusal.code) && memchr(refusal.message, '\0', sizeof refusal.message));
    if (!credential_answer_sts_refusal(bytes, size, &refusal))
        FUZZ_MUST(!*refusal.code && !*refusal.message && !*refusal.request_id);
    (void)credential_answer_identity(bytes, size, &identity);
    FUZZ_MUST(memchr(identity.arn, '\0', sizeof identity.arn));
    return 0;
}
