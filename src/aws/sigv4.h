/* AWS Signature Version 4 in stages; each stage is a pure function of its arguments and tested on its own.
 *
 * Vectors: the four worked examples of AWS's SigV4 header page, and a comparison with botocore over random requests.
 */
#ifndef AWS_SIGV4_H
#define AWS_SIGV4_H

#include "aws/credentials.h"
#include "base/buffer.h"

struct http_header {
    const char *name;  /* any case */
    const char *value; /* no CR, LF or NUL: refused */
};

/* A request as it is signed. Borrowed pointers. */
struct sigv4_request {
    const char *method;
    const char *path;                /* already encoded once with sigv4_encode_path, begins with '/' */
    const struct http_header *query; /* raw names and values */
    size_t query_count;
    const struct http_header *headers; /* all that are sent; those that must not be signed are left out here */
    size_t header_count;
    const char *payload_hash; /* hex, or "UNSIGNED-PAYLOAD" */
};

struct sigv4_scope {
    const char *region;
    const char *service; /* "s3" */
    timestamp_ms time;   /* read once per request */
};

/* The one function that encodes a key: URL and signature both take its result. Keeps A-Za-z0-9-._~ and '/'. */
void sigv4_encode_path(const char *key, struct buffer *out);
/* Encodes a query name or value, '/' too. */
void sigv4_encode_query(const char *text, struct buffer *out);
/* The sorted, encoded query as it stands in the URL and in the canonical request. */
void sigv4_query_string(const struct http_header *query, size_t count, struct buffer *out);

/* 20261123T100000Z */
void sigv4_date(timestamp_ms time, char out[17]);

bool sigv4_canonical_request(const struct sigv4_request *request, struct buffer *canonical,
                             struct buffer *signed_headers, struct error *err) MUST_CHECK;
void sigv4_string_to_sign(const struct sigv4_scope *scope, const char *canonical, size_t length, struct buffer *out);
void sigv4_signing_key(const struct sigv4_scope *scope, const char *secret, unsigned char key[32]);

/* The value of the Authorization header. The x-amz-date and x-amz-security-token headers must already be in headers. */
bool sigv4_authorization(const struct sigv4_request *request, const struct sigv4_scope *scope,
                         const struct credentials *credentials, struct buffer *out, struct error *err) MUST_CHECK;

#endif
