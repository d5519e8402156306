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

#define UNREACHED "check the endpoint (--endpoint-url), the network, and HTTPS_PROXY"
#define DISTRUST  "name the file of its CA with --ca-bundle; headgate never goes on without trust"

static const struct rule failures[] = {
    [HTTP_NOT_SENT] = { ANY, NULL, S3_RETRY,         S3_CURE_NONE, 0, "cannot reach {endpoint}",                      UNREACHED              },
    [HTTP_UNCLEAR] = { ANY, NULL, S3_RETRY_UNCLEAR, S3_CURE_NONE, 0, "{endpoint} gave no whole answer",              NULL                   },
    [HTTP_TOO_LONG] = { ANY, NULL, S3_PARK,          S3_CURE_NONE, 0, "{endpoint} answers too much",                  "is this an S3 store?" },
    [HTTP_TRUST] = { ANY, NULL, S3_PARK,          S3_CURE_NONE, 0, "the certificate of {endpoint} is not trusted", DISTRUST               },
    [HTTP_ABORTED] = { ANY, NULL, S3_RETRY,         S3_CURE_NONE, 0, "given up",                                     NULL                   },
    [HTTP_BAD_REQUEST] = { ANY, NULL, S3_PARK,          S3_CURE_NONE, 0, "the request cannot be made",                   NULL                   },
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

/* verdict, cure, tries */
#define PARK        S3_PARK, S3_CURE_NONE, 0
#define PARK_KEYS   S3_PARK, S3_CURE_CREDENTIALS, 0
#define PARK_CLOCK  S3_PARK, S3_CURE_CLOCK, 0
#define PARK_REGION S3_PARK, S3_CURE_REGION, 0
#define SOON        S3_RETRY, S3_CURE_NONE, 0
#define SOON_3      S3_RETRY, S3_CURE_NONE, 3
#define LATER       S3_RETRY_SLOW, S3_CURE_NONE, 0
#define LATER_10    S3_RETRY_SLOW, S3_CURE_NONE, 10
#define LATER_MOVED S3_RETRY_SLOW, S3_CURE_REGION, 20
#define UNCLEAR     S3_RETRY_UNCLEAR, S3_CURE_NONE, 0

#define RIGHTS   "{identity} needs {right} on {target}; look at its policies, the bucket's and the KMS key's"
#define REGION   "check the bucket's region (--region)"
#define RENEW    "renew the credentials of {identity}"
#define IDENTITY "check {identity}: is it the identity for this store?"
#define SECRET   "the secret access key of {identity} is wrong: set it again"
#define CLOCK    "set this host's clock"
#define KMS      "look at the KMS key's policy"
#define ROOM     "make room or raise the quota"
#define PLACE    "check --bucket and the endpoint, or make the bucket"
#define NAME     "check --bucket"
#define PREFIX   "choose another --prefix"
#define PROXY    "look at HTTPS_PROXY"
#define DAMAGE   "look for a proxy that changes bodies"
#define OTHER    "use a store that knows If-None-Match and CRC32C"
#define NOT_SO   "trying again cannot help: the request, the object or the bucket must change"
#define ENDPOINT "check the endpoint"

/* A HEAD's refusal has no body, so nobody is told why. */
static const struct rule silent_refusal = { ANY, NULL, PARK, "refused, and a HEAD is not told why",
                                            "{identity} needs {right}; a wrong secret or region look the same" };

static const struct rule rules[] = {
    { 400, "RequestTimeout", SOON, "the upload stalled", NULL },
    { 400, "BadDigest", SOON_3, "the body was damaged on the way", DAMAGE },
    { 400, "IncompleteBody", SOON_3, "the body was cut on the way", NULL },
    { 400, "XAmzContentSHA256Mismatch", SOON_3, "the body was damaged on the way", DAMAGE },
    { 400, "ExpiredToken", PARK_KEYS, "the session token has expired", RENEW },
    { 403, "ExpiredToken", PARK_KEYS, "the session token has expired", RENEW },
    { 400, "TokenRefreshRequired", PARK_KEYS, "the session token has expired", RENEW },
    { 400, "InvalidToken", PARK_KEYS, "the session token is not accepted", RENEW },
    { 403, "InvalidAccessKeyId", PARK_KEYS, "{endpoint} does not know the access key id", IDENTITY },
    { 404, "XAdminUserNotFound", PARK_KEYS, "{endpoint} does not know the access key id", IDENTITY },
    { 403, "SignatureDoesNotMatch", PARK_KEYS, "the signature is refused", SECRET },
    { 403, "RequestTimeTooSkewed", PARK_CLOCK, "the store's clock and this host's differ", CLOCK },
    { 403, "KMS*", PARK, "the KMS key refuses", KMS },
    { 400, "KMS*", PARK, "the KMS key refuses", KMS },
    { 403, "QuotaExceeded", LATER_10, "the store is full", ROOM },
    { 400, "QuotaExceeded", LATER_10, "the store is full", ROOM },
    { 403, NULL, PARK, "access denied", RIGHTS },
    { 405, NULL, PARK, "the store does not allow this", RIGHTS },
    { 400, "AuthorizationHeaderMalformed", PARK_REGION, "signed for the wrong region", REGION },
    { 301, NULL, PARK_REGION, "the bucket is in another region", REGION },
    { 307, NULL, LATER_MOVED, "the bucket is elsewhere", REGION },
    { 404, "NoSuchBucket", PARK, "there is no bucket {bucket} at {endpoint}", PLACE },
    { 404, NULL, PARK, "{endpoint} does not know it", PLACE },
    { 409, "ConditionalRequestConflict", SOON, "somebody else writes this key now", NULL },
    { 409, "OperationAborted", SOON, "somebody else changes this now", NULL },
    { 409, NULL, PARK, "another object or folder is in the way", PREFIX },
    { 412, NULL, S3_TAKEN, S3_CURE_NONE, 0, "there is an object at this key already", NULL },
    { 408, NULL, LATER, "the store waited too long", NULL },
    { 425, NULL, LATER, "the store asks to come again", NULL },
    { 429, NULL, LATER, "the store asks to slow down", NULL },
    { 400, "ThrottlingException", LATER, "the store asks to slow down", NULL },
    { 503, NULL, LATER, "the store asks to slow down", NULL },
    { 507, NULL, LATER_10, "the store is full", ROOM },
    { 501, NULL, PARK, "the store cannot do this", OTHER },
    { 400, "InvalidBucketName", PARK, "{bucket} cannot be a bucket's name", NAME },
    { 400, "KeyTooLongError", PARK, "the key is too long", PREFIX },
    { 407, NULL, PARK, "the proxy wants a login", PROXY },
    { 4, NULL, PARK, "the store refuses the request", NOT_SO },
    { 3, NULL, PARK_REGION, "the store sends headgate elsewhere", REGION },
    { 5, NULL, SOON, "the store failed", NULL },
    { ANY, NULL, UNCLEAR, "this is no answer of an S3 store", ENDPOINT },
};
