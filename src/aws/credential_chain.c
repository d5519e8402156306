/* Each source says "not configured", "here they are" or "configured and broken"; the first that does not say "not configured"
 * decides. */
#include "aws/credential_chain.h"

#include "aws/credential_process.h"
#include "aws/digest.h"
#include "aws/metadata.h"
#include "aws/profile.h"
#include "aws/sts.h"
#include "base/buffer.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PATIENCE_MS = 9000,
    CHAIN_MOST = 8, /* profiles that lead to one another */
    ROLE_LEAST_S = 900,
    ROLE_MOST_S = 43200,
};

struct chain {
    struct credential_search search;
    const struct profile_set *profiles; /* read when the first source asks for them */
    struct profile_set *read;
    char session_name[64]; /* of roles that name none */
    const char *path[CHAIN_MOST];
    size_t depth; /* of path: the profiles whose role is being assumed */
};

/* What a source is asked for: the profile in force, or one that a role's source_profile names. */
struct source {
    const char *name;
    enum credentials_outcome (*load)(struct chain *chain, const char *profile, struct credentials *credentials,
                                     struct error *err);
};

static const struct source of_profile[];

/* --- a role's own settings --- */

static bool take_duration(const struct chain *chain, const char *profile, struct sts_role *role, struct error *err)
{
    const char *text = profile_get(chain->profiles, profile, "duration_seconds");

    if (!text)
        return true;
    if (text_parse_uint(text, ROLE_MOST_S, &role->duration_s) && role->duration_s >= ROLE_LEAST_S)
        return true;
    return error_set(err, ERROR_CREDENTIALS, "profile %s: duration_seconds is %s; it goes from 900 to 43200", profile,
                     text);
}

static const char *session_name(const struct chain *chain, const char *wanted)
{
    return wanted ? wanted : chain->session_name;
}

/* --- assume role --- */

static enum credentials_outcome from_named_source(struct chain *chain, const char *profile, const char *name,
                                                  struct credentials *credentials, struct error *err)
{
    enum credentials_outcome outcome;

    if (strcmp(name, "Environment") == 0)
        outcome = credentials_from_environment(chain->search.settings, credentials, err);
    else if (strcmp(name, "EcsContainer") == 0)
        outcome = metadata_from_container(&chain->search, credentials, err);
    else if (strcmp(name, "Ec2InstanceMetadata") == 0)
        outcome = metadata_from_instance(&chain->search, credentials, err);
    else
        return credentials_broken(
            error_set(err, ERROR_CREDENTIALS,
                      "profile %s: credential_source is %s; it may be Environment, EcsContainer or Ec2InstanceMetadata",
                      profile, name));
    if (outcome == CREDENTIALS_ABSENT)
        return credentials_broken(error_set(err, ERROR_CREDENTIALS,
                                            "profile %s: there are no credentials in its credential_source %s%s%s",
                                            profile, name, *chain->search.note ? ": " : "", chain->search.note));
    return outcome;
}

static enum credentials_outcome from_role(struct chain *chain, const char *profile, struct credentials *credentials,
                                          struct error *err);

static bool is_on_path(const struct chain *chain, const char *profile)
{
    for (size_t i = 0; i < chain->depth; i++) {
        if (strcmp(chain->path[i], profile) == 0)
            return true;
    }
    return false;
}

/* The credentials of another profile, with which a role is assumed. A profile may name itself when it has keys. */
static enum credentials_outcome from_source_profile(struct chain *chain, const char *profile, const char *name,
                                                    struct credentials *credentials, struct error *err)
{
    bool keys = profile_has_keys(chain->profiles, name);
    enum credentials_outcome outcome = CREDENTIALS_ABSENT;

    if (!profile_exists(chain->profiles, name))
        return credentials_broken(
            error_set(err, ERROR_CREDENTIALS, "profile %s: its source_profile %s is not in %s or %s", profile, name,
                      profile_credentials_path(chain->profiles), profile_config_path(chain->profiles)));
    if (is_on_path(chain, name) && !(keys && strcmp(profile, name) == 0))
        return credentials_broken(error_set(
            err, ERROR_CREDENTIALS,
            "profile %s: source_profile leads round in a circle through %s; let one of them have keys", profile, name));
    if (!keys)
        outcome = from_role(chain, name, credentials, err);
    for (const struct source *source = of_profile; source->name && outcome == CREDENTIALS_ABSENT; source++)
        outcome = source->load(chain, name, credentials, err);
    if (outcome == CREDENTIALS_ABSENT)
        return credentials_broken(
            error_set(err, ERROR_CREDENTIALS, "profile %s: its source_profile %s has no credentials", profile, name));
    return outcome;
}

