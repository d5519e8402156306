#include "tiny_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void tiny_error(struct tiny_reply *reply, int status, const char *code)
{
    reply->status = status;
    snprintf(reply->body, sizeof reply->body, "<Error><Code>%s</Code><Message>no</Message></Error>", code);
}

struct tiny_object *tiny_store_find(struct tiny_store *store, const char *key)
{
    for (size_t i = 0; i < store->count; i++) {
        if (strcmp(store->objects[i].key, key) == 0)
            return &store->objects[i];
    }
    return NULL;
}

struct tiny_object *tiny_store_add(struct tiny_store *store, const char *key, const char *body, const char *metadata)
{
    struct tiny_object *object = tiny_store_find(store, key);

    if (!object) {
        if (store->count == TINY_MOST_OBJECTS)
            abort();
        object = &store->objects[store->count++];
    }
    snprintf(object->key, sizeof object->key, "%s", key);
    snprintf(object->metadata, sizeof object->metadata, "%s", store->loses_metadata ? "" : metadata);
    snprintf(object->body, sizeof object->body, "%s", body);
    object->length = strlen(body);
    return object;
}

static void decode(const char *from, const char *to, char *out, size_t size)
{
    size_t length = 0;

    for (; from < to && length + 1 < size; from++) {
        char code[3] = { 0 };

        if (*from == '%' && to - from > 2) {
            code[0] = from[1];
            code[1] = from[2];
            out[length++] = (char)strtol(code, NULL, 16);
            from += 2;
        } else {
            out[length++] = *from;
        }
    }
    out[length] = '\0';
}

/* A field of the query, decoded; "" when missing. */
static void query_field(const char *target, const char *name, char *out, size_t size)
{
    const char *at = strchr(target, '?');
    size_t length = strlen(name);

    *out = '\0';
    for (; at; at = strchr(at, '&')) {
        at++;
        if (strncmp(at, name, length) == 0 && at[length] == '=')
            decode(at + length + 1, at + strcspn(at, "&"), out, size);
    }
}

static void list(struct tiny_store *store, const struct tiny_request *request, struct tiny_reply *reply)
{
    char prefix[512], token[64], start[512];
    size_t shown = 0, at, length = 0, page = store->page ? store->page : 1000;
    bool more = false;

    query_field(request->target, "prefix", prefix, sizeof prefix);
    query_field(request->target, "continuation-token", token, sizeof token);
    query_field(request->target, "start-after", start, sizeof start);
    at = (size_t)strtoull(token, NULL, 10);
    length += (size_t)snprintf(reply->body, sizeof reply->body, "<ListBucketResult>");
    for (; at < store->count; at++) {
        if (strncmp(store->objects[at].key, prefix, strlen(prefix)) != 0 || strcmp(store->objects[at].key, start) <= 0)
            continue;
        more = shown == page;
        if (more)
            break;
        shown++;
        length += (size_t)snprintf(reply->body + length, sizeof reply->body - length,
                                   "<Contents><Key>%s</Key><Size>%zu</Size></Contents>", store->objects[at].key,
                                   store->objects[at].length);
    }
    if (more)
        length +=
            (size_t)snprintf(reply->body + length, sizeof reply->body - length,
                             "<IsTruncated>true</IsTruncated><NextContinuationToken>%zu</NextContinuationToken>", at);
    snprintf(reply->body + length, sizeof reply->body - length, "</ListBucketResult>");
}

static void put(struct tiny_store *store, const char *key, const struct tiny_request *request, struct tiny_reply *reply)
{
    char metadata[1024] = "", body[256];
    size_t length = 0;
    struct tiny_object *object;

    if (tiny_store_find(store, key) && tiny_header(request, "if-none-match") && !store->ignores_condition) {
        tiny_error(reply, 412, "PreconditionFailed");
        return;
    }
    for (const char *line = strcasestr(request->head, "\nx-amz-meta-"); line;
         line = strcasestr(line + 1, "\nx-amz-meta-"))
        length += (size_t)snprintf(metadata + length, sizeof metadata - length, "%.*s\r\n",
                                   (int)strcspn(line + 1, "\r\n"), line + 1);
    snprintf(body, sizeof body, "%.*s", (int)(request->body_length < 255 ? request->body_length : 255), request->body);
    object = tiny_store_add(store, key, body, metadata);
    object->length = request->body_length;
    snprintf(reply->headers, sizeof reply->headers, "ETag: \"e\"\r\nx-amz-checksum-crc32c: %s\r\n",
             tiny_header(request, "x-amz-checksum-crc32c"));
}

static void look(struct tiny_store *store, const char *key, const struct tiny_request *request,
                 struct tiny_reply *reply)
{
    const struct tiny_object *object = tiny_store_find(store, key);

    if (!object) {
        tiny_error(reply, 404, "NoSuchKey");
        return;
    }
    snprintf(reply->headers, sizeof reply->headers, "ETag: \"e\"\r\n%s", object->metadata);
    snprintf(reply->body, sizeof reply->body, "%s", object->body);
    if (strcmp(request->method, "HEAD") == 0)
        snprintf(reply->headers + strlen(reply->headers), sizeof reply->headers - strlen(reply->headers),
                 "Content-Length: %zu\r\n", object->length);
}

void tiny_store_handle(void *context, const struct tiny_request *request, struct tiny_reply *reply)
{
    struct tiny_store *store = context;
    char key[512];

    if (store->before && store->before(store->context, request, reply))
        return;
    if (strncmp(request->target, "/lake/", 6) != 0) {
        tiny_error(reply, 404, "NoSuchBucket");
        return;
    }
    decode(request->target + 6, request->target + strcspn(request->target, "?"), key, sizeof key);
    if (strchr(request->target, '?'))
        list(store, request, reply);
    else if (strcmp(request->method, "PUT") == 0)
        put(store, key, request, reply);
    else if (strcmp(request->method, "DELETE") == 0)
        reply->status = 204;
    else
        look(store, key, request, reply);
}
