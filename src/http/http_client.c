/* HTTP/1.1 by libcurl's multi interface, for one thread.
 *
 * Expected load: 1 to 64 requests at once, bodies up to 100 MB that stay where they are, answers up to 4 MiB. libcurl's own
 * waiting list is not used: it counts the time spent there towards a request's limits.
 */
#include "http/http_client.h"

#include "base/text.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum {
    DEFAULT_CONNECTIONS = 8,
    UPLOAD_BUFFER = 2 * 1024 * 1024, /* halves the processor time of a PUT over HTTP */
    LARGE_BODY = 64 * 1024,
    BASE_TIME_MS = 30 * 1000,
    BYTES_PER_SECOND = 256 * 1024, /* slower than that is given up */
    STALL_BYTES_PER_SECOND = 1000,
    IDLE_SECONDS = 20, /* S3 closes idle connections soon after */
    HEADERS_MOST = 200,
    HEADER_BYTES_MOST = 64 * 1024,
    PERFORM_SLICE_MS = 100, /* how late a cancellation may be seen */
};

/* One request from start to done. */
struct exchange {
    struct http_client *client;
    struct exchange *next;
    uint64_t number;
    struct http_request request; /* body, where given, has become one piece */
    struct http_piece whole;
    http_done done;
    void *context;
    CURL *easy; /* NULL: waits for a connection */
    struct curl_slist *headers;
    char error[CURL_ERROR_SIZE];
    size_t length;       /* of the body */
    size_t sent;         /* handed to libcurl, since the last rewind */
    size_t piece;        /* where reading goes on: this piece, */
    size_t in_piece;     /* at this byte */
    bool touched;        /* some of the body was handed over, ever */
    bool held;           /* paused at hold_after */
    bool released;       /* hold_after no longer counts */
    bool too_long;       /* the answer passed a limit */
    bool stopped;        /* on_body returned false */
    size_t header_bytes; /* of the answer */
    struct http_response response;
};

struct http_client {
    CURLM *multi;
    char *ca_file;
    int connections;
    int connect_timeout_ms;
    int stall_seconds;
    struct exchange *first; /* in the order of their start */
    size_t running;         /* of them, those with libcurl */
    uint64_t last_number;
    bool closing;
};

/* Before main, because libcurl before 7.84 cannot be started from two threads at once. */
__attribute__((constructor)) static void start_libcurl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* --- libcurl's callbacks --- */

static void rewind_to(struct exchange *exchange, size_t offset)
{
    exchange->sent = offset;
    exchange->piece = 0;
    while (exchange->piece < exchange->request.piece_count &&
           offset >= exchange->request.pieces[exchange->piece].length) {
        offset -= exchange->request.pieces[exchange->piece].length;
        exchange->piece++;
    }
    exchange->in_piece = offset;
}

static size_t give_body(char *out, size_t one, size_t room, void *context)
{
    struct exchange *exchange = context;
    const struct http_request *request = &exchange->request;
    size_t limit = exchange->length, given = 0;

    room *= one;
    if (request->hold_after && !exchange->released && request->hold_after < limit)
        limit = request->hold_after;
    if (exchange->sent >= limit && limit < exchange->length) {
        exchange->held = true;
        return CURL_READFUNC_PAUSE;
    }
    if (room > limit - exchange->sent)
        room = limit - exchange->sent;
    while (given < room) {
        const struct http_piece *piece = &request->pieces[exchange->piece];
        size_t part = piece->length - exchange->in_piece;

        if (part > room - given)
            part = room - given;
        if (part)
            memcpy(out + given, (const char *)piece->bytes + exchange->in_piece, part);
        given += part;
        exchange->in_piece += part;
        if (exchange->in_piece == piece->length) {
            exchange->piece++;
            exchange->in_piece = 0;
        }
    }
    exchange->sent += given;
    exchange->touched = exchange->touched || given > 0;
    return given;
}

