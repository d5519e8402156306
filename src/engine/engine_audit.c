/* Reads; decides nothing: which ranges are whole, double or missing is cutover_coverage's business. Sizes: a day of one
 * 64-partition stream is some 18,000 objects, about 150 bytes each while the audit runs. */
#include "engine/engine_audit.h"

#include "base/buffer.h"
#include "base/text.h"
#include "delivery/object_identity.h"
#include "delivery/object_key.h"
#include "delivery/stream_object.h"
#include "engine/engine_deep.h"
#include "engine/engine_objects.h"
#include "kafka/kafka_offsets.h"

#include <stdlib.h>
#include <string.h>

enum { HEADS_AT_ONCE = 16, STREAMS_NAMED = 5 };

struct audit_key {
    char *key;
    int64_t start; /* from the key */
    int32_t partition;
    timestamp_ms stored_at; /* as the listing says; TIMESTAMP_NONE */
};

struct audit {
    struct engine_tools *tools;
    struct engine_question *question;
    const char *name, *bucket, *prefix; /* borrowed */
    struct stream_object *stream;
    char *own_folder; /* <prefix>_headgate/: never data */
    struct audit_key *keys;
    size_t key_count, key_size;
    struct coverage_object *objects;
    size_t *key_of; /* of each object, its index in keys */
    size_t object_count;
    struct engine_audit *found; /* the same, to be shown */
    struct partition_offsets ends;
    timestamp_ms listed_at;
    size_t looked_at;
    int64_t foreign;
    char *foreign_why; /* of the first one */
    struct coverage_tail *tails;
    size_t tail_count;
    struct cutover_connect *old_objects; /* NULL: not asked for */
};

static void audit_clear(struct audit *audit)
{
    for (size_t i = 0; i < audit->key_count; i++)
        free(audit->keys[i].key);
    free(audit->keys);
    free(audit->objects);
    free(audit->key_of);
    engine_audit_free(audit->found);
    partition_offsets_clear(&audit->ends);
    free(audit->tails);
    free(audit->own_folder);
    free(audit->foreign_why);
    cutover_connect_free(audit->old_objects);
    stream_object_free(audit->stream);
}

/* --- which streams are there, for the error --------------------------------------------------------------------------*/

struct stream_names {
    struct buffer text;
    size_t folder_length;
    size_t count;
};

static bool name_stream(void *context, const struct s3_list_entry *entry)
{
    struct stream_names *names = context;
    const char *name = entry->key + names->folder_length;
    size_t length = strlen(name);

    if (length <= 5 || strchr(name, '/') || strcmp(name + length - 5, ".json") != 0)
        return true;
    if (names->count++ >= STREAMS_NAMED)
        return false;
    buffer_printf(&names->text, "%s%.*s", names->count > 1 ? ", " : "", (int)(length - 5), name);
    return true;
}

static bool no_such_stream(const struct audit *audit, struct s3_client *client, struct error *err)
{
    char *folder = memory_printf("%s_headgate/", audit->prefix);
    struct stream_names names = { .folder_length = strlen(folder) };

    buffer_init(&names.text, 2048);
    if (!s3_client_list(client, folder, NULL, ENGINE_S3_MS, name_stream, &names, NULL))
        names.count = 0;
    if (names.count > 0)
        error_set(err, ERROR_S3, "there is no stream %s below s3://%s/%s; there is %s", audit->name, audit->bucket,
                  audit->prefix, names.text.data);
    else
        error_set(err, ERROR_S3,
                  "there is no stream %s below s3://%s/%s (no object %s%s.json): check --bucket and --prefix",
                  audit->name, audit->bucket, audit->prefix, folder, audit->name);
    buffer_clear(&names.text);
    free(folder);
    return false;
}

/* --- keys ------------------------------------------------------------------------------------------------------------*/

