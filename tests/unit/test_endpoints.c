/* Region, endpoint and addressing from settings, environment and profile. */
#include "aws/endpoints.h"
#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char config_path[] = "/tmp/test_endpoints.XXXXXX";

/* Pairs of name and value, ended by NULL. */
static const char *look_up(void *context, const char *name)
{
    const char *const *pairs = context;

    if (strcmp(name, "AWS_CONFIG_FILE") == 0)
        return config_path;
    for (; pairs && *pairs; pairs += 2) {
        if (strcmp(*pairs, name) == 0)
            return pairs[1];
    }
    return NULL;
}

static int write_config(void **state)
{
    static const char text[] =
        "[profile plain]\nregion = eu-central-1\n"
        "[profile local]\nregion = moon-1\nendpoint_url = http://127.0.0.1:1\nservices = here\n"
        "ca_bundle = /ca.pem\n[services here]\ns3 =\n  endpoint_url = https://S3.Local:443/\n"
        "[profile virtual]\nendpoint_url = http://localhost:7070\ns3 =\n  addressing_style = virtual\n"
        "[profile path]\nregion = eu-west-1\ns3 =\n  addressing_style = path\n";
    int fd = mkstemp(config_path);

    (void)state;
    return fd >= 0 && write(fd, text, sizeof text - 1) == sizeof text - 1 && close(fd) == 0 ? 0 : -1;
}

static int remove_config(void **state)
{
    (void)state;
    return unlink(config_path);
}

struct row {
    const char *bucket, *region, *endpoint, *profile;
    const char *variables[9];
    bool path_style;
    const char *url, *path, *found_region; /* url NULL: refused, with path in the message */
};

static const struct row rows[] = {
    { .bucket = "lake",
     .region = "eu-west-1",
     .url = "https://lake.s3.eu-west-1.amazonaws.com",
     .path = "/",
     .found_region = "eu-west-1" },
    { .bucket = "a.lake",
     .region = "eu-west-1",
     .url = "https://s3.eu-west-1.amazonaws.com",
     .path = "/a.lake/",
     .found_region = "eu-west-1" },
    { .bucket = "lake",
     .region = "cn-north-1",
     .path_style = true,
     .url = "https://s3.cn-north-1.amazonaws.com.cn",
     .path = "/lake/",
     .found_region = "cn-north-1" },
    { .bucket = "lake",
     .profile = "path",
     .url = "https://s3.eu-west-1.amazonaws.com",
     .path = "/lake/",
     .found_region = "eu-west-1" },
    { .bucket = "lake",
     .variables = { "AWS_REGION", "r-1", "AWS_DEFAULT_REGION", "r-2", "AWS_USE_FIPS_ENDPOINT", "true",
                     "AWS_USE_DUALSTACK_ENDPOINT", "TRUE" },
     .url = "https://lake.s3-fips.dualstack.r-1.amazonaws.com",
     .path = "/",
     .found_region = "r-1" },
    { .bucket = "lake",
     .profile = "plain",
     .variables = { "AWS_DEFAULT_REGION", "r-2" },
     .url = "https://lake.s3.r-2.amazonaws.com",
     .path = "/",
     .found_region = "r-2" },
    { .bucket = "lake",
     .profile = "plain",
     .url = "https://lake.s3.eu-central-1.amazonaws.com",
     .path = "/",
     .found_region = "eu-central-1" },
    { .bucket = "lake",
     .endpoint = "http://127.0.0.1:7070",
     .url = "http://127.0.0.1:7070",
     .path = "/lake/",
     .found_region = "us-east-1" },
    { .bucket = "lake", .profile = "local", .url = "https://s3.local", .path = "/lake/", .found_region = "moon-1" },
    { .bucket = "lake",
     .profile = "local",
     .variables = { "AWS_ENDPOINT_URL", "http://[::1]:80" },
     .url = "http://[::1]",
     .path = "/lake/",
     .found_region = "moon-1" },
    { .bucket = "lake",
     .profile = "local",
     .variables = { "AWS_ENDPOINT_URL", "http://localhost:1", "AWS_ENDPOINT_URL_S3", "http://localhost:2" },
     .url = "http://localhost:2",
     .path = "/lake/",
     .found_region = "moon-1" },
    { .bucket = "lake",
     .profile = "local",
     .variables = { "AWS_ENDPOINT_URL", "http://localhost:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true" },
     .url = "https://lake.s3.moon-1.amazonaws.com",
     .path = "/",
     .found_region = "moon-1" },
    { .bucket = "lake",
     .endpoint = "http://localhost:3",
     .profile = "local",
     .variables = { "AWS_ENDPOINT_URL", "http://localhost:1" },
     .url = "http://localhost:3",
     .path = "/lake/",
     .found_region = "moon-1" },
    { .bucket = "lake",
     .profile = "virtual",
     .url = "http://lake.localhost:7070",
     .path = "/",
     .found_region = "us-east-1" },
    { .bucket = "lake",
     .profile = "virtual",
     .path_style = true,
     .url = "http://localhost:7070",
     .path = "/lake/",
     .found_region = "us-east-1" },

    { .bucket = "lake", .path = "--region" },
    { .bucket = "lake", .region = "evil.example/", .path = "cannot be a region" },
    { .bucket = "arn:aws:s3:::x", .region = "r", .path = "ARN" },
    { .bucket = "x--euw1-az1--x-s3", .region = "r", .path = "directory bucket" },
    { .bucket = "la", .region = "r", .path = "3 to 63" },
    { .bucket = "Lake", .region = "r", .path = "a-z" },
    { .bucket = "lake/prefix", .region = "r", .path = "--prefix" },
    { .bucket = "la..ke", .region = "r", .path = "a-z" },
    { .bucket = "lake", .endpoint = "127.0.0.1:7070", .path = "begins with https://" },
    { .bucket = "lake", .endpoint = "https://h/path", .path = "nothing else" },
    { .bucket = "lake", .endpoint = "https://u:p@h", .path = "nothing else" },
    { .bucket = "lake", .endpoint = "http://s3.example", .path = "use https://" },
    { .bucket = "lake", .endpoint = "http://127.evil.example.", .path = "use https://" },
    { .bucket = "lake", .endpoint = "http://xlocalhost", .path = "use https://" },
};

