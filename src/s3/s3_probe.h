/* Is this store exactly-once? Asked before a plan is confirmed, with real requests below <prefix>_headgate/probe/. */
#ifndef S3_S3_PROBE_H
#define S3_S3_PROBE_H

#include "s3/s3_client.h"

enum s3_probe_verdict {
    S3_PROBE_EXACTLY_ONCE,
    S3_PROBE_AT_LEAST_ONCE, /* reason says what failed: condition ignored, two winners, metadata lost */
};

struct s3_probe_report {
    enum s3_probe_verdict verdict;
    char reason[256];      /* sanitised; "" when exactly once */
    bool checks_checksum;  /* a wrong CRC32C was refused */
    bool left_behind;      /* probe objects could not be deleted */
    int64_t clock_skew_ms; /* store's Date minus ours; 0 when unknown */
};

/* The steps: create, conflict, metadata, overlap of two writers, wrong checksum, list, delete.
 * Fails only when the probe could not be made (unreachable, forbidden, no bucket). nonce: random text for the keys. */
bool s3_probe_run(struct s3_client *client, const char *prefix, const char *nonce, struct s3_probe_report *report,
                  struct error *err) MUST_CHECK;

const char *s3_probe_verdict_name(enum s3_probe_verdict verdict); /* "exactly once" */

#endif