static bool found_key(void *context, const struct s3_list_entry *entry)
{
    struct audit *audit = context;
    struct audit_key *row;
    int32_t partition;
    int64_t start;

    if (text_starts_with(entry->key, audit->own_folder) ||
        !object_key_read(audit->stream, entry->key, &partition, &start))
        return !atomic_load(&audit->question->cancelled);
    if (audit->key_count == audit->key_size) {
        audit->key_size = audit->key_size > 0 ? audit->key_size * 2 : 1024;
        audit->keys = memory_resize(audit->keys, audit->key_size * sizeof(audit->keys[0]));
    }
    row = &audit->keys[audit->key_count++];
    row->key = memory_copy_text(entry->key);
    row->partition = partition;
    row->start = start;
    if (!timestamp_parse(entry->modified, 0, &row->stored_at, NULL))
        row->stored_at = TIMESTAMP_NONE;
    engine_question_progress(audit->question, (int64_t)audit->key_count, 0, "listing: %zu objects", audit->key_count);
    return !atomic_load(&audit->question->cancelled);
}

/* --- metadata --------------------------------------------------------------------------------------------------------*/

static void note_foreign(struct audit *audit, const char *key, const struct error *why)
{
    if (audit->foreign++ == 0)
        audit->foreign_why = memory_printf("%s: %s", key, why->message);
}

static void looked_at(void *context, size_t index, const struct s3_object_info *info)
{
    struct audit *audit = context;
    const struct audit_key *key = &audit->keys[index];
    struct object_identity identity;
    struct error why;

    audit->looked_at++;
    engine_question_progress(audit->question, (int64_t)audit->looked_at, (int64_t)audit->key_count,
                             "reading metadata %zu/%zu", audit->looked_at, audit->key_count);
    if (!info)
        return; /* deleted since the listing: the hole will show */
    if (!object_identity_read(audit->stream, &info->metadata, key->start, &identity, &why)) {
        note_foreign(audit, key->key, &why);
        return;
    }
    audit->key_of[audit->object_count] = index;
    audit->objects[audit->object_count++] = (struct coverage_object){
        .partition = key->partition,
        .start = identity.start,
        .next = identity.next,
        .lost = identity.lost,
        .records = identity.count,
        .bytes = info->size,
        .first_time = identity.time_first,
        .last_time = identity.time_last,
        .stored_at = key->stored_at,
    };
}

static bool read_metadata(struct audit *audit, struct s3_client *client, struct error *err)
{
    const char **keys = memory_new((audit->key_count + 1) * sizeof(keys[0]));
    bool ok;

    for (size_t i = 0; i < audit->key_count; i++)
        keys[i] = audit->keys[i].key;
    audit->objects = memory_new((audit->key_count + 1) * sizeof(audit->objects[0]));
    audit->key_of = memory_new((audit->key_count + 1) * sizeof(audit->key_of[0]));
    ok = s3_client_head_many(client, keys, audit->key_count, HEADS_AT_ONCE, ENGINE_S3_MS, looked_at, audit, err);
    free(keys);
    return ok;
}

/* --- the tail --------------------------------------------------------------------------------------------------------*/

static void take_tails(struct audit *audit, const struct partition_offsets *committed)
{
    audit->tails = memory_new((committed->count + 1) * sizeof(audit->tails[0]));
    for (size_t i = 0; i < committed->count; i++) {
        struct coverage_tail *tail = &audit->tails[audit->tail_count];
        struct commit_metadata metadata;

        if (committed->rows[i].error)
            continue;
        tail->partition = committed->rows[i].partition;
        tail->committed = committed->rows[i].offset;
        tail->seen = OFFSET_NONE;
        tail->lost = (struct offset_range){ 0 };
        if (commit_metadata_read(committed->rows[i].metadata, &metadata)) {
            tail->seen = metadata.seen;
            tail->lost = metadata.lost;
        }
        audit->tail_count++;
    }
}

/* The group of another cluster says nothing about this stream. */
static bool check_cluster(struct audit *audit, struct kafka_client *client, struct error *err)
{
    const char *here = kafka_client_cluster_id(client, ENGINE_ASK_MS);
    const char *there = audit->stream->plan->cluster_id;

    if (!there || strcmp(here, "-") == 0 || strcmp(there, "-") == 0 || strcmp(here, there) == 0)
        return true;
    return error_set(err, ERROR_REFUSED,
                     "stream %s is of cluster %s, the brokers given are of cluster %s; leave --brokers out to audit "
                     "without the tail",
                     audit->stream->stream, there, here);
}