/* libcurl sends again on a connection that turned out to be dead. */
static int seek_body(void *context, curl_off_t offset, int origin)
{
    if (origin != SEEK_SET || offset < 0)
        return CURL_SEEKFUNC_FAIL;
    rewind_to(context, (size_t)offset);
    return CURL_SEEKFUNC_OK;
}

static size_t take_body(char *bytes, size_t one, size_t length, void *context)
{
    struct exchange *exchange = context;
    long status = 0;

    length *= one;
    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    if (exchange->request.on_body && status / 100 == 2) {
        exchange->stopped = !exchange->request.on_body(exchange->context, bytes, length);
        return exchange->stopped ? 0 : length;
    }
    exchange->too_long = !buffer_append(&exchange->response.body, bytes, length);
    return exchange->too_long ? 0 : length;
}

static void forget_headers(struct http_response *response)
{
    for (size_t i = 0; i < response->header_count; i++) {
        free(response->headers[i].name);
        free(response->headers[i].value);
    }
    free(response->headers);
    response->headers = NULL;
    response->header_count = 0;
}

static void keep_header(struct http_response *response, const char *line, const char *colon, const char *end)
{
    struct http_request_header *row;

    response->headers = memory_resize(response->headers, (response->header_count + 1) * sizeof *response->headers);
    row = &response->headers[response->header_count++];
    row->name = memory_copy_bytes(line, (size_t)(colon - line));
    for (char *at = row->name; *at; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    }
    colon++;
    while (colon < end && (*colon == ' ' || *colon == '\t'))
        colon++;
    while (end > colon && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' ' || end[-1] == '\t'))
        end--;
    row->value = memory_copy_bytes(colon, (size_t)(end - colon));
}

/* Sees the headers of every answer in the exchange (100 Continue, a proxy's): only the last one's are kept. */
static size_t take_header(char *line, size_t one, size_t length, void *context)
{
    struct exchange *exchange = context;
    const char *colon;

    length *= one;
    if (length >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        forget_headers(&exchange->response);
        exchange->header_bytes = 0;
        return length;
    }
    exchange->header_bytes += length;
    exchange->too_long = exchange->header_bytes > HEADER_BYTES_MOST || exchange->response.header_count >= HEADERS_MOST;
    if (exchange->too_long)
        return 0;
    colon = memchr(line, ':', length);
    if (colon && colon > line)
        keep_header(&exchange->response, line, colon, line + length);
    return length;
}

/* --- making a request --- */

/* Hosts that a proxy must never see: ourselves, and the addresses that hand out credentials. */
static bool is_without_proxy(const char *url)
{
    static const char *const hosts[] = { "localhost",      "[::1]",           "169.254.169.254", "169.254.170.2",
                                         "169.254.170.23", "[fd00:ec2::254]", "[fd00:ec2::23]",  NULL };
    CURLU *parsed = curl_url();
    char *host = NULL;
    bool found = false;
    size_t length;

    if (parsed && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        length = strlen(host);
        found = (text_starts_with(host, "127.") && strspn(host, "0123456789.") == length) ||
                (length > 10 && strcasecmp(host + length - 10, ".localhost") == 0);
        for (size_t i = 0; hosts[i] && !found; i++)
            found = strcasecmp(host, hosts[i]) == 0;
    }
    curl_free(host);
    curl_url_cleanup(parsed);
    return found;
}

static void append_header(struct exchange *exchange, const char *text)
{
    struct curl_slist *list = curl_slist_append(exchange->headers, text);

    if (!list)
        abort();
    exchange->headers = list;
}

static bool set_headers(struct exchange *exchange)
{
    const struct http_request *request = &exchange->request;

    append_header(exchange, "Expect:"); /* or some servers let us wait a second for "100 Continue" */
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_request_header *row = &request->headers[i];
        char *line;

        if (!*row->name || strpbrk(row->name, "\r\n:; ") || strpbrk(row->value, "\r\n"))
            return false;
        line = *row->value ? memory_printf("%s: %s", row->name, row->value) : memory_printf("%s;", row->name);
        append_header(exchange, line);
        free(line);
    }
    return curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, exchange->headers) == CURLE_OK;
}

