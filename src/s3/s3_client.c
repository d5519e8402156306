/* One bucket's operations: each fills a request, lets s3_session send it, and takes the answer apart. */
#include "s3/s3_client.h"

#include "aws/digest.h"
#include "base/text.h"
#include "format/crc32c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ERROR_ANSWER = 64 * 1024,      /* most bytes of an error's text */
    LIST_ANSWER = 4 * 1024 * 1024, /* of a page of 1,000 keys */
    POLL_MS = 100,
};

struct s3_client {
    struct s3_session *session;
};

/* --- life --- */

bool s3_client_new(const struct s3_settings *settings, struct s3_client **result, struct error *err)
{
    struct s3_session *session;

    *result = NULL;
    if (!s3_session_new(settings, &session, err))
        return false;
    *result = memory_new(sizeof **result);
    (*result)->session = session;
    return true;
}

void s3_client_free(struct s3_client *client)
{
    if (!client)
        return;
    s3_session_free(client->session);
    free(client);
}

struct http_client *s3_client_http(struct s3_client *client)
{
    return s3_session_http(client->session);
}

const char *s3_client_endpoint(const struct s3_client *client)
{
    return s3_session_endpoint(client->session);
}

const char *s3_client_region(const struct s3_client *client)
{
    return s3_session_region(client->session);
}

const char *s3_client_bucket(const struct s3_client *client)
{
    return s3_session_bucket(client->session);
}

const char *s3_client_identity(const struct s3_client *client)
{
    return s3_session_identity(client->session);
}

bool s3_client_signs_payload(const struct s3_client *client)
{
    return s3_session_signs_payload(client->session);
}

int64_t s3_client_skew_ms(const struct s3_client *client)
{
    return s3_session_skew_ms(client->session);
}

/* --- PUT --- */

/* A PUT's request and the headers it points to. */
struct put_request {
    struct s3_request request;
    struct http_header *headers;
    char **names; /* of the metadata */
    size_t name_count;
    char checksum[9];
};

static void put_request_clear(struct put_request *made)
{
    for (size_t i = 0; i < made->name_count; i++)
        free(made->names[i]);
    free(made->names);
    free(made->headers);
}

static void put_header(struct put_request *made, const char *name, const char *value)
{
    made->headers[made->request.header_count].name = name;
    made->headers[made->request.header_count].value = value;
    made->request.header_count++;
}

static void put_request_make(struct put_request *made, const struct s3_put *put)
{
    size_t rows = put->metadata ? put->metadata->count : 0;

    memset(made, 0, sizeof *made);
    made->headers = memory_new((rows + 4) * sizeof *made->headers);
    made->names = memory_new((rows + 1) * sizeof *made->names);
    crc32c_base64(put->crc32c, made->checksum);
    made->request.operation = S3_PUT_OBJECT;
    made->request.key = put->key;
    made->request.pieces = put->pieces;
    made->request.piece_count = put->piece_count;
    made->request.payload_sha256 = put->payload_sha256;
    made->request.most_ms = put->most_ms;
    made->request.fresh_connection = put->fresh_connection;
    made->request.hold_after = put->hold_after;
    made->request.checksum = made->checksum;
    put_header(made, "Content-Type", put->content_type ? put->content_type : "application/octet-stream");
    put_header(made, "x-amz-checksum-crc32c", made->checksum);
    if (put->content_encoding)
        put_header(made, "Content-Encoding", put->content_encoding);
    if (put->if_none_match)
        put_header(made, "If-None-Match", "*");
    for (size_t i = 0; i < rows; i++) {
        made->names[i] = memory_printf("x-amz-meta-%s", put->metadata->rows[i].name);
        made->name_count++;
        put_header(made, made->names[i], put->metadata->rows[i].value);
    }
    made->request.headers = made->headers;
}

/* The store found the body damaged. If ours no longer matches its checksum, this host's memory is at fault, and sending it
 * again would make things worse. */
static void check_memory(const struct s3_put *put, struct s3_answer *answer)
{
    uint32_t crc = 0;

    if (strcmp(answer->code, "BadDigest") != 0 && strcmp(answer->code, "XAmzContentSHA256Mismatch") != 0)
        return;
    for (size_t i = 0; i < put->piece_count; i++)
        crc = crc32c_update(crc, put->pieces[i].bytes, put->pieces[i].length);
    if (crc == put->crc32c)
        return;
    answer->verdict = S3_PARK;
    error_set(
        &answer->error, ERROR_INTERNAL,
        "the bytes of %s changed in memory after they were sealed (CRC32C %08x, was %08x); this host's memory may be "
        "faulty: stop it",
        put->key, crc, put->crc32c);
}

