/* One thread asks the source, now and then; everybody else only ever copies what is at hand, under one short lock. */
#include "aws/credential_provider.h"

#include "aws/credential_chain.h"
#include "base/buffer.h"
#include "base/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    EARLY_MS = 15 * 60 * 1000, /* before the end; a quarter of a short life */
    LATE_MS = 2 * 60 * 1000,   /* from then on a failed renewal is tried again soon */
    PAUSE_MS = 60 * 1000,
    PAUSE_LATE_MS = 5 * 1000,
    PAUSE_NONE_MS = 2 * 1000, /* between attempts when nothing is valid: askers are told the last failure */
    SOURCE_PATIENCE_MS = 9 * 1000,
};

struct credential_provider {
    struct credentials_settings settings;
    char *profile, *region, *ca_file;
    bool cancel; /* read by the search that is under way */
    pthread_t thread;
    struct {
        pthread_mutex_t lock;
        pthread_cond_t changed;
        unsigned shares;
        bool started, stopping;
        bool wanted; /* somebody waits, or was refused, for an attempt that has not begun */
        bool found;
        struct credentials current;
        timestamp_ms taken;   /* when current came */
        uint64_t begun;       /* attempts */
        uint64_t attempts;    /* finished; one less than begun while one is under way */
        int64_t last;         /* monotonic time of the last attempt's end */
        int64_t refused;      /* and of the last one that a refusal caused and that brought others or failed */
        struct error failure; /* of the last attempt; ERROR_NONE when it went well */
    } shared;
};

struct credential_provider *credential_provider_new(const struct credentials_settings *settings)
{
    struct credential_provider *provider = memory_new(sizeof *provider);
    pthread_condattr_t attributes;

    provider->profile = memory_copy_text(settings->profile);
    provider->region = memory_copy_text(settings->region);
    provider->ca_file = memory_copy_text(settings->ca_file);
    provider->settings = *settings;
    provider->settings.profile = provider->profile;
    provider->settings.region = provider->region;
    provider->settings.ca_file = provider->ca_file;
    provider->settings.cancel = &provider->cancel;
    provider->settings.patience_ms = SOURCE_PATIENCE_MS;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&provider->shared.changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&provider->shared.lock, NULL);
    credentials_init(&provider->shared.current);
    provider->shared.shares = 1;
    provider->shared.refused = -CREDENTIAL_PROVIDER_AGAIN_MS;
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
    bool last, started;

    if (!provider)
        return;
    pthread_mutex_lock(&provider->shared.lock);
    last = --provider->shared.shares == 0;
    started = provider->shared.started;
    provider->shared.stopping = last;
    pthread_cond_broadcast(&provider->shared.changed);
    pthread_mutex_unlock(&provider->shared.lock);
    if (!last)
        return;
    __atomic_store_n(&provider->cancel, true, __ATOMIC_RELAXED);
    if (started)
        pthread_join(provider->thread, NULL);
    credentials_clear(&provider->shared.current);
    pthread_cond_destroy(&provider->shared.changed);
    pthread_mutex_destroy(&provider->shared.lock);
    free(provider->profile);
    free(provider->region);
    free(provider->ca_file);
    free(provider);
}

/* --- when --- */

static bool is_valid_locked(const struct credential_provider *provider, timestamp_ms now)
{
    return provider->shared.found &&
           (provider->shared.current.expires == TIMESTAMP_NONE || provider->shared.current.expires > now);
}

/* How long before their end credentials are renewed: a quarter of what was left when they came, at most 15 minutes. */
static int64_t early_locked(const struct credential_provider *provider)
{
    int64_t quarter = (provider->shared.current.expires - provider->shared.taken) / 4;

    return quarter < EARLY_MS ? quarter : EARLY_MS;
}

