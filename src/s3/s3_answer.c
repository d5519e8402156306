/* The retry table, as a table: status and Code on the left, what it means and what to do about it on the right.
 *
 * Status decides first, then Code; an unknown Code is judged by its status alone, because stores differ in their codes.
 */
#include "s3/s3_answer.h"

#include "base/text.h"
#include "s3/s3_xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ANY = 0,
    MOST_WAIT_MS = 20 * 1000,
    MOST_FLOOR_MS = 25 * 1000,
    SKEW_REFUSED_MS = 14 * 60 * 1000, /* S3 refuses beyond 15 minutes; HEAD cannot say why */
};

/* In reason and remedy {bucket}, {target}, {endpoint}, {identity} and {right} stand for what was asked. */
struct rule {
    int status;       /* ANY for a code that is its own proof */
    const char *code; /* NULL: any; with '*' at the end: any that begins so */
    enum s3_verdict verdict;
    enum s3_cure cure;
    unsigned tries; /* attempts; 0: no limit */
    const char *reason;
    const char *remedy;
};

static const struct rule rules[];
static const struct rule silent_refusal;

static const struct {
    const char *name;  /* after "cannot" */
    const char *right; /* the IAM action */
} operations[] = {
    [S3_PUT_OBJECT] = { "store",   "s3:PutObject"                                   },
    [S3_HEAD_OBJECT] = { "look at", "s3:GetObject (and s3:ListBucket on the bucket)" },
    [S3_GET_OBJECT] = { "read",    "s3:GetObject (and s3:ListBucket on the bucket)" },
    [S3_DELETE_OBJECT] = { "delete",  "s3:DeleteObject"                                },
    [S3_LIST_OBJECTS] = { "list",    "s3:ListBucket"                                  },
};

const char *s3_operation_name(enum s3_operation operation)
{
    return operations[operation].name;
}

int64_t s3_retry_wait(enum s3_verdict verdict, unsigned attempt, int64_t floor_ms, uint64_t random)
{
    int64_t most = verdict == S3_RETRY_SLOW ? 1000 : 100;

    if (verdict != S3_RETRY && verdict != S3_RETRY_SLOW && verdict != S3_RETRY_UNCLEAR)
        return 0;
    for (; attempt > 0 && most < MOST_WAIT_MS; attempt--)
        most *= 2;
    if (most > MOST_WAIT_MS)
        most = MOST_WAIT_MS;
    most = (int64_t)(random % (uint64_t)(most + 1));
    return most > floor_ms ? most : floor_ms;
}

/* --- texts --- */

static void append_target(const struct s3_question *question, struct buffer *out)
{
    buffer_printf(out, "s3://%s/", question->bucket);
    if (question->key)
        buffer_append_text(out, question->key);
}

/* Appends text with its {names} replaced. */
static void append_words(const struct s3_question *question, const char *text, struct buffer *out)
{
    const char *const values[][2] = {
        { "{bucket}",   question->bucket                      },
        { "{endpoint}", question->endpoint                    },
        { "{identity}", question->identity                    },
        { "{right}",    operations[question->operation].right },
    };

    while (*text) {
        size_t plain = strcspn(text, "{");
        bool found = false;

        buffer_append(out, text, plain);
        text += plain;
        for (size_t i = 0; *text && !found && i < sizeof values / sizeof *values; i++) {
            found = text_starts_with(text, values[i][0]);
            if (found) {
                buffer_append_text(out, values[i][1]);
                text += strlen(values[i][0]);
            }
        }
        if (*text && !found && text_starts_with(text, "{target}")) {
            append_target(question, out);
            text += strlen("{target}");
        } else if (*text && !found) {
            buffer_append_char(out, *text++);
        }
    }
}

