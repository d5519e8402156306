/* One form POST for each question; at most two, when the clock had to be corrected. */
#include "aws/sts.h"

#include "aws/digest.h"
#include "aws/endpoints.h"
#include "aws/sigv4.h"
#include "base/log.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ATTEMPT_MS = 4000,
    ATTEMPTS = 2,
    SKEW_BORNE_MS = 4 * 60 * 1000, /* STS refuses beyond 5 minutes */
    HEADERS_MOST = 4,
};

/* One question. what and by are for texts: "assume role arn:...", "profile lake, key ...W7QX". */
struct question {
    const char *what, *by;
    const struct credentials *signer; /* NULL: unsigned */
    const char *body;
};

static const struct {
    const char *code; /* with '*' at the end: any that begins so; NULL: any */
    const char *remedy;
    bool retriable;
} refusals[] = {
    { "AccessDenied*",
     "allow these credentials sts:AssumeRole on the role and name them in its trust policy (and its external_id, if it asks for one)",
     false                                                                                                                                   },
    { "InvalidClientTokenId",    "the access key id is unknown, deactivated or of another partition; make new keys",
     false                                                                                                                                   },
    { "UnrecognizedClient*",     "the access key id is unknown, deactivated or of another partition; make new keys",
     false                                                                                                                                   },
    { "SignatureDoesNotMatch",   "the secret does not belong to the access key id; copy both again",                                   false },
    { "IncompleteSignature",     "the secret does not belong to the access key id; copy both again",                                   false },
    { "ExpiredToken*",           "renew what has expired: log in again, or have the token's file written anew",                        false },
    { "InvalidIdentityToken",
     "the identity provider must be known to the account, and the token meant for it (audience)",                                      false },
    { "IDPRejectedClaim",        "the role's trust policy does not accept this token",                                                 false },
    { "IDPCommunicationError",   "STS could not ask the identity provider; it is tried again",                                         true  },
    { "RegionDisabledException",
     "switch STS on for the region in the account's settings, or name another with --region",                                          false },
    { "PackedPolicyTooLarge",    "the session's tags and policies are too large",                                                      false },
    { "ValidationError",         "look at role_arn, role_session_name, external_id and duration_seconds of the profile",
     false                                                                                                                                   },
    { "Throttling*",             "STS asks to slow down; it is tried again",                                                           true  },
    { NULL,                      "look at the profile, the role and the endpoint (AWS_ENDPOINT_URL_STS)",                              false },
};

static bool code_matches(const char *pattern, const char *code)
{
    size_t length = pattern ? strlen(pattern) : 0;

    if (!pattern)
        return true;
    if (pattern[length - 1] == '*')
        return strncmp(pattern, code, length - 1) == 0;
    return strcmp(pattern, code) == 0;
}

static bool is_about_time(const struct credential_refusal *refusal)
{
    return strcmp(refusal->code, "RequestExpired") == 0 || strcmp(refusal->code, "RequestTimeTooSkewed") == 0 ||
           ((strcmp(refusal->code, "SignatureDoesNotMatch") == 0 ||
             strcmp(refusal->code, "InvalidSignatureException") == 0) &&
            (strstr(refusal->message, "expired") || strstr(refusal->message, "not yet current")));
}

static bool refused(const struct question *question, const struct credential_reply *reply, const char *url,
                    const struct credential_refusal *refusal, struct error *err)
{
    size_t row = 0;

    if (is_about_time(refusal))
        return error_set(err, ERROR_CREDENTIALS,
                         "cannot %s: this host's clock is %lld s off that of STS, which refuses beyond 300 s; set the "
                         "clock (chronyc, timedatectl) (%s)",
                         question->what, (long long)(-reply->skew_ms / 1000), question->by);
    if (!*refusal->code)
        return error_set(err, ERROR_CREDENTIALS,
                         "cannot %s: %s answers %d, not as STS does; look at the endpoint (AWS_ENDPOINT_URL_STS)",
                         question->what, url, reply->response.status);
    while (!code_matches(refusals[row].code, refusal->code))
        row++;
    /* A refused signature's message repeats what was signed. */
    error_set(err, ERROR_CREDENTIALS, "cannot %s with %s: %d %s%s%s; %s%s%s", question->what, question->by,
              reply->response.status, refusal->code,
              *refusal->message && !strstr(refusal->code, "Signature") ? ": " : "",
              strstr(refusal->code, "Signature") ? "" : refusal->message, refusals[row].remedy,
              *refusal->request_id ? "; request id " : "", refusal->request_id);
    if (err)
        err->retriable = refusals[row].retriable || reply->response.status >= 500;
    return false;
}