/* Between attempts: long while there is time, short near the end; in proportion when the whole life is short. */
static int64_t pause_locked(const struct credential_provider *provider, timestamp_ms now)
{
    int64_t left = provider->shared.current.expires - now;
    int64_t pause = left < LATE_MS ? PAUSE_LATE_MS : PAUSE_MS;

    if (left <= 0)
        return left > -PAUSE_MS ? PAUSE_NONE_MS : PAUSE_MS / 2;
    return pause < left / 4 ? pause : left / 4 + 100;
}

/* Milliseconds until the next attempt; -1: not before somebody asks. */
static int64_t wait_locked(const struct credential_provider *provider)
{
    timestamp_ms now = timestamp_now();
    int64_t due, since = timestamp_monotonic() - provider->shared.last;

    if (provider->shared.wanted)
        return 0;
    if (!provider->shared.found || provider->shared.current.expires == TIMESTAMP_NONE)
        return -1;
    due = provider->shared.current.expires - early_locked(provider) - now;
    if (due <= 0)
        due = pause_locked(provider, now) - since;
    return due > 0 ? due : 0;
}

static struct timespec from_now(int64_t ms)
{
    int64_t at = timestamp_monotonic() + ms;
    struct timespec time = { .tv_sec = at / 1000, .tv_nsec = (at % 1000) * 1000000 };

    return time;
}

/* --- the thread --- */

static void settle_locked(struct credential_provider *provider, bool ok, struct credentials *fresh,
                          const struct error *failure)
{
    provider->shared.attempts++;
    provider->shared.last = timestamp_monotonic();
    provider->shared.failure = *failure;
    if (!ok)
        return;
    credentials_clear(&provider->shared.current);
    provider->shared.current = *fresh;
    provider->shared.found = true;
    provider->shared.taken = timestamp_now();
}

static void tell(bool ok, bool first, bool changed, const char *who, timestamp_ms expires, const struct error *failure)
{
    char until[TIMESTAMP_TEXT_SIZE];

    if (ok && (first || changed))
        log_write(LOG_INFO, "aws", "credentials %s: %s%s%s", first ? "found" : "renewed", who,
                  expires != TIMESTAMP_NONE ? ", until " : "",
                  expires != TIMESTAMP_NONE ? timestamp_text(until, expires) : "");
    else if (!ok && !first && failure->kind != ERROR_CANCELLED)
        log_write(LOG_WARNING, "aws", "credentials cannot be renewed, the old ones serve while they are valid: %s",
                  failure->message);
}

static void ask_source(struct credential_provider *provider)
{
    struct error failure = { .kind = ERROR_NONE };
    struct credentials fresh;
    timestamp_ms expires = TIMESTAMP_NONE;
    bool ok = credential_chain_load(&provider->settings, &fresh, &failure), first, changed;
    char *who = ok ? credentials_describe(&fresh) : NULL;

    if (ok)
        expires = fresh.expires;
    pthread_mutex_lock(&provider->shared.lock);
    first = !provider->shared.found;
    changed = ok && !first && !credentials_same(&fresh, &provider->shared.current);
    settle_locked(provider, ok, &fresh, &failure);
    pthread_cond_broadcast(&provider->shared.changed);
    pthread_mutex_unlock(&provider->shared.lock);
    tell(ok, first, changed, who, expires, &failure);
    free(who);
}

/* Owns nothing; asks the source when it is due or wanted. */
static void *renew(void *argument)
{
    struct credential_provider *provider = argument;

    pthread_mutex_lock(&provider->shared.lock);
    while (!provider->shared.stopping) {
        int64_t wait = wait_locked(provider);
        struct timespec until = from_now(wait < 0 || wait > PAUSE_MS ? PAUSE_MS : wait);

        if (wait != 0) {
            pthread_cond_timedwait(&provider->shared.changed, &provider->shared.lock, &until);
            continue;
        }
        provider->shared.wanted = false;
        provider->shared.begun++;
        pthread_mutex_unlock(&provider->shared.lock);
        ask_source(provider);
        pthread_mutex_lock(&provider->shared.lock);
    }
    pthread_mutex_unlock(&provider->shared.lock);
    return NULL;
}

