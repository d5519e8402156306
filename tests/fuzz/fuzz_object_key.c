/* Keys that a listing brings: our own, and those of an old connector. A key of ours is made again just as it was read; of
 * any other, partition and offset are in range or nothing is said. */
#include "fuzz.h"

#include "cutover/cutover_connect.h"
#include "delivery/object_key.h"

#include <string.h>

enum { PARTITIONS = 100 };

const char *const fuzz_pieces[] = { "lake/2026/11/23/09/orders+5+00000000000000000042.txt.gz",
                                    "lake/partition=5/orders+5+00000000000000000042.txt.gz",
                                    "lake/no-timestamp/orders+0+00000000000000000000.txt.gz",
                                    "topics/orders/partition=3/orders+3+0000000200.json.gz",
                                    "orders-3-200.gz",
                                    "year=2026/month=11/day=23/hour=09/orders+4+77-12-ab3f.gz",
                                    "lake/",
                                    "2026/11/23/09/",
                                    "orders",
                                    "+",
                                    "-",
                                    "+5",
                                    "+00000000000000000042",
                                    "+18446744073709551616",
                                    "+9223372036854775807",
                                    "/",
                                    "partition=",
                                    "%2F",
                                    ".txt.gz",
                                    ".keys.json",
                                    "_headgate/",
                                    "\xff",
                                    NULL };

/* What object_key_read takes must be what object_key_make makes. Time folders: the time is read back from the folders by
 * nobody, so only keys of partition folders can be made again here. */
static void own(enum stream_folders folders, const char *key)
{
    char topic[] = "orders", prefix[] = "lake/";
    struct cutover_plan plan = { .topic = topic };
    struct stream_object stream = {
        .prefix = prefix,
        .plan = &plan,
        .settings = { .format = "lines", .compression = "gzip", .folders = folders, .exactly_once = true }
    };
    struct buffer again;
    int32_t partition = -7;
    int64_t start = -7;

    if (!object_key_read(&stream, key, &partition, &start)) {
        FUZZ_MUST(partition == -7 && start == -7);
        return;
    }
    FUZZ_MUST(partition >= 0 && start >= 0);
    if (folders != STREAM_FOLDERS_PARTITION)
        return;
    buffer_init(&again, 0);
    FUZZ_MUST(object_key_make(&stream, partition, start, 0, OFFSET_NONE, NULL, &again, NULL));
    FUZZ_MUST(strcmp(again.data, key) == 0);
    buffer_clear(&again);
}

static void connectors(const char *key)
{
    int32_t partition = -7;
    int64_t start = -7;

    if (cutover_connect_read_key("topics/", key, "orders", PARTITIONS, &partition, &start) == CUTOVER_KEY_DATA)
        FUZZ_MUST(partition >= 0 && partition < PARTITIONS && start >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *key = malloc(size + 1);

    if (!key)
        abort();
    memcpy(key, data, size);
    key[size] = '\0';
    own(STREAM_FOLDERS_PARTITION, key);
    own(STREAM_FOLDERS_TIME, key);
    connectors(key);
    free(key);
    return 0;
}