static void set_method(struct exchange *exchange)
{
    CURL *easy = exchange->easy;
    const char *method = exchange->request.method;

    if (strcmp(method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (strcmp(method, "PUT") == 0 || strcmp(method, "POST") == 0) {
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)exchange->length);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body);
        curl_easy_setopt(easy, CURLOPT_READDATA, exchange);
        curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek_body);
        curl_easy_setopt(easy, CURLOPT_SEEKDATA, exchange);
        if (exchange->length > LARGE_BODY)
            curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER);
        if (strcmp(method, "POST") == 0)
            curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    } else if (strcmp(method, "GET") != 0) {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    }
}

static void set_limits(struct exchange *exchange)
{
    const struct http_client *client = exchange->client;
    CURL *easy = exchange->easy;
    uint64_t bytes = exchange->length + exchange->request.response_limit;
    int64_t most_ms = BASE_TIME_MS + (int64_t)(bytes * 1000 / BYTES_PER_SECOND);

    if (exchange->request.most_ms > 0 && exchange->request.most_ms < most_ms)
        most_ms = exchange->request.most_ms;

    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)client->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES_PER_SECOND);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)client->stall_seconds);
    if (!exchange->request.on_body)
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)most_ms);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)IDLE_SECONDS);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, exchange->request.fresh_connection ? 1L : 0L);
    if (exchange->request.fresh_connection)
        curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
}

/* The URL decides whether this is https; nothing may change that afterwards. */
static bool set_trust(struct exchange *exchange)
{
    const char *url = exchange->request.url;
    CURL *easy = exchange->easy;
    bool secure = text_starts_with(url, "https://");

    if (!secure && !text_starts_with(url, "http://"))
        return false;
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, secure ? "https" : "http");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(secure ? CURLPROTO_HTTPS : CURLPROTO_HTTP));
#endif
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (exchange->client->ca_file) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, exchange->client->ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* a private CA stands alone */
    }
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (is_without_proxy(url))
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
    return true;
}

/* Hands the exchange to libcurl; false when the URL or a header cannot be. */
static bool begin(struct exchange *exchange)
{
    CURL *easy = curl_easy_init();

    if (!easy)
        abort();
    exchange->easy = easy;
    if (!set_trust(exchange) || curl_easy_setopt(easy, CURLOPT_URL, exchange->request.url) != CURLE_OK)
        return false;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->error);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "headgate/" PACKAGE_VERSION);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    set_limits(exchange);
    set_method(exchange);
    return set_headers(exchange) && curl_multi_add_handle(exchange->client->multi, easy) == CURLM_OK;
}

/* --- ending a request --- */

static enum http_failure failure_of(const struct exchange *exchange, CURLcode code)
{
    double before_request = 0;

    switch (code) {
    case CURLE_OK: return HTTP_OK;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT: return HTTP_BAD_REQUEST;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_ISSUER_ERROR: return HTTP_TRUST;
    case CURLE_WRITE_ERROR: return exchange->stopped ? HTTP_ABORTED : exchange->too_long ? HTTP_TOO_LONG : HTTP_UNCLEAR;
    case CURLE_READ_ERROR:
    case CURLE_ABORTED_BY_CALLBACK: return HTTP_ABORTED;
    default: break;
    }
    /* Name, connect, TLS: nothing has left as long as no request was begun. But libcurl may have sent everything on a reused
     * connection first, so a touched body counts as sent. */
    curl_easy_getinfo(exchange->easy, CURLINFO_PRETRANSFER_TIME, &before_request);
    return before_request > 0 || exchange->touched ? HTTP_UNCLEAR : HTTP_NOT_SENT;
}

