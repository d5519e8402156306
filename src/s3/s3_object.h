/* What S3 keeps beside an object's bytes: size, ETag and user metadata. Plain values. */
#ifndef S3_S3_OBJECT_H
#define S3_S3_OBJECT_H

#include "http/http_client.h"

/* Metadata of an object: names without "x-amz-meta-", lower case. Ten rows or so; at most 2 KB in all (S3's limit). */
struct s3_metadata {
    struct http_request_header *rows;
    size_t count;
};
void s3_metadata_clear(struct s3_metadata *metadata);
/* Copies; replaces a row of that name. ASCII without control characters only, which the caller makes sure of. */
void s3_metadata_set(struct s3_metadata *metadata, const char *name, const char *value);
const char *s3_metadata_get(const struct s3_metadata *metadata, const char *name); /* NULL when missing; borrowed */

struct s3_object_info {
    int64_t size;  /* bytes; -1 when the answer does not say */
    char etag[80]; /* without quotes; raw text from outside */
    struct s3_metadata metadata;
};

/* Fills info from a HEAD's or GET's answer; the caller clears it. */
void s3_object_info_read(const struct http_response *response, struct s3_object_info *info);
void s3_object_info_clear(struct s3_object_info *info);

#endif
