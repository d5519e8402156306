/* Follows chains through the bucket by listing. Rare, so a HEAD at a time is enough: only the objects beyond the last
 * commits are asked, which is a handful each. */
#include "delivery/chain_walk.h"

#include <stdlib.h>
#include <string.h>

#include "delivery/object_identity.h"
#include "delivery/object_key.h"

enum {
    WALK_DEADLINE_MS = 60 * 1000,
    FOLDERS_MOST = 100, /* with more partitions one listing of all is quicker */
};

struct found {
    char *key;
    int32_t partition;
    int64_t start;
};

struct chain_listing {
    const struct stream_object *stream;
    const struct partition_offsets *positions; /* while it is made */
    struct found *rows;                        /* by partition and start */
    size_t count, size;
};

static bool collect(void *context, const struct s3_list_entry *entry)
{
    struct chain_listing *listing = context;
    const struct partition_offset *wanted;
    int32_t partition;
    int64_t start;

    if (!object_key_read(listing->stream, entry->key, &partition, &start))
        return true;
    wanted = partition_offsets_find(listing->positions, partition);
    if (!wanted || start < wanted->offset)
        return true;
    if (listing->count == listing->size) {
        listing->size = listing->size ? listing->size * 2 : 16;
        listing->rows = memory_resize(listing->rows, listing->size * sizeof(*listing->rows));
    }
    listing->rows[listing->count++] =
        (struct found){ .key = memory_copy_text(entry->key), .partition = partition, .start = start };
    return true;
}

static int by_start(const void *a, const void *b)
{
    const struct found *left = a, *right = b;

    if (left->partition != right->partition)
        return left->partition < right->partition ? -1 : 1;
    return (left->start > right->start) - (left->start < right->start);
}

/* Where a partition has a folder of its own, the rest of the lake is not looked at. */
static bool list(struct s3_client *client, struct chain_listing *listing, struct error *err)
{
    const struct stream_object *stream = listing->stream;
    size_t count = listing->positions->count;
    int64_t deadline = timestamp_monotonic() + WALK_DEADLINE_MS;
    bool ok = true;

    if (stream->settings.folders != STREAM_FOLDERS_PARTITION || count > FOLDERS_MOST)
        return s3_client_list(client, stream->prefix, NULL, WALK_DEADLINE_MS, collect, listing, err);
    for (size_t i = 0; ok && i < count; i++) {
        int64_t left = deadline - timestamp_monotonic(); /* for all of them: nobody polls the group meanwhile */
        struct buffer folder;

        buffer_init(&folder, 0);
        ok = object_key_folder(stream, listing->positions->rows[i].partition, &folder) &&
             s3_client_list(client, folder.data, NULL, left > 1000 ? left : 1000, collect, listing, err);
        buffer_clear(&folder);
    }
    return ok;
}

bool chain_listing_new(struct s3_client *client, const struct stream_object *stream,
                       const struct partition_offsets *positions, struct chain_listing **listing, struct error *err)
{
    struct chain_listing *made = memory_new(sizeof(*made));

    made->stream = stream;
    made->positions = positions;
    if (!list(client, made, err)) {
        chain_listing_free(made);
        return false;
    }
    made->positions = NULL;
    if (made->count > 1)
        qsort(made->rows, made->count, sizeof(*made->rows), by_start);
    *listing = made;
    return true;
}

void chain_listing_free(struct chain_listing *listing)
{
    if (!listing)
        return;
    for (size_t i = 0; i < listing->count; i++)
        free(listing->rows[i].key);
    free(listing->rows);
    free(listing);
}

/* Takes the object at *position, if there is one, and moves on to its end. */
static bool follow(struct s3_client *client, const struct stream_object *stream, const struct found *found,
                   int64_t *position, struct error *err)
{
    struct s3_object_info info = { 0 };
    struct object_identity identity;
    bool missing = false;
    bool ok = s3_client_head(client, found->key, WALK_DEADLINE_MS, &info, &missing, err);

    if (ok && !missing) {
        ok = object_identity_read(stream, &info.metadata, found->start, &identity, err) ||
             error_prefix(err, "%s", found->key);
        if (ok)
            *position = identity.next;
    }
    s3_object_info_clear(&info);
    return ok;
}

bool chain_listing_walk(const struct chain_listing *listing, struct s3_client *client, int32_t partition,
                        int64_t position, int64_t *end, struct error *err)
{
    bool ok = true;

    *end = position;
    for (size_t i = 0; ok && i < listing->count; i++) {
        if (listing->rows[i].partition == partition && listing->rows[i].start == *end)
            ok = follow(client, listing->stream, &listing->rows[i], end, err);
    }
    return ok;
}
