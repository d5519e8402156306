/* AWS credentials: a table of providers, asked in the AWS command line's order; the first that is configured decides.
 *
 * Now: environment, shared profile (credentials and config files, session tokens). Room in the table for the rest.
 * Secrets are wiped when freed, never printed; of a key id only the last four characters are shown.
 */
#ifndef AWS_CREDENTIALS_H
#define AWS_CREDENTIALS_H

#include "base/timestamp.h"

struct credentials {
    char *key_id;
    char *secret;
    char *token;          /* session token, or NULL */
    timestamp_ms expires; /* TIMESTAMP_NONE: not known to */
    char *source;         /* "environment", "profile lake in ~/.aws/credentials" */
};

/* What comes from outside, so that tests need no environment. lookup answers like getenv(3); context is the caller's. */
struct credentials_settings {
    const char *profile;                                    /* from --profile; NULL: AWS_PROFILE, else "default" */
    const char *(*lookup)(void *context, const char *name); /* NULL: getenv */
    void *context;
};

/* lookup for production: getenv. */
const char *credentials_environment(void *context, const char *name);

/* The variable's value as settings see it; NULL when missing or empty. Borrowed. */
const char *credentials_look_up(const struct credentials_settings *settings, const char *name);

/* Fills credentials, which the caller clears. Fails with ERROR_CREDENTIALS: what was looked at and what to set. A configured
 * source that is broken is an error, never a reason to fall through to another identity. Files that others may read
 * are refused with the chmod to type. */
bool credentials_load(const struct credentials_settings *settings, struct credentials *credentials,
                      struct error *err) MUST_CHECK;
void credentials_clear(struct credentials *credentials);
/* Fills copy, which the caller clears. */
void credentials_copy(struct credentials *copy, const struct credentials *credentials);
/* The same key id, secret and token. */
bool credentials_same(const struct credentials *a, const struct credentials *b);

/* A profile's plain setting (region, endpoint_url, ca_bundle) from both files; "s3.endpoint_url" for one that is nested below
 * "s3 =" in the profile or in its services section. NULL when there is none or a file cannot be read (credentials_load
 * says why). Caller frees. */
char *credentials_profile_setting(const struct credentials_settings *settings, const char *name);

#endif