/* error gets "cannot store s3://lake/key: reason (detail); remedy; the store says: ..., request id". */
static void explain(const struct s3_question *question, const struct s3_answer *answer, const char *reason,
                    const char *detail, const char *remedy, const struct s3_xml_error *said, struct error *error)
{
    struct buffer text;

    buffer_init(&text, 0);
    buffer_printf(&text, "cannot %s ", operations[question->operation].name);
    append_target(question, &text);
    buffer_append_text(&text, ": ");
    append_words(question, reason, &text);
    buffer_append_text(&text, " (");
    buffer_append_text(&text, detail);
    buffer_append_text(&text, ")");
    if (remedy) {
        buffer_append_text(&text, "; ");
        append_words(question, remedy, &text);
    }
    if (said && *said->message)
        buffer_printf(&text, "; the store says: %s", said->message);
    if (said && *said->request_id)
        buffer_printf(&text, "; request id %s", said->request_id);
    if (answer->verdict == S3_PARK)
        error_set(error, ERROR_S3, "%s", text.data);
    else
        error_set_retriable(error, ERROR_S3, "%s", text.data);
    buffer_clear(&text);
}

/* --- no answer --- */

static const struct {
    enum s3_verdict verdict;
    const char *reason, *remedy;
} failures[] = {
    [HTTP_NOT_SENT] = { S3_RETRY,         "cannot reach {endpoint}",
                       "check the endpoint (--endpoint-url), the network, and HTTPS_PROXY"                                     },
    [HTTP_UNCLEAR] = { S3_RETRY_UNCLEAR, "{endpoint} gave no whole answer",                   NULL                            },
    [HTTP_TOO_LONG] = { S3_PARK,          "the answer of {endpoint} is longer than it may be", "is this an S3 store?"          },
    [HTTP_TRUST] = { S3_PARK,          "the TLS certificate of {endpoint} is not trusted",
                       "name the file of its CA with --ca-bundle; headgate never goes on without trust"                        },
    [HTTP_ABORTED] = { S3_RETRY,         "given up",                                          NULL                            },
    [HTTP_BAD_REQUEST] = { S3_PARK,          "the request cannot be made",                        "this is a mistake in headgate" },
};

static void judge_failure(const struct s3_question *question, const struct http_response *response,
                          struct s3_answer *answer)
{
    answer->verdict = failures[response->failure].verdict;
    if (answer->verdict == S3_RETRY_UNCLEAR && question->operation != S3_PUT_OBJECT)
        answer->verdict = S3_RETRY;
    explain(question, answer, failures[response->failure].reason, response->reason ? response->reason : "no reason",
            failures[response->failure].remedy, NULL, &answer->error);
    if (response->failure == HTTP_ABORTED)
        answer->error.kind = ERROR_CANCELLED;
}

/* --- success --- */

/* A proxy or a captive portal may answer 200 too; only the store knows an ETag. NULL when this is success. */
static const char *what_is_wrong_with(const struct s3_question *question, const struct http_response *response)
{
    const char *etag = http_response_header(response, "etag");
    const char *checksum = http_response_header(response, "x-amz-checksum-crc32c");
    struct s3_xml_error said;

    if (question->operation != S3_PUT_OBJECT)
        return NULL;
    if (!etag || !*etag)
        return "the answer has no ETag: something between headgate and the store gave it";
    if (checksum && question->checksum && strcmp(checksum, question->checksum) != 0)
        return "the store computed another checksum than headgate";
    if (s3_xml_parse_error(response->body.data, response->body.length, &said))
        return "the store reports an error behind its 200";
    return NULL;
}

static bool is_success(const struct s3_question *question, int status)
{
    switch (question->operation) {
    case S3_DELETE_OBJECT: return status == 204 || status == 200;
    case S3_GET_OBJECT: return status == 200 || status == 206;
    default: return status == 200;
    }
}

static void judge_success(const struct s3_question *question, const struct http_response *response,
                          struct s3_answer *answer)
{
    const char *wrong = what_is_wrong_with(question, response);

    answer->verdict = wrong ? S3_RETRY_UNCLEAR : S3_DONE;
    if (wrong)
        explain(question, answer, wrong, "200", NULL, NULL, &answer->error);
}

