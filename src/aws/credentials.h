/* AWS credentials as a value, and the outside world that sources of them look at: environment, files, endpoints.
 *
 * Secrets are wiped when freed, never printed; of a key id only the last four characters are shown.
 */
#ifndef AWS_CREDENTIALS_H
#define AWS_CREDENTIALS_H

#include "base/timestamp.h"

struct credentials {
    char *key_id;
    char *secret;
    char *token;          /* session token, or NULL */
    timestamp_ms expires; /* by this host's clock; TIMESTAMP_NONE: not known to */
    char *source;         /* "environment", "profile lake in ~/.aws/credentials" */
    char *arn;            /* for whom, where the source says so: the assumed role's ARN; or NULL */
};

/* What comes from outside, so that tests need no environment. lookup answers like getenv(3); context is the caller's. */
struct credentials_settings {
    const char *profile;                                    /* from --profile; NULL: AWS_PROFILE, else "default" */
    const char *(*lookup)(void *context, const char *name); /* NULL: getenv */
    void *context;
    const char *region;    /* from --region, for STS; NULL: environment's, profile's, else STS's global endpoint */
    const char *ca_file;   /* from --ca-bundle; NULL: AWS_CA_BUNDLE, the profile's ca_bundle, else the system's */
    bool allow_plain_http; /* to STS on another host; otherwise refused */
    int64_t patience_ms;   /* all of one search together; 0: 9,000 */
    const volatile bool *cancel; /* ends a search early; NULL: never */
};

/* What one source has to say. */
enum credentials_outcome {
    CREDENTIALS_ABSENT, /* not configured: ask the next one */
    CREDENTIALS_LOADED, /* here they are */
    CREDENTIALS_BROKEN, /* configured, and err says what is wrong: nobody else is asked */
};

/* lookup for production: getenv. */
const char *credentials_environment(void *context, const char *name);

/* The variable's value as settings see it; NULL when missing or empty. Borrowed. */
const char *credentials_look_up(const struct credentials_settings *settings, const char *name);

void credentials_init(struct credentials *credentials); /* nothing in it */
void credentials_clear(struct credentials *credentials);
/* Fills copy, which the caller clears. */
void credentials_copy(struct credentials *copy, const struct credentials *credentials);
/* The same key id, secret and token. */
bool credentials_same(const struct credentials *a, const struct credentials *b);

/* Copies one complete set. BROKEN when a half is missing (names: of key id and secret, for the text) or a value has a blank
 * or control character, which neither keys nor tokens have: it was pasted with something around it. */
enum credentials_outcome credentials_take(struct credentials *credentials, const char *key_id, const char *secret,
                                          const char *token, const char *source, const char *const names[2],
                                          struct error *err);

/* So that saying what is broken takes one line: return credentials_broken(error_set(...)). */
enum credentials_outcome credentials_broken(bool set);

/* From AWS_ACCESS_KEY_ID and its companions. */
enum credentials_outcome credentials_from_environment(const struct credentials_settings *settings,
                                                      struct credentials *credentials, struct error *err);

/* "profile lake in ~/.aws/credentials, key ...W7QX": for people. Caller frees. */
char *credentials_describe(const struct credentials *credentials);

#endif
