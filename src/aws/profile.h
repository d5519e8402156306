/* Profiles as the AWS command line sees them: both files read whole, the credentials file's values before the config file's. */
#ifndef AWS_PROFILE_H
#define AWS_PROFILE_H

#include "aws/credentials.h"

struct profile_set;

/* Finds the files (AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE, else ~/.aws) and reads both. Fails with ERROR_CREDENTIALS as
 * profile_file_read; a file that does not exist is an empty one. */
bool profile_set_read(const struct credentials_settings *settings, struct profile_set **set,
                      struct error *err) MUST_CHECK;
void profile_set_free(struct profile_set *set); /* NULL is fine */

/* The profile in force: --profile, AWS_PROFILE, AWS_DEFAULT_PROFILE, "default". Borrowed. */
const char *profile_name(const struct profile_set *set);
bool profile_is_chosen(const struct profile_set *set); /* somebody asked for it by name */
bool profile_exists(const struct profile_set *set, const char *name);
/* "~/.aws/credentials" or what stands in its place; borrowed, for texts. */
const char *profile_credentials_path(const struct profile_set *set);
const char *profile_config_path(const struct profile_set *set);

/* A profile's setting from either file; NULL when neither has it. Borrowed; may be a secret. */
const char *profile_get(const struct profile_set *set, const char *name, const char *setting);
/* A setting of another section of the config file ("services x", "sso-session x"). */
const char *profile_section_get(const struct profile_set *set, const char *section, const char *setting);

/* True when either file has a key id or a secret for it. */
bool profile_has_keys(const struct profile_set *set, const char *name);
/* Keys from one of the two files. BROKEN also when others may read the file: the text has the chmod to type. */
enum credentials_outcome profile_take_keys(const struct profile_set *set, const char *name, bool from_config,
                                           struct credentials *credentials, struct error *err);

/* The setting (region, endpoint_url, ca_bundle) of the profile in force; "s3.endpoint_url" for one that is nested below
 * "s3 =" in the profile or in its services section. NULL when there is none or a file cannot be read (a search for
 * credentials says why). Caller frees. */
char *profile_setting(const struct credentials_settings *settings, const char *setting);

#endif
