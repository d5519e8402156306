/* Signing and sending. Per attempt: one clock reading, one URL, about ten headers, one canonical request. */
#include "s3/s3_session.h"

#include "aws/digest.h"
#include "aws/endpoints.h"
#include "base/log.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WAIT_SLICE_MS = 100,
    CURES_MOST = 4,           /* in one blocking call: more would be going round in circles */
    SKEW_WARN_MS = 60 * 1000, /* long before S3 refuses, at 15 minutes */
    SUCCESSES_PER_CONNECTION = 50,
    HALVE_PAUSE_MS = 1000, /* one burst of refusals halves once */
};

struct s3_session {
    char *bucket;
    struct endpoint endpoint;
    struct http_client *http;
    struct credentials_settings credentials_settings;
    char *profile;
    struct credential_provider *provider;
    struct credentials credentials; /* a copy of the provider's */
    char *identity;
    const volatile bool *cancel;
    unsigned generation;  /* of credentials, region and clock offset; attempts remember theirs */
    int64_t clock_offset; /* added to our clock when signing, ms */
    int64_t skew_ms;      /* last seen */
    bool skew_warned;
    bool region_corrected; /* once: a second correction would be going round in circles */
    int connections_most, connections, successes;
    int64_t halved_at; /* monotonic */
};

/* An attempt under way, and everything libcurl still reads from. */
struct attempt {
    struct s3_session *session;
    struct s3_question question;
    char *key, *endpoint, *identity, *checksum; /* what question points to */
    unsigned generation;
    timestamp_ms signed_at;
    char *url;
    struct http_request_header *headers;
    size_t header_count;
    s3_session_done done;
    void *context;
};

/* --- identity --- */

static void describe_identity(struct s3_session *session)
{
    free(session->identity);
    session->identity = credentials_describe(&session->credentials);
}

/* Takes what the provider has by now. Attempts under way keep what they were signed with. */
static void take_current(struct s3_session *session, struct credentials *fresh)
{
    if (credentials_same(fresh, &session->credentials)) {
        session->credentials.expires = fresh->expires;
        credentials_clear(fresh);
        return;
    }
    credentials_clear(&session->credentials);
    session->credentials = *fresh;
    session->generation++;
    describe_identity(session);
}

/* --- cures --- */

/* Before each attempt. Where new ones cannot be had, the old ones are sent: the store's refusal then names the cause. */
static void keep_credentials(struct s3_session *session)
{
    struct credentials fresh;

    if (credential_provider_get(session->provider, &fresh, NULL))
        take_current(session, &fresh);
    else
        credentials_clear(&fresh);
}

static bool renew_credentials(struct s3_session *session)
{
    unsigned before = session->generation;

    if (!credential_provider_refused(session->provider, &session->credentials))
        return false;
    keep_credentials(session);
    return session->generation != before;
}

static bool correct_clock(struct s3_session *session)
{
    int64_t moved = session->skew_ms - session->clock_offset;

    if (session->skew_ms == 0 || (moved > -SKEW_WARN_MS && moved < SKEW_WARN_MS))
        return false;
    session->clock_offset = session->skew_ms;
    log_write(LOG_WARNING, "s3",
              "this host's clock is %lld s off the store's; requests are signed with the store's time",
              (long long)(-session->skew_ms / 1000));
    return true;
}

static bool correct_region(struct s3_session *session, const char *region)
{
    if (session->region_corrected || !endpoint_set_region(&session->endpoint, session->bucket, region))
        return false;
    session->region_corrected = true;
    log_write(LOG_WARNING, "s3", "bucket %s is in region %s; say so with --region to save a request", session->bucket,
              session->endpoint.region);
    return true;
}

/* True when the same request is worth another try at once. */
static bool cure(struct s3_session *session, const struct attempt *attempt, enum s3_cure what, const char *region)
{
    bool changed = false;

    if (what == S3_CURE_NONE)
        return false;
    if (attempt->generation != session->generation)
        return true; /* somebody else's answer has changed something since this was signed */
    if (what == S3_CURE_CREDENTIALS)
        return renew_credentials(session);
    if (what == S3_CURE_CLOCK)
        changed = correct_clock(session);
    else
        changed = correct_region(session, region);
    session->generation += changed;
    return changed;
}

/* --- what every answer tells --- */

/* Returns the answer's Date minus the time the request was signed with, 0 when it has none. */
static int64_t watch_clock(struct s3_session *session, const struct attempt *attempt,
                           const struct http_response *response)
{
    const char *date = http_response_header(response, "date");
    timestamp_ms theirs, now = timestamp_now();

    if (!date || !timestamp_parse_http(date, &theirs))
        return 0;
    session->skew_ms = theirs + 500 - now; /* Date has whole seconds */
    if (llabs(session->skew_ms) >= SKEW_WARN_MS && !session->skew_warned) {
        session->skew_warned = true;
        log_write(LOG_WARNING, "s3", "this host's clock is %lld s off the store's; set it, S3 refuses beyond 900 s",
                  (long long)(-session->skew_ms / 1000));
    }
    return theirs - attempt->signed_at;
}