/* A PUT or HEAD under way. */
struct pending {
    const struct s3_put *put;
    s3_put_done put_done;
    s3_head_done head_done;
    void *context;
};

static void on_put_done(void *context, const struct s3_answer *answer, struct http_response *response)
{
    struct pending pending = *(struct pending *)context;
    struct s3_answer checked = *answer;

    (void)response;
    free(context);
    check_memory(pending.put, &checked);
    pending.put_done(pending.context, &checked);
}

uint64_t s3_client_put_start(struct s3_client *client, const struct s3_put *put, s3_put_done done, void *context)
{
    struct pending *pending = memory_new(sizeof *pending);
    struct put_request made;
    uint64_t number;

    pending->put = put;
    pending->put_done = done;
    pending->context = context;
    put_request_make(&made, put);
    number = s3_session_start(client->session, &made.request, on_put_done, pending);
    put_request_clear(&made);
    return number;
}

bool s3_client_put(struct s3_client *client, const struct s3_put *put, int64_t deadline_ms, bool *taken,
                   struct error *err)
{
    struct put_request made;
    struct s3_answer answer;
    struct http_response response;
    bool ok;

    put_request_make(&made, put);
    ok = s3_session_perform(client->session, &made.request, deadline_ms, &answer, &response, err);
    *taken = ok && answer.verdict == S3_TAKEN;
    if (!ok && answer.verdict != S3_DONE) {
        check_memory(put, &answer);
        if (answer.error.kind == ERROR_INTERNAL && err)
            *err = answer.error;
    }
    http_response_clear(&response);
    put_request_clear(&made);
    return ok;
}

/* --- HEAD, GET, DELETE --- */

static void on_head_done(void *context, const struct s3_answer *answer, struct http_response *response)
{
    struct pending pending = *(struct pending *)context;
    struct s3_object_info info;

    free(context);
    if (answer->verdict != S3_DONE) {
        pending.head_done(pending.context, answer, NULL);
        return;
    }
    s3_object_info_read(response, &info);
    pending.head_done(pending.context, answer, &info);
    s3_object_info_clear(&info);
}

uint64_t s3_client_head_start(struct s3_client *client, const char *key, s3_head_done done, void *context)
{
    struct pending *pending = memory_new(sizeof *pending);
    const struct s3_request request = { .operation = S3_HEAD_OBJECT, .key = key };

    pending->head_done = done;
    pending->context = context;
    return s3_session_start(client->session, &request, on_head_done, pending);
}

bool s3_client_head(struct s3_client *client, const char *key, int64_t deadline_ms, struct s3_object_info *info,
                    bool *missing, struct error *err)
{
    const struct s3_request request = { .operation = S3_HEAD_OBJECT, .key = key };
    struct s3_answer answer;
    struct http_response response;
    bool ok = s3_session_perform(client->session, &request, deadline_ms, &answer, &response, err);

    memset(info, 0, sizeof *info);
    *missing = ok && answer.verdict == S3_MISSING;
    if (ok && !*missing)
        s3_object_info_read(&response, info);
    http_response_clear(&response);
    return ok;
}

bool s3_client_get(struct s3_client *client, const char *key, size_t limit, int64_t deadline_ms, struct buffer *body,
                   bool *missing, struct error *err)
{
    const struct s3_request request = { .operation = S3_GET_OBJECT,
                                        .key = key,
                                        .response_limit = limit > ERROR_ANSWER ? limit : ERROR_ANSWER };
    struct s3_answer answer;
    struct http_response response;
    bool ok = s3_session_perform(client->session, &request, deadline_ms, &answer, &response, err);

    *missing = ok && answer.verdict == S3_MISSING;
    if ((ok && !*missing && response.body.length > limit) || (!ok && response.failure == HTTP_TOO_LONG))
        ok = error_set(err, ERROR_S3, "s3://%s/%s has more than the %zu bytes it may have", s3_client_bucket(client),
                       key, limit);
    buffer_init(body, limit);
    if (ok && !*missing) {
        body->length = response.body.length;
        body->size = body->length + 1;
        body->data = buffer_take(&response.body); /* moved: an object may have hundreds of megabytes */
    }
    http_response_clear(&response);
    return ok;
}

