#include "tiny_http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_CONNECTIONS = 64 };

struct connection {
    char *bytes;
    size_t length, size;
};

struct tiny_http {
    pthread_t thread;
    int port;
    int stop[2]; /* a pipe; closing the writing end stops the thread */
    tiny_handler handler;
    void *context;
    unsigned requests;
    struct pollfd polled[MOST_CONNECTIONS + 2]; /* stop, listener, connections */
    struct connection connections[MOST_CONNECTIONS + 2];
    size_t count;
};

const char *tiny_header(const struct tiny_request *request, const char *name)
{
    static char value[2048];
    size_t length = strlen(name);

    for (const char *line = strchr(request->head, '\n'); line; line = strchr(line, '\n')) {
        line++;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            const char *from = line + length + 1;

            from += strspn(from, " ");
            snprintf(value, sizeof value, "%.*s", (int)strcspn(from, "\r\n"), from);
            return value;
        }
    }
    return NULL;
}

static void send_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);

        if (sent <= 0)
            return;
        bytes += sent;
        length -= (size_t)sent;
    }
}

/* False: the connection is to be closed. */
static bool answer(int fd, const struct tiny_request *request, const struct tiny_reply *reply)
{
    size_t length = reply->body_length ? reply->body_length : strlen(reply->body);
    size_t told = reply->action == TINY_CUT ? length + 10 : length;
    char head[4096];

    if (reply->action == TINY_SILENCE)
        return true;
    if (reply->action == TINY_RAW)
        send_all(fd, reply->body, length);
    if (reply->action == TINY_DROP || reply->action == TINY_RAW)
        return false;
    snprintf(head, sizeof head, "HTTP/1.1 %d Answer\r\n%s", reply->status, reply->headers);
    send_all(fd, head, strlen(head));
    if (!strcasestr(reply->headers, "content-length:")) {
        snprintf(head, sizeof head, "Content-Length: %zu\r\n", told);
        send_all(fd, head, strlen(head));
    }
    send_all(fd, "\r\n", 2);
    if (strcmp(request->method, "HEAD") != 0)
        send_all(fd, reply->body, length);
    return reply->action == TINY_ANSWER;
}

/* Answers the request at the start of the connection's bytes, if it is whole; *used: its length. False: close. */
static bool handle(struct tiny_http *server, int fd, struct connection *connection, size_t *used)
{
    char *end = connection->bytes ? strstr(connection->bytes, "\r\n\r\n") : NULL;
    struct tiny_request request = { .number = server->requests };
    struct tiny_reply reply = { .status = 200 };
    const char *length;
    size_t head;

    *used = 0;
    if (!end)
        return true;
    head = (size_t)(end - connection->bytes) + 4;
    request.head = connection->bytes;
    end[2] = '\0';
    length = tiny_header(&request, "content-length");
    request.body_length = length ? (size_t)strtoull(length, NULL, 10) : 0;
    if (connection->length < head + request.body_length) {
        end[2] = '\r';
        return true;
    }
    request.body = connection->bytes + head;
    *used = head + request.body_length;
    sscanf(connection->bytes, "%15s %4095s", request.method, request.target);
    server->requests++;
    server->handler(server->context, &request, &reply);
    return answer(fd, &request, &reply);
}

/* False: close. */
static bool receive(struct tiny_http *server, int fd, struct connection *connection)
{
    ssize_t got;
    size_t used;

    if (connection->size - connection->length < 65536) {
        connection->size = 2 * connection->size + 131072;
        connection->bytes = realloc(connection->bytes, connection->size);
        if (!connection->bytes)
            abort();
    }
    got = recv(fd, connection->bytes + connection->length, connection->size - connection->length - 1, 0);
    if (got <= 0)
        return false;
    connection->length += (size_t)got;
    connection->bytes[connection->length] = '\0';
    do {
        if (!handle(server, fd, connection, &used))
            return false;
        connection->length -= used;
        memmove(connection->bytes, connection->bytes + used, connection->length + 1);
    } while (used > 0);
    return true;
}

static void close_connection(struct tiny_http *server, size_t index)
{
    close(server->polled[index].fd);
    free(server->connections[index].bytes);
    server->count--;
    server->polled[index] = server->polled[server->count];
    server->connections[index] = server->connections[server->count];
}

static void *serve(void *context)
{
    struct tiny_http *server = context;

    for (;;) {
        poll(server->polled, server->count, -1);
        if (server->polled[0].revents)
            break;
        for (size_t i = server->count; i-- > 2;) {
            if (server->polled[i].revents && !receive(server, server->polled[i].fd, &server->connections[i]))
                close_connection(server, i);
        }
        if (server->polled[1].revents && server->count < MOST_CONNECTIONS + 2) {
            struct pollfd polled = { .fd = accept(server->polled[1].fd, NULL, NULL), .events = POLLIN };

            if (polled.fd < 0)
                continue;
            memset(&server->connections[server->count], 0, sizeof *server->connections);
            server->polled[server->count++] = polled;
        }
    }
    while (server->count > 2)
        close_connection(server, server->count - 1);
    return NULL;
}

struct tiny_http *tiny_http_start(int port, tiny_handler handler, void *context)
{
    struct tiny_http *server = calloc(1, sizeof *server);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    socklen_t length = sizeof address;
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!server || fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0 || pipe(server->stop) != 0)
        abort();
    server->port = ntohs(address.sin_port);
    server->handler = handler;
    server->context = context;
    server->polled[0].fd = server->stop[0];
    server->polled[0].events = POLLIN;
    server->polled[1].fd = fd;
    server->polled[1].events = POLLIN;
    server->count = 2;
    if (pthread_create(&server->thread, NULL, serve, server) != 0)
        abort();
    return server;
}

int tiny_http_port(const struct tiny_http *server)
{
    return server->port;
}

void tiny_http_stop(struct tiny_http *server)
{
    close(server->stop[1]);
    pthread_join(server->thread, NULL);
    close(server->stop[0]);
    close(server->polled[1].fd);
    free(server);
}