static void every_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct credentials_settings credentials = { .profile = row->profile,
                                                    .lookup = look_up,
                                                    .context = (void *)(uintptr_t)row->variables };
        struct endpoint_settings settings = { .bucket = row->bucket,
                                              .region = row->region,
                                              .endpoint_url = row->endpoint,
                                              .path_style = row->path_style,
                                              .credentials = &credentials };
        struct endpoint endpoint;
        struct error err = { .message = "" };
        bool ok = endpoint_resolve(&settings, &endpoint, &err);

        if (!row->url) {
            if (ok || err.kind != ERROR_USAGE || !strstr(err.message, row->path))
                fail_msg("row %zu: %s", i, ok ? endpoint.url : err.message);
            continue;
        }
        if (!ok)
            fail_msg("row %zu: %s", i, err.message);
        assert_string_equal(endpoint.url, row->url);
        assert_string_equal(endpoint.path, row->path);
        assert_string_equal(endpoint.region, row->found_region);
        assert_string_equal(strstr(endpoint.url, "://") + 3, endpoint.host);
        endpoint_clear(&endpoint);
    }
}

static void moving_to_the_region_that_was_named(void **state)
{
    struct credentials_settings credentials = { .lookup = look_up };
    struct endpoint_settings settings = { .bucket = "lake", .region = "us-east-1", .credentials = &credentials };
    struct endpoint endpoint;

    (void)state;
    assert_true(endpoint_resolve(&settings, &endpoint, NULL));
    assert_false(endpoint_set_region(&endpoint, "lake", "us-east-1"));
    assert_false(endpoint_set_region(&endpoint, "lake", "evil.example/x"));
    assert_false(endpoint_set_region(&endpoint, "lake", ""));
    assert_string_equal(endpoint.host, "lake.s3.us-east-1.amazonaws.com");
    assert_true(endpoint_set_region(&endpoint, "lake", "eu-south-2"));
    assert_string_equal(endpoint.url, "https://lake.s3.eu-south-2.amazonaws.com");
    endpoint_clear(&endpoint);

    settings.endpoint_url = "https://store.example";
    assert_true(endpoint_resolve(&settings, &endpoint, NULL));
    assert_true(endpoint_set_region(&endpoint, "lake", "eu-south-2"));
    assert_string_equal(endpoint.url, "https://store.example");
    assert_string_equal(endpoint.region, "eu-south-2");
    endpoint_clear(&endpoint);
}

static void private_ca(void **state)
{
    const char *variables[] = { "AWS_CA_BUNDLE", "/other.pem", NULL };
    struct credentials_settings credentials = { .profile = "local", .lookup = look_up };
    char *path = endpoint_ca_file(&credentials);

    (void)state;
    assert_string_equal(path, "/ca.pem");
    free(path);
    credentials.context = (void *)(uintptr_t)variables;
    path = endpoint_ca_file(&credentials);
    assert_string_equal(path, "/other.pem");
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
        cmocka_unit_test(moving_to_the_region_that_was_named),
        cmocka_unit_test(private_ca),
    };

    return cmocka_run_group_tests(tests, write_config, remove_config);
}