static bool read_tail(struct audit *audit, struct error *err)
{
    struct partition_offsets committed;
    struct kafka_client *client;
    char *group = stream_group(audit->stream->stream);
    bool ok;

    partition_offsets_init(&committed);
    engine_question_progress(audit->question, 0, 0, "reading the commits of %s", group);
    ok = engine_tools_kafka(audit->tools, engine_tools_isolation(audit->tools), &client, err) &&
         check_cluster(audit, client, err) &&
         kafka_offsets_committed(client, group, audit->stream->plan->topic, ENGINE_ASK_MS, &committed, err);
    if (ok)
        take_tails(audit, &committed);
    /* Where the log ends is worth showing, and no part of the verdict. */
    if (ok && !kafka_offsets_range(client, audit->stream->plan->topic, (int32_t)audit->stream->plan->count,
                                   KAFKA_LOG_END, ENGINE_ASK_MS, &audit->ends, NULL))
        partition_offsets_clear(&audit->ends);
    partition_offsets_clear(&committed);
    free(group);
    return ok;
}

/* --- the answer ------------------------------------------------------------------------------------------------------*/

/* Keys of the stream itself: its layout is the connector's. */
static bool is_own(void *context, const char *key)
{
    const struct audit *audit = context;
    int32_t partition;
    int64_t start;

    return text_starts_with(key, audit->own_folder) || object_key_read(audit->stream, key, &partition, &start);
}

/* The connector's objects against the commits of the plan; nothing happens without --with-connect. */
static bool read_old_objects(struct audit *audit, struct error *err)
{
    const struct cutover_plan *plan = audit->stream->plan;
    struct cutover_connect_log *logs;

    if (!audit->tools->config->with_connect)
        return true;
    logs = memory_new((plan->count + 1) * sizeof(*logs));
    for (size_t i = 0; i < plan->count; i++)
        logs[i] = (struct cutover_connect_log){ .committed = plan->rows[i].committed,
                                                .high_watermark = OFFSET_NONE,
                                                .log_start = plan->rows[i].log_start };
    audit->old_objects =
        engine_objects_read(audit->tools, audit->question, plan->topic, logs, plan->count, is_own, audit, err);
    free(logs);
    return audit->old_objects != NULL;
}

/* A gap that the plan did not announce is something missing, whoever's fault it is. */
static void judge_gap(const struct audit *audit, struct coverage *coverage)
{
    if (!audit->old_objects || coverage->found.gap <= coverage->planned.gap)
        return;
    if (coverage->verdict != COVERAGE_FAIL) {
        free(coverage->reason);
        coverage->reason =
            memory_printf("%lld offsets are neither in the connector's objects nor in the stream's, and the "
                          "plan has a gap of %lld",
                          (long long)coverage->found.gap, (long long)coverage->planned.gap);
    }
    coverage->verdict = COVERAGE_FAIL;
}

static struct coverage *make_coverage(struct audit *audit)
{
    struct cutover_plan *plan =
        audit->old_objects ? cutover_connect_as_old_side(audit->old_objects, audit->stream->plan) : NULL;
    struct coverage *coverage = coverage_make(plan ? plan : audit->stream->plan, audit->objects, audit->object_count,
                                              audit->tails, audit->tail_count, audit->foreign);

    cutover_plan_free(plan);
    judge_gap(audit, coverage);
    return coverage;
}

static int compare_objects(const void *a, const void *b)
{
    const struct coverage_object *x = &((const struct engine_audit_object *)a)->range;
    const struct coverage_object *y = &((const struct engine_audit_object *)b)->range;

    if (x->partition != y->partition)
        return x->partition < y->partition ? -1 : 1;
    return x->start < y->start ? -1 : x->start > y->start;
}

static void keep_objects(struct audit *audit)
{
    struct engine_audit *found = memory_new(sizeof(*found));

    found->bucket = memory_copy_text(audit->bucket);
    found->prefix = memory_copy_text(audit->prefix);
    found->plan = cutover_plan_copy(audit->stream->plan);
    found->listed_at = audit->listed_at;
    found->objects = memory_new((audit->object_count + 1) * sizeof(found->objects[0]));
    found->object_count = audit->object_count;
    for (size_t i = 0; i < audit->object_count; i++) {
        found->objects[i].range = audit->objects[i];
        found->objects[i].key = memory_copy_text(audit->keys[audit->key_of[i]].key);
    }
    if (found->object_count > 0)
        qsort(found->objects, found->object_count, sizeof(found->objects[0]), compare_objects);
    audit->found = found;
}

