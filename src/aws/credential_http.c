/* A client for each exchange: there are a handful of them an hour. */
#include "aws/credential_http.h"

#include "aws/digest.h"
#include "aws/endpoints.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    SLICE_MS = 50,
    FIRST_PAUSE_MS = 100,
    SKEW_COUNTS_MS = 2000, /* Date has whole seconds, and the answer took a while */
    SKEW_WARN_MS = 60 * 1000,
    RESPONSE_MOST = 64 * 1024,
};

struct waiting {
    bool done;
    struct http_response *response;
};

static void call_done(void *context, struct http_response *response)
{
    struct waiting *waiting = context;

    *waiting->response = *response;
    memset(response, 0, sizeof *response);
    waiting->done = true;
}

static bool is_cancelled(const struct credential_search *search)
{
    const volatile bool *cancel = search->settings->cancel;

    return cancel && __atomic_load_n(cancel, __ATOMIC_RELAXED);
}

static void note_clock(struct credential_reply *reply)
{
    const char *date = http_response_header(&reply->response, "date");
    timestamp_ms theirs;

    reply->skew_ms = 0;
    if (date && timestamp_parse_http(date, &theirs))
        reply->skew_ms = theirs + 500 - timestamp_now();
    if (llabs(reply->skew_ms) < SKEW_COUNTS_MS)
        reply->skew_ms = 0;
}

/* False when it was cancelled or until passed; the response then says HTTP_ABORTED. */
static bool attempt(const struct credential_search *search, struct http_client *http,
                    const struct http_request *request, int64_t until, struct http_response *response)
{
    struct waiting waiting = { .response = response };
    uint64_t number = http_client_start(http, request, call_done, &waiting);

    while (!waiting.done && !is_cancelled(search) && timestamp_monotonic() < until)
        http_client_poll(http, SLICE_MS);
    if (waiting.done)
        return true;
    http_client_cancel(http, number);
    return false;
}

static bool is_transient(const struct http_response *response)
{
    return response->failure == HTTP_NOT_SENT || response->failure == HTTP_UNCLEAR ||
           response->failure == HTTP_ABORTED ||
           (response->failure == HTTP_OK && (response->status >= 500 || response->status == 429));
}

static void rest(const struct credential_search *search, int64_t ms)
{
    int64_t until = timestamp_monotonic() + ms;
    struct timespec slice = { .tv_nsec = SLICE_MS * 1000 * 1000 };

    if (until > search->until)
        until = search->until;
    while (!is_cancelled(search) && timestamp_monotonic() < until)
        nanosleep(&slice, NULL);
}

static bool explain(const struct credential_search *search, const struct credential_call *call,
                    const struct http_response *response, int64_t started, struct error *err)
{
    if (is_cancelled(search))
        return error_set(err, ERROR_CANCELLED, "cancelled");
    if (response->failure == HTTP_ABORTED)
        return error_set_retriable(err, ERROR_CREDENTIALS, "%s at %s did not answer within %.1f s; %s", call->service,
                                   call->url, (double)(timestamp_monotonic() - started) / 1000, call->remedy);
    if (response->failure == HTTP_TRUST)
        return error_set(err, ERROR_CREDENTIALS,
                         "the certificate of %s at %s is not trusted (%s); name the file of its CA with --ca-bundle",
                         call->service, call->url, response->reason ? response->reason : "no reason");
    if (response->failure == HTTP_TOO_LONG)
        return error_set(err, ERROR_CREDENTIALS, "%s at %s says more than 64 KiB, so it is something else; %s",
                         call->service, call->url, call->remedy);
    return error_set_retriable(err, ERROR_CREDENTIALS, "cannot reach %s at %s: %s; %s", call->service, call->url,
                               response->reason ? response->reason : "no reason", call->remedy);
}

static bool open_client(const struct credential_search *search, const struct credential_call *call,
                        struct http_client **http, struct error *err)
{
    const struct credentials_settings *settings = search->settings;
    char *ca_file = settings->ca_file ? memory_copy_text(settings->ca_file) : endpoint_ca_file(settings);
    struct http_client_settings wanted = { .ca_file = ca_file, .connect_timeout_ms = call->attempt_ms };
    bool ok = http_client_new(&wanted, http, err);

    free(ca_file);
    return ok;
}

bool credential_http(const struct credential_search *search, const struct credential_call *call,
                     struct credential_reply *reply, struct error *err)
{
    struct http_request request = { .method = call->method,
                                    .url = call->url,
                                    .headers = call->headers,
                                    .header_count = call->header_count,
                                    .body = call->body,
                                    .body_length = call->body ? strlen(call->body) : 0,
                                    .response_limit = RESPONSE_MOST };
    int64_t started = timestamp_monotonic(), pause = FIRST_PAUSE_MS;
    struct http_client *http = NULL;

    memset(reply, 0, sizeof *reply);
    if (!open_client(search, call, &http, err))
        return false;
    for (int tried = 1;; tried++) {
        int64_t until = timestamp_monotonic() + call->attempt_ms;

        credential_http_clear(reply);
        attempt(search, http, &request, until < search->until ? until : search->until, &reply->response);
        if (!is_transient(&reply->response) || tried >= call->attempts || is_cancelled(search) ||
            timestamp_monotonic() + pause >= search->until)
            break;
        rest(search, pause);
        pause *= 2;
        request.fresh_connection = true;
    }
    http_client_free(http);
    if (reply->response.failure != HTTP_OK)
        return explain(search, call, &reply->response, started, err);
    note_clock(reply);
    return true;
}

void credential_http_clear(struct credential_reply *reply)
{
    if (reply->response.body.data)
        digest_wipe(reply->response.body.data, reply->response.body.length);
    http_response_clear(&reply->response);
    memset(reply, 0, sizeof *reply);
}

void credential_http_localise(const struct credential_reply *reply, const char *service,
                              struct credentials *credentials)
{
    if (llabs(reply->skew_ms) < SKEW_WARN_MS)
        return;
    if (credentials->expires != TIMESTAMP_NONE)
        credentials->expires -= reply->skew_ms;
    log_write(LOG_WARNING, "aws", "this host's clock is %lld s off that of %s; set it right, AWS refuses beyond 300 s",
              (long long)(-reply->skew_ms / 1000), service);
}
