/* One listing of the prefix, then a GET for each partition: 10 ms each in one region. */
#include "engine/engine_objects.h"

#include "base/buffer.h"
#include "base/text.h"
#include "format/record_count.h"
#include "kafka/kafka_scan.h"

#include <stdlib.h>
#include <string.h>

#define OBJECT_MOST ((size_t)512 * 1024 * 1024)

enum { SCAN_MOST = 5 * 1000 * 1000 }; /* offsets of a partition */

struct reading {
    struct engine_tools *tools;
    struct engine_question *question;
    const char *topic;
    size_t partitions;
    bool (*skip)(void *context, const char *key);
    void *context;
    char *bucket, *prefix;
    struct s3_client *client, *own; /* own: of another bucket than the stream's */
    char **keys;
    struct cutover_object *objects;
    size_t count, size;
    int64_t side_files, other_topics, foreign;
    char *first_foreign, *uncounted_why;
};

static void reading_clear(struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++)
        free(reading->keys[i]);
    free(reading->keys);
    free(reading->objects);
    free(reading->bucket);
    free(reading->prefix);
    free(reading->first_foreign);
    free(reading->uncounted_why);
    s3_client_free(reading->own);
}

/* PREFIX in the bucket given, or s3://BUCKET/PREFIX. */
static bool take_place(struct reading *reading, struct error *err)
{
    const char *place = reading->tools->config->with_connect;
    struct s3_settings settings = engine_tools_s3_settings(reading->tools);

    if (text_starts_with(place, "s3://")) {
        size_t length = strcspn(place + 5, "/");

        if (length == 0)
            return error_set(err, ERROR_USAGE, "--with-connect takes PREFIX or s3://BUCKET/PREFIX, not \"%s\"", place);
        reading->bucket = memory_copy_bytes(place + 5, length);
        reading->prefix = memory_copy_text(place + 5 + length + (place[5 + length] == '/'));
    } else {
        reading->bucket = memory_copy_text(settings.bucket);
        reading->prefix = memory_copy_text(place);
    }
    if (!reading->bucket)
        return error_set(err, ERROR_USAGE,
                         "where are the connector's objects? give --bucket, or --with-connect "
                         "s3://BUCKET/PREFIX");
    if (settings.bucket && strcmp(settings.bucket, reading->bucket) == 0)
        return engine_tools_s3(reading->tools, &reading->client, err);
    settings.bucket = reading->bucket;
    if (!s3_client_new(&settings, &reading->own, err))
        return false;
    reading->client = reading->own;
    return true;
}

