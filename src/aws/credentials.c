/* Where the AWS credentials come from. Each provider says "not configured", "here they are" or "configured and broken";
 * the first that does not say "not configured" decides. */
#include "aws/credentials.h"

#include "aws/digest.h"
#include "aws/profile_file.h"
#include "base/buffer.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum outcome {
    ABSENT, /* not configured: ask the next provider */
    LOADED, /* credentials are filled */
    BROKEN, /* configured, and err says what is wrong: nobody else is asked */
};

struct provider {
    const char *name; /* for the list of what was looked at */
    enum outcome (*load)(const struct credentials_settings *settings, struct credentials *credentials,
                         struct error *err);
};

/* Both files of one profile. */
struct profile {
    const char *name; /* borrowed from the settings or the environment */
    bool chosen;      /* somebody asked for it by name */
    char *credentials_path, *config_path;
    struct profile_file *credentials, *config; /* NULL: no such file */
    char *config_section;                      /* "profile lake", "default" */
};

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

/* So that saying what is broken takes one line: return broken(error_set(...)). */
static enum outcome broken(bool set)
{
    (void)set;
    return BROKEN;
}

static void wipe_free(char *text)
{
    if (text)
        digest_wipe(text, strlen(text));
    free(text);
}

void credentials_clear(struct credentials *credentials)
{
    wipe_free(credentials->key_id);
    wipe_free(credentials->secret);
    wipe_free(credentials->token);
    free(credentials->source);
    memset(credentials, 0, sizeof *credentials);
    credentials->expires = TIMESTAMP_NONE;
}