static bool check_role(const struct chain *chain, const char *profile, const char *source_profile, const char *source,
                       struct error *err)
{
    if (source_profile && source)
        return error_set(err, ERROR_CREDENTIALS,
                         "profile %s has both source_profile and credential_source; leave one of them", profile);
    if (!source_profile && !source)
        return error_set(err, ERROR_CREDENTIALS,
                         "profile %s has a role_arn, but neither source_profile nor credential_source says with which "
                         "credentials to assume it",
                         profile);
    if (profile_get(chain->profiles, profile, "mfa_serial"))
        return error_set(
            err, ERROR_CREDENTIALS,
            "profile %s wants an MFA code (mfa_serial), which a delivery that renews its credentials cannot type; "
            "for a short run: eval \"$(aws configure export-credentials --profile %s --format env)\"",
            profile, profile);
    if (chain->depth == CHAIN_MOST)
        return error_set(err, ERROR_CREDENTIALS, "profile %s: more than %d roles lead to one another", profile,
                         CHAIN_MOST);
    return true;
}

static enum credentials_outcome from_role(struct chain *chain, const char *profile, struct credentials *credentials,
                                          struct error *err)
{
    const char *source_profile = profile_get(chain->profiles, profile, "source_profile");
    const char *source = profile_get(chain->profiles, profile, "credential_source");
    struct sts_role role = { .arn = profile_get(chain->profiles, profile, "role_arn") };
    enum credentials_outcome outcome;
    struct credentials by;

    if (!role.arn || profile_get(chain->profiles, profile, "web_identity_token_file"))
        return CREDENTIALS_ABSENT;
    if (!check_role(chain, profile, source_profile, source, err) || !take_duration(chain, profile, &role, err))
        return CREDENTIALS_BROKEN;
    role.session_name = session_name(chain, profile_get(chain->profiles, profile, "role_session_name"));
    role.external_id = profile_get(chain->profiles, profile, "external_id");
    credentials_init(&by);
    chain->path[chain->depth++] = profile;
    outcome = source ? from_named_source(chain, profile, source, &by, err)
                     : from_source_profile(chain, profile, source_profile, &by, err);
    chain->depth--;
    if (outcome == CREDENTIALS_LOADED && !sts_assume_role(&chain->search, &role, &by, credentials, err)) {
        error_prefix(err, "profile %s", profile);
        outcome = CREDENTIALS_BROKEN;
    }
    if (outcome == CREDENTIALS_LOADED)
        credentials->source = memory_printf("profile %s, role %s by %s", profile, role.arn, by.source);
    credentials_clear(&by);
    return outcome;
}

/* --- web identity --- */

static enum credentials_outcome assume_by_web(struct chain *chain, const char *whose, const char *file,
                                              struct sts_role *role, struct credentials *credentials, struct error *err)
{
    char *token;
    bool ok;

    if (!role->arn)
        return credentials_broken(error_set(err, ERROR_CREDENTIALS,
                                            "%s names a web identity token file but no role; set %s", whose,
                                            strcmp(whose, "the environment") == 0 ? "AWS_ROLE_ARN" : "role_arn"));
    token = metadata_read_token(file, "web identity token file", err);
    if (!token)
        return CREDENTIALS_BROKEN;
    ok = sts_assume_role_web(&chain->search, role, token, file, credentials, err);
    digest_wipe(token, strlen(token));
    free(token);
    if (!ok)
        return credentials_broken(error_prefix(err, "%s", whose));
    credentials->source = memory_printf("%s, role %s by web identity", whose, role->arn);
    return CREDENTIALS_LOADED;
}

