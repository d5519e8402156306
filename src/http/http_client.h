/* HTTP by libcurl: one multi handle, used by one thread. Only user of libcurl.
 *
 * Requests are started and finish by callback inside http_client_poll; http_client_perform is the blocking form for
 * the inspector thread. Redirects are never followed, TLS is never weakened, proxies are never used for loopback.
 * What is started beyond the number of connections waits in order; no time limit runs while it waits.
 * The program must ignore SIGPIPE: a TLS connection that breaks while it is written to raises it.
 */
#ifndef HTTP_HTTP_CLIENT_H
#define HTTP_HTTP_CLIENT_H

#include "base/buffer.h"
#include "base/timestamp.h"

struct http_client;

struct http_client_settings {
    const char *ca_file;    /* private CA in PEM; NULL: the system's */
    int connections;        /* at most at once; 0: 8 */
    int connect_timeout_ms; /* 0: 5,000 */
    int stall_seconds;      /* below 1,000 B/s for that long is a stall; 0: 30 */
};

struct http_request_header {
    char *name;
    char *value;
};

/* A request; the struct is copied, what it points to stays valid until done is called. Methods: GET, HEAD, PUT, POST, DELETE;
 * PUT and POST always send a Content-Length, 0 without a body. Overall limit: 30 s + 1 s per 256 KiB. */
struct http_request {
    const char *method;
    const char *url;
    const struct http_request_header *headers;
    size_t header_count;
    const void *body; /* whole, in memory; NULL for none */
    size_t body_length;
    /* Instead of body: a body in pieces that is never joined. piece(i) gives the i-th piece; read again from the start on a resend. */
    const struct http_piece *pieces;
    size_t piece_count;
    size_t response_limit; /* bytes of answer kept; more is an error */
    int64_t most_ms;       /* an overall limit, where it is shorter than that of the size; 0: none */
    bool fresh_connection; /* on retries */
    /* Test hook and probe: the body is sent up to this many bytes, then held until http_client_release. Begins at once, beyond
     * the number of connections too. 0: off */
    size_t hold_after;
    /* Instead of keeping the body of a 2xx answer: called with each piece and the context given to http_client_start;
     * returning false aborts. No overall time limit then. Not for http_client_perform. NULL: kept. */
    bool (*on_body)(void *context, const void *bytes, size_t length);
};

struct http_piece {
    const void *bytes;
    size_t length;
};

enum http_failure {
    HTTP_OK,          /* an answer came, whatever its status */
    HTTP_NOT_SENT,    /* nothing of the body can have arrived: name, connect, TLS start */
    HTTP_UNCLEAR,     /* it may have arrived: reset, stall, cut answer */
    HTTP_TOO_LONG,    /* the answer passed response_limit, or has too many headers */
    HTTP_TRUST,       /* certificate refused: never retried, never weakened */
    HTTP_ABORTED,     /* our own callback or shutdown */
    HTTP_BAD_REQUEST, /* URL or header could not be made */
};

struct http_response {
    enum http_failure failure;
    int status;
    struct http_request_header *headers; /* names in lower case, of the last answer */
    size_t header_count;
    struct buffer body;
    char *reason;   /* libcurl's text and the peer, sanitised; NULL when HTTP_OK */
    double seconds; /* from start to end */
};

/* Fails with ERROR_SYSTEM when libcurl cannot resolve names without blocking, ERROR_USAGE when ca_file cannot be read. */
bool http_client_new(const struct http_client_settings *settings, struct http_client **client,
                     struct error *err) MUST_CHECK;
void http_client_free(struct http_client *client); /* calls done (HTTP_ABORTED) for what is under way */

/* done is called once, inside http_client_poll (or cancel, or free); response is borrowed until it returns. The returned
 * number names the request. */
typedef void (*http_done)(void *context, struct http_response *response);
/* Neither polls nor performs inside done; starting and cancelling are fine. */
uint64_t http_client_start(struct http_client *client, const struct http_request *request, http_done done,
                           void *context);
void http_client_release(struct http_client *client, uint64_t number); /* sends the rest of a held body */
bool http_client_is_held(struct http_client *client, uint64_t number); /* has sent what it may and waits */
void http_client_cancel(struct http_client *client,
                        uint64_t number); /* calls done with HTTP_ABORTED before it returns */

/* Changes how many requests run at once; at least 1. Those under way go on. */
void http_client_set_connections(struct http_client *client, int connections);

/* Moves data for at most timeout_ms; returns the number of requests still under way. */
size_t http_client_poll(struct http_client *client, int timeout_ms);
/* Ends a poll early. The only function here that any thread may call. */
void http_client_wake(struct http_client *client);

/* Start, poll until done. response is the caller's to clear. False only when *cancel became true (may be NULL). */
bool http_client_perform(struct http_client *client, const struct http_request *request, struct http_response *response,
                         const volatile bool *cancel);
void http_response_clear(struct http_response *response);
const char *http_response_header(const struct http_response *response, const char *name); /* lower case name; NULL */

/* libcurl's and its TLS library's versions at run time, "libcurl/7.88.1 OpenSSL/3.0.19 ...". Static text. */
const char *http_client_version(void);

#endif