bool s3_client_delete(struct s3_client *client, const char *key, int64_t deadline_ms, struct error *err)
{
    const struct s3_request request = { .operation = S3_DELETE_OBJECT, .key = key };
    struct s3_answer answer;
    struct http_response response;
    bool ok = s3_session_perform(client->session, &request, deadline_ms, &answer, &response, err);

    http_response_clear(&response);
    return ok;
}

/* --- listing --- */

enum { LIST_FIELDS = 5 };

/* Where a page begins: behind token, or at the first key after start_after. */
static void list_request_make(const char *prefix, const char *start_after, const char *token, const char *most,
                              struct http_header query[LIST_FIELDS], struct s3_request *request)
{
    memset(request, 0, sizeof *request);
    request->operation = S3_LIST_OBJECTS;
    request->prefix = prefix;
    request->response_limit = LIST_ANSWER;
    query[0] = (struct http_header){ "list-type", "2" };
    query[1] = (struct http_header){ "max-keys", most };
    query[2] = (struct http_header){ "encoding-type", "url" };
    query[3] = (struct http_header){ "prefix", prefix };
    request->query_count = 4;
    if (token)
        query[request->query_count++] = (struct http_header){ "continuation-token", token };
    else if (start_after && *start_after)
        query[request->query_count++] = (struct http_header){ "start-after", start_after };
    request->query = query;
}

/* One page, asked again while it comes cut. The caller clears list in any case. */
static bool list_page(struct s3_client *client, const struct s3_request *request, int64_t deadline_ms,
                      struct s3_xml_list *list, struct error *err)
{
    int64_t until = timestamp_monotonic() + deadline_ms;

    memset(list, 0, sizeof *list);
    for (unsigned tried = 0;; tried++) {
        struct s3_answer answer;
        struct http_response response;
        int64_t left = until - timestamp_monotonic(), wait;
        uint64_t random;
        bool ok = s3_session_perform(client->session, request, left > 0 ? left : 0, &answer, &response, err);
        bool answered = ok && answer.verdict == S3_DONE;

        if (answered) {
            s3_xml_list_clear(list);
            ok = s3_xml_parse_list(response.body.data, response.body.length, list, err);
        }
        http_response_clear(&response);
        if (ok && !answered)
            return error_set(err, ERROR_S3, "%s", answer.error.message);
        if (ok || !answered)
            return ok;
        digest_random(&random, sizeof random);
        wait = s3_retry_wait(S3_RETRY, tried, 0, random);
        if (timestamp_monotonic() + wait >= until)
            return error_prefix(err, "cannot list s3://%s/%s", s3_client_bucket(client), request->prefix);
        if (!s3_session_wait(client->session, wait, err))
            return false;
    }
}

/* Hands the page's keys over; *stop: found wanted no more. */
static bool hand_over(struct s3_client *client, const struct s3_xml_list *list, const char *prefix,
                      s3_list_entry_found found, void *context, bool *stop, struct error *err)
{
    for (size_t i = 0; i < list->count && !*stop; i++) {
        if (!text_starts_with(list->entries[i].key, prefix))
            return error_set(err, ERROR_S3, "cannot list s3://%s/%s: the store names %s, which is not below it",
                             s3_client_bucket(client), prefix, list->entries[i].key);
        *stop = !found(context, &list->entries[i]);
    }
    return true;
}

/* Tokens of a listing that goes round in circles come again. One is kept, and another one each time twice as many have
 * passed (Brent's way), so a circle of any length is found within three rounds of it. */
struct rounds {
    char *kept;
    size_t passed, most;
};

static bool comes_again(struct rounds *rounds, const char *token)
{
    if (rounds->kept && strcmp(rounds->kept, token) == 0)
        return true;
    if (rounds->passed++ == rounds->most) {
        free(rounds->kept);
        rounds->kept = memory_copy_text(token);
        rounds->most = rounds->most ? rounds->most * 2 : 1;
        rounds->passed = 0;
    }
    return false;
}