/* --- refusals --- */

static bool code_matches(const char *pattern, const char *code)
{
    size_t length;

    if (!pattern)
        return true;
    length = strlen(pattern);
    if (length > 0 && pattern[length - 1] == '*')
        return strncmp(pattern, code, length - 1) == 0;
    return strcmp(pattern, code) == 0;
}

static const struct rule *find_rule(int status, const char *code)
{
    for (const struct rule *rule = rules;; rule++) {
        if ((rule->status == status || rule->status == ANY || rule->status == status / 100) &&
            code_matches(rule->code, code))
            return rule;
    }
}

static int64_t retry_after(const struct http_response *response)
{
    const char *seconds = http_response_header(response, "retry-after");
    const char *ms = http_response_header(response, "x-amz-retry-after");
    int64_t value = 0;

    if (ms && text_parse_uint(ms, INT64_MAX, &value))
        return value < MOST_FLOOR_MS ? value : MOST_FLOOR_MS;
    if (seconds && text_parse_uint(seconds, INT64_MAX / 1000, &value))
        return value * 1000 < MOST_FLOOR_MS ? value * 1000 : MOST_FLOOR_MS;
    return 0;
}

/* A HEAD's refusal has no body, so its cause is guessed from what is there. */
static enum s3_cure cure_of_silent_refusal(const struct s3_question *question, int status, const char *region)
{
    if (*region && (status == 301 || status == 400))
        return S3_CURE_REGION;
    if (status == 403 && llabs(question->skew_ms) > SKEW_REFUSED_MS)
        return S3_CURE_CLOCK;
    return status == 400 || status == 403 ? S3_CURE_CREDENTIALS : S3_CURE_NONE;
}

static bool reads(enum s3_operation operation)
{
    return operation == S3_HEAD_OBJECT || operation == S3_GET_OBJECT || operation == S3_DELETE_OBJECT;
}

static enum s3_cure judge_refusal(const struct s3_question *question, const struct http_response *response,
                                  struct s3_answer *answer, char region[64])
{
    const char *header = http_response_header(response, "x-amz-bucket-region");
    const char *id = http_response_header(response, "x-amz-request-id");
    struct s3_xml_error said;
    const struct rule *rule;
    enum s3_cure cure;
    char *code, detail[128];

    s3_xml_parse_error(response->body.data, response->body.length, &said);
    if (!*said.request_id && id)
        snprintf(said.request_id, sizeof said.request_id, "%s", id);
    snprintf(region, 64, "%.63s", header ? header : said.region);
    rule = find_rule(response->status, said.code);
    code = text_sanitised(said.code);
    snprintf(answer->code, sizeof answer->code, "%.63s", code);
    free(code);
    answer->verdict = rule->verdict;
    answer->tries_most = rule->tries;
    answer->retry_after_ms = retry_after(response);
    cure = *said.code ? rule->cure : cure_of_silent_refusal(question, response->status, region);
    if (response->status == 404 && reads(question->operation) && answer->verdict == S3_PARK &&
        (!*said.code || strcmp(said.code, "NoSuchKey") == 0))
        answer->verdict = S3_MISSING;
    if (question->operation == S3_HEAD_OBJECT && answer->verdict == S3_PARK)
        rule = &silent_refusal;
    snprintf(detail, sizeof detail, "%d%s%s", response->status, *answer->code ? " " : "", answer->code);
    /* A refused signature repeats what was signed; its message says nothing that the rule does not. */
    if (rule->cure == S3_CURE_CREDENTIALS)
        *said.message = '\0';
    explain(question, answer, rule->reason, detail, rule->remedy, &said, &answer->error);
    return cure;
}

enum s3_cure s3_answer_judge(const struct s3_question *question, const struct http_response *response,
                             struct s3_answer *answer, char region[64])
{
    memset(answer, 0, sizeof *answer);
    *region = '\0';
    answer->status = response->status;
    if (response->failure != HTTP_OK) {
        judge_failure(question, response, answer);
        return S3_CURE_NONE;
    }
    if (is_success(question, response->status)) {
        judge_success(question, response, answer);
        return S3_CURE_NONE;
    }
    return judge_refusal(question, response, answer, region);
}