static void explain(struct exchange *exchange, CURLcode code)
{
    const char *text = exchange->error[0] ? exchange->error : curl_easy_strerror(code);
    char *peer = NULL;
    struct buffer reason;

    buffer_init(&reason, 0);
    if (exchange->too_long)
        text = "the answer is longer than any it should be";
    text_sanitise(&reason, text, strlen(text));
    curl_easy_getinfo(exchange->easy, CURLINFO_PRIMARY_IP, &peer);
    if (peer && *peer) {
        buffer_append_text(&reason, " (peer ");
        text_sanitise(&reason, peer, strlen(peer));
        buffer_append_text(&reason, ")");
    }
    exchange->response.reason = buffer_take(&reason);
}

static void unlink_exchange(struct exchange *exchange)
{
    struct exchange **at = &exchange->client->first;

    while (*at != exchange)
        at = &(*at)->next;
    *at = exchange->next;
    if (exchange->easy)
        exchange->client->running--;
}

/* Takes the exchange out of everything, then tells its owner. */
static void end(struct exchange *exchange, enum http_failure failure)
{
    struct http_response *response = &exchange->response;

    unlink_exchange(exchange);
    if (exchange->easy) {
        long status = 0;

        curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(exchange->easy, CURLINFO_TOTAL_TIME, &response->seconds);
        response->status = failure == HTTP_OK ? (int)status : 0;
        curl_multi_remove_handle(exchange->client->multi, exchange->easy);
        curl_easy_cleanup(exchange->easy);
    }
    curl_slist_free_all(exchange->headers);
    response->failure = failure;
    if (failure == HTTP_ABORTED && !response->reason)
        response->reason = memory_copy_text("given up by headgate itself");
    if (failure == HTTP_BAD_REQUEST && !response->reason)
        response->reason = memory_copy_text("the URL or a header cannot be sent");
    exchange->done(exchange->context, response);
    http_response_clear(response);
    free(exchange);
}

/* Ends what libcurl has finished; true when there was anything. */
static bool collect(struct http_client *client)
{
    bool any = false;
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(client->multi, &left))) {
        struct exchange *exchange = NULL;
        CURLcode code = message->data.result;
        enum http_failure failure;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&exchange);
        failure = failure_of(exchange, code);
        if (failure != HTTP_OK)
            explain(exchange, code);
        end(exchange, failure);
        any = true;
    }
    return any;
}

/* Gives waiting exchanges to libcurl while there are connections for them; true when one could not be made. */
static bool begin_waiting(struct http_client *client)
{
    for (struct exchange *exchange = client->first; exchange; exchange = exchange->next) {
        /* What is held waits for another request, so it must not wait for a connection. */
        bool may = client->running < (size_t)client->connections || exchange->request.hold_after;
        bool begun;

        if (exchange->easy || !may)
            continue;
        begun = begin(exchange);
        client->running++;
        if (!begun) {
            end(exchange, HTTP_BAD_REQUEST);
            return true;
        }
    }
    return false;
}

/* --- public --- */

bool http_client_new(const struct http_client_settings *settings, struct http_client **result, struct error *err)
{
    struct http_client *client;

    *result = NULL;
    if (!(curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_ASYNCHDNS))
        return error_set(err, ERROR_SYSTEM,
                         "this libcurl resolves names in a blocking way; one with a threaded or c-ares "
                         "resolver is needed");
    if (settings->ca_file && access(settings->ca_file, R_OK) != 0)
        return error_set(err, ERROR_USAGE, "cannot read the CA certificates in %s", settings->ca_file);
    client = memory_new(sizeof *client);
    client->ca_file = memory_copy_text(settings->ca_file);
    client->connections = settings->connections > 0 ? settings->connections : DEFAULT_CONNECTIONS;
    client->connect_timeout_ms = settings->connect_timeout_ms > 0 ? settings->connect_timeout_ms : 5000;
    client->stall_seconds = settings->stall_seconds > 0 ? settings->stall_seconds : 30;
    client->multi = curl_multi_init();
    if (!client->multi)
        abort();
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)client->connections);
    curl_multi_setopt(client->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    *result = client;
    return true;
}

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    client->closing = true;
    while (client->first)
        end(client->first, HTTP_ABORTED);
    curl_multi_cleanup(client->multi);
    free(client->ca_file);
    free(client);
}