/* Fewer connections when the store asks to slow down, one more again after each 50 successes. */
static void adapt_connections(struct s3_session *session, enum s3_verdict verdict)
{
    int64_t now = timestamp_monotonic();

    if (verdict == S3_RETRY_SLOW && session->connections > 1 && now - session->halved_at >= HALVE_PAUSE_MS) {
        session->connections /= 2;
        session->successes = 0;
        session->halved_at = now;
        http_client_set_connections(session->http, session->connections);
    } else if (verdict == S3_DONE && session->connections < session->connections_most &&
               ++session->successes >= SUCCESSES_PER_CONNECTION) {
        session->connections++;
        session->successes = 0;
        http_client_set_connections(session->http, session->connections);
    }
}

/* --- one attempt --- */

static void attempt_free(struct attempt *attempt)
{
    for (size_t i = 0; i < attempt->header_count; i++) {
        free(attempt->headers[i].name);
        digest_wipe(attempt->headers[i].value, strlen(attempt->headers[i].value));
        free(attempt->headers[i].value);
    }
    free(attempt->headers);
    free(attempt->url);
    free(attempt->key);
    free(attempt->endpoint);
    free(attempt->identity);
    free(attempt->checksum);
    free(attempt);
}

static void say_why_not_renewed(struct s3_session *session, struct s3_answer *answer)
{
    struct error failure;
    char *said;

    if (!credential_provider_failure(session->provider, &failure))
        return;
    said = memory_copy_text(answer->error.message);
    error_set(&answer->error, ERROR_S3, "%s; they cannot be renewed: %s", said, failure.message);
    free(said);
}

static void attempt_done(void *context, struct http_response *response)
{
    struct attempt *attempt = context;
    struct s3_session *session = attempt->session;
    struct s3_answer answer;
    enum s3_cure what;
    char region[64];

    attempt->question.skew_ms = watch_clock(session, attempt, response);
    what = s3_answer_judge(&attempt->question, response, &answer, region);
    if (cure(session, attempt, what, region))
        answer.verdict = S3_RETRY_NOW;
    else if (what == S3_CURE_CREDENTIALS)
        say_why_not_renewed(session, &answer);
    answer.error.retriable = answer.verdict != S3_PARK;
    if (response->failure != HTTP_ABORTED)
        adapt_connections(session, answer.verdict);
    attempt->done(attempt->context, &answer, response);
    attempt_free(attempt);
}

static void add_header(struct attempt *attempt, const char *name, const char *value)
{
    attempt->headers = memory_resize(attempt->headers, (attempt->header_count + 1) * sizeof *attempt->headers);
    attempt->headers[attempt->header_count].name = memory_copy_text(name);
    attempt->headers[attempt->header_count].value = memory_copy_text(value);
    attempt->header_count++;
}

/* Over TLS the body needs no hash of its own: TLS and the checksum guard it. */
static void payload_hash(const struct s3_session *session, const struct s3_request *request, char hex[DIGEST_HEX_SIZE])
{
    struct digest_stream *stream;
    unsigned char digest[DIGEST_SIZE];

    if (session->endpoint.https && request->piece_count > 0) {
        snprintf(hex, DIGEST_HEX_SIZE, "UNSIGNED-PAYLOAD");
        return;
    }
    if (request->payload_sha256) {
        snprintf(hex, DIGEST_HEX_SIZE, "%s", request->payload_sha256);
        return;
    }
    stream = digest_stream_new();
    for (size_t i = 0; i < request->piece_count; i++)
        digest_stream_update(stream, request->pieces[i].bytes, request->pieces[i].length);
    digest_stream_finish(stream, digest);
    digest_hex(digest, hex);
}

static const char *method_of(enum s3_operation operation)
{
    switch (operation) {
    case S3_PUT_OBJECT: return "PUT";
    case S3_HEAD_OBJECT: return "HEAD";
    case S3_DELETE_OBJECT: return "DELETE";
    default: return "GET";
    }
}

/* Adds the Authorization header, made over path, query and the headers there are and host. False: a header cannot be signed,
 * which http_client will refuse for the same reason. */
