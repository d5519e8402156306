/* The retry table, row by row, and what the texts must and must not say. */
#include "base/buffer.h"
#include "s3/s3_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct s3_question question_of(enum s3_operation operation)
{
    return (struct s3_question){ .operation = operation,
                                 .bucket = "lake",
                                 .key = "clicks/1.gz",
                                 .endpoint = "http://store:7070",
                                 .identity = "environment, key ...W7QX",
                                 .checksum = "4waSgw==" };
}

static char *writable(const char *text)
{
    return (char *)(uintptr_t)text;
}

/* Judges an answer with one header and one body. */
static enum s3_cure judge(const struct s3_question *question, int status, const char *header, const char *value,
                          const char *body, struct s3_answer *answer, char region[64])
{
    struct http_request_header row = { writable(header), writable(value) };
    struct http_response response = { .failure = HTTP_OK, .status = status };
    enum s3_cure cure;

    if (header) {
        response.headers = &row;
        response.header_count = 1;
    }
    buffer_init(&response.body, 0);
    if (body)
        buffer_append_text(&response.body, body);
    cure = s3_answer_judge(question, &response, answer, region);
    buffer_clear(&response.body);
    return cure;
}

static const struct {
    enum s3_operation operation;
    int status;
    const char *code; /* NULL: no body */
    enum s3_verdict verdict;
    enum s3_cure cure;
    unsigned tries;
    const char *words; /* in the text */
} rows[] = {
    { S3_PUT_OBJECT,    400, "RequestTimeout",               S3_RETRY,         S3_CURE_NONE,        0,  "stalled"                               },
    { S3_PUT_OBJECT,    400, "BadDigest",                    S3_RETRY,         S3_CURE_NONE,        3,  "damaged"                               },
    { S3_PUT_OBJECT,    400, "IncompleteBody",               S3_RETRY,         S3_CURE_NONE,        3,  "cut"                                   },
    { S3_PUT_OBJECT,    400, "XAmzContentSHA256Mismatch",    S3_RETRY,         S3_CURE_NONE,        3,  "damaged"                               },
    { S3_PUT_OBJECT,    400, "ExpiredToken",                 S3_PARK,          S3_CURE_CREDENTIALS, 0,  "renew the credentials of env"          },
    { S3_GET_OBJECT,    400, "InvalidToken",                 S3_PARK,          S3_CURE_CREDENTIALS, 0,  "renew"                                 },
    { S3_PUT_OBJECT,    403, "InvalidAccessKeyId",           S3_PARK,          S3_CURE_CREDENTIALS, 0,  "check environment, key ...W7QX"        },
    { S3_PUT_OBJECT,    404, "XAdminUserNotFound",           S3_PARK,          S3_CURE_CREDENTIALS, 0,  "access key id"                         },
    { S3_LIST_OBJECTS,  403, "SignatureDoesNotMatch",        S3_PARK,          S3_CURE_CREDENTIALS, 0,  "secret access key of environ"          },
    { S3_PUT_OBJECT,    403, "RequestTimeTooSkewed",         S3_PARK,          S3_CURE_CLOCK,       0,  "set this host's clock"                 },
    { S3_PUT_OBJECT,    403, "AccessDenied",                 S3_PARK,          S3_CURE_NONE,        0,  "s3:PutObject on s3://lake/clicks/1.gz" },
    { S3_LIST_OBJECTS,  403, "SomethingNew",                 S3_PARK,          S3_CURE_NONE,        0,  "s3:ListBucket"                         },
    { S3_PUT_OBJECT,    403, "KMS.DisabledException",        S3_PARK,          S3_CURE_NONE,        0,  "KMS"                                   },
    { S3_PUT_OBJECT,    405, "MethodNotAllowed",             S3_PARK,          S3_CURE_NONE,        0,  "s3:PutObject"                          },
    { S3_PUT_OBJECT,    301, "PermanentRedirect",            S3_PARK,          S3_CURE_REGION,      0,  "--region"                              },
    { S3_PUT_OBJECT,    307, "TemporaryRedirect",            S3_RETRY_SLOW,    S3_CURE_REGION,      20, "--region"                              },
    { S3_PUT_OBJECT,    400, "AuthorizationHeaderMalformed", S3_PARK,          S3_CURE_REGION,      0,  "--region"                              },
    { S3_PUT_OBJECT,    404, "NoSuchBucket",                 S3_PARK,          S3_CURE_NONE,        0,  "no bucket lake at http://store:7070"   },
    { S3_GET_OBJECT,    404, "NoSuchBucket",                 S3_PARK,          S3_CURE_NONE,        0,  "no bucket lake"                        },
    { S3_PUT_OBJECT,    404, "NoSuchUpload",                 S3_PARK,          S3_CURE_NONE,        0,  "does not know it"                      },
    { S3_PUT_OBJECT,    404, NULL,                           S3_PARK,          S3_CURE_NONE,        0,  "does not know it"                      },
    { S3_GET_OBJECT,    404, "NoSuchKey",                    S3_MISSING,       S3_CURE_NONE,        0,  "cannot read"                           },
    { S3_HEAD_OBJECT,   404, NULL,                           S3_MISSING,       S3_CURE_NONE,        0,  "cannot look at"                        },
    { S3_LIST_OBJECTS,  404, NULL,                           S3_PARK,          S3_CURE_NONE,        0,  "cannot list"                           },
    { S3_PUT_OBJECT,    400, "KeyTooLongError",              S3_PARK,          S3_CURE_NONE,        0,  "--prefix"                              },
    { S3_PUT_OBJECT,    400, "MetadataTooLarge",             S3_PARK,          S3_CURE_NONE,        0,  "cannot help"                           },
    { S3_PUT_OBJECT,    411, "MissingContentLength",         S3_PARK,          S3_CURE_NONE,        0,  "cannot help"                           },
    { S3_PUT_OBJECT,    403, "QuotaExceeded",                S3_RETRY_SLOW,    S3_CURE_NONE,        10, "full"                                  },
    { S3_PUT_OBJECT,    507, "XMinioStorageFull",            S3_RETRY_SLOW,    S3_CURE_NONE,        10, "full"                                  },
    { S3_PUT_OBJECT,    408, NULL,                           S3_RETRY_SLOW,    S3_CURE_NONE,        0,  "waited"                                },
    { S3_PUT_OBJECT,    425, NULL,                           S3_RETRY_SLOW,    S3_CURE_NONE,        0,  "again"                                 },
    { S3_PUT_OBJECT,    429, NULL,                           S3_RETRY_SLOW,    S3_CURE_NONE,        0,  "slow down"                             },
    { S3_PUT_OBJECT,    503, "SlowDown",                     S3_RETRY_SLOW,    S3_CURE_NONE,        0,  "slow down"                             },
    { S3_PUT_OBJECT,    503, NULL,                           S3_RETRY_SLOW,    S3_CURE_NONE,        0,  "slow down"                             },
    { S3_PUT_OBJECT,    409, "ConditionalRequestConflict",   S3_RETRY,         S3_CURE_NONE,        0,  "somebody else"                         },
    { S3_PUT_OBJECT,    409, "OperationAborted",             S3_RETRY,         S3_CURE_NONE,        0,  "somebody else"                         },
    { S3_PUT_OBJECT,    409, "ObjectParentIsFile",           S3_PARK,          S3_CURE_NONE,        0,  "--prefix"                              },
    { S3_PUT_OBJECT,    412, "PreconditionFailed",           S3_TAKEN,         S3_CURE_NONE,        0,  "already"                               },
    { S3_PUT_OBJECT,    412, "AnotherWord",                  S3_TAKEN,         S3_CURE_NONE,        0,  "already"                               },
    { S3_PUT_OBJECT,    500, "InternalError",                S3_RETRY,         S3_CURE_NONE,        0,  "failed"                                },
    { S3_PUT_OBJECT,    502, NULL,                           S3_RETRY,         S3_CURE_NONE,        0,  "failed"                                },
    { S3_PUT_OBJECT,    599, NULL,                           S3_RETRY,         S3_CURE_NONE,        0,  "failed"                                },
    { S3_PUT_OBJECT,    501, "NotImplemented",               S3_PARK,          S3_CURE_NONE,        0,  "If-None-Match"                         },
    { S3_PUT_OBJECT,    418, NULL,                           S3_PARK,          S3_CURE_NONE,        0,  "refuses"                               },
    { S3_PUT_OBJECT,    204, NULL,                           S3_RETRY_UNCLEAR, S3_CURE_NONE,        0,  "no answer of an S3 store"              },
    { S3_HEAD_OBJECT,   403, NULL,                           S3_PARK,          S3_CURE_CREDENTIALS, 0,  "not told why"                          },
    { S3_HEAD_OBJECT,   400, NULL,                           S3_PARK,          S3_CURE_CREDENTIALS, 0,  "not told why"                          },
    { S3_DELETE_OBJECT, 404, NULL,                           S3_MISSING,       S3_CURE_NONE,        0,  "cannot delete"                         },
};