static enum credentials_outcome from_profile_web(struct chain *chain, const char *profile,
                                                 struct credentials *credentials, struct error *err)
{
    const char *file = profile_get(chain->profiles, profile, "web_identity_token_file");
    struct sts_role role = { .arn = profile_get(chain->profiles, profile, "role_arn") };
    enum credentials_outcome outcome;
    char *whose;

    if (!file)
        return CREDENTIALS_ABSENT;
    if (!take_duration(chain, profile, &role, err))
        return CREDENTIALS_BROKEN;
    role.session_name = session_name(chain, profile_get(chain->profiles, profile, "role_session_name"));
    whose = memory_printf("profile %s", profile);
    outcome = assume_by_web(chain, whose, file, &role, credentials, err);
    free(whose);
    return outcome;
}

/* The environment's settings, each before the profile's. */
static enum credentials_outcome from_web_identity(struct chain *chain, const char *profile,
                                                  struct credentials *credentials, struct error *err)
{
    const struct credentials_settings *settings = chain->search.settings;
    const char *file = credentials_look_up(settings, "AWS_WEB_IDENTITY_TOKEN_FILE");
    const char *name = credentials_look_up(settings, "AWS_ROLE_SESSION_NAME");
    struct sts_role role = { .arn = credentials_look_up(settings, "AWS_ROLE_ARN") };

    if (settings->profile || !file)
        return from_profile_web(chain, profile, credentials, err);
    if (!role.arn)
        role.arn = profile_get(chain->profiles, profile, "role_arn");
    role.session_name = session_name(chain, name ? name : profile_get(chain->profiles, profile, "role_session_name"));
    return assume_by_web(chain, "the environment", file, &role, credentials, err);
}

/* --- the rest of a profile --- */

/* SSO and login sessions: what stands in their cache belongs to the AWS command line, which hands it out properly. */
static enum credentials_outcome refuse(const struct chain *chain, const char *profile, const char *const *settings,
                                       const char *login, struct error *err)
{
    for (; *settings; settings++) {
        if (profile_get(chain->profiles, profile, *settings))
            return credentials_broken(error_set(
                err, ERROR_CREDENTIALS,
                "profile %s uses %s, which headgate leaves to the AWS command line: log in with `%s --profile %s`, add a "
                "profile with \"credential_process = aws configure export-credentials --profile %s --format process\" and "
                "name that one",
                profile, *settings, login, profile, profile));
    }
    return CREDENTIALS_ABSENT;
}

static enum credentials_outcome refuse_sso(struct chain *chain, const char *profile, struct credentials *credentials,
                                           struct error *err)
{
    static const char *const settings[] = { "sso_session", "sso_start_url", NULL };

    (void)credentials;
    return refuse(chain, profile, settings, "aws sso login", err);
}

static enum credentials_outcome refuse_login(struct chain *chain, const char *profile, struct credentials *credentials,
                                             struct error *err)
{
    static const char *const settings[] = { "login_session", NULL };

    (void)credentials;
    return refuse(chain, profile, settings, "aws login", err);
}

static enum credentials_outcome from_credentials_file(struct chain *chain, const char *profile,
                                                      struct credentials *credentials, struct error *err)
{
    return profile_take_keys(chain->profiles, profile, false, credentials, err);
}

static enum credentials_outcome from_process(struct chain *chain, const char *profile, struct credentials *credentials,
                                             struct error *err)
{
    const char *command = profile_get(chain->profiles, profile, "credential_process");

    if (!command)
        return CREDENTIALS_ABSENT;
    return credential_process_run(&chain->search, command, profile, credentials, err) ? CREDENTIALS_LOADED
                                                                                      : CREDENTIALS_BROKEN;
}

static enum credentials_outcome from_config_file(struct chain *chain, const char *profile,
                                                 struct credentials *credentials, struct error *err)
{
    return profile_take_keys(chain->profiles, profile, true, credentials, err);
}

/* --- the table --- */

static enum credentials_outcome from_environment(struct chain *chain, const char *profile,
                                                 struct credentials *credentials, struct error *err)
{
    (void)profile;
    if (chain->search.settings->profile)
        return CREDENTIALS_ABSENT;
    return credentials_from_environment(chain->search.settings, credentials, err);
}