static bool sign(struct attempt *attempt, const struct s3_request *request, const char *path, const char *hash)
{
    const struct s3_session *session = attempt->session;
    struct http_header *headers = memory_new((attempt->header_count + 1) * sizeof *headers);
    struct sigv4_request to_sign = { .method = method_of(request->operation),
                                     .path = path,
                                     .query = request->query,
                                     .query_count = request->query_count,
                                     .headers = headers,
                                     .header_count = attempt->header_count + 1,
                                     .payload_hash = hash };
    struct sigv4_scope scope = { .region = session->endpoint.region, .service = "s3", .time = attempt->signed_at };
    struct buffer value;
    bool ok;

    buffer_init(&value, 0);
    for (size_t i = 0; i < attempt->header_count; i++) {
        headers[i].name = attempt->headers[i].name;
        headers[i].value = attempt->headers[i].value;
    }
    headers[attempt->header_count].name = "host";
    headers[attempt->header_count].value = session->endpoint.host;
    ok = sigv4_authorization(&to_sign, &scope, &session->credentials, &value, NULL);
    if (ok)
        add_header(attempt, "Authorization", value.data);
    buffer_clear(&value);
    free(headers);
    return ok;
}

/* Fills url and headers. */
static void make_request(struct attempt *attempt, const struct s3_request *request)
{
    const struct s3_session *session = attempt->session;
    const struct endpoint *endpoint = &session->endpoint;
    char date[17], hash[DIGEST_HEX_SIZE];
    struct buffer path, query;

    buffer_init(&path, 0);
    buffer_init(&query, 0);
    buffer_append_text(&path, endpoint->path);
    if (request->key)
        sigv4_encode_path(request->key, &path);
    sigv4_query_string(request->query, request->query_count, &query);
    attempt->url =
        memory_printf("%s%s%s%s", endpoint->url, path.data, query.length ? "?" : "", query.length ? query.data : "");
    for (size_t i = 0; i < request->header_count; i++)
        add_header(attempt, request->headers[i].name, request->headers[i].value);
    sigv4_date(attempt->signed_at, date);
    payload_hash(session, request, hash);
    add_header(attempt, "x-amz-date", date);
    add_header(attempt, "x-amz-content-sha256", hash);
    if (session->credentials.token)
        add_header(attempt, "x-amz-security-token", session->credentials.token);
    (void)sign(attempt, request, path.data, hash);
    buffer_clear(&path);
    buffer_clear(&query);
}

uint64_t s3_session_start(struct s3_session *session, const struct s3_request *request, s3_session_done done,
                          void *context)
{
    struct attempt *attempt = memory_new(sizeof *attempt);
    struct http_request http = { .method = method_of(request->operation),
                                 .pieces = request->pieces,
                                 .piece_count = request->piece_count,
                                 .response_limit = request->response_limit,
                                 .most_ms = request->most_ms,
                                 .fresh_connection = request->fresh_connection,
                                 .hold_after = request->hold_after };

    keep_credentials(session);
    attempt->session = session;
    attempt->done = done;
    attempt->context = context;
    attempt->generation = session->generation;
    attempt->signed_at = timestamp_now() + session->clock_offset;
    attempt->key = memory_copy_text(request->key ? request->key : request->prefix);
    attempt->endpoint = memory_copy_text(session->endpoint.url);
    attempt->identity = memory_copy_text(session->identity);
    attempt->checksum = memory_copy_text(request->checksum);
    attempt->question = (struct s3_question){ .operation = request->operation,
                                              .bucket = session->bucket,
                                              .key = attempt->key,
                                              .endpoint = attempt->endpoint,
                                              .identity = attempt->identity,
                                              .checksum = attempt->checksum };
    make_request(attempt, request);
    http.url = attempt->url;
    http.headers = attempt->headers;
    http.header_count = attempt->header_count;
    return http_client_start(session->http, &http, attempt_done, attempt);
}

/* --- blocking --- */

/* Where s3_session_perform waits. */
struct waiting {
    bool done;
    struct s3_answer *answer;
    struct http_response *response;
};

static void perform_done(void *context, const struct s3_answer *answer, struct http_response *response)
{
    struct waiting *waiting = context;

    *waiting->answer = *answer;
    *waiting->response = *response;
    memset(response, 0, sizeof *response);
    waiting->done = true;
}

static bool is_cancelled(const struct s3_session *session)
{
    return session->cancel && __atomic_load_n(session->cancel, __ATOMIC_RELAXED);
}

bool s3_session_wait(struct s3_session *session, int64_t ms, struct error *err)
{
    int64_t until = timestamp_monotonic() + ms, left = ms;

    while (left > 0 && !is_cancelled(session)) {
        http_client_poll(session->http, left < WAIT_SLICE_MS ? (int)left : WAIT_SLICE_MS);
        left = until - timestamp_monotonic();
    }
    return is_cancelled(session) ? error_set(err, ERROR_CANCELLED, "cancelled") : true;
}

/* One attempt; false when it was cancelled. */
static bool attempt_once(struct s3_session *session, const struct s3_request *request, struct s3_answer *answer,
                         struct http_response *response, struct error *err)
{
    struct waiting waiting = { .answer = answer, .response = response };
    uint64_t number;