static bool check_deep(struct audit *audit, struct s3_client *client, struct error *err)
{
    struct engine_audit *found = audit->found;

    found->deep = true;
    for (size_t i = 0; i < found->object_count; i++) {
        struct engine_audit_object *object = &found->objects[i];

        engine_question_progress(audit->question, (int64_t)i, (int64_t)found->object_count, "reading objects %zu/%zu",
                                 i, found->object_count);
        if (!engine_question_wanted(audit->question, err) ||
            !engine_deep_check(client, audit->stream, object->key, &object->range, &object->trouble, err))
            return false;
        found->deep_read++;
        found->deep_wrong += object->trouble != NULL;
    }
    return true;
}

/* What the objects themselves say weighs more than what is written on them. */
static void judge_deep(struct engine_audit *found, struct coverage *coverage)
{
    if (found->deep_wrong == 0)
        return;
    for (size_t i = 0; i < found->object_count; i++) {
        if (!found->objects[i].trouble)
            continue;
        free(coverage->reason);
        coverage->reason = memory_printf("%s: %s", found->objects[i].key, found->objects[i].trouble);
        break;
    }
    coverage->verdict = COVERAGE_FAIL;
}

static void post_coverage(struct audit *audit)
{
    struct engine_event *event = engine_event_new(ENGINE_AUDIT);

    event->final = true;
    event->coverage = make_coverage(audit);
    coverage_set_ends(event->coverage, &audit->ends);
    judge_deep(audit->found, event->coverage);
    event->audit = audit->found;
    audit->found = NULL;
    event->objects = audit->old_objects;
    audit->old_objects = NULL;
    event->stream = memory_copy_text(audit->stream->stream);
    event->plan_id = memory_copy_text(audit->stream->plan->id);
    if (audit->foreign_why) {
        char *reason = event->coverage->reason;

        event->coverage->reason =
            memory_printf("%s%s%s", reason ? reason : "", reason && reason[0] ? "; " : "", audit->foreign_why);
        free(reason);
    }
    engine_question_post(audit->question, event);
}

static void take_names(struct audit *audit)
{
    const struct config *config = audit->tools->config;
    const struct engine_question *question = audit->question;

    audit->name = question->stream ? question->stream : config->stream;
    audit->bucket = question->bucket ? question->bucket : config->bucket;
    audit->prefix = question->prefix ? question->prefix : config->prefix;
}

static bool open_stream(struct audit *audit, struct s3_client **client, struct error *err)
{
    bool missing = false;

    if (!audit->name || !audit->bucket)
        return error_set(err, ERROR_USAGE, "an audit needs --stream and --bucket");
    if (!stream_name_check(audit->name, err) || !stream_prefix_check(audit->prefix, err) ||
        !engine_tools_s3(audit->tools, client, err))
        return false;
    engine_question_progress(audit->question, 0, 0, "asking the store");
    if (!s3_client_check_bucket(*client, ENGINE_S3_MS, err) ||
        !stream_object_get(*client, audit->prefix, audit->name, &audit->stream, &missing, err))
        return false;
    return !missing || no_such_stream(audit, *client, err);
}

bool engine_audit_answer(struct engine_tools *tools, struct engine_question *question, struct error *err)
{
    struct audit audit = { .tools = tools, .question = question };
    struct s3_client *client = NULL;
    bool ok = false;

    partition_offsets_init(&audit.ends);
    take_names(&audit);
    /* The tail before the objects: a commit read later could lie beyond the objects that were listed. */
    if (!open_stream(&audit, &client, err) || (tools->config->brokers_given && !read_tail(&audit, err)))
        goto out;
    audit.own_folder = memory_printf("%s_headgate/", audit.prefix);
    audit.listed_at = timestamp_now();
    if (!s3_client_list(client, audit.prefix, NULL, ENGINE_S3_MS, found_key, &audit, err))
        goto out;
    if (!engine_question_wanted(question, err) || !read_metadata(&audit, client, err) ||
        !engine_question_wanted(question, err) || !read_old_objects(&audit, err))
        goto out;
    keep_objects(&audit);
    if (question->details && !check_deep(&audit, client, err))
        goto out;
    post_coverage(&audit);
    ok = true;
out:
    audit_clear(&audit);
    return ok;
}