/* Appends the Authorization header to headers, which has the signed ones; value owns its text. */
static bool sign(const struct question *question, const struct endpoint *endpoint, timestamp_ms now,
                 struct http_request_header *headers, size_t *count, struct buffer *value)
{
    struct http_header signed_headers[HEADERS_MOST];
    struct sigv4_request to_sign = { .method = "POST", .path = "/", .headers = signed_headers };
    struct sigv4_scope scope = { .region = endpoint->region, .service = "sts", .time = now };
    char hash[DIGEST_HEX_SIZE];

    for (size_t i = 0; i < *count; i++)
        signed_headers[i] = (struct http_header){ headers[i].name, headers[i].value };
    signed_headers[*count] = (struct http_header){ "host", endpoint->host };
    to_sign.header_count = *count + 1;
    digest_sha256_hex(question->body, strlen(question->body), hash);
    to_sign.payload_hash = hash;
    if (!sigv4_authorization(&to_sign, &scope, question->signer, value, NULL))
        return false;
    headers[(*count)++] = (struct http_request_header){ "Authorization", value->data };
    return true;
}

static bool ask_once(const struct credential_search *search, const struct question *question,
                     const struct endpoint *endpoint, int64_t clock_offset, struct credential_reply *reply,
                     struct error *err)
{
    char form[] = "application/x-www-form-urlencoded; charset=utf-8", date[17];
    struct http_request_header headers[HEADERS_MOST] = {
        { "content-type", form },
        { "x-amz-date",   date }
    };
    char *url = memory_printf("%s/", endpoint->url);
    struct credential_call call = { .method = "POST",
                                    .url = url,
                                    .headers = headers,
                                    .header_count = 2,
                                    .body = question->body,
                                    .attempt_ms = ATTEMPT_MS,
                                    .attempts = ATTEMPTS,
                                    .service = "STS",
                                    .remedy = "look at the network (a VPC endpoint for STS?), at the region, or at "
                                              "AWS_ENDPOINT_URL_STS" };
    timestamp_ms now = timestamp_now() + clock_offset;
    struct buffer authorization;
    bool ok = true;

    buffer_init(&authorization, 0);
    sigv4_date(now, date);
    if (question->signer && question->signer->token)
        headers[call.header_count++] = (struct http_request_header){ "x-amz-security-token", question->signer->token };
    if (question->signer)
        ok = sign(question, endpoint, now, headers, &call.header_count, &authorization) ||
             error_set(err, ERROR_CREDENTIALS, "cannot %s: the credentials cannot stand in a header", question->what);
    ok = ok && credential_http(search, &call, reply, err);
    buffer_clear(&authorization);
    free(url);
    return ok;
}

/* True when STS answered 200; reply is cleared by the caller in any case. */
static bool ask(const struct credential_search *search, const struct question *question, struct credential_reply *reply,
                struct error *err)
{
    struct credential_refusal refusal;
    struct endpoint endpoint;
    bool ok = false;

