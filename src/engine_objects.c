/* One listing of the prefix, then a GET for each partition: 10 ms each in one region. */
#include "engine_objects.h"

#include "base/buffer.h"
#include "base/text.h"
#include "format/record_count.h"

#include <stdlib.h>
#include <string.h>

#define OBJECT_MOST ((size_t)512 * 1024 * 1024)

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

static void keep(struct reading *reading, const char *key, int32_t partition, int64_t start)
{
    if (reading->count == reading->size) {
        reading->size = reading->size > 0 ? reading->size * 2 : 1024;
        reading->keys = memory_resize(reading->keys, reading->size * sizeof(reading->keys[0]));
        reading->objects = memory_resize(reading->objects, reading->size * sizeof(reading->objects[0]));
    }
    reading->keys[reading->count] = memory_copy_text(key);
    reading->objects[reading->count] = (struct cutover_object){
        .partition = partition, .start = start, .records = OFFSET_NONE, .index = reading->count
    };
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

static bool count_objects(struct reading *reading, struct error *err)
{
    size_t chosen = cutover_connect_choose(reading->objects, reading->count, reading->tools->config->count_all);
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
        !engine_question_wanted(question, err) || !count_objects(&reading, err))
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
    connect = cutover_connect_make(logs, count, reading.objects, reading.count);
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
    }
    event->objects = engine_objects_read(tools, question, survey->topic, logs, survey->count, NULL, NULL, err);
    free(logs);
    return event->objects != NULL;
}
