/* The stream object and the metadata of commits: what is read is written again as it was, and whatever is refused is
 * refused whole. Both come from places that others can write to. */
#include "fuzz.h"

#include "delivery/stream_object.h"

#include <string.h>

const char *const fuzz_pieces[] = { "hg1 3f9a17c2 0a1b2c3d seen=12 lost=3-9 host-1",
                                    "hg1 ",
                                    "3f9a17c2 ",
                                    "0a1b2c3d ",
                                    "seen=",
                                    "lost=",
                                    "9223372036854775807",
                                    "-",
                                    " ",
                                    "1",
                                    "\"SizeInMBs\":",
                                    "\"GZIP\"",
                                    "\"partitions\":[",
                                    "\"start\":",
                                    "null",
                                    "-1",
                                    "9007199254740993",
                                    "{",
                                    "}",
                                    "[",
                                    "]",
                                    ",",
                                    "\xff",
                                    NULL };

static void commit_metadata(const char *text)
{
    struct commit_metadata metadata;

    if (!commit_metadata_read(text, &metadata))
        return;
    FUZZ_MUST(strlen(metadata.plan) + 1 == sizeof metadata.plan && strlen(metadata.place) + 1 == sizeof metadata.place);
    FUZZ_MUST(metadata.seen == OFFSET_NONE || metadata.seen >= 0);
    FUZZ_MUST(metadata.lost.start >= 0 && metadata.lost.start <= metadata.lost.end);
}

/* A stream over one partition, as this program writes it. */
static void valid_document(struct buffer *out)
{
    struct cutover_survey *survey = cutover_survey_new("orders", "connect-orders-s3", 1, 1795428000000);
    struct cutover_start start = { .kind = CUTOVER_START_COMMITTED, .time = TIMESTAMP_NONE };
    struct partition_offsets starts, ends, committed;
    struct stream_object object = {
        .stream = "orders-s3",
        .endpoint = "https://lake.s3.eu-west-1.amazonaws.com",
        .bucket = "lake",
        .prefix = "raw/",
        .settings = { .format = "lines",
                     .compression = "gzip",
                     .size_bytes = 128 * 1024 * 1024,
                     .interval_ms = 300000,
                     .exactly_once = true },
        .store_reason = "",
        .created_at = 1795428000000,
        .created_by = "bastion-17"
    };
    struct json *document;

    partition_offsets_init(&starts);
    partition_offsets_init(&ends);
    partition_offsets_init(&committed);
    partition_offsets_set(&starts, 0, 0);
    partition_offsets_set(&ends, 0, 9);
    partition_offsets_set(&committed, 0, 3);
    cutover_survey_set_offsets(survey, &starts, &ends, &ends, &committed);
    object.plan = cutover_plan_make(survey, &start, NULL, "5a17c0de");
    document = stream_object_to_json(&object);
    json_write(document, false, out);
    json_free(document);
    cutover_plan_free(object.plan);
    cutover_survey_free(survey);
    partition_offsets_clear(&starts);
    partition_offsets_clear(&ends);
    partition_offsets_clear(&committed);
}

/* Input: where, how many bytes go, and what comes in their place. */
static void damaged_document(const uint8_t *data, size_t size, struct buffer *out)
{
    struct buffer valid;
    size_t at, gone;

    buffer_init(&valid, 0);
    valid_document(&valid);
    at = size >= 3 ? ((size_t)data[0] * 256 + data[1]) % (valid.length + 1) : 0;
    gone = size >= 3 ? data[2] % 16 : 0;
    gone = gone < valid.length - at ? gone : valid.length - at;
    buffer_append(out, valid.data, at);
    if (size > 3)
        buffer_append(out, data + 3, size - 3);
    buffer_append(out, valid.data + at + gone, valid.length - at - gone);
    buffer_clear(&valid);
}

static bool stream_object(const char *text, size_t length)
{
    struct json *document = json_parse(text, length, "input", NULL);
    struct stream_object *object = document ? stream_object_from_json(document, NULL) : NULL;
    bool taken = object;

    if (object) {
        struct json *written = stream_object_to_json(object);
        struct stream_object *again = stream_object_from_json(written, NULL);

        FUZZ_MUST(again && strcmp(again->plan->id, object->plan->id) == 0 && again->plan->count == object->plan->count);
        FUZZ_MUST(again->settings.size_bytes == object->settings.size_bytes);
        stream_object_free(again);
        json_free(written);
    }
    stream_object_free(object);
    json_free(document);
    return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer damaged;
    char *text = malloc(size + 1);

    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    commit_metadata(text);
    free(text);
    buffer_init(&damaged, 0);
    damaged_document(data, size, &damaged);
    FUZZ_MUST(stream_object(damaged.data, damaged.length) || size > 0);
    buffer_clear(&damaged);
    return 0;
}
