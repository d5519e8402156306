/* The plan in the bucket. Format: one JSON document; settings under the names that Firehose gives them. */
#include "delivery/stream_object.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/digest.h"
#include "base/text.h"
#include "base/utf8.h"
#include "format/compression.h"
#include "format/crc32c.h"
#include "format/encoder.h"

enum {
    LONGEST_NAME = 200,
    LARGEST_DOCUMENT = 16 * 1024 * 1024, /* 10,000 partitions take about 3 MB */
    DEADLINE_MS = 30 * 1000,
    MIB = 1024 * 1024,
};

void stream_object_free(struct stream_object *object)
{
    if (!object)
        return;
    free(object->stream);
    free(object->endpoint);
    free(object->bucket);
    free(object->prefix);
    free(object->store_reason);
    free(object->created_by);
    cutover_plan_free(object->plan);
    free(object);
}

bool stream_name_check(const char *stream, struct error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t length = strlen(stream);

    if (length == 0 || length > LONGEST_NAME || strspn(stream, allowed) != length || strspn(stream, ".") == length)
        return error_set(err, ERROR_USAGE,
                         "a stream's name has 1 to %d letters, digits, '.', '_' and '-'; \"%.80s\" has not",
                         LONGEST_NAME, stream);
    return true;
}

bool stream_prefix_check(const char *prefix, struct error *err)
{
    if (prefix[0] == '/')
        return error_set(err, ERROR_USAGE, "the prefix %.200s begins with '/': S3 would make an empty folder of it",
                         prefix);
    for (const char *c = prefix; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return error_set(err, ERROR_USAGE, "the prefix %.200s holds a control character", prefix);
    if (!utf8_is_valid(prefix, strlen(prefix)))
        return error_set(err, ERROR_USAGE, "the prefix %.200s is not UTF-8, as S3's keys must be", prefix);
    if (strlen(prefix) > 700)
        return error_set(err, ERROR_USAGE, "the prefix has more than 700 bytes; S3 allows 1,024 for the whole key");
    for (const char *segment = prefix; *segment;) {
        size_t length = strcspn(segment, "/");
        if (segment[length] == '/' && (length == 0 || (length <= 2 && strspn(segment, ".") == length)))
            return error_set(err, ERROR_USAGE, "the prefix %.200s holds an empty, '.' or '..' segment", prefix);
        if (segment[length] == '\0' && length <= 2 && strspn(segment, ".") == length)
            return error_set(err, ERROR_USAGE, "the prefix %.200s ends in '.' or '..'", prefix);
        segment += length + (segment[length] == '/');
    }
    return true;
}

void stream_object_key(const char *prefix, const char *stream, struct buffer *key)
{
    buffer_printf(key, "%s_headgate/%s.json", prefix, stream);
}

char *stream_group(const char *stream)
{
    return memory_printf("headgate-%s", stream);
}

void stream_place_hash(const struct stream_object *object, char out[9])
{
    char hex[DIGEST_HEX_SIZE];
    struct buffer text;

    buffer_init(&text, 0);
    buffer_printf(&text, "%s\n%s\n%s", object->endpoint, object->bucket, object->prefix);
    digest_sha256_hex(text.data, text.length, hex);
    buffer_clear(&text);
    memcpy(out, hex, 8);
    out[8] = '\0';
}

/* --- the document ---------------------------------------------------------------------------------------------------- */

static const char *const folder_names[] = {
    [STREAM_FOLDERS_TIME] = "time",
    [STREAM_FOLDERS_PARTITION] = "partition",
};

static struct json *settings_to_json(const struct stream_object *object)
{
    const struct stream_settings *settings = &object->settings;
    const struct compression *compression = compression_find(settings->compression);
    struct json *json = json_object_new(), *hints = json_object_new();

    json_set_real(hints, "SizeInMBs", (double)settings->size_bytes / MIB);
    json_set_real(hints, "IntervalInSeconds", (double)settings->interval_ms / 1000);
    json_set(json, "BufferingHints", hints);
    json_set_text(json, "CompressionFormat", compression ? compression->firehose_name : settings->compression);
    json_set_text(json, "Prefix", object->prefix);
    json_set_text(json, "format", settings->format);
    json_set_text(json, "compression", settings->compression);
    json_set_text(json, "folders", folder_names[settings->folders]);
    json_set_int(json, "size_bytes", settings->size_bytes);
    json_set_int(json, "interval_ms", settings->interval_ms);
    return json;
}

/* What the plan's own document does not hold, for it is no matter of --json. */
static struct json *identity_to_json(const struct cutover_plan *plan)
{
    struct json *json = json_object_new();

    json_set_text(json, "cluster_id", plan->cluster_id);
    json_set_text(json, "topic_id", plan->topic_id);
    json_set_bool(json, "compacted", plan->compacted);
    return json;
}

struct json *stream_object_to_json(const struct stream_object *object)
{
    struct json *json = json_object_new(), *store = json_object_new();

    json_set_int(json, "headgate", 1);
    json_set_text(json, "stream", object->stream);
    json_set_int(json, "created_at_ms", object->created_at);
    json_set_text(json, "created_by", object->created_by);
    json_set_text(json, "endpoint", object->endpoint);
    json_set_text(json, "bucket", object->bucket);
    json_set(json, "identity", identity_to_json(object->plan));
    json_set(json, "settings", settings_to_json(object));
    json_set_bool(store, "exactly_once", object->settings.exactly_once);
    json_set_text(store, "reason", object->store_reason);
    json_set(json, "store", store);
    json_set(json, "plan", cutover_plan_to_json(object->plan));
    return json;
}

static bool read_text(const struct json *json, const char *name, char **text, struct error *err)
{
    const char *found = json_get_text(json, name);

    if (!found)
        return error_set(err, ERROR_FORMAT, "\"%s\" is no text", name);
    *text = memory_copy_text(found);
    return true;
}

static bool read_word(const struct json *json, const char *name, char *word, size_t size, struct error *err)
{
    const char *found = json_get_text(json, name);

    if (!found || strlen(found) >= size)
        return error_set(err, ERROR_FORMAT, "the setting \"%s\" is no text, or too long", name);
    memcpy(word, found, strlen(found) + 1);
    return true;
}

static bool read_folders(const struct json *json, enum stream_folders *folders, struct error *err)
{
    const char *found = json_get_text(json, "folders");

    for (size_t i = 0; found && i < sizeof(folder_names) / sizeof(folder_names[0]); i++) {
        if (strcmp(found, folder_names[i]) == 0) {
            *folders = (enum stream_folders)i;
            return true;
        }
    }
    return error_set(err, ERROR_FORMAT, "the setting \"folders\" is neither time nor partition");
}

/* Firehose's names and ours tell the same twice; whoever edited one of them is refused. Also refuses unknown names. */
static bool check_settings(const struct json *json, const struct stream_object *object, struct error *err)
{
    struct json *expected = settings_to_json(object);
    struct buffer ours, theirs;
    bool same;

    buffer_init(&ours, 0);
    buffer_init(&theirs, 0);
    json_write(expected, false, &ours);
    json_write(json, false, &theirs);
    same = strcmp(ours.data, theirs.data) == 0;
    buffer_clear(&ours);
    buffer_clear(&theirs);
    json_free(expected);
    return same ||
           error_set(err, ERROR_FORMAT, "the settings contradict each other, or were written by another version");
}

static bool read_settings(const struct json *json, struct stream_object *object, struct error *err)
{
    struct stream_settings *settings = &object->settings;

    if (!read_text(json, "Prefix", &object->prefix, err) ||
        !read_word(json, "format", settings->format, sizeof(settings->format), err) ||
        !read_word(json, "compression", settings->compression, sizeof(settings->compression), err) ||
        !read_folders(json, &settings->folders, err))
        return false;
    if (!encoder_find(settings->format) || !compression_find(settings->compression))
        return error_set(err, ERROR_FORMAT, "this version does not know the format \"%s\" or the compression \"%s\"",
                         settings->format, settings->compression);
    if (!json_get_int(json, "size_bytes", &settings->size_bytes) || settings->size_bytes < 1 ||
        !json_get_int(json, "interval_ms", &settings->interval_ms) || settings->interval_ms < 1)
        return error_set(err, ERROR_FORMAT, "the settings size_bytes and interval_ms are not both above zero");
    return check_settings(json, object, err);
}

static bool read_store(const struct json *json, struct stream_object *object, struct error *err)
{
    static const char *const names[] = { "exactly_once", "reason", NULL };

    if (!json_check_names(json, names, "\"store\"", err) || !read_text(json, "reason", &object->store_reason, err))
        return false;
    return json_get_bool(json, "exactly_once", &object->settings.exactly_once) ||
           error_set(err, ERROR_FORMAT, "\"exactly_once\" is neither true nor false");
}

static bool read_identity(const struct json *json, struct cutover_plan *plan, struct error *err)
{
    static const char *const names[] = { "cluster_id", "topic_id", "compacted", NULL };

    if (!json_check_names(json, names, "\"identity\"", err))
        return false;
    free(plan->cluster_id);
    free(plan->topic_id);
    plan->cluster_id = plan->topic_id = NULL;
    if (!read_text(json, "cluster_id", &plan->cluster_id, err) || !read_text(json, "topic_id", &plan->topic_id, err))
        return false;
    if (!*plan->cluster_id || !*plan->topic_id)
        return error_set(err, ERROR_FORMAT, "\"cluster_id\" or \"topic_id\" is empty");
    return json_get_bool(json, "compacted", &plan->compacted) ||
           error_set(err, ERROR_FORMAT, "\"compacted\" is neither true nor false");
}

static bool read_plan(const struct json *json, struct stream_object *object, struct error *err)
{
    object->plan = cutover_plan_from_json(json_get(json, "plan"), err);
    if (!object->plan || !read_identity(json_get(json, "identity"), object->plan, err))
        return false;
    if (object->plan->totals.errors > 0 || object->plan->totals.past_end > 0)
        return error_set(err, ERROR_FORMAT,
                         "its plan is one that is never launched: a partition could not be read, or "
                         "was committed past its end");
    return true;
}

static bool read_document(const struct json *json, struct stream_object *object, struct error *err)
{
    static const char *const names[] = { "headgate", "stream",   "created_at_ms", "created_by", "endpoint", "bucket",
                                         "identity", "settings", "store",         "plan",       NULL };
    int64_t version = 0;

    if (!json_get_int(json, "headgate", &version) || version != 1)
        return error_set(err, ERROR_FORMAT,
                         "it is none, or one of another headgate (version %" PRId64 ", this reads 1)", version);
    if (!json_check_names(json, names, "it", err) || !read_text(json, "stream", &object->stream, err) ||
        !read_text(json, "created_by", &object->created_by, err) ||
        !read_text(json, "endpoint", &object->endpoint, err) || !read_text(json, "bucket", &object->bucket, err) ||
        !read_settings(json_get(json, "settings"), object, err) || !read_store(json_get(json, "store"), object, err))
        return false;
    if (!json_get_int(json, "created_at_ms", &object->created_at) || object->created_at < 0)
        return error_set(err, ERROR_FORMAT, "\"created_at_ms\" is no time");
    return stream_name_check(object->stream, err) && stream_prefix_check(object->prefix, err) &&
           read_plan(json, object, err);
}

struct stream_object *stream_object_from_json(const struct json *document, struct error *err)
{
    struct stream_object *object = memory_new(sizeof(*object));

    if (read_document(document, object, err))
        return object;
    if (err)
        err->kind = ERROR_FORMAT; /* names and prefixes are checked as if they had been typed */
    (void)error_prefix(err, "the stream object cannot be read");
    stream_object_free(object);
    return NULL;
}

bool stream_object_is_at(const struct stream_object *object, const char *bucket, const char *prefix, const char *stream,
                         struct error *err)
{
    if (strcmp(object->bucket, bucket) == 0 && strcmp(object->prefix, prefix) == 0 &&
        strcmp(object->stream, stream) == 0)
        return true;
    return error_set(
        err, ERROR_REFUSED,
        "the stream object at s3://%s/%s_headgate/%s.json is that of stream %s at s3://%s/%s: it was copied, "
        "and its objects are not followed here",
        bucket, prefix, stream, object->stream, object->bucket, object->prefix);
}

bool stream_object_is_of(const struct stream_object *object, const char *topic_id, struct error *err)
{
    const struct cutover_plan *plan = object->plan;

    if (strcmp(plan->topic_id, "-") == 0 || strcmp(topic_id, "-") == 0 || strcmp(plan->topic_id, topic_id) == 0)
        return true;
    return error_set(
        err, ERROR_REFUSED,
        "topic %s was made again: its id is %s, stream %s was planned on %s; its offsets mean other records "
        "now, so a new stream is needed",
        plan->topic, topic_id, object->stream, plan->topic_id);
}

/* --- the store ------------------------------------------------------------------------------------------------------- */

bool stream_object_put(struct s3_client *client, const struct stream_object *object, bool *taken, struct error *err)
{
    struct json *document = stream_object_to_json(object);
    struct buffer key, body;
    bool ok;

    buffer_init(&key, 0);
    buffer_init(&body, 0);
    stream_object_key(object->prefix, object->stream, &key);
    json_write(document, false, &body);
    struct http_piece piece = { .bytes = body.data, .length = body.length };
    struct s3_metadata metadata = { 0 };
    s3_metadata_set(&metadata, "hg-v", "1");
    s3_metadata_set(&metadata, "hg-plan", object->plan->id);
    struct s3_put put = {
        .key = key.data,
        .content_type = "application/json",
        .metadata = &metadata,
        .pieces = &piece,
        .piece_count = 1,
        .length = body.length,
        .crc32c = crc32c_update(0, body.data, body.length),
        .if_none_match = true,
    };
    ok = s3_client_put(client, &put, DEADLINE_MS, taken, err) || error_prefix(err, "cannot write the stream object");
    s3_metadata_clear(&metadata);
    buffer_clear(&key);
    buffer_clear(&body);
    json_free(document);
    return ok;
}

bool stream_object_get(struct s3_client *client, const char *prefix, const char *stream, struct stream_object **object,
                       bool *missing, struct error *err)
{
    struct json *document = NULL;
    struct buffer key, body;
    bool ok = false;

    *object = NULL;
    *missing = false;
    buffer_init(&key, 0);
    buffer_init(&body, LARGEST_DOCUMENT);
    stream_object_key(prefix, stream, &key);
    if (!s3_client_get(client, key.data, LARGEST_DOCUMENT, DEADLINE_MS, &body, missing, err))
        goto out;
    if (*missing) {
        ok = true;
        goto out;
    }
    document = json_parse(body.data, body.length, key.data, err);
    if (document)
        *object = stream_object_from_json(document, err);
    ok = *object ? stream_object_is_at(*object, s3_client_bucket(client), prefix, stream, err)
                 : error_prefix(err, "%s", key.data);
    if (!ok) {
        stream_object_free(*object);
        *object = NULL;
    }
out:
    json_free(document);
    buffer_clear(&key);
    buffer_clear(&body);
    return ok;
}

/* --- commit metadata ------------------------------------------------------------------------------------------------- */

void commit_metadata_write(const struct stream_object *object, int64_t seen, struct offset_range lost,
                           const char *instance, char out[COMMIT_METADATA_SIZE])
{
    char place[9], seen_text[24] = "-", lost_text[48] = "", text[160];
    const size_t most = COMMIT_METADATA_SIZE - 1 - strlen("hg1 12345678 12345678 seen= i");

    stream_place_hash(object, place);
    if (lost.end > lost.start)
        snprintf(lost_text, sizeof(lost_text), " lost=%" PRId64 "-%" PRId64, lost.start, lost.end);
    if (seen != OFFSET_NONE)
        snprintf(seen_text, sizeof(seen_text), "%" PRId64, seen);
    if (strlen(seen_text) + strlen(lost_text) > most)
        snprintf(seen_text, sizeof(seen_text), "-");
    snprintf(text, sizeof(text), "hg1 %s %s seen=%s%s %.24s", object->plan->id, place, seen_text, lost_text, instance);
    snprintf(out, COMMIT_METADATA_SIZE, "%.80s", text);
}

static bool read_hex(const char *text, char out[9])
{
    if (strspn(text, "0123456789abcdef") != 8)
        return false;
    memcpy(out, text, 8);
    out[8] = '\0';
    return true;
}

/* A number up to the next blank, or "-" for none; moves on to that blank. */
static bool read_offset(const char **text, int64_t *offset)
{
    char number[24];
    size_t length = strcspn(*text, " ");

    if (length >= sizeof(number))
        return false;
    memcpy(number, *text, length);
    number[length] = '\0';
    *text += length;
    *offset = OFFSET_NONE;
    return strcmp(number, "-") == 0 || text_parse_uint(number, INT64_MAX, offset);
}

/* "A-B" up to the next blank. */
static bool read_range(const char *text, struct offset_range *range)
{
    char numbers[48];
    size_t length = strcspn(text, " ");

    if (length >= sizeof(numbers))
        return false;
    memcpy(numbers, text, length);
    numbers[length] = '\0';
    return offset_range_parse(numbers, range) && range->start < range->end;
}

bool commit_metadata_read(const char *text, struct commit_metadata *metadata)
{
    if (!text || !text_starts_with(text, "hg1 ") || !read_hex(text + 4, metadata->plan) || text[12] != ' ' ||
        !read_hex(text + 13, metadata->place) || !text_starts_with(text + 21, " seen="))
        return false;
    text += strlen("hg1 ") + 8 + 1 + 8 + strlen(" seen=");
    metadata->lost = (struct offset_range){ 0 };
    if (!read_offset(&text, &metadata->seen))
        return false;
    if (!text_starts_with(text, " lost="))
        return true;
    text += strlen(" lost=");
    return read_range(text, &metadata->lost);
}
