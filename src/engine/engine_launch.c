/* Asked first, written last: a launch looks at everything that could refuse it before the stream object is put. */
#include "engine/engine_launch.h"

#include "base/buffer.h"
#include "base/log.h"
#include "base/text.h"
#include "delivery/object_key.h"
#include "engine/engine_changes.h"
#include "engine/engine_connect.h"
#include "engine/engine_plan.h"
#include "engine/engine_resume.h"
#include "kafka/kafka_offsets.h"
#include "s3/s3_probe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB ((int64_t)1024 * 1024)

/* What typing may allow; commits past the end and partitions that cannot be read never. */
enum { MAY_BE_ALLOWED = CUTOVER_OBJECT_GAP | CUTOVER_OBJECT_LOST | CUTOVER_OBJECT_MEMBERS };

void engine_prepared_clear(struct engine_prepared *prepared)
{
    stream_object_free(prepared->stream);
    free(prepared->refusal);
    memset(prepared, 0, sizeof(*prepared));
}

/* What one launch question works on. */
struct launch {
    struct engine_tools *tools;
    struct engine_question *question;
    struct engine_wish wish;
    struct s3_client *s3;
    struct engine_prepared *prepared;
    struct engine_launch *answer;
    struct s3_probe_report probe;
    struct engine_prepared before; /* what is read again; empty when this is the first time */
};

static bool take_wish(struct launch *launch, struct error *err)
{
    const struct config *config = launch->tools->config;
    const struct engine_question *question = launch->question;
    struct engine_wish *wish = &launch->wish;
    struct cutover_start start;

    *wish = (struct engine_wish){
        .stream = question->stream ? question->stream : config->stream,
        .bucket = question->bucket ? question->bucket : config->bucket,
        .prefix = question->prefix ? question->prefix : config->prefix,
        .topic = question->topic ? question->topic : config->topic,
        .group = question->group ? question->group : config->group,
        .start = question->start ? question->start : config->start,
        .until = config->until,
        .asked_at = timestamp_now(),
    };
    if (!wish->stream || !wish->bucket)
        return error_set(err, ERROR_USAGE, "a delivery needs --stream and --bucket");
    if (!stream_name_check(wish->stream, err) || !stream_prefix_check(wish->prefix, err))
        return false;
    if (wish->start && !cutover_start_parse(wish->start, wish->asked_at, &start, err))
        return false;
    return engine_until_check(wish->until, wish->asked_at, err);
}

static bool probe_store(struct launch *launch, struct error *err)
{
    char nonce[9];

    engine_question_progress(launch->question, 0, 0, "asking the store what it promises");
    engine_tools_random_id(nonce);
    return s3_probe_run(launch->s3, launch->wish.prefix, nonce, &launch->probe, err);
}

/* --- a new stream ----------------------------------------------------------------------------------------------------*/

/* A group with commits and no stream object at the given place: never a fresh start. */
static bool check_no_commits(struct launch *launch, struct error *err)
{
    struct kafka_group_topic *topics = NULL;
    struct kafka_client *client;
    size_t count = 0;
    char *group = stream_group(launch->wish.stream);
    bool ok = false;

    if (!engine_tools_kafka(launch->tools, engine_tools_isolation(launch->tools), &client, err) ||
        !kafka_offsets_group_topics(client, group, ENGINE_ASK_MS, &topics, &count, err))
        goto out;
    ok = count == 0;
    if (!ok)
        error_set(err, ERROR_REFUSED,
                  "group %s has commits for topic %s, but there is no stream object %s_headgate/%s.json in bucket %s: "
                  "give the bucket and prefix it was launched with, or take another stream name",
                  group, topics[0].topic, launch->wish.prefix, launch->wish.stream, launch->wish.bucket);
out:
    kafka_group_topics_free(topics, count);
    free(group);
    return ok;
}

