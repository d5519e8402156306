/* Credentials from a made-up environment and from files in a directory of the test's own. */
#include "aws/credential_chain.h"
#include "aws/credential_process.h"
#include "aws/profile.h"
#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST_VARIABLES = 8, NOBODY = 65534 };

/* An environment: name, value, name, value, ... and the directory that is HOME. */
struct world {
    char home[64];
    const char *variables[2 * MOST_VARIABLES];
};

static const char *look_up(void *context, const char *name)
{
    const struct world *world = context;

    if (strcmp(name, "HOME") == 0)
        return world->home;
    for (size_t i = 0; i < MOST_VARIABLES && world->variables[2 * i]; i++) {
        if (strcmp(world->variables[2 * i], name) == 0)
            return world->variables[2 * i + 1];
    }
    /* no test of a machine that has such a service */
    return strcmp(name, "AWS_EC2_METADATA_DISABLED") == 0 ? "true" : NULL;
}

static int world_begin(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    char path[96];

    assert_non_null(world);
    snprintf(world->home, sizeof world->home, "/tmp/test_credentials.XXXXXX");
    assert_non_null(mkdtemp(world->home));
    snprintf(path, sizeof path, "%s/.aws", world->home);
    assert_int_equal(mkdir(path, 0700), 0);
    *state = world;
    return 0;
}

static int world_end(void **state)
{
    struct world *world = *state;
    static const char *const names[] = { "/.aws/credentials", "/.aws/config", "/.aws", "" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];

        snprintf(path, sizeof path, "%s%s", world->home, names[i]);
        if (unlink(path) != 0)
            (void)rmdir(path);
    }
    free(world);
    return 0;
}

static void write_file(const struct world *world, const char *name, mode_t mode, const char *text)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/.aws/%s", world->home, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void open_folders(const struct world *world, mode_t mode)
{
    char path[128];

    snprintf(path, sizeof path, "%s/.aws", world->home);
    assert_int_equal(chmod(path, mode), 0);
    assert_int_equal(chmod(world->home, mode), 0);
}

static struct credentials_settings settings_of(struct world *world, const char *profile)
{
    struct credentials_settings settings = { .profile = profile, .lookup = look_up, .context = world };

    return settings;
}

static void expect_loaded(struct world *world, const char *profile, const char *key_id, const char *secret,
                          const char *token, const char *source)
{
    struct credentials_settings settings = settings_of(world, profile);
    struct credentials found;
    struct error err = { .message = "" };

    if (!credential_chain_load(&settings, &found, &err))
        fail_msg("%s", err.message);
    assert_string_equal(found.key_id, key_id);
    assert_string_equal(found.secret, secret);
    if (token)
        assert_string_equal(found.token, token);
    else
        assert_null(found.token);
    if (!strstr(found.source, source))
        fail_msg("source is %s", found.source);
    credentials_clear(&found);
    assert_null(found.secret);
}

/* Loading fails, and the message holds each of the words; it never holds a secret. */
static void expect_refused(struct world *world, const char *profile, const char *first, const char *second)
{
    struct credentials_settings settings = settings_of(world, profile);
    struct credentials found;
    struct error err = { .message = "" };

    assert_false(credential_chain_load(&settings, &found, &err));
    assert_int_equal(err.kind, ERROR_CREDENTIALS);
    if (!strstr(err.message, first) || !strstr(err.message, second) || strstr(err.message, "HUSH"))
        fail_msg("message is: %s", err.message);
    assert_null(found.key_id);
}

static void set(struct world *world, size_t index, const char *name, const char *value)
{
    world->variables[2 * index] = name;
    world->variables[2 * index + 1] = value;
}

