/* Where S3 is for a bucket: region, scheme, host, and whether the bucket's name stands in the host or in the path.
 *
 * Resolved in the AWS command line's order: own setting, environment, profile. A plain value; endpoint_clear frees it.
 */
#ifndef AWS_ENDPOINTS_H
#define AWS_ENDPOINTS_H

#include "aws/credentials.h"

struct endpoint_settings {
    const char *bucket;
    const char *region; /* NULL: AWS_REGION, AWS_DEFAULT_REGION, the profile's */
    const char
        *endpoint_url; /* NULL: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's services and endpoint_url, AWS */
    bool path_style;   /* forced; otherwise the profile's s3.addressing_style, or automatic */
    bool allow_plain_http;                          /* beyond this host itself; otherwise refused */
    const struct credentials_settings *credentials; /* environment and profile */
};

struct endpoint {
    char *region;
    char *
        url; /* "https://lake.s3.eu-west-1.amazonaws.com", "http://127.0.0.1:7070": scheme and host, no slash at the end */
    char *host; /* the Host header, to be signed: without a default port */
    char *path; /* what stands before a key: "/" or "/lake/" */
    bool https;
    bool aws; /* the host follows from the region */
    bool fips, dualstack;
    bool virtual_host; /* the bucket's name is part of the host */
};

/* Fails with ERROR_USAGE: a bucket that cannot be one or cannot be written conditionally (directory buckets, ARNs), an endpoint
 * that is no URL, plain HTTP to another host, no region anywhere. */
bool endpoint_resolve(const struct endpoint_settings *settings, struct endpoint *endpoint,
                      struct error *err) MUST_CHECK;
void endpoint_clear(struct endpoint *endpoint);

/* Where STS is: AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL, the profile's, else AWS for the region, without a region its global
 * endpoint. Fails as endpoint_resolve; plain HTTP only to this host unless settings allow it. */
bool endpoint_resolve_sts(const struct credentials_settings *settings, struct endpoint *endpoint,
                          struct error *err) MUST_CHECK;

/* Moves to another region, which a store named in its answer: the host is built from it, never taken from an answer. False,
 * and nothing changed, when region is not a plain word or is the one we have. */
bool endpoint_set_region(struct endpoint *endpoint, const char *bucket, const char *region);

/* The CA file of AWS_CA_BUNDLE or the profile's ca_bundle; NULL for the system's. Caller frees. */
char *endpoint_ca_file(const struct credentials_settings *settings);

#endif
