/* Two services of the same JSON; instance metadata wants a token of its own first, so that no forwarded request gets any. */
#include "aws/metadata.h"

#include "aws/credential_answer.h"
#include "aws/digest.h"
#include "aws/profile.h"
#include "base/log.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CONTAINER_MS = 2000,
    CONTAINER_ATTEMPTS = 3,
    INSTANCE_ATTEMPTS = 2,
    TOKEN_MOST = 16 * 1024,
    PATH_MOST = 256,
    GRACE_MS = 10 * 60 * 1000,
};

static void wipe_free(char *text)
{
    if (text)
        digest_wipe(text, strlen(text));
    free(text);
}

/* --- a token in a file --- */

static bool read_whole(const char *path, char *text, size_t size, size_t *length, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat info;
    ssize_t got;

    if (fd < 0) {
        error_set_errno(err, "cannot read %s", path);
        if (err)
            err->kind = ERROR_CREDENTIALS;
        return false;
    }
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return error_set(err, ERROR_CREDENTIALS, "%s is no regular file", path);
    }
    got = read(fd, text, size);
    close(fd);
    *length = got > 0 ? (size_t)got : 0;
    if (got < 0 || *length == size)
        return error_set(err, ERROR_CREDENTIALS, "%s cannot be read or is longer than 16 KiB", path);
    text[*length] = '\0';
    return true;
}

char *metadata_read_token(const char *path, const char *what, struct error *err)
{
    char *text = memory_new(TOKEN_MOST + 1), *token = NULL, *from = text;
    size_t length = 0;

    if (!read_whole(path, text, TOKEN_MOST + 1, &length, err)) {
        error_prefix(err, "%s", what);
        goto out;
    }
    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        text[--length] = '\0';
    from += strspn(from, " \t\r\n");
    token = from;
    for (const char *at = from; *at; at++) {
        if ((unsigned char)*at < ' ' || *at == 127)
            token = NULL;
    }
    if (!*from)
        error_set(err, ERROR_CREDENTIALS, "%s: %s is empty; who writes it?", what, path);
    else if (!token || strlen(text) != length)
        error_set(err, ERROR_CREDENTIALS, "%s: %s has a control character in it; it should hold one token", what, path);
    token = *from && token && strlen(text) == length ? memory_copy_text(token) : NULL;
out:
    digest_wipe(text, TOKEN_MOST + 1);
    free(text);
    return token;
}

/* --- what both say --- */

static bool refused(const struct credential_call *call, const struct credential_reply *reply, const char *remedy,
                    struct error *err)
{
    struct credential_refusal refusal;

    credential_answer_json_refusal(reply->response.body.data, reply->response.body.length, &refusal);
    error_set(err, ERROR_CREDENTIALS, "%s at %s answers %d%s%s%s%s; %s", call->service, call->url,
              reply->response.status, *refusal.code ? " " : "", refusal.code, *refusal.message ? ": " : "",
              refusal.message, remedy);
    if (err)
        err->retriable = reply->response.status >= 500;
    return false;
}

static bool take_reply(const struct credential_call *call, const struct credential_reply *reply,
                       struct credentials *credentials, struct error *err)
{
    char *what = memory_printf("the answer of %s at %s", call->service, call->url);
    bool ok =
        credential_answer_json(reply->response.body.data, reply->response.body.length, false, what, credentials, err);

    free(what);
    if (ok)
        credential_http_localise(reply, call->service, credentials);
    return ok;
}

/* --- container --- */

/* The host of "http://host:port/..." is this machine or one of the addresses that only reach the container's own agent. */
static bool may_be_plain(const char *url)
{
    static const char *const hosts[] = { "localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]" };
    const char *host = url + strlen("http://");
    size_t length = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#@\\");

    if (text_starts_with(host, "127.") && strspn(host, "0123456789.") == length)
        return true;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        if (strlen(hosts[i]) == length && strncasecmp(host, hosts[i], length) == 0 &&
            (!host[length] || strchr(":/", host[length])))
            return true;
    }
    return false;
}

