/* A handful of requests a minute; answers of 1 KB to some MB (2 to 10 KB a connector with its settings). */
#include "connect/connect_client.h"

#include "base/base64.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "http/http_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum {
    ANSWER_MOST = 32 * 1024 * 1024,
    CONNECT_TIMEOUT_MS = 4000,
    STALL_SECONDS = 6,
    REBALANCE_MS = 60000,
    RETRY_EVERY_MS = 500,
    MESSAGE_SHOWN = 400,
};

struct worker {
    char *base;          /* "http://host:8083", without a slash at the end */
    char *authorization; /* "Basic ..."; NULL; wiped when freed */
    char *user;          /* NULL */
};

struct connect_client {
    struct http_client *http;
    struct worker *workers;
    size_t worker_count, current;
    int64_t rebalance_ms;
    bool (*wanted)(void *context);
    void *context;
};

/* --- URLs ------------------------------------------------------------------------------------------------------------*/

static void wipe_free(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %40 becomes @; a % that begins nothing stays. */
static char *percent_decoded(const char *text, size_t length)
{
    char *out = memory_new(length + 1);
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        if (text[i] == '%' && i + 2 < length && hex_of(text[i + 1]) >= 0 && hex_of(text[i + 2]) >= 0) {
            out[used++] = (char)(hex_of(text[i + 1]) * 16 + hex_of(text[i + 2]));
            i += 2;
        } else {
            out[used++] = text[i];
        }
    }
    return out;
}

static char *authorization_of(const char *user, const char *password)
{
    char *plain = memory_printf("%s:%s", user, password);
    size_t length = strlen(plain);
    char *value = memory_new(6 + BASE64_LENGTH(length) + 1);

    memcpy(value, "Basic ", 6);
    base64_encode(plain, length, value + 6);
    wipe_free(plain);
    return value;
}

/* user:password of a URL, each percent-encoded. */
static void take_user_info(struct worker *worker, const char *info, size_t length)
{
    const char *colon = memchr(info, ':', length);
    size_t user = colon ? (size_t)(colon - info) : length;
    char *password = colon ? percent_decoded(colon + 1, length - user - 1) : memory_copy_text("");

    worker->user = percent_decoded(info, user);
    worker->authorization = authorization_of(worker->user, password);
    wipe_free(password);
}

/* The message must not repeat the URL: it may hold a password, in whatever wrong place. */
static bool refuse_url(const char *why, struct error *err)
{
    return error_set(err, ERROR_USAGE,
                     "--connect takes http://HOST:8083 or https://HOST:8083, one or more by commas; %s", why);
}

static bool add_worker(struct connect_client *client, const char *url, size_t length,
                       const struct connect_settings *settings, struct error *err)
{
    struct worker *worker;
    const char *scheme = "http://", *rest = url, *at, *slash, *end = url + length;

    if (length >= 8 && strncasecmp(url, "https://", 8) == 0) {
        scheme = "https://";
        rest += 8;
    } else if (length >= 7 && strncasecmp(url, "http://", 7) == 0) {
        rest += 7;
    } else if (memmem(url, length, "://", 3)) {
        return refuse_url("one begins with something else", err);
    }
    while (end > rest && end[-1] == '/')
        end--;
    slash = memchr(rest, '/', (size_t)(end - rest));
    at = memrchr(rest, '@', (size_t)((slash ? slash : end) - rest));
    if (end == rest || at == end - 1 || slash == rest || (at && slash == at + 1))
        return refuse_url("one names no host", err);
    for (const char *c = rest; c < end; c++) {
        if ((unsigned char)*c <= ' ' || *c == 127 || *c == '?' || *c == '#')
            return refuse_url("one holds a blank, ? or #", err);
    }
    client->workers = memory_resize(client->workers, (client->worker_count + 1) * sizeof(*client->workers));
    worker = &client->workers[client->worker_count++];
    memset(worker, 0, sizeof(*worker));
    if (at)
        take_user_info(worker, rest, (size_t)(at - rest));
    else if (settings->user) {
        worker->user = memory_copy_text(settings->user);
        worker->authorization = authorization_of(settings->user, settings->password ? settings->password : "");
    }
    if (at)
        rest = at + 1;
    worker->base = memory_printf("%s%.*s", scheme, (int)(end - rest), rest);
    return true;
}

