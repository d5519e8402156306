/* A store in memory behind tiny_http: objects with metadata, conditional PUTs, listings in small pages. It checks no
 * signatures. A test's own handler may answer first; see before. */
#ifndef TESTS_TINY_STORE_H
#define TESTS_TINY_STORE_H

#include "tiny_http.h"

enum { TINY_MOST_OBJECTS = 32 };

struct tiny_object {
    char key[512];
    char metadata[1024]; /* "x-amz-meta-...: value\r\n..." */
    size_t length;
    char body[256]; /* its beginning */
};

struct tiny_store {
    struct tiny_object objects[TINY_MOST_OBJECTS];
    size_t count;
    bool ignores_condition;
    bool loses_metadata;
    size_t page; /* keys of a listing's page; 0: 1000 */
    /* Called in the server's thread before the store answers; true: reply is the answer. */
    bool (*before)(void *context, const struct tiny_request *request, struct tiny_reply *reply);
    void *context;
};

/* A tiny_handler; context is a struct tiny_store. The bucket is called lake and stands in the path. */
void tiny_store_handle(void *context, const struct tiny_request *request, struct tiny_reply *reply);

struct tiny_object *tiny_store_find(struct tiny_store *store, const char *key);
struct tiny_object *tiny_store_add(struct tiny_store *store, const char *key, const char *body, const char *metadata);
/* An answer of S3's: status and <Error>. */
void tiny_error(struct tiny_reply *reply, int status, const char *code);

#endif