/* True with *url, which the caller frees; NULL when no container is configured. */
static bool container_url(const struct credentials_settings *settings, char **url, struct error *err)
{
    const char *relative = credentials_look_up(settings, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = credentials_look_up(settings, "AWS_CONTAINER_CREDENTIALS_FULL_URI");

    *url = NULL;
    if (relative) {
        *url = memory_printf("http://169.254.170.2%s%s", *relative == '/' ? "" : "/", relative);
        return true;
    }
    if (!full)
        return true;
    if (!text_starts_with(full, "https://") && !(text_starts_with(full, "http://") && may_be_plain(full)))
        return error_set(
            err, ERROR_CREDENTIALS,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI is %s, which is neither https:// nor http:// to this host or a "
            "container agent's address",
            full);
    *url = memory_copy_text(full);
    return true;
}

/* The Authorization value or NULL. Caller wipes and frees. */
static bool container_authorization(const struct credentials_settings *settings, char **value, struct error *err)
{
    const char *file = credentials_look_up(settings, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *token = credentials_look_up(settings, "AWS_CONTAINER_AUTHORIZATION_TOKEN");

    *value = NULL;
    if (file) {
        *value = metadata_read_token(file, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", err);
        return *value != NULL;
    }
    if (token && strpbrk(token, "\r\n"))
        return error_set(err, ERROR_CREDENTIALS, "AWS_CONTAINER_AUTHORIZATION_TOKEN has a line break in it");
    *value = memory_copy_text(token);
    return true;
}

enum credentials_outcome metadata_from_container(struct credential_search *search, struct credentials *credentials,
                                                 struct error *err)
{
    char *url = NULL, *authorization = NULL, name[] = "Authorization";
    struct credential_reply reply = { .skew_ms = 0 };
    enum credentials_outcome outcome = CREDENTIALS_BROKEN;
    struct http_request_header header;
    struct credential_call call = { .method = "GET",
                                    .headers = &header,
                                    .attempt_ms = CONTAINER_MS,
                                    .attempts = CONTAINER_ATTEMPTS,
                                    .service = "the container's credentials service",
                                    .remedy =
                                        "look at AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI, and whether "
                                        "this is such a container" };

    if (!container_url(search->settings, &url, err))
        return CREDENTIALS_BROKEN;
    if (!url)
        return CREDENTIALS_ABSENT;
    if (!container_authorization(search->settings, &authorization, err))
        goto out;
    header = (struct http_request_header){ name, authorization };
    call.url = url;
    call.header_count = authorization ? 1 : 0;
    if (!credential_http(search, &call, &reply, err))
        goto out;
    if (reply.response.status != 200)
        refused(&call, &reply, "look at the task's or pod's role, and at AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", err);
    else if (take_reply(&call, &reply, credentials, err)) {
        credentials->source = memory_printf("container at %s", url);
        outcome = CREDENTIALS_LOADED;
    }
out:
    credential_http_clear(&reply);
    wipe_free(authorization);
    free(url);
    return outcome;
}

/* --- instance metadata --- */

/* From the environment, else the profile; the caller frees. */
static char *instance_setting(const struct credentials_settings *settings, const char *variable, const char *name)
{
    const char *value = credentials_look_up(settings, variable);

    return value ? memory_copy_text(value) : profile_setting(settings, name);
}

/* Without a slash at the end. Caller frees. */
static char *instance_base(const struct credentials_settings *settings)
{
    char *base = instance_setting(settings, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
    char *mode;

    if (!base) {
        mode =
            instance_setting(settings, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode");
        base = memory_copy_text(mode && strcasecmp(mode, "ipv6") == 0 ? "http://[fd00:ec2::254]"
                                                                      : "http://169.254.169.254");
        free(mode);
    }
    while (*base && base[strlen(base) - 1] == '/')
        base[strlen(base) - 1] = '\0';
    return base;
}

static int setting_number(const struct credentials_settings *settings, const char *variable, const char *name, int most,
                          int otherwise)
{
    char *text = instance_setting(settings, variable, name);
    int64_t number;
    bool ok = text && text_parse_uint(text, most, &number) && number > 0;

    free(text);
    return ok ? (int)number : otherwise;
}

/* One question to the service; base and path make the URL. *reply is the caller's to clear. */
static bool ask_instance(const struct credential_search *search, struct credential_call *call, const char *base,
                         const char *path, char *token, struct credential_reply *reply, struct error *err)
{
    char ttl_name[] = "X-aws-ec2-metadata-token-ttl-seconds", ttl[] = "21600",
         token_name[] = "X-aws-ec2-metadata-token";
    struct http_request_header header = { ttl_name, ttl };
    char *url = memory_printf("%s%s", base, path);
    bool ok;

    if (token)
        header = (struct http_request_header){ token_name, token };
    call->method = token ? "GET" : "PUT";
    call->url = url;
    call->headers = &header;
    call->header_count = 1;
    ok = credential_http(search, call, reply, err);
    if (ok && reply->response.status != 200)
        ok = refused(call, reply, "look at the instance's metadata options and its role", err);
    call->url = base; /* url is gone; texts name the service */
    free(url);
    return ok;
}

/* A reply's body as one line; NULL when it is empty or has anything else in it. Caller wipes and frees. */
static char *one_word(const struct credential_reply *reply)
{
    const char *text = reply->response.body.data;
    size_t length = text ? strcspn(text, "\r\n") : 0;
    char *word;

    if (length == 0 || length > PATH_MOST)
        return NULL;
    word = memory_copy_bytes(text, length);
    for (char *at = word; *at; at++) {
        if (*at <= ' ' || *at >= 127) {
            free(word);
            return NULL;
        }
    }
    return word;
}

static void take_expired(struct credentials *credentials)
{
    timestamp_ms now = timestamp_now();

    if (credentials->expires == TIMESTAMP_NONE || credentials->expires > now)
        return;
    log_write(LOG_WARNING, "aws", "instance metadata still hands out credentials that have expired; used for now");
    credentials->expires = now + GRACE_MS;
}

/* With the token: the role's name, then its credentials. */
static enum credentials_outcome take_role(struct credential_search *search, struct credential_call *call,
                                          const char *base, char *token, struct credentials *credentials,
                                          struct error *err)
{
    static const char list[] = "/latest/meta-data/iam/security-credentials/";
    struct credential_reply reply = { .skew_ms = 0 };
    enum credentials_outcome outcome = CREDENTIALS_BROKEN;
    char *role = NULL, *path = NULL;
    bool ok = ask_instance(search, call, base, list, token, &reply, err);

    if (!ok && reply.response.status == 404) {
        snprintf(search->note, sizeof search->note, "instance metadata at %.100s says that this instance has no role",
                 base);
        outcome = CREDENTIALS_ABSENT;
        goto out;
    }
    if (!ok)
        goto out;
    role = one_word(&reply);
    if (!role) {
        error_set(err, ERROR_CREDENTIALS, "instance metadata at %s names no role; give the instance one", base);
        goto out;
    }
    credential_http_clear(&reply);
    path = memory_printf("%s%s", list, role);
    if (ask_instance(search, call, base, path, token, &reply, err) && take_reply(call, &reply, credentials, err)) {
        take_expired(credentials);
        credentials->source = memory_printf("instance metadata, role %s", role);
        outcome = CREDENTIALS_LOADED;
    }
out:
    credential_http_clear(&reply);
    free(path);
    free(role);
    return outcome;
}

enum credentials_outcome metadata_from_instance(struct credential_search *search, struct credentials *credentials,
                                                struct error *err)
{
    const struct credentials_settings *settings = search->settings;
    const char *disabled = credentials_look_up(settings, "AWS_EC2_METADATA_DISABLED");
    struct credential_call call = { .service = "instance metadata",
                                    .remedy = "look at the instance's metadata options" };
    struct credential_reply reply = { .skew_ms = 0 };
    enum credentials_outcome outcome;
    char *base, *token = NULL;

    if (disabled && strcasecmp(disabled, "true") == 0) {
        snprintf(search->note, sizeof search->note, "instance metadata is switched off (AWS_EC2_METADATA_DISABLED)");
        return CREDENTIALS_ABSENT;
    }
    base = instance_base(settings);
    call.attempt_ms =
        1000 * setting_number(settings, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout", 60, 1);
    call.attempts = setting_number(settings, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts", 10,
                                   INSTANCE_ATTEMPTS);
    if (ask_instance(search, &call, base, "/latest/api/token", NULL, &reply, err))
        token = one_word(&reply);
    /* 403: switched off; 404, 405: something else lives there. In a container the answer needs a hop limit of 2. */
    if (!token)
        snprintf(search->note, sizeof search->note,
                 reply.response.status
                     ? "instance metadata at %.100s gives no token"
                     : "instance metadata at %.100s does not answer (in a container it needs a hop limit of 2)",
                 base);
    outcome = token ? take_role(search, &call, base, token, credentials, err) : CREDENTIALS_ABSENT;
    credential_http_clear(&reply);
    wipe_free(token);
    free(base);
    return outcome;
}