static void every_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct s3_question question = question_of(rows[i].operation);
        struct s3_answer answer;
        char body[256] = "", region[64];
        enum s3_cure cure;

        if (rows[i].code)
            snprintf(body, sizeof body, "<Error><Code>%s</Code></Error>", rows[i].code);
        cure = judge(&question, rows[i].status, NULL, NULL, body, &answer, region);
        if (answer.verdict != rows[i].verdict || cure != rows[i].cure || answer.tries_most != rows[i].tries)
            fail_msg("%d %s: verdict %d, cure %d, tries %u", rows[i].status, rows[i].code, answer.verdict, cure,
                     answer.tries_most);
        if (!strstr(answer.error.message, rows[i].words) || !strstr(answer.error.message, "s3://lake/clicks/1.gz"))
            fail_msg("%d %s: %s", rows[i].status, rows[i].code, answer.error.message);
        assert_int_equal(answer.error.kind, ERROR_S3);
        assert_int_equal(answer.error.retriable, rows[i].verdict != S3_PARK);
        assert_string_equal(answer.code, rows[i].code ? rows[i].code : "");
        assert_int_equal(answer.status, rows[i].status);
    }
}

static void success_of_a_put_needs_proof(void **state)
{
    struct s3_question question = question_of(S3_PUT_OBJECT);
    struct http_request_header headers[] = {
        { writable("etag"),                  writable("\"abc\"")  },
        { writable("x-amz-checksum-crc32c"), writable("4waSgw==") },
    };
    struct http_response response = { .failure = HTTP_OK, .status = 200, .headers = headers, .header_count = 2 };
    struct s3_answer answer;
    char region[64];

    (void)state;
    s3_answer_judge(&question, &response, &answer, region);
    assert_int_equal(answer.verdict, S3_DONE);
    headers[1].value = writable("AAAAAA==");
    s3_answer_judge(&question, &response, &answer, region);
    assert_int_equal(answer.verdict, S3_RETRY_UNCLEAR);
    assert_non_null(strstr(answer.error.message, "checksum"));
    response.header_count = 1;
    s3_answer_judge(&question, &response, &answer, region);
    assert_int_equal(answer.verdict, S3_DONE);
    headers[0].value = writable("");
    s3_answer_judge(&question, &response, &answer, region);
    assert_int_equal(answer.verdict, S3_RETRY_UNCLEAR);
    assert_non_null(strstr(answer.error.message, "ETag"));

    judge(&question, 200, "etag", "\"a\"", "<Error><Code>InternalError</Code></Error>", &answer, region);
    assert_int_equal(answer.verdict, S3_RETRY_UNCLEAR);
    question = question_of(S3_HEAD_OBJECT);
    judge(&question, 200, NULL, NULL, NULL, &answer, region);
    assert_int_equal(answer.verdict, S3_DONE);
    question = question_of(S3_GET_OBJECT);
    judge(&question, 206, NULL, NULL, NULL, &answer, region);
    assert_int_equal(answer.verdict, S3_DONE);
}