bool s3_client_list(struct s3_client *client, const char *prefix, const char *start_after, int64_t deadline_ms,
                    s3_list_entry_found found, void *context, struct error *err)
{
    struct rounds rounds = { 0 };
    char *token = NULL;
    bool ok, stop = false;

    do {
        struct http_header query[LIST_FIELDS];
        struct s3_request request;
        struct s3_xml_list list;

        list_request_make(prefix, start_after, token, "1000", query, &request);
        ok = list_page(client, &request, deadline_ms, &list, err) &&
             hand_over(client, &list, prefix, found, context, &stop, err);
        if (ok && list.truncated && comes_again(&rounds, list.token))
            ok = error_set(err, ERROR_S3, "cannot list s3://%s/%s: the store gives the same pages again and again",
                           s3_client_bucket(client), prefix);
        free(token);
        token = NULL;
        if (ok && !stop && list.truncated) {
            token = list.token;
            list.token = NULL;
        }
        s3_xml_list_clear(&list);
    } while (token);
    free(rounds.kept);
    return ok;
}

bool s3_client_check_bucket(struct s3_client *client, int64_t deadline_ms, struct error *err)
{
    struct http_header query[LIST_FIELDS];
    struct s3_request request;
    struct s3_xml_list list;
    bool ok;

    /* HEAD on the bucket needs the same right, but its refusals have no text. */
    list_request_make("", NULL, NULL, "1", query, &request);
    ok = list_page(client, &request, deadline_ms, &list, err);
    s3_xml_list_clear(&list);
    return ok;
}

/* --- many HEADs at once --- */

struct many;

/* One key that is asked for or waits to be asked again. */
struct many_row {
    struct many *many;
    size_t index;
    uint64_t number; /* of the request under way; 0: none */
    unsigned tried;
    int64_t due;
    bool used;
};

/* All of one s3_client_head_many. */
struct many {
    struct s3_client *client;
    struct many_row *rows; /* as many as may run at once */
    size_t row_count;
    s3_head_each each;
    void *context;
    int64_t progress_at;
    size_t left; /* keys without an answer */
    bool failed; /* error says why; nothing more is started */
    struct error error;
};

static void on_one_head(void *context, const struct s3_answer *answer, const struct s3_object_info *info)
{
    struct many_row *row = context;
    struct many *many = row->many;
    uint64_t random;

    row->number = 0;
    if (many->failed)
        return;
    if (answer->verdict == S3_DONE || answer->verdict == S3_MISSING) {
        row->used = false;
        many->left--;
        many->progress_at = timestamp_monotonic();
        many->each(many->context, row->index, answer->verdict == S3_DONE ? info : NULL);
        return;
    }
    row->tried++;
    many->error = answer->error;
    many->failed = answer->verdict == S3_PARK || (answer->tries_most && row->tried >= answer->tries_most);
    digest_random(&random, sizeof random);
    row->due = timestamp_monotonic() + s3_retry_wait(answer->verdict, row->tried - 1, answer->retry_after_ms, random);
}

/* Starts what is due; returns when the next row will be. */
static int64_t start_due(struct many *many, const char *const *keys, size_t count, size_t *next)
{
    int64_t now = timestamp_monotonic(), soonest = now + POLL_MS;

    for (size_t i = 0; i < many->row_count; i++) {
        struct many_row *row = &many->rows[i];

        if (!row->used && *next < count) {
            *row = (struct many_row){ .many = many, .index = (*next)++, .used = true };
            row->due = now;
        }
        if (!row->used || row->number)
            continue;
        if (row->due <= now)
            row->number = s3_client_head_start(many->client, keys[row->index], on_one_head, row);
        else if (row->due < soonest)
            soonest = row->due;
    }
    return soonest - now;
}

bool s3_client_head_many(struct s3_client *client, const char *const *keys, size_t count, int parallel,
                         int64_t deadline_ms, s3_head_each each, void *context, struct error *err)
{
    struct many many = { .client = client, .each = each, .context = context, .left = count };
    size_t next = 0;

    many.row_count = parallel > 0 ? (size_t)parallel : 8;
    many.rows = memory_new(many.row_count * sizeof *many.rows);
    many.progress_at = timestamp_monotonic();
    while (many.left > 0 && !many.failed) {
        int64_t wait = start_due(&many, keys, count, &next);

        http_client_poll(s3_client_http(client), (int)wait);
        if (!s3_session_wait(client->session, 0, &many.error))
            many.failed = true;
        else if (many.error.kind != ERROR_NONE && timestamp_monotonic() - many.progress_at > deadline_ms)
            many.failed = true;
    }
    for (size_t i = 0; i < many.row_count; i++) {
        if (many.rows[i].number)
            http_client_cancel(s3_client_http(client), many.rows[i].number);
    }
    free(many.rows);
    if (many.failed && err)
        *err = many.error;
    return !many.failed;
}
