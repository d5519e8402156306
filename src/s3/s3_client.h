/* One function per S3 operation, signed, for one bucket at one endpoint. Used by one thread, like its http_client.
 *
 * Blocking functions retry transient failures as the retry table says until deadline_ms has passed; the asynchronous
 * ones (for s3_upload) make one attempt and report it with the table's verdict.
 */
#ifndef S3_S3_CLIENT_H
#define S3_S3_CLIENT_H

#include "aws/credentials.h"
#include "s3/http_client.h"

#include <stdint.h>

struct s3_client;

struct s3_settings {
    const char *bucket;
    const char *region;        /* NULL: profile's, else ERROR_USAGE asks for it (never a silent default); "us-east-1" for custom endpoints */
    const char *endpoint_url;  /* NULL: AWS for the region */
    const char *ca_file;
    bool path_style;           /* forced; automatic for custom endpoints, IP addresses, dots in the bucket's name */
    int connections;
    struct credentials_settings credentials;
};

bool s3_client_new(const struct s3_settings *settings, struct s3_client **client, struct error *err) MUST_CHECK;
void s3_client_free(struct s3_client *client);
struct http_client *s3_client_http(struct s3_client *client);

/* "http://127.0.0.1:7070" or "https://lake.s3.eu-west-1.amazonaws.com": for people and for the place's hash. Borrowed. */
const char *s3_client_endpoint(const struct s3_client *client);
const char *s3_client_bucket(const struct s3_client *client);
const char *s3_client_identity(const struct s3_client *client); /* "profile lake, key ...W7QX" */

/* What an answer means (reference s3.md 9). */
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
    int status;              /* 0 when no answer came */
    char code[64];           /* S3's Code, sanitised */
    int64_t retry_after_ms;  /* floor from Retry-After; 0 */
    struct error error;      /* text with operation, key, reason, remedy; kind ERROR_S3; valid unless S3_DONE */
};

/* Metadata of an object: names without "x-amz-meta-", lower case. */
struct s3_metadata {
    struct http_request_header *rows;
    size_t count;
};
void s3_metadata_clear(struct s3_metadata *metadata);
void s3_metadata_set(struct s3_metadata *metadata, const char *name, const char *value); /* copies; ASCII only */
const char *s3_metadata_get(const struct s3_metadata *metadata, const char *name);

struct s3_object_info {
    int64_t size;
    char etag[80];
    struct s3_metadata metadata;
};

struct s3_put {
    const char *key;
    const char *content_type;
    const char *content_encoding; /* NULL */
    const struct s3_metadata *metadata;
    const struct http_piece *pieces; /* the body */
    size_t piece_count;
    size_t length;               /* bytes of the body */
    uint32_t crc32c;             /* of the body */
    const char *payload_sha256;  /* hex; used over plain HTTP; NULL: computed */
    bool if_none_match;
    bool fresh_connection;
    size_t hold_after;           /* for the probe */
};

/* Asynchronous: one attempt, callback inside http_client_poll. put and what it points to stay valid until then.
 * Returns the http_client's number. */
typedef void (*s3_put_done)(void *context, const struct s3_answer *answer);
uint64_t s3_client_put_start(struct s3_client *client, const struct s3_put *put, s3_put_done done, void *context);
typedef void (*s3_head_done)(void *context, const struct s3_answer *answer, const struct s3_object_info *info);
uint64_t s3_client_head_start(struct s3_client *client, const char *key, s3_head_done done, void *context);

/* Blocking. deadline_ms: how long transient failures are retried (0: one attempt). cancel may be NULL.
 * *taken / *missing tell 412 / 404 apart from failure (both return true). */
bool s3_client_put(struct s3_client *client, const struct s3_put *put, int64_t deadline_ms, bool *taken,
                   struct error *err) MUST_CHECK;
bool s3_client_head(struct s3_client *client, const char *key, int64_t deadline_ms, struct s3_object_info *info,
                    bool *missing, struct error *err) MUST_CHECK;
void s3_object_info_clear(struct s3_object_info *info);
bool s3_client_get(struct s3_client *client, const char *key, size_t limit, int64_t deadline_ms, struct buffer *body,
                   bool *missing, struct error *err) MUST_CHECK;
bool s3_client_delete(struct s3_client *client, const char *key, int64_t deadline_ms, struct error *err) MUST_CHECK;
/* ERROR_S3 that names the bucket when it is missing, forbidden or elsewhere; corrects the region once. */
bool s3_client_check_bucket(struct s3_client *client, int64_t deadline_ms, struct error *err) MUST_CHECK;

struct s3_list_entry {
    char *key;
    int64_t size;
    char *modified; /* as S3 says it */
};
/* Called per key, in S3's order; borrowed. Return false to stop. */
typedef bool (*s3_list_entry_found)(void *context, const struct s3_list_entry *entry);
/* All keys under prefix, from after start_after (NULL: all). A truncated or contradictory listing is an error. */
bool s3_client_list(struct s3_client *client, const char *prefix, const char *start_after, int64_t deadline_ms,
                    s3_list_entry_found found, void *context, struct error *err) MUST_CHECK;

/* HEADs many keys, `parallel` at a time; the callback gets each answer in any order (info NULL when missing).
 * Retries transient failures until deadline_ms without progress. */
typedef void (*s3_head_each)(void *context, size_t index, const struct s3_object_info *info);
bool s3_client_head_many(struct s3_client *client, const char *const *keys, size_t count, int parallel, int64_t deadline_ms,
                         s3_head_each each, void *context, struct error *err) MUST_CHECK;

/* Full jitter: random(0, min(20 s, base * 2^attempt)), at least floor_ms. Pure given `random`. */
int64_t s3_retry_wait(enum s3_verdict verdict, unsigned attempt, int64_t floor_ms, uint64_t random);

#endif
