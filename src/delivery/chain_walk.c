/* Follows the chain of one partition through the bucket by listing. Rare, so a HEAD at a time is enough: only the
 * objects beyond the last commit are asked, which is a handful. */
#include "delivery/chain_walk.h"

#include <stdlib.h>
#include <string.h>

#include "delivery/object_identity.h"
#include "delivery/object_key.h"

enum { WALK_DEADLINE_MS = 60 * 1000 };

struct found {
    char *key;
    int64_t start;
};

struct listing {
    const struct stream_object *stream;
    int32_t partition;
    int64_t position;
    struct found *rows;
    size_t count, size;
};

static bool collect(void *context, const struct s3_list_entry *entry)
{
    struct listing *listing = context;
    int32_t partition;
    int64_t start;

    if (!object_key_read(listing->stream, entry->key, &partition, &start) || partition != listing->partition ||
        start < listing->position)
        return true;
    if (listing->count == listing->size) {
        listing->size = listing->size ? listing->size * 2 : 16;
        listing->rows = memory_resize(listing->rows, listing->size * sizeof(*listing->rows));
    }
    listing->rows[listing->count++] = (struct found){ .key = memory_copy_text(entry->key), .start = start };
    return true;
}

static int by_start(const void *a, const void *b)
{
    const struct found *left = a, *right = b;

    return (left->start > right->start) - (left->start < right->start);
}

/* Takes the object at *position, if there is one, and moves on to its end. */
static bool follow(struct s3_client *client, const struct listing *listing, const struct found *found,
                   int64_t *position, struct error *err)
{
    struct s3_object_info info = { 0 };
    struct object_identity identity;
    bool missing = false;
    bool ok = s3_client_head(client, found->key, WALK_DEADLINE_MS, &info, &missing, err);

    if (ok && !missing) {
        ok = object_identity_read(listing->stream, &info.metadata, found->start, &identity, err) ||
             error_prefix(err, "%s", found->key);
        if (ok)
            *position = identity.next;
    }
    s3_object_info_clear(&info);
    return ok;
}

bool chain_walk(struct s3_client *client, const struct stream_object *stream, int32_t partition, int64_t position,
                int64_t *end, struct error *err)
{
    struct listing listing = { .stream = stream, .partition = partition, .position = position };
    bool ok = s3_client_list(client, stream->prefix, NULL, WALK_DEADLINE_MS, collect, &listing, err);

    if (listing.count > 1)
        qsort(listing.rows, listing.count, sizeof(*listing.rows), by_start);
    *end = position;
    for (size_t i = 0; ok && i < listing.count; i++)
        if (listing.rows[i].start == *end)
            ok = follow(client, &listing, &listing.rows[i], end, err);
    for (size_t i = 0; i < listing.count; i++)
        free(listing.rows[i].key);
    free(listing.rows);
    return ok;
}
