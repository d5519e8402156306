/* Finding the host of a bucket. All texts are short: a bucket's name has at most 63 characters. */
#include "aws/endpoints.h"

#include "aws/profile.h"
#include "base/buffer.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);

    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static bool check_bucket(const char *bucket, struct error *err)
{
    size_t length = strlen(bucket);
    bool good = length >= 3 && length <= 63 && is_alnum(bucket[0]) && is_alnum(bucket[length - 1]);

    if (text_starts_with(bucket, "arn:"))
        return error_set(err, ERROR_USAGE, "%s is an ARN; name the bucket itself", bucket);
    if (ends_with(bucket, "--x-s3"))
        return error_set(err, ERROR_USAGE,
                         "%s is a directory bucket, which cannot refuse to overwrite (If-None-Match); use "
                         "a general purpose bucket",
                         bucket);
    for (const char *at = bucket; good && *at; at++)
        good = is_alnum(*at) || *at == '-' || (*at == '.' && at[1] != '.');
    if (!good)
        return error_set(err, ERROR_USAGE,
                         "%s cannot be a bucket's name: 3 to 63 of a-z, 0-9, '-' and '.'; a prefix goes "
                         "into --prefix",
                         bucket);
    return true;
}

/* A region becomes part of a host name, so it must be a plain word. */
static bool is_region(const char *region)
{
    size_t length = strlen(region);

    for (const char *at = region; *at; at++) {
        if (!is_alnum(*at) && *at != '-' && *at != '_' && !(*at >= 'A' && *at <= 'Z'))
            return false;
    }
    return length > 0 && length <= 64;
}

static bool is_true(const char *text)
{
    return text && strcasecmp(text, "true") == 0;
}

/* From a variable, else from the profile; NULL when neither has it. Caller frees. */
static char *configured(const struct credentials_settings *settings, const char *variable, const char *name)
{
    const char *value = credentials_look_up(settings, variable);

    return value ? memory_copy_text(value) : profile_setting(settings, name);
}