static void environment_with_token_and_expiry(void **state)
{
    struct world *world = *state;
    struct credentials_settings settings = settings_of(world, NULL);
    struct credentials found;

    set(world, 0, "AWS_ACCESS_KEY_ID", "AKID");
    set(world, 1, "AWS_SECRET_ACCESS_KEY", "HUSH");
    expect_loaded(world, NULL, "AKID", "HUSH", NULL, "environment");
    set(world, 2, "AWS_SECURITY_TOKEN", "old");
    expect_loaded(world, NULL, "AKID", "HUSH", "old", "environment");
    set(world, 3, "AWS_SESSION_TOKEN", "token");
    expect_loaded(world, NULL, "AKID", "HUSH", "token", "environment");

    set(world, 4, "AWS_CREDENTIAL_EXPIRATION", "2099-01-01T00:00:00Z");
    assert_true(credential_chain_load(&settings, &found, NULL));
    assert_int_equal(found.expires, 4070908800000);
    credentials_clear(&found);
    set(world, 4, "AWS_CREDENTIAL_EXPIRATION", "2019-01-01T00:00:00Z");
    expect_refused(world, NULL, "expired at 2019-01-01T00:00:00Z", "fetch new ones");
    set(world, 4, "AWS_CREDENTIAL_EXPIRATION", "soon");
    expect_refused(world, NULL, "AWS_CREDENTIAL_EXPIRATION", "soon");
}

static void half_an_environment_is_an_error(void **state)
{
    struct world *world = *state;

    write_file(world, "credentials", 0600, "[default]\naws_access_key_id=A\naws_secret_access_key=B\n");
    set(world, 0, "AWS_ACCESS_KEY_ID", "AKID");
    expect_refused(world, NULL, "AWS_SECRET_ACCESS_KEY", "environment");
    set(world, 1, "AWS_SECRET_ACCESS_KEY", "");
    expect_refused(world, NULL, "no AWS_SECRET_ACCESS_KEY", "environment");
    set(world, 1, "AWS_SECRET_ACCESS_KEY", "HUSH\n");
    expect_refused(world, NULL, "control character", "environment");
}

static void nothing_at_all(void **state)
{
    expect_refused(*state, NULL, "set AWS_ACCESS_KEY_ID", "/.aws/credentials");
}

static const char two_profiles[] = "# comment\n"
                                   "[default]\n"
                                   "aws_access_key_id = DEFAULT\n"
                                   "aws_secret_access_key = HUSH/of+default=\n"
                                   "\n"
                                   "[lake]\r\n"
                                   "AWS_ACCESS_KEY_ID=LAKE\r\n"
                                   "aws_secret_access_key=HUSH;1#2\r\n"
                                   "aws_session_token=tok\r\n"
                                   "[half]\n"
                                   "aws_secret_access_key=HUSH\n";

static void who_decides(void **state)
{
    struct world *world = *state;

    write_file(world, "credentials", 0600, two_profiles);
    expect_loaded(world, NULL, "DEFAULT", "HUSH/of+default=", NULL, "profile default in /tmp/");
    set(world, 0, "AWS_DEFAULT_PROFILE", "lake");
    expect_loaded(world, NULL, "LAKE", "HUSH;1#2", "tok", "profile lake");
    set(world, 1, "AWS_PROFILE", "default");
    expect_loaded(world, NULL, "DEFAULT", "HUSH/of+default=", NULL, "profile default");
    set(world, 2, "AWS_ACCESS_KEY_ID", "ENV");
    set(world, 3, "AWS_SECRET_ACCESS_KEY", "HUSH");
    expect_loaded(world, NULL, "ENV", "HUSH", NULL, "environment");
    /* what is typed wins over the environment */
    expect_loaded(world, "lake", "LAKE", "HUSH;1#2", "tok", "profile lake");
}

static void broken_profiles_are_not_passed_over(void **state)
{
    struct world *world = *state;

    write_file(world, "credentials", 0600, two_profiles);
    expect_refused(world, "half", "aws_secret_access_key but no aws_access_key_id", "profile half");
    expect_refused(world, "nobody", "there is no profile nobody", "/.aws/config");
    set(world, 0, "AWS_PROFILE", "nobody");
    expect_refused(world, NULL, "there is no profile nobody", "list-profiles");
    write_file(world, "credentials", 0600, "[default]\naws_access_key_id = A\nwhat is this\n");
    expect_refused(world, "default", "line 3 of", "/.aws/credentials");
}

