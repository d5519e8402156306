/* One lock around what is at hand; the source is asked without it. */
#include "aws/credential_provider.h"

#include "base/buffer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct credential_provider {
    struct credentials_settings settings;
    char *profile;
    struct {
        pthread_mutex_t lock;
        unsigned shares;
        bool found;
        struct credentials current;
    } shared;
};

struct credential_provider *credential_provider_new(const struct credentials_settings *settings)
{
    struct credential_provider *provider = memory_new(sizeof *provider);

    provider->profile = memory_copy_text(settings->profile);
    provider->settings = *settings;
    provider->settings.profile = provider->profile;
    pthread_mutex_init(&provider->shared.lock, NULL);
    provider->shared.shares = 1;
    return provider;
}

struct credential_provider *credential_provider_share(struct credential_provider *provider)
{
    pthread_mutex_lock(&provider->shared.lock);
    provider->shared.shares++;
    pthread_mutex_unlock(&provider->shared.lock);
    return provider;
}

void credential_provider_free(struct credential_provider *provider)
{
    unsigned left;

    if (!provider)
        return;
    pthread_mutex_lock(&provider->shared.lock);
    left = --provider->shared.shares;
    pthread_mutex_unlock(&provider->shared.lock);
    if (left > 0)
        return;
    credentials_clear(&provider->shared.current);
    pthread_mutex_destroy(&provider->shared.lock);
    free(provider->profile);
    free(provider);
}

bool credential_provider_get(struct credential_provider *provider, struct credentials *credentials, struct error *err)
{
    struct credentials fresh;
    bool found;

    memset(credentials, 0, sizeof *credentials);
    pthread_mutex_lock(&provider->shared.lock);
    found = provider->shared.found;
    if (found)
        credentials_copy(credentials, &provider->shared.current);
    pthread_mutex_unlock(&provider->shared.lock);
    if (found)
        return true;
    if (!credentials_load(&provider->settings, &fresh, err))
        return false;
    credentials_copy(credentials, &fresh);
    pthread_mutex_lock(&provider->shared.lock);
    credentials_clear(&provider->shared.current);
    provider->shared.current = fresh;
    provider->shared.found = true;
    pthread_mutex_unlock(&provider->shared.lock);
    return true;
}

bool credential_provider_refused(struct credential_provider *provider, const struct credentials *refused)
{
    struct credentials fresh;

    if (!credentials_load(&provider->settings, &fresh, NULL))
        return false;
    if (credentials_same(&fresh, refused)) {
        credentials_clear(&fresh);
        return false;
    }
    pthread_mutex_lock(&provider->shared.lock);
    credentials_clear(&provider->shared.current);
    provider->shared.current = fresh;
    provider->shared.found = true;
    pthread_mutex_unlock(&provider->shared.lock);
    return true;
}