static bool add_workers(struct connect_client *client, const struct connect_settings *settings, struct error *err)
{
    const char *at = settings->urls;

    while (*at) {
        size_t length = strcspn(at, ", ");

        if (length > 0 && !add_worker(client, at, length, settings, err))
            return false;
        at += length;
        at += strspn(at, ", ");
    }
    return client->worker_count > 0 || refuse_url("none is given", err);
}

bool connect_client_new(const struct connect_settings *settings, struct connect_client **made, struct error *err)
{
    struct http_client_settings http = {
        .ca_file = settings->ca_file,
        .connections = 1,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .stall_seconds = STALL_SECONDS,
    };
    struct connect_client *client = memory_new(sizeof(*client));

    client->rebalance_ms = settings->rebalance_ms > 0 ? settings->rebalance_ms : REBALANCE_MS;
    client->wanted = settings->wanted;
    client->context = settings->context;
    if (!add_workers(client, settings, err) || !http_client_new(&http, &client->http, err)) {
        connect_client_free(client);
        return false;
    }
    *made = client;
    return true;
}

void connect_client_free(struct connect_client *client)
{
    if (!client)
        return;
    for (size_t i = 0; i < client->worker_count; i++) {
        free(client->workers[i].base);
        free(client->workers[i].user);
        wipe_free(client->workers[i].authorization);
    }
    free(client->workers);
    http_client_free(client->http);
    free(client);
}

const char *connect_client_place(const struct connect_client *client)
{
    return client->workers[client->current].base;
}

/* --- one request -----------------------------------------------------------------------------------------------------*/

/* One attempt at one worker. */
static void attempt(struct connect_client *client, const struct worker *worker, const char *method, const char *path,
                    struct http_response *response)
{
    struct http_request_header headers[] = {
        { (char *)"accept",        (char *)"application/json" },
        { (char *)"authorization", worker->authorization      },
    };
    char *url = memory_printf("%s%s", worker->base, path);
    struct http_request request = {
        .method = method,
        .url = url,
        .headers = headers,
        .header_count = worker->authorization ? 2 : 1,
        .response_limit = ANSWER_MOST,
    };

    memset(response, 0, sizeof(*response));
    if (!http_client_perform(client->http, &request, response, NULL))
        response->failure = HTTP_ABORTED;
    free(url);
}

/* The message of {"error_code", "message"}, cut, else what the status alone says. Caller frees. */
static char *answer_message(const struct http_response *response)
{
    struct json *document =
        response->body.length > 0 ? json_parse(response->body.data, response->body.length, "the answer", NULL) : NULL;
    const char *message = document ? json_get_text(document, "message") : NULL;
    char *text = message ? memory_printf(": %.*s", MESSAGE_SHOWN, message) : memory_copy_text("");

    json_free(document);
    return text;
}

static bool refuse_user(const struct worker *worker, int status, struct error *err)
{
    if (!worker->user)
        return error_set(err, ERROR_CONNECT,
                         "Kafka Connect at %s wants a user and a password (HTTP %d): give headgate.connect.user and "
                         "headgate.connect.password in the file of --config",
                         worker->base, status);
    return error_set(err, ERROR_CONNECT,
                     "Kafka Connect at %s refuses user \"%s\" (HTTP %d): check user and password, in the URL or as "
                     "headgate.connect.user and headgate.connect.password in the file of --config",
                     worker->base, worker->user, status);
}

/* Sets what the answer says when it is no success; 404 is the caller's to explain. */
static bool refuse_status(const struct worker *worker, const char *method, const char *path,
                          const struct http_response *response, struct error *err)
{
    char *message;

    if (response->status == 401 || response->status == 403)
        return refuse_user(worker, response->status, err);
    if (response->status / 100 == 3)
        return error_set(err, ERROR_CONNECT, "%s sends elsewhere (HTTP %d): give the address of the workers themselves",
                         worker->base, response->status);
    message = answer_message(response);
    if (response->status / 100 == 5)
        error_set_retriable(err, ERROR_CONNECT, "Kafka Connect at %s answers %d to %s %s%s", worker->base,
                            response->status, method, path, message);
    else
        error_set(err, ERROR_CONNECT, "Kafka Connect at %s answers %d to %s %s%s", worker->base, response->status,
                  method, path, message);
    free(message);
    return false;
}

