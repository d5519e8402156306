/* An HTTP server for tests, on a free port of 127.0.0.1, in a thread of its own: whatever a real server would not do on
 * demand (cut answers, dropped connections, odd codes) is one reply here. */
#ifndef TESTS_TINY_HTTP_H
#define TESTS_TINY_HTTP_H

#include <stdbool.h>
#include <stddef.h>

struct tiny_request {
    unsigned number; /* counts from 0 over all connections */
    char method[16];
    char target[4096];
    const char *head; /* request line and headers, NUL-terminated */
    const char *body;
    size_t body_length;
};

enum tiny_action {
    TINY_ANSWER,  /* status, headers, body */
    TINY_DROP,    /* the connection is closed without a word */
    TINY_CUT,     /* Content-Length says more than is sent, then closed */
    TINY_SILENCE, /* nothing is answered, the connection stays */
    TINY_RAW,     /* body is the whole answer, status line and all; closed afterwards */
};

struct tiny_reply {
    enum tiny_action action;
    int status;
    char headers[2048]; /* "Name: value\r\n..." */
    char body[8192];
    size_t body_length; /* 0: strlen(body) */
};

/* Called in the server's thread; reply starts as 200 without headers or body. */
typedef void (*tiny_handler)(void *context, const struct tiny_request *request, struct tiny_reply *reply);

struct tiny_http;

struct tiny_http *tiny_http_start(int port, tiny_handler handler, void *context); /* port 0: any */
int tiny_http_port(const struct tiny_http *server);
void tiny_http_stop(struct tiny_http *server); /* after that the test may read what the handler wrote */

/* The value of a request's header, in a static buffer, or NULL. For one thread at a time. */
const char *tiny_header(const struct tiny_request *request, const char *name);

#endif
