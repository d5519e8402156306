/* Credentials are looked up anew for each token, every twelve minutes: what was renewed on disk counts at once. */
#include "engine/engine_token.h"

#include "aws/credential_chain.h"
#include "aws/profile.h"
#include "base/buffer.h"

#include <stdlib.h>

#define AGENT "headgate/" PACKAGE_VERSION

/* Less than a client waits for its first connection (ENGINE_CONNECT_MS and doctor's): why there is no token has to be there
 * before the client gives up, else it would blame the brokers. */
enum { PATIENCE_MS = 6000 };

/* The brokers' own word comes first, then that of the profile that is for Kafka alone: --region is the bucket's too, and a
 * token for another region is always refused. */
static char *region_of(const struct config *config, const struct kafka_login *login,
                       const struct credentials_settings *settings)
{
    char *region = msk_token_region(login->brokers);

    if (!region && login->profile)
        region = profile_setting(settings, "region");
    if (!region && config->region)
        region = memory_copy_text(config->region);
    return region ? region : profile_setting(settings, "region");
}

bool engine_token_make(void *context, const struct kafka_login *login, struct msk_token *token, struct error *err)
{
    const struct config *config = context;
    const struct credentials_settings settings = { .profile = login->profile ? login->profile : config->profile,
                                                   .lookup = credentials_environment,
                                                   .region = config->region,
                                                   .ca_file = config->ca_file,
                                                   .allow_plain_http = config->allow_plain_http,
                                                   .patience_ms = PATIENCE_MS };
    struct credentials credentials = { 0 };
    char *region = region_of(config, login, &settings);
    bool ok = false;

    if (!region)
        error_set(
            err, ERROR_USAGE,
            "in which region is the MSK cluster? its brokers' names do not tell; say it with --region or AWS_REGION");
    else
        ok = credential_chain_load(&settings, &credentials, err) &&
             msk_token_make(&credentials, region, AGENT, timestamp_now(), token, err);
    credentials_clear(&credentials);
    free(region);
    return ok;
}