static bool plan_stream(struct launch *launch, struct cutover_plan **plan, struct error *err)
{
    const struct engine_wish *wish = &launch->wish;
    struct cutover_start start;

    if (!wish->topic || !wish->start)
        return error_set(err, ERROR_USAGE,
                         "there is no stream %s below s3://%s/%s yet; a new one needs --topic and --start (safe, "
                         "committed, earliest, now or a TIME)",
                         wish->stream, wish->bucket, wish->prefix);
    if (!cutover_start_parse(wish->start, wish->asked_at, &start, err) || !check_no_commits(launch, err))
        return false;
    if (wish->group)
        engine_survey_expect_times(launch->tools);
    if (!engine_survey_offsets(launch->tools, launch->question, wish->topic, wish->group, &launch->answer->survey, err))
        return false;
    if (wish->group && !engine_survey_times(launch->tools, launch->question, launch->answer->survey, err))
        return false;
    return engine_plan_make(launch->tools, launch->answer->survey, start, plan, err) &&
           engine_plan_set_until(launch->tools, launch->answer->survey, wish->until, wish->asked_at, *plan, err);
}

static void fill_settings(const struct config *config, struct stream_settings *settings)
{
    snprintf(settings->format, sizeof(settings->format), "%s", config->format ? config->format : "lines");
    snprintf(settings->compression, sizeof(settings->compression), "%s",
             config->compression ? config->compression : "gzip");
    settings->folders =
        config->folders && strcmp(config->folders, "partition") == 0 ? STREAM_FOLDERS_PARTITION : STREAM_FOLDERS_TIME;
    settings->size_bytes = config->size_bytes > 0 ? config->size_bytes : 128 * MIB;
    settings->interval_ms = config->interval_ms > 0 ? config->interval_ms : 300 * 1000;
}

static struct stream_object *stream_from(struct launch *launch, struct cutover_plan *plan)
{
    struct stream_object *stream = memory_new(sizeof(*stream));
    bool impure = false;

    stream->stream = memory_copy_text(launch->wish.stream);
    stream->endpoint = memory_copy_text(s3_client_endpoint(launch->s3));
    stream->bucket = memory_copy_text(launch->wish.bucket);
    stream->prefix = memory_copy_text(launch->wish.prefix);
    stream->created_at = timestamp_now();
    stream->created_by = engine_tools_instance();
    stream->plan = plan;
    fill_settings(launch->tools->config, &stream->settings);
    /* Compaction may take the first record away, and with it the hour that the key was made of. */
    impure = plan->compacted && stream->settings.folders == STREAM_FOLDERS_TIME;
    stream->settings.exactly_once = launch->probe.verdict == S3_PROBE_EXACTLY_ONCE && !impure;
    if (launch->probe.verdict != S3_PROBE_EXACTLY_ONCE)
        stream->store_reason = memory_copy_text(launch->probe.reason);
    else
        stream->store_reason = memory_copy_text(impure ? "time folders on a compacted topic" : "");
    launch->answer->compacted_refused = impure && !launch->tools->config->allow_weak_store;
    launch->answer->weak_store_refused =
        launch->probe.verdict != S3_PROBE_EXACTLY_ONCE && !launch->tools->config->allow_weak_store;
    return stream;
}

/* A topic name of 249 bytes and a long prefix can make keys that S3 refuses: better now than at the first object. */
static bool check_key(const struct stream_object *stream, struct error *err)
{
    struct buffer key;
    int32_t last = stream->plan->count > 0 ? (int32_t)stream->plan->count - 1 : 0;
    bool ok;

    buffer_init(&key, 0);
    ok = object_key_make(stream, last, 0, 0, 1, stream->created_by, &key, err);
    buffer_clear(&key);
    return ok;
}

/* --- why not ---------------------------------------------------------------------------------------------------------*/