static void ends_without_an_answer(void **state)
{
    static const struct {
        enum http_failure failure;
        enum s3_verdict put, get;
        enum error_kind kind;
    } ends[] = {
        { HTTP_NOT_SENT,    S3_RETRY,         S3_RETRY, ERROR_S3        },
        { HTTP_UNCLEAR,     S3_RETRY_UNCLEAR, S3_RETRY, ERROR_S3        },
        { HTTP_TOO_LONG,    S3_PARK,          S3_PARK,  ERROR_S3        },
        { HTTP_TRUST,       S3_PARK,          S3_PARK,  ERROR_S3        },
        { HTTP_ABORTED,     S3_RETRY,         S3_RETRY, ERROR_CANCELLED },
        { HTTP_BAD_REQUEST, S3_PARK,          S3_PARK,  ERROR_S3        },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ends); i++) {
        struct http_response response = { .failure = ends[i].failure, .reason = writable("because") };
        struct s3_question put = question_of(S3_PUT_OBJECT), get = question_of(S3_GET_OBJECT);
        struct s3_answer answer;
        char region[64];

        s3_answer_judge(&get, &response, &answer, region);
        assert_int_equal(answer.verdict, ends[i].get);
        s3_answer_judge(&put, &response, &answer, region);
        assert_int_equal(answer.verdict, ends[i].put);
        assert_int_equal(answer.error.kind, ends[i].kind);
        assert_non_null(strstr(answer.error.message, "(because)"));
    }
}

