/* What an answer of S3 means: the retry table, and the words an operator can act on.
 *
 * Pure: an answer in, a verdict and a text out. What may be cured (credentials, clock, region) is said to s3_session, which
 * tries and changes S3_PARK to S3_RETRY_NOW when that helped.
 */
#ifndef S3_S3_ANSWER_H
#define S3_S3_ANSWER_H

#include "http/http_client.h"

#include <stdint.h>

enum s3_verdict {
    S3_DONE,          /* success */
    S3_TAKEN,         /* 412: somebody wrote this key */
    S3_MISSING,       /* 404 on HEAD or GET */
    S3_RETRY,         /* transient: wait with base 100 ms */
    S3_RETRY_SLOW,    /* throttled: base 1 s, fewer connections */
    S3_RETRY_UNCLEAR, /* may have been stored: the same conditional PUT again */
    S3_RETRY_NOW,     /* credentials, clock or region were corrected: once, at once */
    S3_PARK,          /* permanent: an operator must act */
};

struct s3_answer {
    enum s3_verdict verdict;
    int status;             /* 0 when no answer came */
    char code[64];          /* S3's Code, sanitised */
    int64_t retry_after_ms; /* floor from Retry-After, at most 25 s; 0 */
    unsigned tries_most;    /* attempts after which even a retriable answer is permanent; 0: no limit */
    struct error error;     /* text with operation, key, reason, remedy; kind ERROR_S3; valid unless S3_DONE */
};

enum s3_operation {
    S3_PUT_OBJECT,
    S3_HEAD_OBJECT,
    S3_GET_OBJECT,
    S3_DELETE_OBJECT,
    S3_LIST_OBJECTS,
};

/* What might turn a refusal into success. */
enum s3_cure {
    S3_CURE_NONE,
    S3_CURE_CREDENTIALS, /* fetch them again: they may have been renewed */
    S3_CURE_CLOCK,       /* sign with the store's time */
    S3_CURE_REGION,      /* sign for, and on AWS go to, the region that the answer names */
};

/* What was asked, for the texts. Borrowed. */
struct s3_question {
    enum s3_operation operation;
    const char *bucket;
    const char *key;      /* or a listing's prefix; NULL or "" for the bucket itself */
    const char *endpoint; /* "http://127.0.0.1:7070" */
    const char *identity; /* "profile lake, key ...W7QX" */
    const char *checksum; /* x-amz-checksum-crc32c of a PUT, or NULL */
    int64_t skew_ms;      /* the answer's Date minus the time it was signed with; 0 when unknown */
};

/* Fills answer (all of it) and region, which is "" unless the answer names one; region holds 64 bytes. */
enum s3_cure s3_answer_judge(const struct s3_question *question, const struct http_response *response,
                             struct s3_answer *answer, char region[64]);

/* Full jitter: random(0, min(20 s, base * 2^attempt)), at least floor_ms. 0 for verdicts that do not wait. Pure given
 * `random`, any 64 bits. attempt counts from 0. */
int64_t s3_retry_wait(enum s3_verdict verdict, unsigned attempt, int64_t floor_ms, uint64_t random);

#endif