static bool start_locked(struct credential_provider *provider, struct error *err)
{
    if (!provider->shared.started && pthread_create(&provider->thread, NULL, renew, provider) != 0)
        return error_set(err, ERROR_SYSTEM, "cannot start a thread");
    provider->shared.started = true;
    return true;
}

/* Has the thread ask the source, and waits for the end of that attempt. anew: one that is under way does not count, for it
 * may have read the source before what is known now happened. False when there was no end in time. */
static bool ask_locked(struct credential_provider *provider, bool anew, struct error *err)
{
    struct timespec until = from_now(CREDENTIAL_PROVIDER_WAIT_MS);
    uint64_t before = anew ? provider->shared.begun : provider->shared.attempts;

    if (!start_locked(provider, err))
        return false;
    provider->shared.wanted = provider->shared.wanted || before == provider->shared.begun;
    pthread_cond_broadcast(&provider->shared.changed);
    while (provider->shared.attempts <= before) {
        if (pthread_cond_timedwait(&provider->shared.changed, &provider->shared.lock, &until) != 0 &&
            provider->shared.attempts <= before)
            return error_set_retriable(err, ERROR_CREDENTIALS,
                                       "no AWS credentials within %d s; their source does not answer",
                                       CREDENTIAL_PROVIDER_WAIT_MS / 1000);
    }
    return true;
}

/* --- asking --- */

static bool failed_just_now_locked(const struct credential_provider *provider)
{
    return provider->shared.attempts > 0 && provider->shared.failure.kind != ERROR_NONE &&
           timestamp_monotonic() - provider->shared.last < PAUSE_NONE_MS;
}

static bool get_locked(struct credential_provider *provider, struct credentials *credentials, struct error *err)
{
    bool ok = is_valid_locked(provider, timestamp_now());

    if (!ok && !failed_just_now_locked(provider)) {
        if (!ask_locked(provider, false, err))
            return false;
        ok = is_valid_locked(provider, timestamp_now());
    }
    if (ok)
        credentials_copy(credentials, &provider->shared.current);
    else if (err && provider->shared.failure.kind != ERROR_NONE)
        *err = provider->shared.failure;
    else if (!ok)
        error_set(err, ERROR_CREDENTIALS, "the AWS credentials have expired");
    return ok;
}

bool credential_provider_get(struct credential_provider *provider, struct credentials *credentials, struct error *err)
{
    bool ok;

    credentials_init(credentials);
    pthread_mutex_lock(&provider->shared.lock);
    ok = get_locked(provider, credentials, err);
    pthread_mutex_unlock(&provider->shared.lock);
    return ok;
}

void credential_provider_begin(struct credential_provider *provider)
{
    pthread_mutex_lock(&provider->shared.lock);
    if (provider->shared.begun == 0 && start_locked(provider, NULL)) {
        provider->shared.wanted = true;
        pthread_cond_broadcast(&provider->shared.changed);
    }
    pthread_mutex_unlock(&provider->shared.lock);
}

bool credential_provider_refused(struct credential_provider *provider, const struct credentials *refused)
{
    bool changed;

    pthread_mutex_lock(&provider->shared.lock);
    changed = !credentials_same(&provider->shared.current, refused);
    if (!changed && timestamp_monotonic() - provider->shared.refused >= CREDENTIAL_PROVIDER_AGAIN_MS) {
        changed = ask_locked(provider, true, NULL) && !credentials_same(&provider->shared.current, refused);
        /* Unchanged and at once: a file, whose next look costs nothing. */
        if (changed || provider->shared.failure.kind != ERROR_NONE)
            provider->shared.refused = timestamp_monotonic();
    }
    pthread_mutex_unlock(&provider->shared.lock);
    return changed;
}

bool credential_provider_failure(struct credential_provider *provider, struct error *failure)
{
    pthread_mutex_lock(&provider->shared.lock);
    *failure = provider->shared.failure;
    pthread_mutex_unlock(&provider->shared.lock);
    return failure->kind != ERROR_NONE;
}