static void object_to(struct buffer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void object_to(struct buffer *out, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    buffer_printf(out, "%s%s", out->length > 0 ? "; " : "", text);
}

static unsigned objections_left(const struct config *config, const struct cutover_plan *plan)
{
    unsigned objections = cutover_plan_objections(plan);

    if (config->allow_gap)
        objections &= ~(unsigned)CUTOVER_OBJECT_GAP;
    if (config->allow_lost)
        objections &= ~(unsigned)CUTOVER_OBJECT_LOST;
    if (config->allow_members)
        objections &= ~(unsigned)CUTOVER_OBJECT_MEMBERS;
    return objections;
}

static void object_to_lost(struct buffer *out, const struct cutover_totals *totals)
{
    char count[TEXT_COUNTED_SIZE], in[TEXT_COUNTED_SIZE];

    if (totals->lost > 0)
        object_to(out, "retention took %s in %s before the old delivery read them (--allow-lost)",
                  text_counted(count, totals->lost, "offset"), text_counted(in, (int64_t)totals->lost_in, "partition"));
    if (totals->lost_unknown > 0)
        object_to(out, "without a commit in %s it is unknown what the old delivery lost there (--allow-lost)",
                  text_counted(in, (int64_t)totals->lost_unknown, "partition"));
}

static void object_to_plan(struct buffer *out, const struct cutover_plan *plan, unsigned objections)
{
    const struct cutover_totals *totals = &plan->totals;
    char count[TEXT_COUNTED_SIZE], in[TEXT_COUNTED_SIZE];

    if (objections & CUTOVER_OBJECT_ERRORS)
        object_to(out, "%s could not be read", text_counted(in, (int64_t)totals->errors, "partition"));
    if (objections & CUTOVER_OBJECT_PAST_END)
        object_to(out, "commits beyond the end in %s: the topic was made again or truncated",
                  text_counted(in, (int64_t)totals->past_end, "partition"));
    if (objections & CUTOVER_OBJECT_GAP)
        object_to(out, "%s in %s would be delivered by neither side (--allow-gap)",
                  text_counted(count, totals->gap, "offset"), text_counted(in, (int64_t)totals->gap_in, "partition"));
    if (objections & CUTOVER_OBJECT_LOST)
        object_to_lost(out, totals);
    if (objections & CUTOVER_OBJECT_MEMBERS)
        object_to(out, "group %s still has %s: its commits move on (stop the connector, or --allow-members)",
                  plan->group, text_counted(count, plan->group_members, "member"));
}

static char *refusal_of(const struct launch *launch, const struct cutover_plan *plan)
{
    const struct engine_launch *answer = launch->answer;
    struct buffer out;

    buffer_init(&out, 4096);
    object_to_plan(&out, plan, answer->objections);
    if (answer->weak_store_refused)
        object_to(&out, "this store cannot do exactly once (%s), only at least once (--allow-weak-store)",
                  launch->probe.reason);
    if (answer->compacted_refused)
        object_to(&out,
                  "topic %s is compacted: with time folders only at least once holds (--folders partition, or "
                  "--allow-weak-store)",
                  plan->topic);
    if (out.length == 0) {
        buffer_clear(&out);
        return NULL;
    }
    return buffer_take(&out);
}

/* Read again: where nothing that matters has changed the plan stays the one that was confirmed. */
static struct cutover_plan *keep_or_replace(struct launch *launch, struct cutover_plan *plan)
{
    const struct stream_object *before = launch->before.stream;

    if (!before)
        return plan;
    launch->answer->changed = launch->before.resume ? memory_copy_text("the stream was there, and is gone")
                                                    : engine_changes(before->plan, plan);
    if (launch->answer->changed)
        return plan;
    cutover_plan_free(plan);
    return cutover_plan_copy(before->plan);
}

static bool prepare_new(struct launch *launch, struct error *err)
{
    struct cutover_plan *plan = NULL;
    unsigned allowed = launch->question->allowed;

    if (!plan_stream(launch, &plan, err) || !engine_question_wanted(launch->question, err) ||
        !probe_store(launch, err)) {
        cutover_plan_free(plan);
        return false;
    }
    plan = keep_or_replace(launch, plan);
    launch->prepared->stream = stream_from(launch, plan);
    launch->answer->objections = objections_left(launch->tools->config, plan) & ~(allowed & MAY_BE_ALLOWED);
    if (allowed & ENGINE_ALLOW_WEAK_STORE)
        launch->answer->weak_store_refused = launch->answer->compacted_refused = false;
    launch->prepared->refusal = refusal_of(launch, plan);
    return check_key(launch->prepared->stream, err);
}

/* --- a stream that exists --------------------------------------------------------------------------------------------*/

/* Cut rules need no agreement between writers, so a run may have its own. */
static void take_run_settings(const struct config *config, struct stream_settings *settings)
{
    if (config->size_bytes > 0)
        settings->size_bytes = config->size_bytes;
    if (config->interval_ms > 0)
        settings->interval_ms = config->interval_ms;
}

/* C3: a bucket of the same name at another endpoint may be a copy that lags behind. */
static bool check_endpoint(const struct stream_object *stream, struct s3_client *s3, struct error *err)
{
    if (strcmp(stream->endpoint, s3_client_endpoint(s3)) == 0)
        return true;
    return error_set(err, ERROR_REFUSED,
                     "stream %s was launched at %s, this is %s: the same bucket name there may be another place; give "
                     "--endpoint-url as it was, or use another stream name",
                     stream->stream, stream->endpoint, s3_client_endpoint(s3));
}

static bool prepare_resume(struct launch *launch, struct error *err)
{
    struct stream_object *stream = launch->prepared->stream;
    struct partition_offsets committed;
    bool ok = false;

    partition_offsets_init(&committed);
    if (!check_endpoint(stream, launch->s3, err) ||
        !engine_resume_same(&launch->wish, launch->tools->config, stream, err) ||
        !engine_resume_check(launch->tools, stream, &committed, err) ||
        !engine_resume_behind(launch->tools, stream, &committed, &launch->answer->behind, err))
        goto out;
    /* At least once needs nothing of the store that could have become weaker. */
    if (stream->settings.exactly_once && !probe_store(launch, err))
        goto out;
    take_run_settings(launch->tools->config, &stream->settings);
    if (stream->settings.exactly_once && launch->probe.verdict != S3_PROBE_EXACTLY_ONCE) {
        launch->answer->weak_store_refused = true;
        launch->prepared->refusal =
            memory_printf("stream %s was launched as exactly once, and the store no longer is: %s", stream->stream,
                          launch->probe.reason);
    }
    ok = true;
out:
    partition_offsets_clear(&committed);
    return ok;
}

/* --- the answer ------------------------------------------------------------------------------------------------------*/

/* From then on retention takes what neither side has delivered. */
static timestamp_ms deadline_of(const struct engine_launch *answer)
{
    struct cutover_times times;

    if (!answer->survey || answer->retention_ms <= 0)
        return TIMESTAMP_NONE;
    times = cutover_survey_times(answer->survey);
    return times.count > 0 ? times.oldest + answer->retention_ms : TIMESTAMP_NONE;
}

/* "2026-11-24T10:00:00Z, renewed before" or NULL. Caller frees. */
static char *expires_of(struct engine_tools *tools)
{
    struct credentials credentials;
    char until[TIMESTAMP_TEXT_SIZE], *text = NULL;

    if (credential_provider_get(tools->provider, &credentials, NULL) && credentials.expires != TIMESTAMP_NONE)
        text = memory_printf("%s%s", timestamp_text(until, credentials.expires),
                             strcmp(credentials.source, "environment") == 0 ? ", not renewed" : ", renewed before");
    credentials_clear(&credentials);
    return text;
}

static void fill_answer(struct launch *launch)
{
    const struct stream_object *stream = launch->prepared->stream;
    struct engine_launch *answer = launch->answer;

    answer->resume = launch->prepared->resume;
    answer->stream = memory_copy_text(stream->stream);
    answer->own_group = stream_group(stream->stream);
    answer->bucket = memory_copy_text(stream->bucket);
    answer->prefix = memory_copy_text(stream->prefix);
    answer->endpoint = memory_copy_text(s3_client_endpoint(launch->s3));
    answer->identity = memory_copy_text(s3_client_identity(launch->s3));
    answer->expires = expires_of(launch->tools);
    answer->format = memory_copy_text(stream->settings.format);
    answer->compression = memory_copy_text(stream->settings.compression);
    answer->folders = memory_copy_text(stream->settings.folders == STREAM_FOLDERS_TIME ? "time" : "partition");
    answer->size_bytes = stream->settings.size_bytes;
    answer->interval_ms = stream->settings.interval_ms;
    answer->plan = cutover_plan_copy(stream->plan);
    answer->exactly_once = stream->settings.exactly_once;
    answer->store_reason = memory_copy_text(stream->store_reason ? stream->store_reason : "");
    answer->tls = strncmp(answer->endpoint, "https:", 6) == 0;
    answer->retention_ms = answer->survey ? answer->survey->retention_ms : -1;
    answer->deadline = deadline_of(answer);
    answer->clock_skew_ms = launch->probe.clock_skew_ms;
    answer->refusal = memory_copy_text(launch->prepared->refusal);
}

static bool prepare(struct launch *launch, struct error *err)
{
    bool missing = false;

    if (!take_wish(launch, err) || !engine_tools_s3(launch->tools, &launch->s3, err))
        return false;
    engine_question_progress(launch->question, 0, 0, "asking the store");
    if (!s3_client_check_bucket(launch->s3, ENGINE_S3_MS, err) ||
        !stream_object_get(launch->s3, launch->wish.prefix, launch->wish.stream, &launch->prepared->stream, &missing,
                           err) ||
        !engine_question_wanted(launch->question, err))
        return false;
    launch->prepared->resume = !missing;
    launch->prepared->allowed = launch->question->allowed;
    if (!missing && launch->before.stream && !launch->before.resume)
        launch->answer->changed = memory_printf("stream %s was launched meanwhile, with plan %s: that plan holds",
                                                launch->wish.stream, launch->prepared->stream->plan->id);
    return missing ? prepare_new(launch, err) : prepare_resume(launch, err);
}

bool engine_launch_answer(struct engine_tools *tools, struct engine_question *question,
                          struct engine_prepared *prepared, struct error *err)
{
    struct engine_event *event = engine_event_new(ENGINE_LAUNCH);
    struct launch launch = { .tools = tools, .question = question, .prepared = prepared };

    if (question->again != 0 && prepared->number == question->again) {
        launch.before = *prepared;
        memset(prepared, 0, sizeof(*prepared));
    }
    engine_prepared_clear(prepared);
    event->final = true;
    event->launch = launch.answer = memory_new(sizeof(*event->launch));
    launch.answer->behind = OFFSET_NONE;
    if (!prepare(&launch, err)) {
        engine_prepared_clear(&launch.before);
        engine_prepared_clear(prepared);
        engine_event_free(event);
        return false;
    }
    engine_prepared_clear(&launch.before);
    prepared->number = question->number;
    fill_answer(&launch);
    if (!launch.answer->resume)
        engine_connect_attach(tools, question, launch.answer->plan->group, event);
    engine_question_post(question, event);
    return true;
}

/* --- go --------------------------------------------------------------------------------------------------------------*/

/* Has a partition changed since the plan in a way that changes its numbers? Commits of a group that still has members
 * may move forward: that was allowed, and said to be a lower bound. */
static bool check_row(const struct cutover_plan *plan, const struct cutover_plan_row *row, int64_t committed,
                      int64_t log_start, struct error *err)
{
    int64_t base = row->committed > row->log_start ? row->committed : row->log_start;
    int64_t first = row->start < base ? row->start : base;

    if (plan->group && committed != row->committed && !(plan->group_members > 0 && committed > row->committed))
        return error_set(err, ERROR_REFUSED,
                         "the commit of group %s in partition %d was %lld when the plan was made and is %lld now: "
                         "plan again",
                         plan->group, row->partition, (long long)row->committed, (long long)committed);
    if (log_start != OFFSET_NONE && log_start > row->log_start && log_start > first)
        return error_set(err, ERROR_REFUSED,
                         "retention has moved on in partition %d: its log began at %lld when the plan was made and "
                         "begins at %lld now, beyond %lld: plan again",
                         row->partition, (long long)row->log_start, (long long)log_start, (long long)first);
    return true;
}

static bool check_members(struct engine_tools *tools, const struct cutover_plan *plan, unsigned allowed,
                          struct error *err)
{
    struct kafka_group group = { 0 };
    struct kafka_client *client;
    bool ok;

    if (!plan->group)
        return true;
    ok = engine_tools_kafka(tools, engine_tools_isolation(tools), &client, err) &&
         kafka_directory_group(client, plan->group, ENGINE_ASK_MS, &group, err);
    if (ok && group.members > 0 && plan->group_members == 0 && !tools->config->allow_members &&
        !(allowed & CUTOVER_OBJECT_MEMBERS))
        ok = error_set(err, ERROR_REFUSED,
                       "group %s had no members when the plan was made and has %d now: stop the connector and plan "
                       "again (or --allow-members)",
                       plan->group, group.members);
    kafka_group_clear(&group);
    return ok;
}

static bool check_unchanged(struct engine_tools *tools, const struct cutover_plan *plan, unsigned allowed,
                            struct error *err)
{
    struct engine_offsets offsets;
    bool ok;

    engine_offsets_init(&offsets);
    ok = check_members(tools, plan, allowed, err) &&
         engine_offsets_read(tools, plan->topic, (int32_t)plan->count, plan->group, &offsets, err);
    for (size_t i = 0; ok && i < plan->count; i++) {
        const struct cutover_plan_row *row = &plan->rows[i];

        ok = check_row(plan, row, partition_offsets_get(&offsets.committed, row->partition),
                       partition_offsets_get(&offsets.starts, row->partition), err);
    }
    engine_offsets_clear(&offsets);
    return ok;
}

/* Somebody else's plan won the race: it holds, if it is what was asked for here too. */
static bool take_winner(struct engine_tools *tools, struct engine_question *question, struct s3_client *s3,
                        struct stream_object **stream, struct error *err)
{
    const struct config *config = tools->config;
    const struct cutover_plan *plan = (*stream)->plan;
    struct engine_wish wish = { .topic = plan->topic, .group = plan->group, .asked_at = timestamp_now() };
    struct stream_object *winner = NULL;
    char start[TIMESTAMP_TEXT_SIZE];
    bool missing = false;

    wish.start = cutover_start_name(plan->start.kind);
    if (plan->start.kind == CUTOVER_START_TIME) {
        snprintf(start, sizeof(start), "%lld", (long long)plan->start.time);
        wish.start = start;
    }
    wish.until = config->until;
    if (!stream_object_get(s3, (*stream)->prefix, (*stream)->stream, &winner, &missing, err))
        return false;
    if (missing)
        return error_set_retriable(err, ERROR_S3,
                                   "the stream object of %s was there and is gone again: the store contradicts itself, "
                                   "or somebody deleted it",
                                   (*stream)->stream);
    if (strcmp(winner->plan->id, (*stream)->plan->id) == 0) {
        stream_object_free(winner);
        return true;
    }
    if (!engine_resume_same(&wish, config, winner, err)) {
        stream_object_free(winner);
        return false;
    }
    engine_question_say(question, "another instance launched %s first: going on with its plan %s instead of %s",
                        winner->stream, winner->plan->id, (*stream)->plan->id);
    stream_object_free(*stream);
    *stream = winner;
    take_run_settings(config, &winner->settings);
    return true;
}

/* Offsets can be the same in a topic that was made again meanwhile. */
static bool check_topic(struct engine_tools *tools, const struct stream_object *stream, struct error *err)
{
    struct kafka_client *client;

    return engine_tools_kafka(tools, engine_tools_isolation(tools), &client, err) &&
           engine_resume_source(stream, client, err);
}

static bool write_stream(struct engine_tools *tools, struct engine_question *question, struct stream_object **stream,
                         unsigned allowed, struct error *err)
{
    struct s3_client *s3;
    bool taken = false;

    engine_question_progress(question, 0, 0, "checking that nothing has changed since the plan");
    if (!check_topic(tools, *stream, err) || !check_unchanged(tools, (*stream)->plan, allowed, err) ||
        !engine_question_wanted(question, err) || !engine_tools_s3(tools, &s3, err) ||
        !stream_object_put(s3, *stream, &taken, err))
        return false;
    /* A weak store may have let two writers win: what stands there now is the plan. */
    if (taken || !(*stream)->settings.exactly_once)
        return take_winner(tools, question, s3, stream, err);
    return true;
}

/* What lies in the store and in the group from here on, for whoever reads the log later. */
static void log_plan(const struct stream_object *stream)
{
    const struct cutover_totals *totals = &stream->plan->totals;
    char partitions[TEXT_COUNTED_SIZE], gap[TEXT_NUMBER_SIZE], duplicates[TEXT_NUMBER_SIZE], lost[TEXT_NUMBER_SIZE];
    struct buffer key;

    buffer_init(&key, 0);
    stream_object_key(stream->prefix, stream->stream, &key);
    log_write(LOG_INFO, "s3", "%s written, plan %s", key.data, stream->plan->id);
    log_write(LOG_INFO, "kafka", "%s committed: gap %s, dup %s, lost %s, lost unknown %zu",
              text_counted(partitions, (int64_t)stream->plan->count, "offset"), text_count(gap, totals->gap),
              text_count(duplicates, totals->duplicates), text_count(lost, totals->lost), totals->lost_unknown);
    buffer_clear(&key);
}

static bool go(struct engine_tools *tools, struct engine_question *question, struct engine_prepared *prepared,
               struct engine_stream **running, struct error *err)
{
    struct stream_object **stream = &prepared->stream;
    bool resume = prepared->resume;
    char *instance = engine_tools_instance();
    bool ok = false;

    if (!resume && !write_stream(tools, question, stream, prepared->allowed, err))
        goto out;
    engine_question_progress(question, 0, 0, "committing the plan to headgate-%s", (*stream)->stream);
    if (!engine_resume_fill_in(tools, question, *stream, !resume, instance, err) ||
        !engine_question_wanted(question, err))
        goto out;
    if (!resume)
        log_plan(*stream);
    ok = engine_stream_start(tools, question, *stream, instance, running, err);
    *stream = NULL;
out:
    free(instance);
    return ok;
}

bool engine_launch_go(struct engine_tools *tools, struct engine_question *question, struct engine_prepared *prepared,
                      struct engine_stream **stream, struct error *err)
{
    enum { MANY_PARTITIONS = 1000 };
    bool ok, many;

    if (prepared->number == 0 || prepared->number != question->launch)
        return error_set(err, ERROR_REFUSED, "there is no such launch: it was not prepared, or another one was since");
    if (prepared->refusal)
        return error_set(err, ERROR_REFUSED, "%s", prepared->refusal);
    engine_tools_set_bucket(tools, prepared->stream->bucket);
    many = prepared->stream->plan->count >= MANY_PARTITIONS;
    ok = go(tools, question, prepared, stream, err);
    if (ok && many)
        engine_tools_let_go(tools);
    engine_prepared_clear(prepared);
    return ok;
}