static bool refuse_silence(const struct worker *worker, const struct http_response *response, struct error *err)
{
    const char *reason = response->reason ? response->reason : "no answer";

    if (response->failure == HTTP_TRUST)
        return error_set(
            err, ERROR_CONNECT,
            "the certificate of %s is not trusted: %s; a private CA is given as headgate.connect.ca in the "
            "file of --config",
            worker->base, reason);
    return error_set_retriable(err, ERROR_CONNECT, "Kafka Connect at %s cannot be reached: %s; check --connect",
                               worker->base, reason);
}

/* Asks the workers in turn until one answers; true when one did, with whatever status below 500. */
static bool ask_once(struct connect_client *client, const char *method, const char *path,
                     struct http_response *response, struct error *err)
{
    struct error first = { 0 };

    for (size_t i = 0; i < client->worker_count; i++) {
        size_t index = (client->current + i) % client->worker_count;
        const struct worker *worker = &client->workers[index];
        struct error own = { 0 };

        attempt(client, worker, method, path, response);
        if (response->failure == HTTP_OK && response->status < 500) {
            client->current = index;
            return true;
        }
        if (response->failure == HTTP_OK)
            (void)refuse_status(worker, method, path, response, &own);
        else
            (void)refuse_silence(worker, response, &own);
        log_write(LOG_WARNING, "connect", "%s", own.message);
        http_response_clear(response);
        if (i == 0)
            first = own;
        if (client->wanted && !client->wanted(client->context))
            return error_set(err, ERROR_CANCELLED, "cancelled");
    }
    if (err)
        *err = first;
    return false;
}

static bool pause_is_over(struct connect_client *client)
{
    const struct timespec slice = { .tv_nsec = 100 * 1000 * 1000 };

    for (int waited = 0; waited < RETRY_EVERY_MS; waited += 100) {
        if (client->wanted && !client->wanted(client->context))
            return false;
        nanosleep(&slice, NULL);
    }
    return true;
}

/* A success, or 404 where missing is given. response is the caller's to clear when true came back. */
static bool ask(struct connect_client *client, const char *method, const char *path, bool *missing,
                struct http_response *response, struct error *err)
{
    int64_t deadline = timestamp_monotonic() + client->rebalance_ms;

    for (;;) {
        const struct worker *worker;

        if (!ask_once(client, method, path, response, err))
            return false;
        worker = &client->workers[client->current];
        if (response->status / 100 == 2)
            return true;
        if (missing && (response->status == 404 || response->status == 405)) {
            *missing = true;
            return true;
        }
        if (response->status != 409 || timestamp_monotonic() >= deadline) {
            (void)refuse_status(worker, method, path, response, err);
            http_response_clear(response);
            return false;
        }
        http_response_clear(response);
        if (!pause_is_over(client))
            return error_set(err, ERROR_CANCELLED, "cancelled");
    }
}

/* The answer as a tree of the wanted kind. */
static struct json *ask_json(struct connect_client *client, const char *path, bool *missing, struct error *err)
{
    struct http_response response;
    struct json *document = NULL;

    if (!ask(client, "GET", path, missing, &response, err))
        return NULL;
    if (missing && *missing) {
        http_response_clear(&response);
        return NULL;
    }
    document =
        response.body.length > 0 ? json_parse(response.body.data, response.body.length, "the answer", NULL) : NULL;
    http_response_clear(&response);
    if (!document || !json_is_object(document)) {
        json_free(document);
        error_set(err, ERROR_CONNECT,
                  "what answers at %s is not Kafka Connect: GET %s gives no JSON object; check --connect",
                  connect_client_place(client), path);
        return NULL;
    }
    return document;
}

bool connect_client_root(struct connect_client *client, char **version, char **cluster_id, struct error *err)
{
    bool missing = false;
    struct json *document = ask_json(client, "/", &missing, err);
    const char *told;

    if (missing || (document && !json_get_text(document, "version"))) {
        json_free(document);
        return error_set(err, ERROR_CONNECT,
                         "what answers at %s is not Kafka Connect: GET / tells no version; check --connect",
                         connect_client_place(client));
    }
    if (!document)
        return false;
    told = json_get_text(document, "kafka_cluster_id");
    *version = memory_copy_text(json_get_text(document, "version"));
    *cluster_id = memory_copy_text(told ? told : "");
    json_free(document);
    return true;
}

/* --- connectors ------------------------------------------------------------------------------------------------------*/

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct connect_connector *)a)->name, ((const struct connect_connector *)b)->name);
}

