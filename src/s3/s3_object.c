#include "s3/s3_object.h"

#include "base/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METADATA_PREFIX "x-amz-meta-"

void s3_metadata_clear(struct s3_metadata *metadata)
{
    for (size_t i = 0; i < metadata->count; i++) {
        free(metadata->rows[i].name);
        free(metadata->rows[i].value);
    }
    free(metadata->rows);
    memset(metadata, 0, sizeof *metadata);
}

static struct http_request_header *find(const struct s3_metadata *metadata, const char *name)
{
    for (size_t i = 0; i < metadata->count; i++) {
        if (strcmp(metadata->rows[i].name, name) == 0)
            return &metadata->rows[i];
    }
    return NULL;
}

static bool is_ascii(const char *text)
{
    for (; *text; text++) {
        if (*text < ' ' || *text > '~')
            return false;
    }
    return true;
}

void s3_metadata_set(struct s3_metadata *metadata, const char *name, const char *value)
{
    struct http_request_header *row = find(metadata, name);

    assert(is_ascii(name) && is_ascii(value));
    if (row) {
        free(row->value);
    } else {
        metadata->rows = memory_resize(metadata->rows, (metadata->count + 1) * sizeof *metadata->rows);
        row = &metadata->rows[metadata->count++];
        row->name = memory_copy_text(name);
    }
    row->value = memory_copy_text(value);
}

const char *s3_metadata_get(const struct s3_metadata *metadata, const char *name)
{
    const struct http_request_header *row = find(metadata, name);

    return row ? row->value : NULL;
}

/* What a store sends is taken as it is, unlike what we set. */
static void add_row(struct s3_metadata *metadata, const char *name, const char *value)
{
    metadata->rows = memory_resize(metadata->rows, (metadata->count + 1) * sizeof *metadata->rows);
    metadata->rows[metadata->count].name = memory_copy_text(name);
    metadata->rows[metadata->count].value = memory_copy_text(value);
    metadata->count++;
}

void s3_object_info_read(const struct http_response *response, struct s3_object_info *info)
{
    const char *length = http_response_header(response, "content-length");
    const char *etag = http_response_header(response, "etag");

    memset(info, 0, sizeof *info);
    if (!length || !text_parse_uint(length, INT64_MAX, &info->size))
        info->size = -1;
    if (etag) {
        size_t size = strlen(etag);
        bool quoted = size >= 2 && etag[0] == '"' && etag[size - 1] == '"';

        snprintf(info->etag, sizeof info->etag, "%.*s", (int)(quoted ? size - 2 : size), etag + quoted);
    }
    for (size_t i = 0; i < response->header_count; i++) {
        const struct http_request_header *row = &response->headers[i];

        if (text_starts_with(row->name, METADATA_PREFIX))
            add_row(&info->metadata, row->name + strlen(METADATA_PREFIX), row->value);
    }
}

void s3_object_info_clear(struct s3_object_info *info)
{
    s3_metadata_clear(&info->metadata);
    memset(info, 0, sizeof *info);
}