uint64_t http_client_start(struct http_client *client, const struct http_request *request, http_done done,
                           void *context)
{
    struct exchange *exchange = memory_new(sizeof *exchange);
    struct exchange **at = &client->first;

    assert(!client->closing);
    exchange->client = client;
    exchange->number = ++client->last_number;
    exchange->request = *request;
    exchange->done = done;
    exchange->context = context;
    if (request->body) {
        exchange->whole.bytes = request->body;
        exchange->whole.length = request->body_length;
        exchange->request.pieces = &exchange->whole;
        exchange->request.piece_count = 1;
    }
    for (size_t i = 0; i < exchange->request.piece_count; i++)
        exchange->length += exchange->request.pieces[i].length;
    buffer_init(&exchange->response.body, request->response_limit ? request->response_limit : LARGE_BODY);
    while (*at)
        at = &(*at)->next;
    *at = exchange;
    return exchange->number;
}

static struct exchange *find(struct http_client *client, uint64_t number)
{
    struct exchange *exchange = client->first;

    while (exchange && exchange->number != number)
        exchange = exchange->next;
    return exchange;
}

void http_client_release(struct http_client *client, uint64_t number)
{
    struct exchange *exchange = find(client, number);

    if (!exchange)
        return;
    exchange->released = true;
    if (exchange->held && exchange->easy)
        curl_easy_pause(exchange->easy, CURLPAUSE_CONT);
    exchange->held = false;
}

bool http_client_is_held(struct http_client *client, uint64_t number)
{
    const struct exchange *exchange = find(client, number);

    return exchange && exchange->held;
}

void http_client_cancel(struct http_client *client, uint64_t number)
{
    struct exchange *exchange = find(client, number);

    if (exchange)
        end(exchange, HTTP_ABORTED);
}

void http_client_set_connections(struct http_client *client, int connections)
{
    client->connections = connections > 1 ? connections : 1;
}

static size_t count(const struct http_client *client)
{
    size_t total = 0;

    for (const struct exchange *exchange = client->first; exchange; exchange = exchange->next)
        total++;
    return total;
}

size_t http_client_poll(struct http_client *client, int timeout_ms)
{
    bool any = begin_waiting(client);
    int running = 0;

    curl_multi_perform(client->multi, &running);
    any = collect(client) || any;
    if (!any) {
        curl_multi_poll(client->multi, NULL, 0, timeout_ms, NULL);
        curl_multi_perform(client->multi, &running);
        collect(client);
    }
    return count(client);
}

void http_client_wake(struct http_client *client)
{
    curl_multi_wakeup(client->multi);
}

/* Where http_client_perform waits. */
struct waiting {
    bool done;
    struct http_response response;
};

static void perform_done(void *context, struct http_response *response)
{
    struct waiting *waiting = context;

    waiting->response = *response;
    memset(response, 0, sizeof *response);
    waiting->done = true;
}

bool http_client_perform(struct http_client *client, const struct http_request *request, struct http_response *response,
                         const volatile bool *cancel)
{
    struct waiting waiting = { .done = false };
    uint64_t number = http_client_start(client, request, perform_done, &waiting);
    bool cancelled = false;

    while (!waiting.done && !cancelled) {
        http_client_poll(client, PERFORM_SLICE_MS);
        cancelled = cancel && __atomic_load_n(cancel, __ATOMIC_RELAXED);
    }
    if (!waiting.done)
        http_client_cancel(client, number);
    else
        cancelled = false;
    *response = waiting.response;
    return !cancelled;
}

void http_response_clear(struct http_response *response)
{
    forget_headers(response);
    buffer_clear(&response->body);
    free(response->reason);
    response->reason = NULL;
}

const char *http_response_header(const struct http_response *response, const char *name)
{
    for (size_t i = 0; i < response->header_count; i++) {
        if (strcmp(response->headers[i].name, name) == 0)
            return response->headers[i].value;
    }
    return NULL;
}

const char *http_client_version(void)
{
    return curl_version();
}