/* --- the table; the first row that fits decides, and the last rows fit everything --- */

#define NEEDS_RIGHT "{identity} needs {right} on {target}; look at its policies, the bucket's and the KMS key's"
#define WRONG_PLACE "check the bucket's region (--region)"
#define RENEW       "renew the credentials of {identity}"
#define NOT_SO      "this is not transient: the object or the bucket must change"

/* A HEAD's refusal has no body, so nobody is told why. */
static const struct rule silent_refusal = { ANY,
                                            NULL,
                                            S3_PARK,
                                            S3_CURE_NONE,
                                            0,
                                            "refused, and a HEAD is not told why",
                                            "{identity} needs {right}; a wrong secret or region look the same" };

static const struct rule rules[] = {
    { 400, "RequestTimeout",                     S3_RETRY,         S3_CURE_NONE,        0,  "the upload stalled",                            NULL                                          },
    { 400, "BadDigest",                          S3_RETRY,         S3_CURE_NONE,        3,  "the body was damaged on the way",
     "look for a proxy that changes bodies"                                                                                                                                                },
    { 400, "IncompleteBody",                     S3_RETRY,         S3_CURE_NONE,        3,  "the body was cut on the way",                   NULL                                          },
    { 400, "XAmzContentSHA256Mismatch",          S3_RETRY,         S3_CURE_NONE,        3,  "the body was damaged on the way",
     "look for a proxy that changes bodies"                                                                                                                                                },
    { 400, "ExpiredToken",                       S3_PARK,          S3_CURE_CREDENTIALS, 0,  "the session token has expired",                 RENEW                                         },
    { 400, "TokenRefreshRequired",               S3_PARK,          S3_CURE_CREDENTIALS, 0,  "the session token has expired",                 RENEW                                         },
    { 400, "InvalidToken",                       S3_PARK,          S3_CURE_CREDENTIALS, 0,  "the session token is not accepted",             RENEW                                         },
    { 403, "ExpiredToken",                       S3_PARK,          S3_CURE_CREDENTIALS, 0,  "the session token has expired",                 RENEW                                         },
    { 403, "InvalidAccessKeyId",                 S3_PARK,          S3_CURE_CREDENTIALS, 0,  "the access key id is unknown to {endpoint}",
     "check {identity}: is it the identity for this store?"                                                                                                                                },
    { 404, "XAdminUserNotFound",                 S3_PARK,          S3_CURE_CREDENTIALS, 0,  "the access key id is unknown to {endpoint}",
     "check {identity}: is it the identity for this store?"                                                                                                                                },
    { 403, "SignatureDoesNotMatch",              S3_PARK,          S3_CURE_CREDENTIALS, 0,  "the signature is refused",
     "the secret access key of {identity} is wrong: set it again"                                                                                                                          },
    { 403, "RequestTimeTooSkewed",               S3_PARK,          S3_CURE_CLOCK,       0,
     "the clocks of this host and of {endpoint} differ too much",                                                                            "set this host's clock"                       },
    { 403, "KMS*",                               S3_PARK,          S3_CURE_NONE,        0,  "the KMS key refuses",                           "look at the key's policy"                    },
    { 403, "QuotaExceeded",                      S3_RETRY_SLOW,    S3_CURE_NONE,        10, "the store is full",                             "make room or raise the quota"                },
    { 400, "QuotaExceeded",                      S3_RETRY_SLOW,    S3_CURE_NONE,        10, "the store is full",                             "make room or raise the quota"                },
    { 403, NULL,                                 S3_PARK,          S3_CURE_NONE,        0,  "access denied",                                 NEEDS_RIGHT                                   },
    { 405, NULL,                                 S3_PARK,          S3_CURE_NONE,        0,  "the store does not allow this",                 NEEDS_RIGHT                                   },
    { 400, "AuthorizationHeaderMalformed",       S3_PARK,          S3_CURE_REGION,      0,  "signed for the wrong region",                   WRONG_PLACE                                   },
    { 400, "IllegalLocationConstraintException", S3_PARK,          S3_CURE_REGION,      0,  "the bucket is in another region",
     WRONG_PLACE                                                                                                                                                                           },
    { 301, NULL,                                 S3_PARK,          S3_CURE_REGION,      0,  "the bucket is in another region",               WRONG_PLACE                                   },
    { 307, NULL,                                 S3_RETRY_SLOW,    S3_CURE_REGION,      20, "the bucket is elsewhere",                       WRONG_PLACE                                   },
    { 404, "NoSuchBucket",                       S3_PARK,          S3_CURE_NONE,        0,  "there is no bucket {bucket} at {endpoint}",
     "check --bucket and the endpoint, or make the bucket"                                                                                                                                 },
    { 404, NULL,                                 S3_PARK,          S3_CURE_NONE,        0,  "{endpoint} does not know it",                   "check --bucket and the endpoint"             },
    { 409, "ConditionalRequestConflict",         S3_RETRY,         S3_CURE_NONE,        0,  "somebody else writes this key now",             NULL                                          },
    { 409, "OperationAborted",                   S3_RETRY,         S3_CURE_NONE,        0,  "somebody else changes this now",                NULL                                          },
    { 409, NULL,                                 S3_PARK,          S3_CURE_NONE,        0,  "the key clashes with another object or folder", "choose another --prefix"                     },
    { 412, NULL,                                 S3_TAKEN,         S3_CURE_NONE,        0,  "there is an object at this key already",        NULL                                          },
    { 408, NULL,                                 S3_RETRY_SLOW,    S3_CURE_NONE,        0,  "the store waited too long",                     NULL                                          },
    { 425, NULL,                                 S3_RETRY_SLOW,    S3_CURE_NONE,        0,  "the store asks to come again",                  NULL                                          },
    { 429, NULL,                                 S3_RETRY_SLOW,    S3_CURE_NONE,        0,  "the store asks to slow down",                   NULL                                          },
    { 503, NULL,                                 S3_RETRY_SLOW,    S3_CURE_NONE,        0,  "the store asks to slow down",                   NULL                                          },
    { 507, NULL,                                 S3_RETRY_SLOW,    S3_CURE_NONE,        10, "the store is full",                             "make room"                                   },
    { 501, NULL,                                 S3_PARK,          S3_CURE_NONE,        0,  "the store cannot do this",                      "use one that knows If-None-Match and CRC32C" },
    { 400, "InvalidBucketName",                  S3_PARK,          S3_CURE_NONE,        0,  "{bucket} cannot be a bucket's name",            "check --bucket"                              },
    { 400, "KeyTooLongError",                    S3_PARK,          S3_CURE_NONE,        0,  "the key is too long",                           "choose a shorter --prefix"                   },
    { 400, NULL,                                 S3_PARK,          S3_CURE_NONE,        0,  "the store refuses the request",                 NOT_SO                                        },
    { 407, NULL,                                 S3_PARK,          S3_CURE_NONE,        0,  "the proxy wants a login",                       "look at HTTPS_PROXY"                         },
    { 4,   NULL,                                 S3_PARK,          S3_CURE_NONE,        0,  "the store refuses the request",                 NOT_SO                                        },
    { 3,   NULL,                                 S3_PARK,          S3_CURE_REGION,      0,  "the store sends headgate elsewhere",            WRONG_PLACE                                   },
    { 5,   NULL,                                 S3_RETRY,         S3_CURE_NONE,        0,  "the store failed",                              NULL                                          },
    { ANY, NULL,                                 S3_RETRY_UNCLEAR, S3_CURE_NONE,        0,  "this is no answer of an S3 store",              "check the endpoint"                          },
};