/* variable and name: of the service's own setting, "AWS_ENDPOINT_URL_S3" and "s3.endpoint_url". Caller frees. */
static char *configured_url(const struct credentials_settings *credentials, const char *variable, const char *name)
{
    char *ignore, *url;
    bool ignored;

    ignore = configured(credentials, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls");
    ignored = is_true(ignore);
    free(ignore);
    if (ignored)
        return NULL;
    if (credentials_look_up(credentials, variable))
        return memory_copy_text(credentials_look_up(credentials, variable));
    if (credentials_look_up(credentials, "AWS_ENDPOINT_URL"))
        return memory_copy_text(credentials_look_up(credentials, "AWS_ENDPOINT_URL"));
    url = profile_setting(credentials, name);
    return url ? url : profile_setting(credentials, "endpoint_url");
}

static bool configured_region(const struct endpoint_settings *settings, bool custom, char **region, struct error *err)
{
    const char *variable = credentials_look_up(settings->credentials, "AWS_REGION");

    *region = memory_copy_text(settings->region ? settings->region : variable);
    if (!*region)
        *region = configured(settings->credentials, "AWS_DEFAULT_REGION", "region");
    if (!*region && custom)
        *region = memory_copy_text("us-east-1"); /* what stores that have no regions expect in the signature */
    if (!*region)
        return error_set(err, ERROR_USAGE,
                         "in which region is bucket %s? say it with --region, AWS_REGION or the profile's region",
                         settings->bucket);
    if (!is_region(*region))
        return error_set(err, ERROR_USAGE, "%s cannot be a region", *region);
    return true;
}

/* True for names and addresses of this host. */
static bool is_loopback(const char *host)
{
    size_t length = strcspn(host, ":");

    return text_starts_with(host, "[::1]") ||
           (text_starts_with(host, "127.") && strspn(host, "0123456789.") == length) ||
           (length == 9 && memcmp(host, "localhost", 9) == 0) ||
           (length > 10 && memcmp(host + length - 10, ".localhost", 10) == 0);
}

static bool is_address(const char *host)
{
    return *host == '[' || strspn(host, "0123456789.:") == strlen(host);
}

/* Takes an URL apart: *host gets the host in lower case, with the port when it is not the scheme's own. */
static bool split_url(const char *url, bool *https, char **host, struct error *err)
{
    const char *from, *to;
    char *end;

    *https = strncasecmp(url, "https://", 8) == 0;
    if (!*https && strncasecmp(url, "http://", 7) != 0)
        return error_set(err, ERROR_USAGE, "the endpoint %s is no URL; it begins with https:// or http://", url);
    from = url + (*https ? 8 : 7);
    to = from + strcspn(from, "/");
    if (to == from || strcspn(from, "@?# \\%") < (size_t)(to - from) || strspn(to, "/") != strlen(to))
        return error_set(err, ERROR_USAGE, "the endpoint %s must be a scheme, a host and perhaps a port, nothing else",
                         url);
    *host = memory_copy_bytes(from, (size_t)(to - from));
    for (char *at = *host; *at; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    }
    end = strrchr(*host, ':');
    if (end && strcmp(end, *https ? ":443" : ":80") == 0)
        *end = '\0';
    return true;
}

static void build(struct endpoint *endpoint, const char *bucket, const char *base)
{
    free(endpoint->host);
    free(endpoint->url);
    free(endpoint->path);
    endpoint->host = endpoint->virtual_host ? memory_printf("%s.%s", bucket, base) : memory_copy_text(base);
    endpoint->url = memory_printf("%s://%s", endpoint->https ? "https" : "http", endpoint->host);
    endpoint->path = endpoint->virtual_host ? memory_copy_text("/") : memory_printf("/%s/", bucket);
}

static void build_aws(struct endpoint *endpoint, const char *bucket)
{
    char *base = memory_printf("s3%s%s.%s.amazonaws.com%s", endpoint->fips ? "-fips" : "",
                               endpoint->dualstack ? ".dualstack" : "", endpoint->region,
                               text_starts_with(endpoint->region, "cn-") ? ".cn" : "");

    build(endpoint, bucket, base);
    free(base);
}

static bool build_custom(const struct endpoint_settings *settings, const char *url, struct endpoint *endpoint,
                         struct error *err)
{
    char *base = NULL, *style;
    bool ok = split_url(url, &endpoint->https, &base, err);

    if (!ok)
        goto out;
    ok = endpoint->https || settings->allow_plain_http || is_loopback(base);
    if (!ok) {
        error_set(
            err, ERROR_USAGE,
            "%s would send data and session token unencrypted to another host; use https://, or allow it with --allow-plain-http",
            url);
        goto out;
    }
    style = profile_setting(settings->credentials, "s3.addressing_style");
    endpoint->virtual_host = style && strcmp(style, "virtual") == 0 && !settings->path_style && !is_address(base);
    free(style);
    build(endpoint, settings->bucket, base);
out:
    free(base);
    return ok;
}

static bool configured_true(const struct credentials_settings *settings, const char *variable, const char *name)
{
    char *value = configured(settings, variable, name);
    bool answer = is_true(value);

    free(value);
    return answer;
}

bool endpoint_resolve(const struct endpoint_settings *settings, struct endpoint *endpoint, struct error *err)
{
    char *url = NULL, *style;
    bool ok = false;

    memset(endpoint, 0, sizeof *endpoint);
    if (!check_bucket(settings->bucket, err))
        return false;
    url = settings->endpoint_url ? memory_copy_text(settings->endpoint_url)
                                 : configured_url(settings->credentials, "AWS_ENDPOINT_URL_S3", "s3.endpoint_url");
    if (!configured_region(settings, url != NULL, &endpoint->region, err))
        goto out;
    if (url) {
        ok = build_custom(settings, url, endpoint, err);
        goto out;
    }
    endpoint->aws = true;
    endpoint->https = true;
    endpoint->fips = configured_true(settings->credentials, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
    endpoint->dualstack =
        configured_true(settings->credentials, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
    style = profile_setting(settings->credentials, "s3.addressing_style");
    /* AWS's certificates cover one label before s3 */
    endpoint->virtual_host =
        !settings->path_style && !strchr(settings->bucket, '.') && !(style && strcmp(style, "path") == 0);
    free(style);
    build_aws(endpoint, settings->bucket);
    ok = true;
out:
    free(url);
    if (!ok)
        endpoint_clear(endpoint);
    return ok;
}

/* STS without a region anywhere: the global endpoint, which is us-east-1's. */
static bool sts_region(const struct credentials_settings *settings, char **region, struct error *err)
{
    const char *variable = credentials_look_up(settings, "AWS_REGION");

    *region = memory_copy_text(settings->region ? settings->region : variable);
    if (!*region)
        *region = configured(settings, "AWS_DEFAULT_REGION", "region");
    if (!*region)
        return true;
    return is_region(*region) || error_set(err, ERROR_USAGE, "%s cannot be a region", *region);
}

static void build_sts(struct endpoint *endpoint, bool global)
{
    if (global)
        endpoint->host = memory_copy_text("sts.amazonaws.com");
    else
        endpoint->host = memory_printf("sts%s.%s.amazonaws.com%s", endpoint->fips ? "-fips" : "", endpoint->region,
                                       text_starts_with(endpoint->region, "cn-") ? ".cn" : "");
    endpoint->url = memory_printf("https://%s", endpoint->host);
    endpoint->https = endpoint->aws = true;
}

static bool build_sts_url(const struct credentials_settings *settings, const char *url, struct endpoint *endpoint,
                          struct error *err)
{
    if (!split_url(url, &endpoint->https, &endpoint->host, err))
        return false;
    if (!endpoint->https && !settings->allow_plain_http && !is_loopback(endpoint->host))
        return error_set(
            err, ERROR_USAGE,
            "%s would send credentials unencrypted to another host; use https://, or allow it with --allow-plain-http",
            url);
    endpoint->url = memory_printf("%s://%s", endpoint->https ? "https" : "http", endpoint->host);
    return true;
}

bool endpoint_resolve_sts(const struct credentials_settings *settings, struct endpoint *endpoint, struct error *err)
{
    char *url = configured_url(settings, "AWS_ENDPOINT_URL_STS", "sts.endpoint_url");
    bool ok, global;

    memset(endpoint, 0, sizeof *endpoint);
    endpoint->path = memory_copy_text("/");
    ok = sts_region(settings, &endpoint->region, err);
    global = !endpoint->region;
    if (global)
        endpoint->region = memory_copy_text("us-east-1");
    endpoint->fips = configured_true(settings, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
    if (ok && url)
        ok = build_sts_url(settings, url, endpoint, err);
    else if (ok)
        build_sts(endpoint, global);
    free(url);
    if (!ok)
        endpoint_clear(endpoint);
    return ok;
}

void endpoint_clear(struct endpoint *endpoint)
{
    free(endpoint->region);
    free(endpoint->url);
    free(endpoint->host);
    free(endpoint->path);
    memset(endpoint, 0, sizeof *endpoint);
}

bool endpoint_set_region(struct endpoint *endpoint, const char *bucket, const char *region)
{
    if (!is_region(region) || strcmp(region, endpoint->region) == 0)
        return false;
    free(endpoint->region);
    endpoint->region = memory_copy_text(region);
    if (endpoint->aws)
        build_aws(endpoint, bucket);
    return true;
}

char *endpoint_ca_file(const struct credentials_settings *settings)
{
    return configured(settings, "AWS_CA_BUNDLE", "ca_bundle");
}