static void the_region_is_taken_from_header_or_body(void **state)
{
    struct s3_question question = question_of(S3_PUT_OBJECT);
    struct s3_answer answer;
    char region[64];

    (void)state;
    judge(&question, 400, NULL, NULL, "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-1</Region></Error>",
          &answer, region);
    assert_string_equal(region, "eu-1");
    judge(&question, 400, "x-amz-bucket-region", "eu-2",
          "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-1</Region></Error>", &answer, region);
    assert_string_equal(region, "eu-2");
    question = question_of(S3_HEAD_OBJECT);
    assert_int_equal(judge(&question, 301, "x-amz-bucket-region", "eu-3", NULL, &answer, region), S3_CURE_REGION);
    assert_int_equal(judge(&question, 400, "x-amz-bucket-region", "eu-3", NULL, &answer, region), S3_CURE_REGION);
    question.skew_ms = -16 * 60 * 1000;
    assert_int_equal(judge(&question, 403, NULL, NULL, NULL, &answer, region), S3_CURE_CLOCK);
}

static void retry_after(void **state)
{
    struct s3_question question = question_of(S3_PUT_OBJECT);
    struct s3_answer answer;
    char region[64];

    (void)state;
    judge(&question, 503, "retry-after", "7", NULL, &answer, region);
    assert_int_equal(answer.retry_after_ms, 7000);
    judge(&question, 503, "retry-after", "86400", NULL, &answer, region);
    assert_int_equal(answer.retry_after_ms, 25000);
    judge(&question, 503, "x-amz-retry-after", "150", NULL, &answer, region);
    assert_int_equal(answer.retry_after_ms, 150);
    judge(&question, 503, "retry-after", "Mon, 23 Nov 2026 10:00:59 GMT", NULL, &answer, region);
    assert_int_equal(answer.retry_after_ms, 0);
}

static void texts_are_harmless_and_keep_secrets(void **state)
{
    struct s3_question question = question_of(S3_PUT_OBJECT);
    struct s3_answer answer;
    char region[64];

    (void)state;
    judge(&question, 403, "x-amz-request-id", "ID-7",
          "<Error><Code>SignatureDoesNotMatch</Code><Message>GET x-amz-security-token:TOPSECRET</Message>"
          "<CanonicalRequest>TOPSECRET</CanonicalRequest></Error>",
          &answer, region);
    assert_null(strstr(answer.error.message, "TOPSECRET"));
    assert_non_null(strstr(answer.error.message, "request id ID-7"));
    judge(&question, 403, NULL, NULL,
          "<Error><Code>Access\xc2\x9b"
          "Denied</Code><Message>no\xc2\x9b[31m \xe2\x80\xae</Message></Error>",
          &answer, region);
    assert_null(strstr(answer.error.message, "\xc2\x9b"));
    assert_null(strstr(answer.error.message, "\xe2\x80\xae"));
    assert_null(strstr(answer.code, "\xc2\x9b"));
    assert_non_null(strstr(answer.error.message, "the store says: no"));
}

static void waits(void **state)
{
    (void)state;
    assert_int_equal(s3_retry_wait(S3_RETRY, 0, 0, 100), 100);
    assert_int_equal(s3_retry_wait(S3_RETRY, 0, 0, 101), 0);
    assert_int_equal(s3_retry_wait(S3_RETRY, 3, 0, 800), 800);
    assert_int_equal(s3_retry_wait(S3_RETRY_UNCLEAR, 3, 0, 800), 800);
    assert_int_equal(s3_retry_wait(S3_RETRY_SLOW, 2, 0, 4000), 4000);
    assert_int_equal(s3_retry_wait(S3_RETRY_SLOW, 4000000000u, 0, 20000), 20000);
    assert_int_equal(s3_retry_wait(S3_RETRY_SLOW, 60, 0, 20001), 0);
    assert_int_equal(s3_retry_wait(S3_RETRY, 0, 7000, 100), 7000);
    assert_int_equal(s3_retry_wait(S3_RETRY_NOW, 5, 7000, 100), 0);
    assert_true(s3_retry_wait(S3_RETRY, 60, 0, UINT64_MAX) <= 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
        cmocka_unit_test(success_of_a_put_needs_proof),
        cmocka_unit_test(ends_without_an_answer),
        cmocka_unit_test(the_region_is_taken_from_header_or_body),
        cmocka_unit_test(retry_after),
        cmocka_unit_test(texts_are_harmless_and_keep_secrets),
        cmocka_unit_test(waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