static void files_that_others_can_read(void **state)
{
    struct world *world = *state;

    write_file(world, "credentials", 0644, two_profiles);
    expect_refused(world, NULL, "chmod 600 /tmp/", "mode 644");
    /* a config file without secrets may be public; with secrets it may not */
    write_file(world, "credentials", 0600, two_profiles);
    write_file(world, "config", 0644,
               "[default]\nregion=eu-west-1\n[profile c]\naws_access_key_id=C\naws_secret_access_key="
               "HUSH\n");
    expect_loaded(world, NULL, "DEFAULT", "HUSH/of+default=", NULL, "profile default");
    expect_refused(world, "c", "chmod 600", "/.aws/config");
    write_file(world, "config", 0600, "[profile c]\naws_access_key_id=C\naws_secret_access_key=HUSH\n");
    expect_loaded(world, "c", "C", "HUSH", NULL, "/.aws/config");
}

/* What cannot be read is said with what to do; as root nothing is closed, so another user looks. */
static void files_that_are_closed(void **state)
{
    struct world *world = *state;
    char path[128];
    bool root = geteuid() == 0;

    write_file(world, "credentials", 0000, two_profiles);
    snprintf(path, sizeof path, "%s/.aws/credentials", world->home);
    if (root) {
        assert_int_equal(seteuid(NOBODY), 0);
        expect_refused(world, NULL, "a directory on the way is closed to user 65534", "AWS_SHARED_CREDENTIALS_FILE");
        assert_int_equal(seteuid(0), 0);
        open_folders(world, 0755);
        assert_int_equal(seteuid(NOBODY), 0);
        expect_refused(world, NULL, "it belongs to user 0, and headgate runs as user 65534", "a file of your own");
        assert_int_equal(seteuid(0), 0);
        assert_int_equal(chown(path, NOBODY, (gid_t)-1), 0);
        assert_int_equal(seteuid(NOBODY), 0);
    }
    expect_refused(world, NULL, "Permission denied (mode 000); type: chmod 600 /tmp/", "/.aws/credentials");
    if (root) {
        assert_int_equal(seteuid(0), 0);
        open_folders(world, 0700);
    }
}

static void what_is_no_file_of_profiles(void **state)
{
    struct world *world = *state;
    char path[128];

    snprintf(path, sizeof path, "%s/.aws/credentials", world->home);
    assert_int_equal(mkfifo(path, 0600), 0);
    expect_refused(world, NULL, "is not a regular file", "AWS_SHARED_CREDENTIALS_FILE");
    assert_int_equal(unlink(path), 0);
    set(world, 0, "AWS_CONFIG_FILE", "/");
    expect_refused(world, NULL, "/ is not a regular file", "AWS_CONFIG_FILE");
}

static void symbolic_links_are_refused(void **state)
{
    struct world *world = *state;
    char link[128], target[128];

    write_file(world, "config", 0600, two_profiles);
    snprintf(target, sizeof target, "%s/.aws/config", world->home);
    snprintf(link, sizeof link, "%s/.aws/credentials", world->home);
    assert_int_equal(symlink(target, link), 0);
    expect_refused(world, NULL, "symbolic link", "AWS_SHARED_CREDENTIALS_FILE");
}

static void paths_from_the_environment(void **state)
{
    struct world *world = *state;
    struct credentials_settings settings = settings_of(world, NULL);
    char *region;

    write_file(world, "config", 0600,
               "[default]\nregion = eu-north-1\naws_access_key_id=C\naws_secret_access_key=HUSH\n");
    set(world, 0, "AWS_SHARED_CREDENTIALS_FILE", "/nowhere/at/all");
    set(world, 1, "AWS_CONFIG_FILE", "~/.aws/config");
    expect_loaded(world, NULL, "C", "HUSH", NULL, "/.aws/config");
    region = profile_setting(&settings, "region");
    assert_string_equal(region, "eu-north-1");
    free(region);
}

