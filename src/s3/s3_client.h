/* One function per S3 operation, signed, for one bucket at one endpoint. Used by one thread, like its http_client.
 *
 * Blocking functions retry transient failures as the retry table says until deadline_ms has passed; the asynchronous
 * ones (for s3_upload) make one attempt and report it with the table's verdict.
 */
#ifndef S3_S3_CLIENT_H
#define S3_S3_CLIENT_H

#include "s3/s3_object.h"
#include "s3/s3_session.h"
#include "s3/s3_xml.h"

struct s3_client;

/* Fails with ERROR_USAGE (bucket, endpoint, region, CA file) or ERROR_CREDENTIALS; asks nobody on the network. */
bool s3_client_new(const struct s3_settings *settings, struct s3_client **client, struct error *err) MUST_CHECK;
void s3_client_free(struct s3_client *client);
struct http_client *s3_client_http(struct s3_client *client);

/* "http://127.0.0.1:7070" or "https://lake.s3.eu-west-1.amazonaws.com": for people and for the place's hash. Borrowed. */
const char *s3_client_endpoint(const struct s3_client *client);
const char *s3_client_region(const struct s3_client *client);
const char *s3_client_bucket(const struct s3_client *client);
const char *s3_client_identity(const struct s3_client *client); /* "profile lake, key ...W7QX" */
/* Over plain HTTP the body's SHA-256 is signed: who makes the body may compute it on the way (s3_put.payload_sha256). */
bool s3_client_signs_payload(const struct s3_client *client);
/* The store's clock minus ours, from the last answer; 0 when unknown. */
int64_t s3_client_skew_ms(const struct s3_client *client);

struct s3_put {
    const char *key;
    const char *content_type;
    const char *content_encoding; /* NULL */
    const struct s3_metadata *metadata;
    const struct http_piece *pieces; /* the body */
    size_t piece_count;
    size_t length;              /* bytes of the body */
    uint32_t crc32c;            /* of the body */
    const char *payload_sha256; /* hex; used over plain HTTP; NULL: computed */
    int64_t most_ms;            /* after that an attempt is cut off, and its end unclear; 0: when its size says so */
    bool if_none_match;
    bool fresh_connection;
    size_t hold_after; /* for the probe */
};

/* Asynchronous: one attempt, callback inside http_client_poll. put and what it points to stay valid until then.
 * Returns the http_client's number. */
typedef void (*s3_put_done)(void *context, const struct s3_answer *answer);
uint64_t s3_client_put_start(struct s3_client *client, const struct s3_put *put, s3_put_done done, void *context);
typedef void (*s3_head_done)(void *context, const struct s3_answer *answer, const struct s3_object_info *info);
uint64_t s3_client_head_start(struct s3_client *client, const char *key, s3_head_done done, void *context);

/* Blocking. A PUT that is *taken may have been taken by an earlier attempt of the same call whose answer was lost: the caller
 * looks at what is there. deadline_ms: how long transient failures are retried (0: one attempt). s3_settings.cancel ends them with
 * ERROR_CANCELLED. *taken / *missing tell 412 / 404 apart from failure (both return true). Other requests on the same
 * http_client go on meanwhile, and their callbacks come. */
bool s3_client_put(struct s3_client *client, const struct s3_put *put, int64_t deadline_ms, bool *taken,
                   struct error *err) MUST_CHECK;
bool s3_client_head(struct s3_client *client, const char *key, int64_t deadline_ms, struct s3_object_info *info,
                    bool *missing, struct error *err) MUST_CHECK;
bool s3_client_get(struct s3_client *client, const char *key, size_t limit, int64_t deadline_ms, struct buffer *body,
                   bool *missing, struct error *err) MUST_CHECK;
bool s3_client_delete(struct s3_client *client, const char *key, int64_t deadline_ms, struct error *err) MUST_CHECK;
/* ERROR_S3 that names the bucket when it is missing, forbidden or elsewhere; corrects the region once. */
bool s3_client_check_bucket(struct s3_client *client, int64_t deadline_ms, struct error *err) MUST_CHECK;

/* Called per key, in S3's order; borrowed. Return false to stop. */
typedef bool (*s3_list_entry_found)(void *context, const struct s3_list_entry *entry);
/* All keys under prefix, from after start_after (NULL: all). A truncated or contradictory listing is an error. */
bool s3_client_list(struct s3_client *client, const char *prefix, const char *start_after, int64_t deadline_ms,
                    s3_list_entry_found found, void *context, struct error *err) MUST_CHECK;

/* HEADs many keys, `parallel` at a time; the callback gets each answer in any order (info NULL when missing).
 * Retries transient failures until deadline_ms without progress. */
typedef void (*s3_head_each)(void *context, size_t index, const struct s3_object_info *info);
bool s3_client_head_many(struct s3_client *client, const char *const *keys, size_t count, int parallel,
                         int64_t deadline_ms, s3_head_each each, void *context, struct error *err) MUST_CHECK;

#endif