    memset(reply, 0, sizeof *reply);
    if (!endpoint_resolve_sts(search->settings, &endpoint, err))
        return false;
    if (!ask_once(search, question, &endpoint, 0, reply, err))
        goto out;
    if (reply->response.status != 200 && question->signer && llabs(reply->skew_ms) > SKEW_BORNE_MS) {
        int64_t offset = reply->skew_ms;

        log_write(LOG_WARNING, "aws",
                  "this host's clock is %lld s off that of STS; signed again with its time, set the clock",
                  (long long)(-offset / 1000));
        credential_http_clear(reply);
        if (!ask_once(search, question, &endpoint, offset, reply, err))
            goto out;
    }
    ok = reply->response.status == 200;
    if (!ok) {
        credential_answer_sts_refusal(reply->response.body.data, reply->response.body.length, &refusal);
        refused(question, reply, endpoint.url, &refusal, err);
    }
out:
    endpoint_clear(&endpoint);
    return ok;
}

static void add_field(struct buffer *body, const char *name, const char *value)
{
    buffer_printf(body, "&%s=", name);
    sigv4_encode_query(value, body);
}

static void add_role(struct buffer *body, const struct sts_role *role)
{
    char number[TEXT_NUMBER_SIZE];

    add_field(body, "RoleArn", role->arn);
    add_field(body, "RoleSessionName", role->session_name);
    if (role->duration_s > 0) {
        snprintf(number, sizeof number, "%lld", (long long)role->duration_s);
        add_field(body, "DurationSeconds", number);
    }
}

static bool assume(const struct credential_search *search, const struct question *question,
                   struct credentials *credentials, struct error *err)
{
    struct credential_reply reply;
    char *what = memory_printf("STS's answer to \"%s\"", question->what);
    bool ok = ask(search, question, &reply, err) &&
              credential_answer_sts(reply.response.body.data, reply.response.body.length, what, credentials, err);

    if (ok)
        credential_http_localise(&reply, "STS", credentials);
    credential_http_clear(&reply);
    free(what);
    return ok;
}

bool sts_assume_role(const struct credential_search *search, const struct sts_role *role, const struct credentials *by,
                     struct credentials *credentials, struct error *err)
{
    char *what = memory_printf("assume role %s", role->arn), *who = credentials_describe(by);
    struct buffer body;
    struct question question = { .what = what, .by = who, .signer = by };
    bool ok;

    buffer_init(&body, 0);
    buffer_append_text(&body, "Action=AssumeRole&Version=2011-06-15");
    add_role(&body, role);
    if (role->external_id)
        add_field(&body, "ExternalId", role->external_id);
    question.body = body.data;
    ok = assume(search, &question, credentials, err);
    buffer_clear(&body);
    free(what);
    free(who);
    return ok;
}

bool sts_assume_role_web(const struct credential_search *search, const struct sts_role *role, const char *token,
                         const char *from, struct credentials *credentials, struct error *err)
{
    char *what = memory_printf("assume role %s", role->arn), *who = memory_printf("the web identity token in %s", from);
    struct buffer body;
    struct question question = { .what = what, .by = who };
    bool ok;

    buffer_init(&body, 0);
    buffer_append_text(&body, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15");
    add_role(&body, role);
    add_field(&body, "WebIdentityToken", token);
    question.body = body.data;
    ok = assume(search, &question, credentials, err);
    digest_wipe(body.data, body.length);
    buffer_clear(&body);
    free(what);
    free(who);
    return ok;
}

bool sts_caller_identity(const struct credential_search *search, const struct credentials *credentials,
                         struct credential_identity *identity, struct error *err)
{
    char *who = credentials_describe(credentials);
    struct question question = { .what = "ask who this is",
                                 .by = who,
                                 .signer = credentials,
                                 .body = "Action=GetCallerIdentity&Version=2011-06-15" };
    struct credential_reply reply;
    bool ok = ask(search, &question, &reply, err);

    if (ok && !credential_answer_identity(reply.response.body.data, reply.response.body.length, identity))
        ok = error_set(err, ERROR_CREDENTIALS, "what answers as STS is not STS (AWS_ENDPOINT_URL_STS)");
    credential_http_clear(&reply);
    free(who);
    return ok;
}