/* inih cuts lines at 200 bytes; tokens are longer. */
static void long_tokens_and_names_survive(void **state)
{
    struct world *world = *state;
    char token[1801], text[8192];

    for (size_t i = 0; i < sizeof token - 1; i++)
        token[i] = "abcdefghij+/=XYZ"[i % 16];
    token[sizeof token - 1] = '\0';
    snprintf(text, sizeof text,
             "[a]\naws_access_key_id = A\naws_secret_access_key = HUSH\naws_session_token = %s\n"
             "[profile-with-a-name-that-is-longer-than-inih-can-hold-in-one-section-1]\n"
             "aws_access_key_id = B\naws_secret_access_key = HUSH\n# %s\naws_session_token=%s\n",
             token, token, token);
    write_file(world, "credentials", 0600, text);
    expect_loaded(world, "a", "A", "HUSH", token, "profile a");
    expect_loaded(world, "profile-with-a-name-that-is-longer-than-inih-can-hold-in-one-section-1", "B", "HUSH", token,
                  "longer-than");
}

static void ways_that_are_refused(void **state)
{
    struct world *world = *state;

    write_file(world, "config", 0600,
               "[profile sso]\nsso_session = corp\n[profile in]\nlogin_session = x\n"
               "[profile mfa]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = keys\nmfa_serial = m\n"
               "[profile keys]\naws_access_key_id = A\naws_secret_access_key = HUSH\n");
    expect_refused(world, "sso", "aws sso login --profile sso",
                   "credential_process = aws configure export-credentials");
    expect_refused(world, "in", "aws login --profile in", "login_session");
    expect_refused(world, "mfa", "mfa_serial", "export-credentials --profile mfa");
}

/* What a role needs is looked at before any service is asked. */
static void roles_that_cannot_work(void **state)
{
    struct world *world = *state;

    write_file(world, "config", 0600,
               "[profile none]\nrole_arn = r\n"
               "[profile both]\nrole_arn = r\nsource_profile = keys\ncredential_source = Environment\n"
               "[profile nowhere]\nrole_arn = r\nsource_profile = nobody\n"
               "[profile self]\nrole_arn = r\nsource_profile = self\n"
               "[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = a\n"
               "[profile word]\nrole_arn = r\ncredential_source = Magic\n"
               "[profile env]\nrole_arn = r\ncredential_source = Environment\n"
               "[profile poor]\nrole_arn = r\nsource_profile = empty\n[profile empty]\nregion = x\n"
               "[profile short]\nrole_arn = r\nsource_profile = keys\nduration_seconds = 60\n"
               "[profile keys]\naws_access_key_id = A\naws_secret_access_key = HUSH\n"
               "[profile web]\nrole_arn = r\nweb_identity_token_file = /nowhere/token\n"
               "[profile norole]\nweb_identity_token_file = /nowhere/token\n");
    expect_refused(world, "none", "neither source_profile nor credential_source", "profile none");
    expect_refused(world, "both", "both source_profile and credential_source", "profile both");
    expect_refused(world, "nowhere", "source_profile nobody is not in", "/.aws/config");
    expect_refused(world, "self", "in a circle", "self");
    expect_refused(world, "a", "in a circle", "profile b");
    expect_refused(world, "word", "Magic", "Ec2InstanceMetadata");
    expect_refused(world, "env", "no credentials in its credential_source Environment", "profile env");
    expect_refused(world, "poor", "source_profile empty has no credentials", "profile poor");
    expect_refused(world, "short", "duration_seconds is 60", "900");
    expect_refused(world, "web", "cannot read /nowhere/token", "web identity");
    expect_refused(world, "norole", "set role_arn", "profile norole");
    set(world, 0, "AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token");
    expect_refused(world, NULL, "set AWS_ROLE_ARN", "the environment");
}