bool connect_client_list(struct connect_client *client, struct connect_connectors *list, struct error *err)
{
    struct json *document = ask_json(client, "/connectors?expand=info&expand=status", NULL, err);

    memset(list, 0, sizeof(*list));
    if (!document)
        return false;
    list->rows = memory_new((json_count(document) + 1) * sizeof(*list->rows));
    for (const struct json *item = json_first(document); item; item = json_next(item)) {
        if (json_is_object(item) && json_name(item))
            connect_connector_read(item, &list->rows[list->count++]);
    }
    json_free(document);
    qsort(list->rows, list->count, sizeof(*list->rows), compare_names);
    return true;
}

/* "/connectors/NAME<rest>"; a name may hold anything, a slash too. Caller frees. */
static char *connector_path(const char *name, const char *rest)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    struct buffer path;

    buffer_init(&path, 0);
    buffer_append_text(&path, "/connectors/");
    for (const char *c = name; *c; c++) {
        if (strchr(plain, *c))
            buffer_append_char(&path, *c);
        else
            buffer_printf(&path, "%%%02X", (unsigned)(unsigned char)*c);
    }
    buffer_append_text(&path, rest);
    return buffer_take(&path);
}

/* --- offsets ---------------------------------------------------------------------------------------------------------*/

static int compare_offsets(const void *a, const void *b)
{
    const struct connect_offset *left = a, *right = b;
    int order = strcmp(left->topic, right->topic);

    return order != 0 ? order : (left->partition > right->partition) - (left->partition < right->partition);
}

/* A source's offsets have another shape: they are passed over. */
static void take_offsets(const struct json *array, struct connect_offsets *offsets)
{
    offsets->rows = memory_new((json_count(array) + 1) * sizeof(*offsets->rows));
    for (const struct json *item = json_first(array); item; item = json_next(item)) {
        const struct json *partition = json_get(item, "partition");
        const char *topic = json_get_text(partition, "kafka_topic");
        int64_t number, offset;

        if (!topic || !json_get_int(partition, "kafka_partition", &number) || number < 0 || number > INT32_MAX ||
            !json_get_int(json_get(item, "offset"), "kafka_offset", &offset) || offset < 0)
            continue;
        offsets->rows[offsets->count++] =
            (struct connect_offset){ .topic = memory_copy_text(topic), .partition = (int32_t)number, .offset = offset };
    }
    qsort(offsets->rows, offsets->count, sizeof(*offsets->rows), compare_offsets);
}

bool connect_client_offsets(struct connect_client *client, const char *name, struct connect_offsets *offsets,
                            struct error *err)
{
    char *path = connector_path(name, "/offsets");
    bool missing = false;
    struct json *document = ask_json(client, path, &missing, err);

    free(path);
    memset(offsets, 0, sizeof(*offsets));
    if (missing)
        return true;
    if (!document)
        return false;
    offsets->known = true;
    take_offsets(json_get(document, "offsets"), offsets);
    json_free(document);
    return true;
}

void connect_offsets_clear(struct connect_offsets *offsets)
{
    for (size_t i = 0; i < offsets->count; i++)
        free(offsets->rows[i].topic);
    free(offsets->rows);
    memset(offsets, 0, sizeof(*offsets));
}

/* --- stop and resume -------------------------------------------------------------------------------------------------*/

static bool put(struct connect_client *client, const char *name, const char *verb, bool *missing, struct error *err)
{
    struct http_response response;
    char *path = connector_path(name, verb);
    bool ok = ask(client, "PUT", path, missing, &response, err);

    free(path);
    if (ok)
        http_response_clear(&response);
    return ok;
}

bool connect_client_stop(struct connect_client *client, const char *name, struct error *err)
{
    bool missing = false;

    if (!put(client, name, "/stop", &missing, err))
        return false;
    return !missing ||
           error_set(
               err, ERROR_CONNECT,
               "Kafka Connect at %s cannot stop connector %s: it is gone, or the worker is older than 3.5; there, keep "
               "the connector's settings and delete the connector, or stop the workers (its commits stay)",
               connect_client_place(client), name);
}

bool connect_client_resume(struct connect_client *client, const char *name, struct error *err)
{
    bool missing = false;

    if (!put(client, name, "/resume", &missing, err))
        return false;
    return !missing ||
           error_set(err, ERROR_CONNECT, "Kafka Connect at %s has no connector %s", connect_client_place(client), name);
}
