/* Where a bucket is and as whom headgate comes: endpoint, region, credentials, clock. Signs and sends one attempt, judges
 * the answer, and learns from it.
 *
 * Used by one thread, like its http_client. A refusal that new credentials, the store's clock or another region may cure
 * comes back as S3_RETRY_NOW when there is something new to try, otherwise as S3_PARK. Each attempt remembers what it was
 * signed with, so that of ten attempts refused for one reason the first brings the cure and the others use it.
 */
#ifndef S3_S3_SESSION_H
#define S3_S3_SESSION_H

#include "aws/credential_provider.h"
#include "aws/sigv4.h"
#include "s3/s3_answer.h"

/* Strings are copied; credentials.context must live as long as the session.
 * region, ca_file and allow_plain_http count for credentials' own services too. */
struct s3_settings {
    const char *bucket;
    const char *region;       /* NULL: environment's, profile's, else ERROR_USAGE asks for it (never a silent default);
                                 "us-east-1" for custom endpoints */
    const char *endpoint_url; /* NULL: environment's, profile's, else AWS for the region */
    const char *ca_file;      /* NULL: AWS_CA_BUNDLE, the profile's ca_bundle, else the system's */
    bool path_style;          /* forced; automatic for custom endpoints, IP addresses, dots in the bucket's name */
    bool allow_plain_http;    /* to other hosts; loopback needs no permission */
    int connections;          /* at once; 0: 8. Halved while the store asks to slow down */
    struct credentials_settings credentials;
    struct credential_provider *provider; /* the program's; the session takes a share. NULL: one of its own */
    const volatile bool *cancel;          /* blocking calls end with ERROR_CANCELLED once it is true; NULL: never */
};

struct s3_session;

bool s3_session_new(const struct s3_settings *settings, struct s3_session **session, struct error *err) MUST_CHECK;
void s3_session_free(struct s3_session *session); /* calls done for what is under way */
struct http_client *s3_session_http(struct s3_session *session);

const char *s3_session_endpoint(const struct s3_session *session); /* borrowed, until the region changes */
const char *s3_session_region(const struct s3_session *session);   /* borrowed, until the region changes */
const char *s3_session_bucket(const struct s3_session *session);
const char *s3_session_identity(const struct s3_session *session); /* borrowed, until the credentials change */
bool s3_session_signs_payload(const struct s3_session *session);   /* plain HTTP: the body's SHA-256 is needed */
int64_t s3_session_skew_ms(const struct s3_session *session);      /* the store's clock minus ours; 0 when unknown */

/* One attempt. Texts and arrays are copied by s3_session_start; the body's pieces stay where they are until done. */
struct s3_request {
    enum s3_operation operation;
    const char *key;    /* NULL: the bucket itself */
    const char *prefix; /* of a listing, for texts */
    const struct http_header *query;
    size_t query_count;
    const struct http_header *headers; /* beyond date, hash, token and authorization */
    size_t header_count;
    const struct http_piece *pieces;
    size_t piece_count;
    const char *payload_sha256; /* hex; NULL: computed where it is needed */
    const char *checksum;       /* the x-amz-checksum-crc32c among the headers, to be compared with the answer's */
    size_t response_limit;      /* 0: 64 KiB */
    int64_t most_ms;            /* http_request.most_ms */
    bool fresh_connection;
    size_t hold_after;
};

/* Inside http_client_poll, once. Both are borrowed; what response owns may be taken (and its place zeroed). */
typedef void (*s3_session_done)(void *context, const struct s3_answer *answer, struct http_response *response);
uint64_t s3_session_start(struct s3_session *session, const struct s3_request *request, s3_session_done done,
                          void *context);

/* Attempts until the answer is no transient failure, or deadline_ms have passed (0: one attempt, and one more for each cure).
 * True for S3_DONE, S3_TAKEN and S3_MISSING; answer and response (to be cleared by the caller in any case) are filled. */
bool s3_session_perform(struct s3_session *session, const struct s3_request *request, int64_t deadline_ms,
                        struct s3_answer *answer, struct http_response *response, struct error *err) MUST_CHECK;

/* Polls for ms; false, with ERROR_CANCELLED, when settings.cancel became true. */
bool s3_session_wait(struct s3_session *session, int64_t ms, struct error *err) MUST_CHECK;

#endif
