/* The value itself, and the one source that needs nothing but the environment. */
#include "aws/credentials.h"

#include "aws/digest.h"
#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

const char *credentials_environment(void *context, const char *name)
{
    (void)context;
    return getenv(name);
}

const char *credentials_look_up(const struct credentials_settings *settings, const char *name)
{
    const char *value =
        settings->lookup ? settings->lookup(settings->context, name) : credentials_environment(NULL, name);

    return value && *value ? value : NULL;
}

enum credentials_outcome credentials_broken(bool set)
{
    (void)set;
    return CREDENTIALS_BROKEN;
}

static void wipe_free(char *text)
{
    if (text)
        digest_wipe(text, strlen(text));
    free(text);
}

void credentials_init(struct credentials *credentials)
{
    memset(credentials, 0, sizeof *credentials);
    credentials->expires = TIMESTAMP_NONE;
}

void credentials_clear(struct credentials *credentials)
{
    wipe_free(credentials->key_id);
    wipe_free(credentials->secret);
    wipe_free(credentials->token);
    free(credentials->source);
    free(credentials->arn);
    credentials_init(credentials);
}

void credentials_copy(struct credentials *copy, const struct credentials *credentials)
{
    copy->key_id = memory_copy_text(credentials->key_id);
    copy->secret = memory_copy_text(credentials->secret);
    copy->token = memory_copy_text(credentials->token);
    copy->source = memory_copy_text(credentials->source);
    copy->arn = memory_copy_text(credentials->arn);
    copy->expires = credentials->expires;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool credentials_same(const struct credentials *a, const struct credentials *b)
{
    return same_text(a->key_id, b->key_id) && same_text(a->secret, b->secret) && same_text(a->token, b->token);
}

/* Neither keys nor tokens have blanks or control characters; one that does was pasted with something around it, and would be
 * cut or refused much later. */
static bool is_plain(const char *text)
{
    for (; text && *text; text++) {
        if (*text <= ' ' || *text >= 127)
            return false;
    }
    return true;
}

enum credentials_outcome credentials_take(struct credentials *credentials, const char *key_id, const char *secret,
                                          const char *token, const char *source, const char *const names[2],
                                          struct error *err)
{
    if (!key_id || !secret)
        return credentials_broken(error_set(err, ERROR_CREDENTIALS, "%s has %s but no %s; set both", source,
                                            names[key_id ? 0 : 1], names[key_id ? 1 : 0]));
    if (!is_plain(key_id) || !is_plain(secret) || !is_plain(token))
        return credentials_broken(error_set(
            err, ERROR_CREDENTIALS,
            "%s holds a key or session token with a blank or control character in it; copy it again", source));
    credentials->key_id = memory_copy_text(key_id);
    credentials->secret = memory_copy_text(secret);
    credentials->token = memory_copy_text(token);
    credentials->source = memory_copy_text(source);
    return CREDENTIALS_LOADED;
}

static bool take_expiry(const struct credentials_settings *settings, struct credentials *credentials, struct error *err)
{
    const char *text = credentials_look_up(settings, "AWS_CREDENTIAL_EXPIRATION");
    timestamp_ms now = timestamp_now();

    if (!text)
        return true;
    if (!timestamp_parse(text, now, &credentials->expires, NULL))
        return error_set(err, ERROR_CREDENTIALS, "AWS_CREDENTIAL_EXPIRATION is no time: %s", text);
    if (credentials->expires <= now)
        return error_set(err, ERROR_CREDENTIALS, "the credentials in the environment expired at %s; fetch new ones",
                         text);
    return true;
}

enum credentials_outcome credentials_from_environment(const struct credentials_settings *settings,
                                                      struct credentials *credentials, struct error *err)
{
    static const char *const names[2] = { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY" };
    const char *key_id = credentials_look_up(settings, names[0]);
    const char *secret = credentials_look_up(settings, names[1]);
    const char *token = credentials_look_up(settings, "AWS_SESSION_TOKEN");

    if (!key_id && !secret)
        return CREDENTIALS_ABSENT;
    if (!take_expiry(settings, credentials, err))
        return CREDENTIALS_BROKEN;
    return credentials_take(credentials, key_id, secret,
                            token ? token : credentials_look_up(settings, "AWS_SECURITY_TOKEN"), "environment", names,
                            err);
}

char *credentials_describe(const struct credentials *credentials)
{
    size_t length = strlen(credentials->key_id);

    return memory_printf("%s, key ...%s", credentials->source, length >= 8 ? credentials->key_id + length - 4 : "");
}