    http_response_clear(response);
    number = s3_session_start(session, request, perform_done, &waiting);
    while (!waiting.done && !is_cancelled(session))
        http_client_poll(session->http, WAIT_SLICE_MS);
    if (waiting.done)
        return true;
    http_client_cancel(session->http, number);
    return error_set(err, ERROR_CANCELLED, "cancelled");
}

bool s3_session_perform(struct s3_session *session, const struct s3_request *request, int64_t deadline_ms,
                        struct s3_answer *answer, struct http_response *response, struct error *err)
{
    struct s3_request again = *request;
    int64_t until = timestamp_monotonic() + deadline_ms;
    unsigned cures = 0;

    memset(response, 0, sizeof *response);
    for (unsigned tried = 1;; tried++) {
        int64_t wait;
        uint64_t random;

        if (!attempt_once(session, &again, answer, response, err))
            return false;
        if (answer->verdict == S3_DONE || answer->verdict == S3_TAKEN || answer->verdict == S3_MISSING)
            return true;
        if (answer->verdict == S3_RETRY_NOW && ++cures <= CURES_MOST)
            continue;
        digest_random(&random, sizeof random);
        wait = s3_retry_wait(answer->verdict, tried - 1, answer->retry_after_ms, random);
        if (answer->verdict == S3_PARK || answer->verdict == S3_RETRY_NOW ||
            (answer->tries_most && tried >= answer->tries_most) || timestamp_monotonic() + wait >= until) {
            if (err)
                *err = answer->error;
            return false;
        }
        if (!s3_session_wait(session, wait, err))
            return false;
        again.fresh_connection = true;
    }
}

/* --- life --- */

static bool find_endpoint(struct s3_session *session, const struct s3_settings *settings, struct error *err)
{
    struct endpoint_settings endpoint = { .bucket = settings->bucket,
                                          .region = settings->region,
                                          .endpoint_url = settings->endpoint_url,
                                          .path_style = settings->path_style,
                                          .allow_plain_http = settings->allow_plain_http,
                                          .credentials = &session->credentials_settings };

    return endpoint_resolve(&endpoint, &session->endpoint, err);
}

static bool find_credentials(struct s3_session *session, const struct s3_settings *settings, struct error *err)
{
    struct credentials_settings wanted = session->credentials_settings;

    wanted.region = settings->region;
    wanted.ca_file = settings->ca_file;
    wanted.allow_plain_http = settings->allow_plain_http;
    session->provider =
        settings->provider ? credential_provider_share(settings->provider) : credential_provider_new(&wanted);
    return credential_provider_get(session->provider, &session->credentials, err);
}

static bool open_http(struct s3_session *session, const struct s3_settings *settings, struct error *err)
{
    char *ca_file =
        settings->ca_file ? memory_copy_text(settings->ca_file) : endpoint_ca_file(&session->credentials_settings);
    struct http_client_settings http = { .ca_file = ca_file, .connections = session->connections_most };
    bool ok = http_client_new(&http, &session->http, err);

    free(ca_file);
    return ok;
}

bool s3_session_new(const struct s3_settings *settings, struct s3_session **result, struct error *err)
{
    struct s3_session *session = memory_new(sizeof *session);

    *result = NULL;
    session->bucket = memory_copy_text(settings->bucket);
    session->profile = memory_copy_text(settings->credentials.profile);
    session->credentials_settings = settings->credentials;
    session->credentials_settings.profile = session->profile;
    session->cancel = settings->cancel;
    session->connections_most = settings->connections > 0 ? settings->connections : 8;
    session->connections = session->connections_most;
    session->halved_at = -HALVE_PAUSE_MS;
    if (!find_endpoint(session, settings, err) || !find_credentials(session, settings, err) ||
        !open_http(session, settings, err)) {
        s3_session_free(session);
        return false;
    }
    describe_identity(session);
    *result = session;
    return true;
}

void s3_session_free(struct s3_session *session)
{
    if (!session)
        return;
    http_client_free(session->http);
    credentials_clear(&session->credentials);
    credential_provider_free(session->provider);
    endpoint_clear(&session->endpoint);
    free(session->identity);
    free(session->profile);
    free(session->bucket);
    free(session);
}

struct http_client *s3_session_http(struct s3_session *session)
{
    return session->http;
}

const char *s3_session_endpoint(const struct s3_session *session)
{
    return session->endpoint.url;
}

const char *s3_session_region(const struct s3_session *session)
{
    return session->endpoint.region;
}

const char *s3_session_bucket(const struct s3_session *session)
{
    return session->bucket;
}

const char *s3_session_identity(const struct s3_session *session)
{
    return session->identity;
}

bool s3_session_signs_payload(const struct s3_session *session)
{
    return !session->endpoint.https;
}

int64_t s3_session_skew_ms(const struct s3_session *session)
{
    return session->skew_ms;
}