/* Reads the files, when the first source wants them: a broken file is no matter for those whose environment decides. */
static enum credentials_outcome read_profiles(struct chain *chain, const char *profile, struct credentials *credentials,
                                              struct error *err)
{
    (void)profile;
    (void)credentials;
    if (!profile_set_read(chain->search.settings, &chain->read, err))
        return CREDENTIALS_BROKEN;
    chain->profiles = chain->read;
    if (!profile_is_chosen(chain->profiles) || profile_exists(chain->profiles, profile_name(chain->profiles)))
        return CREDENTIALS_ABSENT;
    return credentials_broken(error_set(
        err, ERROR_CREDENTIALS, "there is no profile %s in %s or %s; aws configure list-profiles names those there are",
        profile_name(chain->profiles), profile_credentials_path(chain->profiles),
        profile_config_path(chain->profiles)));
}

static enum credentials_outcome from_container(struct chain *chain, const char *profile,
                                               struct credentials *credentials, struct error *err)
{
    (void)profile;
    return metadata_from_container(&chain->search, credentials, err);
}

static enum credentials_outcome from_instance(struct chain *chain, const char *profile, struct credentials *credentials,
                                              struct error *err)
{
    (void)profile;
    return metadata_from_instance(&chain->search, credentials, err);
}

static bool nothing_found(const struct chain *chain, struct error *err)
{
    return error_set(
        err, ERROR_CREDENTIALS,
        "no AWS credentials: neither AWS_ACCESS_KEY_ID in the environment, nor anything for profile \"%s\" in %s "
        "or %s, nor a container's%s%s; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with "
        "--profile",
        profile_name(chain->profiles), profile_credentials_path(chain->profiles), profile_config_path(chain->profiles),
        *chain->search.note ? "; " : "", chain->search.note);
}

/* In the AWS command line's order. */
static const struct source sources[] = {
    { "environment",        from_environment      },
    { "profiles",           read_profiles         },
    { "role",               from_role             },
    { "web identity",       from_web_identity     },
    { "SSO",                refuse_sso            },
    { "credentials file",   from_credentials_file },
    { "login",              refuse_login          },
    { "credential_process", from_process          },
    { "config file",        from_config_file      },
    { "container",          from_container        },
    { "instance metadata",  from_instance         },
    { NULL,                 NULL                  },
};

/* The same for a role's source_profile: what the profile itself has, and nothing else. */
static const struct source of_profile[] = {
    { "web identity",       from_profile_web      },
    { "SSO",                refuse_sso            },
    { "credentials file",   from_credentials_file },
    { "login",              refuse_login          },
    { "credential_process", from_process          },
    { "config file",        from_config_file      },
    { NULL,                 NULL                  },
};

static bool check_expiry(const struct credentials *credentials, struct error *err)
{
    char text[TIMESTAMP_TEXT_SIZE];

    if (credentials->expires == TIMESTAMP_NONE || credentials->expires > timestamp_now())
        return true;
    return error_set(err, ERROR_CREDENTIALS,
                     "the credentials of %s expired at %s; log in again, or renew them at their source",
                     credentials->source, timestamp_text(text, credentials->expires));
}

bool credential_chain_load(const struct credentials_settings *settings, struct credentials *credentials,
                           struct error *err)
{
    struct chain chain = { .search = { .settings = settings } };
    enum credentials_outcome outcome = CREDENTIALS_ABSENT;

    chain.search.until = timestamp_monotonic() + (settings->patience_ms > 0 ? settings->patience_ms : PATIENCE_MS);
    snprintf(chain.session_name, sizeof chain.session_name, "headgate-%lld", (long long)(timestamp_now() / 1000));
    credentials_init(credentials);
    for (const struct source *source = sources; source->name && outcome == CREDENTIALS_ABSENT; source++)
        outcome = source->load(&chain, chain.profiles ? profile_name(chain.profiles) : NULL, credentials, err);
    if (outcome == CREDENTIALS_ABSENT)
        nothing_found(&chain, err);
    else if (outcome == CREDENTIALS_LOADED && !check_expiry(credentials, err))
        outcome = CREDENTIALS_BROKEN;
    profile_set_free(chain.read);
    if (outcome != CREDENTIALS_LOADED)
        credentials_clear(credentials);
    return outcome == CREDENTIALS_LOADED;
}