void credentials_copy(struct credentials *copy, const struct credentials *credentials)
{
    copy->key_id = memory_copy_text(credentials->key_id);
    copy->secret = memory_copy_text(credentials->secret);
    copy->token = memory_copy_text(credentials->token);
    copy->source = memory_copy_text(credentials->source);
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

/* Copies one complete set, or says which half is missing. names: of key id and secret, for the text. */
static enum outcome take(struct credentials *credentials, const char *key_id, const char *secret, const char *token,
                         const char *source, const char *const names[2], struct error *err)
{
    if (!key_id || !secret)
        return broken(error_set(err, ERROR_CREDENTIALS, "%s has %s but no %s; set both", source, names[key_id ? 0 : 1],
                                names[key_id ? 1 : 0]));
    if (!is_plain(key_id) || !is_plain(secret) || !is_plain(token))
        return broken(error_set(
            err, ERROR_CREDENTIALS,
            "%s holds a key or session token with a blank or control character in it; copy it again", source));
    credentials->key_id = memory_copy_text(key_id);
    credentials->secret = memory_copy_text(secret);
    credentials->token = memory_copy_text(token);
    credentials->source = memory_copy_text(source);
    return LOADED;
}

/* --- environment --- */

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

static enum outcome load_environment(const struct credentials_settings *settings, struct credentials *credentials,
                                     struct error *err)
{
    static const char *const names[2] = { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY" };
    const char *key_id = credentials_look_up(settings, names[0]);
    const char *secret = credentials_look_up(settings, names[1]);
    const char *token = credentials_look_up(settings, "AWS_SESSION_TOKEN");

    if (!key_id && !secret)
        return ABSENT;
    if (!take_expiry(settings, credentials, err))
        return BROKEN;
    return take(credentials, key_id, secret, token ? token : credentials_look_up(settings, "AWS_SECURITY_TOKEN"),
                "environment", names, err);
}

/* --- profiles --- */

/* The path in variable, or ~/.aws/<file>; NULL without a home. Caller frees. */
static char *file_path(const struct credentials_settings *settings, const char *variable, const char *file)
{
    const char *path = credentials_look_up(settings, variable);
    const char *home = credentials_look_up(settings, "HOME");

    if (path && text_starts_with(path, "~/") && home)
        return memory_printf("%s/%s", home, path + 2);
    if (path)
        return memory_copy_text(path);
    return home ? memory_printf("%s/.aws/%s", home, file) : NULL;
}

static void profile_close(struct profile *profile)
{
    profile_file_free(profile->credentials);
    profile_file_free(profile->config);
    free(profile->credentials_path);
    free(profile->config_path);
    free(profile->config_section);
}

/* Finds the name and reads both files. The caller closes profile in any case. */
static bool profile_open(const struct credentials_settings *settings, struct profile *profile, struct error *err)
{
    memset(profile, 0, sizeof *profile);
    profile->name = settings->profile;
    if (!profile->name)
        profile->name = credentials_look_up(settings, "AWS_PROFILE");
    if (!profile->name)
        profile->name = credentials_look_up(settings, "AWS_DEFAULT_PROFILE");
    profile->chosen = profile->name != NULL;
    if (!profile->chosen)
        profile->name = "default";
    profile->credentials_path = file_path(settings, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
    profile->config_path = file_path(settings, "AWS_CONFIG_FILE", "config");
    if (profile->credentials_path && !profile_file_read(profile->credentials_path, true, &profile->credentials, err))
        return false;
    if (profile->config_path && !profile_file_read(profile->config_path, false, &profile->config, err))
        return false;
    profile->config_section = memory_printf("profile %s", profile->name);
    if (strcmp(profile->name, "default") == 0 && !profile_file_has(profile->config, profile->config_section)) {
        free(profile->config_section);
        profile->config_section = memory_copy_text("default");
    }
    return true;
}

static const char *profile_get(const struct profile *profile, const char *name)
{
    const char *value = profile_file_get(profile->credentials, profile->name, name);

    return value ? value : profile_file_get(profile->config, profile->config_section, name);
}

/* What a profile may say instead of keys, which this version cannot follow. */
static const char *unsupported_way(const struct profile *profile, bool with_keys)
{
    static const char *const before_keys[] = { "role_arn", "web_identity_token_file", NULL };
    static const char *const after_keys[] = { "sso_session", "sso_start_url", "credential_process", "login_session",
                                              NULL };

    for (const char *const *way = before_keys; *way; way++) {
        if (profile_get(profile, *way))
            return *way;
    }
    for (const char *const *way = after_keys; !with_keys && *way; way++) {
        if (profile_get(profile, *way))
            return *way;
    }
    return NULL;
}

/* Keys from one of the files; ABSENT when it has neither. */
static enum outcome take_keys(const struct profile *profile, const struct profile_file *file, const char *section,
                              const char *path, struct credentials *credentials, struct error *err)
{
    static const char *const names[2] = { "aws_access_key_id", "aws_secret_access_key" };
    const char *key_id = profile_file_get(file, section, names[0]);
    const char *secret = profile_file_get(file, section, names[1]);
    const char *token = profile_file_get(file, section, "aws_session_token");
    enum outcome outcome;
    char *source;

    if (!key_id && !secret)
        return ABSENT;
    if (!profile_file_private(file, err))
        return BROKEN;
    source = memory_printf("profile %s in %s", profile->name, path);
    outcome = take(credentials, key_id, secret, token ? token : profile_file_get(file, section, "aws_security_token"),
                   source, names, err);
    free(source);
    return outcome;
}

static enum outcome load_from(const struct profile *profile, struct credentials *credentials, struct error *err)
{
    bool has_keys = profile_get(profile, "aws_access_key_id") || profile_get(profile, "aws_secret_access_key");
    const char *way = unsupported_way(profile, has_keys);
    enum outcome outcome;

    if (way)
        return broken(
            error_set(err, ERROR_CREDENTIALS,
                      "profile %s uses %s, which headgate does not follow yet; let the AWS command line do it: "
                      "eval \"$(aws configure export-credentials --profile %s --format env)\"",
                      profile->name, way, profile->name));
    outcome = take_keys(profile, profile->credentials, profile->name, profile->credentials_path, credentials, err);
    if (outcome == ABSENT)
        outcome = take_keys(profile, profile->config, profile->config_section, profile->config_path, credentials, err);
    if (outcome != ABSENT || !profile->chosen)
        return outcome;
    if (profile_file_has(profile->credentials, profile->name) ||
        profile_file_has(profile->config, profile->config_section))
        return broken(error_set(err, ERROR_CREDENTIALS, "profile %s has no aws_access_key_id in %s or %s",
                                profile->name, profile->credentials_path, profile->config_path));
    return broken(error_set(err, ERROR_CREDENTIALS,
                            "there is no profile %s in %s or %s; aws configure list-profiles "
                            "names those there are",
                            profile->name, profile->credentials_path ? profile->credentials_path : "~/.aws/credentials",
                            profile->config_path ? profile->config_path : "~/.aws/config"));
}

static enum outcome load_profile(const struct credentials_settings *settings, struct credentials *credentials,
                                 struct error *err)
{
    struct profile profile;
    enum outcome outcome = BROKEN;

    if (profile_open(settings, &profile, err))
        outcome = load_from(&profile, credentials, err);
    profile_close(&profile);
    return outcome;
}

static enum outcome load_named_profile(const struct credentials_settings *settings, struct credentials *credentials,
                                       struct error *err)
{
    return settings->profile ? load_profile(settings, credentials, err) : ABSENT;
}

/* --- configured, but not for this version --- */

static enum outcome refuse_web_identity(const struct credentials_settings *settings, struct credentials *credentials,
                                        struct error *err)
{
    (void)credentials;
    if (!credentials_look_up(settings, "AWS_WEB_IDENTITY_TOKEN_FILE"))
        return ABSENT;
    return broken(
        error_set(err, ERROR_CREDENTIALS,
                  "AWS_WEB_IDENTITY_TOKEN_FILE is set, which headgate does not follow yet; let the AWS command "
                  "line do it: eval \"$(aws configure export-credentials --format env)\""));
}

static enum outcome refuse_container(const struct credentials_settings *settings, struct credentials *credentials,
                                     struct error *err)
{
    (void)credentials;
    if (!credentials_look_up(settings, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") &&
        !credentials_look_up(settings, "AWS_CONTAINER_CREDENTIALS_FULL_URI"))
        return ABSENT;
    return broken(error_set(err, ERROR_CREDENTIALS,
                            "a container's credentials are configured, which headgate does not follow yet; let the AWS "
                            "command line do it: eval \"$(aws configure export-credentials --format env)\""));
}

static const struct provider providers[];

static bool nothing_found(const struct credentials_settings *settings, struct error *err)
{
    char *credentials = file_path(settings, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
    char *config = file_path(settings, "AWS_CONFIG_FILE", "config");

    error_set(err, ERROR_CREDENTIALS,
              "no AWS credentials: neither AWS_ACCESS_KEY_ID in the environment nor a profile "
              "\"default\" with keys in %s or %s; set AWS_ACCESS_KEY_ID and "
              "AWS_SECRET_ACCESS_KEY, or name a profile with --profile",
              credentials ? credentials : "~/.aws/credentials", config ? config : "~/.aws/config");
    free(credentials);
    free(config);
    return false;
}

bool credentials_load(const struct credentials_settings *settings, struct credentials *credentials, struct error *err)
{
    memset(credentials, 0, sizeof *credentials);
    credentials->expires = TIMESTAMP_NONE;
    for (const struct provider *provider = providers; provider->name; provider++) {
        enum outcome outcome = provider->load(settings, credentials, err);

        if (outcome == LOADED)
            return true;
        credentials_clear(credentials);
        if (outcome == BROKEN)
            return false;
    }
    return nothing_found(settings, err);
}

char *credentials_profile_setting(const struct credentials_settings *settings, const char *name)
{
    struct profile profile;
    const char *value = NULL, *services;
    char *copy, *section;

    if (!profile_open(settings, &profile, NULL)) {
        profile_close(&profile);
        return NULL;
    }
    value = profile_get(&profile, name);
    services = value ? NULL : profile_get(&profile, "services");
    if (services) {
        section = memory_printf("services %s", services);
        value = profile_file_get(profile.config, section, name);
        free(section);
    }
    copy = memory_copy_text(value);
    profile_close(&profile);
    return copy;
}

/* In the AWS command line's order. Instance metadata would be the last row; it needs HTTP, which stands above aws/. */
static const struct provider providers[] = {
    { "--profile",    load_named_profile  },
    { "environment",  load_environment    },
    { "profile",      load_profile        },
    { "web identity", refuse_web_identity },
    { "container",    refuse_container    },
    { NULL,           NULL                },
};