/* The same number for the same folder (FNV-1a, 64 bits). */
static uint64_t folder_of(const char *key)
{
    const char *end = strrchr(key, '/');
    uint64_t hash = 1469598103934665603ULL;

    for (const char *c = key; end && c < end; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211ULL;
    return hash;
}

static void keep(struct reading *reading, const char *key, int32_t partition, int64_t start)
{
    if (reading->count == reading->size) {
        reading->size = reading->size > 0 ? reading->size * 2 : 1024;
        reading->keys = memory_resize(reading->keys, reading->size * sizeof(reading->keys[0]));
        reading->objects = memory_resize(reading->objects, reading->size * sizeof(reading->objects[0]));
    }
    reading->keys[reading->count] = memory_copy_text(key);
    reading->objects[reading->count] = (struct cutover_object){ .partition = partition,
                                                                .start = start,
                                                                .records = OFFSET_NONE,
                                                                .folder = folder_of(key),
                                                                .index = reading->count };
    reading->count++;
}

static bool found(void *context, const struct s3_list_entry *entry)
{
    struct reading *reading = context;
    size_t length = strlen(entry->key);
    int32_t partition;
    int64_t start;

    if ((length > 0 && entry->key[length - 1] == '/') || (reading->skip && reading->skip(reading->context, entry->key)))
        return !atomic_load(&reading->question->cancelled);
    switch (cutover_connect_read_key(reading->prefix, entry->key, reading->topic, reading->partitions, &partition,
                                     &start)) {
    case CUTOVER_KEY_DATA: keep(reading, entry->key, partition, start); break;
    case CUTOVER_KEY_SIDE: reading->side_files++; break;
    case CUTOVER_KEY_OTHER: reading->other_topics++; break;
    case CUTOVER_KEY_FOREIGN:
        if (reading->foreign++ == 0)
            reading->first_foreign = memory_copy_text(entry->key);
        break;
    }
    engine_question_progress(reading->question, (int64_t)reading->count, 0, "listing the connector's objects: %zu",
                             reading->count);
    return !atomic_load(&reading->question->cancelled);
}

/* An object that cannot be counted is no failure; one that cannot be read is. */
static bool count_object(struct reading *reading, struct cutover_object *object, struct error *err)
{
    const char *key = reading->keys[object->index];
    struct error why = { 0 };
    struct buffer body;
    bool missing = false, ok;

    buffer_init(&body, OBJECT_MOST);
    ok = s3_client_get(reading->client, key, OBJECT_MOST, ENGINE_S3_MS, &body, &missing, err);
    if (ok && missing)
        error_set(&why, ERROR_S3, "it was deleted meanwhile");
    else if (ok && !record_count(body.data ? body.data : "", body.length, &object->records, &why))
        object->records = OFFSET_NONE;
    if (ok && why.kind != ERROR_NONE && !reading->uncounted_why)
        reading->uncounted_why = memory_printf("%s: %s", key, why.message);
    buffer_clear(&body);
    return ok;
}

static bool count_chosen(struct reading *reading, size_t chosen, struct error *err)
{
    size_t done = 0;

    for (size_t i = 0; i < reading->count; i++) {
        if (!reading->objects[i].wanted)
            continue;
        engine_question_progress(reading->question, (int64_t)done, (int64_t)chosen,
                                 "counting the connector's objects %zu/%zu", done, chosen);
        if (!engine_question_wanted(reading->question, err) || !count_object(reading, &reading->objects[i], err))
            return false;
        done++;
    }
    return true;
}

/* --- what the broker says of offsets without records ----------------------------------------------------------------------*/

struct settling {
    struct reading *reading;
    struct offset_range *doubts; /* by partition; start OFFSET_NONE: none */
    size_t *first, *count;       /* of each partition's objects */
    size_t *cursor;              /* the object in which the last record was */
    int64_t *visible;            /* by object */
};

static void take_offset(void *context, int32_t partition, int64_t offset)
{
    struct settling *settling = context;
    const struct cutover_object *objects = &settling->reading->objects[settling->first[partition]];
    size_t *at = &settling->cursor[partition];

    while (*at + 1 < settling->count[partition] && objects[*at + 1].start <= offset)
        (*at)++;
    settling->visible[settling->first[partition] + *at]++;
}

static bool scan_wanted(void *context)
{
    struct settling *settling = context;

    engine_question_progress(settling->reading->question, 0, 0,
                             "asking the brokers which of the missing offsets hold records");
    return engine_question_wanted(settling->reading->question, NULL);
}

/* The partitions where offsets without records may explain it, each with its range; a range too long to be read is left. */
static size_t find_doubts(struct settling *settling, const struct cutover_connect *connect,
                          const struct cutover_connect_log *logs, struct kafka_scan_range *ranges)
{
    const struct reading *reading = settling->reading;
    size_t count = 0, at = 0;

    for (size_t i = 0; i < connect->count; i++) {
        struct offset_range range;

        settling->first[i] = at;
        while (at < reading->count && reading->objects[at].partition == (int32_t)i)
            at++;
        settling->count[i] = at - settling->first[i];
        if (!cutover_connect_doubts(&connect->rows[i], &logs[i], &reading->objects[settling->first[i]],
                                    settling->count[i], &range) ||
            range.end - range.start > SCAN_MOST)
            continue;
        settling->doubts[i] = range;
        ranges[count++] = (struct kafka_scan_range){ .partition = (int32_t)i, .start = range.start, .end = range.end };
    }
    return count;
}

static bool settle(struct reading *reading, const struct cutover_connect *connect,
                   const struct cutover_connect_log *logs, bool *changed, struct error *err)
{
    size_t partitions = connect->count + 1;
    struct settling settling = { .reading = reading };
    struct kafka_scan_range *ranges = memory_new(partitions * sizeof(ranges[0]));
    struct kafka_settings settings =
        engine_tools_kafka_settings(reading->tools, engine_tools_isolation(reading->tools));
    size_t count;
    bool ok = true;

    settling.doubts = memory_new(partitions * sizeof(settling.doubts[0]));
    settling.first = memory_new(partitions * sizeof(size_t));
    settling.count = memory_new(partitions * sizeof(size_t));
    settling.cursor = memory_new(partitions * sizeof(size_t));
    settling.visible = memory_new((reading->count + 1) * sizeof(settling.visible[0]));
    count = find_doubts(&settling, connect, logs, ranges);
    if (count > 0)
        ok = kafka_scan_offsets(&settings, reading->topic, ranges, count, ENGINE_TIMES_MS, take_offset, scan_wanted,
                                &settling, err);
    for (size_t i = 0; ok && i < count; i++) {
        int32_t partition = ranges[i].partition;
        size_t first = settling.first[partition];

        if (!ranges[i].done)
            continue;
        *changed = true;
        cutover_connect_settle(&connect->rows[partition], &settling.doubts[partition], &settling.visible[first],
                               &reading->objects[first], settling.count[partition]);
    }
    free(ranges);
    free(settling.doubts);
    free(settling.first);
    free(settling.count);
    free(settling.cursor);
    free(settling.visible);
    return ok;
}

/* First by counting the last objects; then, only where that does not fit the commits, by counting all objects of several
 * folders, and by asking the brokers. */
static struct cutover_connect *find_ends(struct reading *reading, const struct cutover_connect_log *logs, size_t count,
                                         struct error *err)
{
    bool all = reading->tools->config->count_all, changed = false;
    struct cutover_connect *connect;
    size_t chosen;

    if (!count_chosen(reading, cutover_connect_choose(reading->objects, reading->count, all), err))
        return NULL;
    connect = cutover_connect_make(logs, count, reading->objects, reading->count);
    chosen = cutover_connect_choose_mixed(connect, reading->objects, reading->count);
    if (chosen > 0) {
        bool ok = count_chosen(reading, chosen, err);

        cutover_connect_free(connect);
        if (!ok)
            return NULL;
        connect = cutover_connect_make(logs, count, reading->objects, reading->count);
    }
    if (!reading->tools->config->brokers_given || connect->missing + connect->holes == 0)
        return connect;
    if (!settle(reading, connect, logs, &changed, err)) {
        cutover_connect_free(connect);
        return NULL;
    }
    if (!changed)
        return connect;
    cutover_connect_free(connect);
    return cutover_connect_make(logs, count, reading->objects, reading->count);
}

static void move_text(char **from, char **to)
{
    *to = *from;
    *from = NULL;
}

struct cutover_connect *engine_objects_read(struct engine_tools *tools, struct engine_question *question,
                                            const char *topic, const struct cutover_connect_log *logs, size_t count,
                                            bool (*skip)(void *context, const char *key), void *context,
                                            struct error *err)
{
    struct reading reading = {
        .tools = tools, .question = question, .topic = topic, .partitions = count, .skip = skip, .context = context
    };
    struct cutover_connect *connect = NULL;

    engine_question_progress(question, 0, 0, "listing the connector's objects");
    if (!take_place(&reading, err) || !s3_client_check_bucket(reading.client, ENGINE_S3_MS, err) ||
        !s3_client_list(reading.client, reading.prefix, NULL, ENGINE_S3_MS, found, &reading, err) ||
        !engine_question_wanted(question, err))
        goto out;
    if (reading.count == 0) {
        error_set(
            err, ERROR_S3,
            "no object below s3://%s/%s is of topic %s in a layout that tells partition and offset (%lld of other "
            "topics, %lld other keys%s%s): check --with-connect",
            reading.bucket, reading.prefix, topic, (long long)reading.other_topics, (long long)reading.foreign,
            reading.first_foreign ? ", such as " : "", reading.first_foreign ? reading.first_foreign : "");
        goto out;
    }
    connect = find_ends(&reading, logs, count, err);
    if (!connect)
        goto out;
    connect->side_files = reading.side_files;
    connect->other_topics = reading.other_topics;
    connect->foreign = reading.foreign;
    move_text(&reading.bucket, &connect->bucket);
    move_text(&reading.prefix, &connect->prefix);
    move_text(&reading.first_foreign, &connect->first_foreign);
    move_text(&reading.uncounted_why, &connect->uncounted_why);
out:
    reading_clear(&reading);
    return connect;
}

bool engine_objects_attach(struct engine_tools *tools, struct engine_question *question, struct engine_event *event,
                           struct error *err)
{
    const struct cutover_survey *survey = event->survey;
    struct cutover_connect_log *logs;

    if (!tools->config->with_connect)
        return true;
    logs = memory_new((survey->count + 1) * sizeof(*logs));
    for (size_t i = 0; i < survey->count; i++) {
        bool error = survey->partitions[i].state == CUTOVER_ERROR;

        logs[i].committed = error ? OFFSET_NONE : survey->partitions[i].committed;
        logs[i].high_watermark = error ? OFFSET_NONE : survey->partitions[i].high_watermark;
        logs[i].log_start = error ? OFFSET_NONE : survey->partitions[i].log_start;
    }
    event->objects = engine_objects_read(tools, question, survey->topic, logs, survey->count, NULL, NULL, err);
    free(logs);
    return event->objects != NULL;
}