static void containers_that_cannot_work(void **state)
{
    struct world *world = *state;

    set(world, 0, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/x");
    expect_refused(world, NULL, "http://example.com/x", "neither https://");
    set(world, 0, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1.example.com/x");
    expect_refused(world, NULL, "neither https://", "container agent");
    set(world, 0, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost@example.com/x");
    expect_refused(world, NULL, "neither https://", "container agent");
    set(world, 0, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/x");
    set(world, 1, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "HUSH\r\nX: y");
    expect_refused(world, NULL, "AWS_CONTAINER_AUTHORIZATION_TOKEN has a line break", "");
    set(world, 1, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nowhere/token");
    expect_refused(world, NULL, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "cannot read /nowhere/token");
    set(world, 1, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "HUSH");
    expect_refused(world, NULL, "cannot reach the container's credentials service at http://127.0.0.1:1/x", "");
}

/* A profile that exists and says nothing of credentials lets the next source answer, as on an instance with a region only. */
static void profiles_without_credentials_are_passed(void **state)
{
    struct world *world = *state;

    write_file(world, "config", 0600, "[profile empty]\nregion = x\n");
    set(world, 0, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/x");
    expect_refused(world, "empty", "cannot reach the container", "");
    set(world, 0, "HOME", NULL);
    expect_refused(world, "empty", "nor anything for profile \"empty\"", "AWS_EC2_METADATA_DISABLED");
}

static void programs_that_print_credentials(void **state)
{
    struct world *world = *state;

    write_file(world, "config", 0600,
               "[profile good]\ncredential_process = /bin/echo '{\"Version\": 1, \"AccessKeyId\": \"PROC\", "
               "\"SecretAccessKey\": \"HUSH\", \"SessionToken\": \"tok\", \"Expiration\": \"2999-01-01T00:00:00Z\"}'\n"
               "[profile old]\ncredential_process = /bin/echo '{\"Version\": 1, \"AccessKeyId\": \"PROC\", "
               "\"SecretAccessKey\": \"HUSH\", \"Expiration\": \"2001-01-01T00:00:00Z\"}'\n"
               "[profile v2]\ncredential_process = /bin/echo '{\"Version\": 2}'\n"
               "[profile words]\ncredential_process = /bin/echo HUSH hello\n"
               "[profile code]\ncredential_process = /bin/sh -c 'echo HUSH; echo log in first >&2; exit 3'\n"
               "[profile signal]\ncredential_process = /bin/sh -c 'kill -9 $$'\n"
               "[profile none]\ncredential_process = /nowhere/program\n"
               "[profile quote]\ncredential_process = /bin/echo 'x\n"
               "[profile much]\ncredential_process = /bin/sh -c 'head -c 100000 /dev/zero'\n");
    expect_loaded(world, "good", "PROC", "HUSH", "tok", "profile good, credential_process /bin/echo");
    expect_refused(world, "old", "expired at 2001-01-01T00:00:00Z", "profile old");
    expect_refused(world, "v2", "no \"Version\": 1", "profile v2");
    expect_refused(world, "words", "is no JSON object", "profile words");
    expect_refused(world, "code", "exit code 3: log in first", "profile code");
    expect_refused(world, "signal", "killed by signal 9", "profile signal");
    expect_refused(world, "none", "cannot start credential_process /nowhere/program", "No such file");
    expect_refused(world, "quote", "a quote that is not closed", "profile quote");
    expect_refused(world, "much", "more than 64 KiB", "profile much");
}

/* What is secret in our own environment is not handed on: /proc shows it. What else is there is. */
static void a_program_sees_no_secrets(void **state)
{
    static const char *const secrets[] = { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
                                           "AWS_SECURITY_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN" };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        assert_int_equal(setenv(secrets[i], "HUSH", 1), 0);
    assert_int_equal(setenv("AWS_SECRET_ACCESS_KEYS", "kept", 1), 0);
    write_file(
        world, "config", 0600,
        "[profile see]\ncredential_process = /bin/sh -c 'echo $(env | grep -c HUSH) $AWS_SECRET_ACCESS_KEYS >&2; exit 1'\n");
    expect_refused(world, "see", "exit code 1: 0 kept", "profile see");
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        assert_int_equal(unsetenv(secrets[i]), 0);
    assert_int_equal(unsetenv("AWS_SECRET_ACCESS_KEYS"), 0);
}

static void a_program_that_hangs_is_killed(void **state)
{
    struct world *world = *state;
    struct credentials_settings settings = settings_of(world, "slow");
    struct credentials found;
    struct error err = { .message = "" };

    write_file(world, "config", 0600, "[profile slow]\ncredential_process = /bin/sh -c 'sleep 1000'\n");
    settings.patience_ms = 200;
    assert_false(credential_chain_load(&settings, &found, &err));
    assert_non_null(strstr(err.message, "was killed"));
    assert_true(err.retriable);
}

static void expect_words(const char *command, const char *first, const char *second)
{
    char **words = credential_process_words(command, NULL);

    assert_non_null(words);
    assert_string_equal(words[0], first);
    if (second)
        assert_string_equal(words[1], second);
    else
        assert_null(words[1]);
    credential_process_free_words(words);
}

static void command_lines_are_taken_apart(void **state)
{
    (void)state;
    expect_words("  /bin/x  ", "/bin/x", NULL);
    expect_words("\"/my tools/x\" -a", "/my tools/x", "-a");
    expect_words("a\\ b 'c \\ d'", "a b", "c \\ d");
    expect_words("x \"a \\\"b\\\" \\n\"", "x", "a \"b\" \\n");
    expect_words("x ''", "x", "");
    expect_words("x a'b'\"c\"", "x", "abc");
    assert_null(credential_process_words("   ", NULL));
    assert_null(credential_process_words("x \"a", NULL));
}

static void expect_setting(struct world *world, const char *profile, const char *name, const char *expected)
{
    struct credentials_settings settings = settings_of(world, profile);
    char *value = profile_setting(&settings, name);

    if (!expected)
        assert_null(value);
    else if (!value || strcmp(value, expected) != 0)
        fail_msg("%s of %s is %s", name, profile, value ? value : "missing");
    free(value);
}

static void plain_and_nested_settings(void **state)
{
    struct world *world = *state;

    write_file(world, "config", 0644,
               "[default]\nregion = us-west-2\ns3 =\n    addressing_style = path\n    max_concurrent_requests = 20\n"
               "[profile \"my  lake\"]\nregion = eu-west-1\nservices = local\nca_bundle = /etc/ca.pem\n"
               "[services local]\ns3 = \n  endpoint_url = https://127.0.0.1:7071\nsts =\n  endpoint_url = http://sts\n"
               "[profile both]\nregion = from-config\n");
    write_file(world, "credentials", 0600, "[both]\nregion = from-credentials\n");
    expect_setting(world, NULL, "region", "us-west-2");
    expect_setting(world, NULL, "s3.addressing_style", "path");
    expect_setting(world, NULL, "s3.max_concurrent_requests", "20");
    expect_setting(world, NULL, "s3.endpoint_url", NULL);
    expect_setting(world, "my  lake", "region", "eu-west-1");
    expect_setting(world, "my  lake", "s3.endpoint_url", "https://127.0.0.1:7071");
    expect_setting(world, "my  lake", "sts.endpoint_url", "http://sts");
    expect_setting(world, "my  lake", "ca_bundle", "/etc/ca.pem");
    expect_setting(world, "both", "region", "from-credentials");
    expect_setting(world, "nobody", "region", NULL);
}

#define with_world(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_world(environment_with_token_and_expiry),
        with_world(half_an_environment_is_an_error),
        with_world(nothing_at_all),
        with_world(who_decides),
        with_world(broken_profiles_are_not_passed_over),
        with_world(files_that_others_can_read),
        with_world(files_that_are_closed),
        with_world(what_is_no_file_of_profiles),
        with_world(symbolic_links_are_refused),
        with_world(paths_from_the_environment),
        with_world(long_tokens_and_names_survive),
        with_world(ways_that_are_refused),
        with_world(roles_that_cannot_work),
        with_world(containers_that_cannot_work),
        with_world(profiles_without_credentials_are_passed),
        with_world(programs_that_print_credentials),
        with_world(a_program_sees_no_secrets),
        with_world(a_program_that_hangs_is_killed),
        cmocka_unit_test(command_lines_are_taken_apart),
        with_world(plain_and_nested_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
