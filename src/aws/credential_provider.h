/* Credentials that stay valid: found once, renewed in the background before they expire, handed out as copies.
 *
 * One provider serves the whole program; every user holds a share of it. Any thread may call anything here. Whoever asks
 * while the credentials at hand are valid gets them at once, whatever the source of new ones does: a renewal that fails is
 * tried again and logged, and the old ones serve as long as they are valid.
 */
#ifndef AWS_CREDENTIAL_PROVIDER_H
#define AWS_CREDENTIAL_PROVIDER_H

#include "aws/credentials.h"

struct credential_provider;

enum {
    CREDENTIAL_PROVIDER_WAIT_MS = 10 * 1000, /* how long an asker waits at most */
    CREDENTIAL_PROVIDER_AGAIN_MS = 5 * 1000, /* a source is asked because of a refusal once in that time */
};

/* settings' texts are copied; settings.context must live as long as the last share. No I/O yet. The result is one share. */
struct credential_provider *credential_provider_new(const struct credentials_settings *settings);
/* One more share of the same provider, to be freed like the first. */
struct credential_provider *credential_provider_share(struct credential_provider *provider);
void credential_provider_free(struct credential_provider *provider); /* NULL is fine */

/* Has the source asked in the background, unless it was already: whoever gets the credentials later waits the less. */
void credential_provider_begin(struct credential_provider *provider);

/* Copies the credentials valid now into credentials, which the caller clears. Blocks only the first time, and when there are
 * none that are valid: up to CREDENTIAL_PROVIDER_WAIT_MS. Fails with ERROR_CREDENTIALS: what was looked at, what is wrong and
 * what to do. */
bool credential_provider_get(struct credential_provider *provider, struct credentials *credentials,
                             struct error *err) MUST_CHECK;

/* refused was turned down by a service as expired or invalid. True when there are others by now: get() gives them. Asks the
 * source again, unless a refusal has just had it asked; blocks as get() does. */
bool credential_provider_refused(struct credential_provider *provider, const struct credentials *refused);

/* Why the last look at the source failed; false when it went well or there was none. */
bool credential_provider_failure(struct credential_provider *provider, struct error *failure);

#endif
