/* Two small files, read anew whenever somebody asks: what an operator has just mended counts at once. */
#include "aws/profile.h"

#include "aws/profile_file.h"
#include "base/buffer.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct profile_set {
    char *name;
    bool chosen;
    char *credentials_path, *config_path;      /* NULL without a home */
    struct profile_file *credentials, *config; /* NULL: no such file */
};

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

void profile_set_free(struct profile_set *set)
{
    if (!set)
        return;
    profile_file_free(set->credentials);
    profile_file_free(set->config);
    free(set->credentials_path);
    free(set->config_path);
    free(set->name);
    free(set);
}

bool profile_set_read(const struct credentials_settings *settings, struct profile_set **result, struct error *err)
{
    struct profile_set *set = memory_new(sizeof *set);
    const char *name = settings->profile;

    if (!name)
        name = credentials_look_up(settings, "AWS_PROFILE");
    if (!name)
        name = credentials_look_up(settings, "AWS_DEFAULT_PROFILE");
    set->chosen = name != NULL;
    set->name = memory_copy_text(name ? name : "default");
    set->credentials_path = file_path(settings, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
    set->config_path = file_path(settings, "AWS_CONFIG_FILE", "config");
    *result = NULL;
    if ((set->credentials_path && !profile_file_read(set->credentials_path, true, &set->credentials, err)) ||
        (set->config_path && !profile_file_read(set->config_path, false, &set->config, err))) {
        profile_set_free(set);
        return false;
    }
    *result = set;
    return true;
}

const char *profile_name(const struct profile_set *set)
{
    return set->name;
}

bool profile_is_chosen(const struct profile_set *set)
{
    return set->chosen;
}

const char *profile_credentials_path(const struct profile_set *set)
{
    return set->credentials_path ? set->credentials_path : "~/.aws/credentials";
}

const char *profile_config_path(const struct profile_set *set)
{
    return set->config_path ? set->config_path : "~/.aws/config";
}

/* "profile lake"; the default one may also stand as [default]. Caller frees. */
static char *config_section(const struct profile_set *set, const char *name)
{
    char *section = memory_printf("profile %s", name);

    if (strcmp(name, "default") == 0 && !profile_file_has(set->config, section)) {
        free(section);
        section = memory_copy_text("default");
    }
    return section;
}

bool profile_exists(const struct profile_set *set, const char *name)
{
    char *section = config_section(set, name);
    bool found = profile_file_has(set->credentials, name) || profile_file_has(set->config, section);

    free(section);
    return found;
}

static const char *config_get(const struct profile_set *set, const char *name, const char *setting)
{
    char *section = config_section(set, name);
    const char *value = profile_file_get(set->config, section, setting);

    free(section);
    return value;
}

const char *profile_get(const struct profile_set *set, const char *name, const char *setting)
{
    const char *value = profile_file_get(set->credentials, name, setting);

    return value ? value : config_get(set, name, setting);
}

const char *profile_section_get(const struct profile_set *set, const char *section, const char *setting)
{
    return profile_file_get(set->config, section, setting);
}

bool profile_has_keys(const struct profile_set *set, const char *name)
{
    return profile_get(set, name, "aws_access_key_id") || profile_get(set, name, "aws_secret_access_key");
}

enum credentials_outcome profile_take_keys(const struct profile_set *set, const char *name, bool from_config,
                                           struct credentials *credentials, struct error *err)
{
    static const char *const names[2] = { "aws_access_key_id", "aws_secret_access_key" };
    const struct profile_file *file = from_config ? set->config : set->credentials;
    char *section = from_config ? config_section(set, name) : memory_copy_text(name);
    const char *key_id = profile_file_get(file, section, names[0]);
    const char *secret = profile_file_get(file, section, names[1]);
    const char *token = profile_file_get(file, section, "aws_session_token");
    enum credentials_outcome outcome = CREDENTIALS_ABSENT;
    char *source;

    if (!token)
        token = profile_file_get(file, section, "aws_security_token");
    free(section);
    if (!key_id && !secret)
        return outcome;
    if (!profile_file_private(file, err))
        return CREDENTIALS_BROKEN;
    source =
        memory_printf("profile %s in %s", name, from_config ? profile_config_path(set) : profile_credentials_path(set));
    outcome = credentials_take(credentials, key_id, secret, token, source, names, err);
    free(source);
    return outcome;
}

char *profile_setting(const struct credentials_settings *settings, const char *setting)
{
    struct profile_set *set;
    const char *value, *services;
    char *copy, *section;

    if (!profile_set_read(settings, &set, NULL))
        return NULL;
    value = profile_get(set, set->name, setting);
    services = value ? NULL : profile_get(set, set->name, "services");
    if (services) {
        section = memory_printf("services %s", services);
        value = profile_section_get(set, section, setting);
        free(section);
    }
    copy = memory_copy_text(value);
    profile_set_free(set);
    return copy;
}
