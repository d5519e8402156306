/* A source of answers that is always ready: what is asked is answered at once, from the data of a scenario. */
#include "fixture.h"

#include "fixture_crowd.h"
#include "fixture_data.h"
#include "fixture_delivery.h"
#include "fixture_pipe.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    MOST_EVENTS = 16,
};

enum scenario {
    ORDERS,  /* the worked example, with 60 and 10,000 partitions beside it */
    STATES,  /* every sign */
    PARTIAL, /* a survey that is still being read */
    HOSTILE, /* names and errors that try to write on the terminal */
    FAILING, /* every question fails */
    FLAKY,   /* every second question fails */
    SILENT,  /* nothing is ever answered */
    EMPTY,   /* a cluster with nothing in it */
    STUCK,   /* no start is ever answered */
    SCENARIOS,
};

static const char *const names[SCENARIOS + 1] = {
    "orders", "states", "partial", "hostile", "failing", "flaky", "silent", "empty", "stuck", NULL,
};

struct fixture {
    enum scenario scenario;
    struct config config; /* of s3://lake/orders/ */
    struct tui_source source;
    uint64_t questions;
    int readings;    /* of topics */
    uint64_t stream; /* number of the launch that runs; 0: none */
    struct engine_event *events[MOST_EVENTS];
    size_t count;
    size_t partitions; /* of the last launch */
    bool trouble;      /* it was of a stream named trouble */
    bool cut_off;      /* of one named cut-off */
    int ready;         /* eventfd */
};

static struct engine_event *post(struct fixture *fixture, enum engine_event_kind kind, bool final)
{
    struct engine_event *event = memory_new(sizeof(*event));

    event->request = fixture->questions;
    event->kind = kind;
    event->final = final;
    if (fixture->count < MOST_EVENTS)
        fixture->events[fixture->count++] = event;
    eventfd_write(fixture->ready, 1);
    return event;
}

static void answer_topics(struct fixture *fixture)
{
    struct engine_event *event = post(fixture, ENGINE_TOPICS, true);

    if (fixture->scenario == HOSTILE)
        fixture_topics_hostile(event);
    else if (fixture->scenario != EMPTY)
        fixture_topics_orders(event, fixture->readings++);
}

static void answer_groups(struct fixture *fixture, const char *topic)
{
    struct engine_event *event = post(fixture, ENGINE_GROUPS, true);

    if (fixture->scenario == HOSTILE)
        fixture_groups_hostile(event);
    else if (fixture->scenario == STATES)
        fixture_groups_states(event);
    else if (fixture->scenario != EMPTY)
        fixture_groups_orders(event, topic);
}

static struct cutover_survey *survey_for(const struct fixture *fixture, const char *topic)
{
    switch (fixture->scenario) {
    case PARTIAL: return fixture_survey_partial();
    case STATES: return fixture_survey_states();
    case HOSTILE: return fixture_survey_hostile();
    default: break;
    }
    if (topic && strcmp(topic, "clicks") == 0)
        return fixture_survey_clicks();
    if (topic && strcmp(topic, "events") == 0)
        return fixture_survey_events();
    return fixture_survey_orders();
}

/* Kafka Connect was asked too, but for what tells of the states of groups. */
static void add_survey(const struct fixture *fixture, struct engine_event *event, const char *topic)
{
    event->survey = survey_for(fixture, topic);
    if (fixture->scenario != PARTIAL && fixture->scenario != STATES && fixture->scenario != HOSTILE)
        fixture_pipe_connector(event, event->survey);
}

static void answer_survey(struct fixture *fixture, const char *topic)
{
    add_survey(fixture, post(fixture, ENGINE_SURVEY, fixture->scenario != PARTIAL), topic);
    if (fixture->scenario == PARTIAL)
        post(fixture, ENGINE_PROGRESS, false)->progress = memory_copy_text("reading times 3/6");
}

static struct cutover_plan *plan_for(const struct cutover_survey *survey, struct cutover_start start)
{
    struct partition_offsets by_time;
    struct cutover_plan *plan;

    partition_offsets_init(&by_time);
    if (cutover_start_resolve(survey, &start))
        fixture_crowd_by_time(survey, start.time, &by_time);
    plan = cutover_plan_make(survey, &start, &by_time, "3f9a17c2");
    partition_offsets_clear(&by_time);
    return plan;
}

static void add_choice(struct engine_event *event, const char *label, enum cutover_start_kind kind, timestamp_ms time)
{
    event->choices[event->choice_count++] =
        (struct engine_choice){ label, plan_for(event->survey, (struct cutover_start){ kind, time }) };
}

static void answer_choices(struct fixture *fixture, const struct engine_request *request)
{
    struct cutover_times times;
    struct engine_event *event;

    answer_survey(fixture, request->topic);
    fixture->events[fixture->count - 1 - (fixture->scenario == PARTIAL)]->final = false;
    if (fixture->scenario == PARTIAL)
        return;
    event = post(fixture, ENGINE_CHOICES, true);
    add_survey(fixture, event, request->topic);
    event->choices = memory_new(6 * sizeof(event->choices[0]));
    times = cutover_survey_times(event->survey);
    add_choice(event, "safe", CUTOVER_START_SAFE, TIMESTAMP_NONE);
    add_choice(event, "committed", CUTOVER_START_COMMITTED, TIMESTAMP_NONE);
    add_choice(event, "earliest", CUTOVER_START_EARLIEST, TIMESTAMP_NONE);
    add_choice(event, "now", CUTOVER_START_NOW, TIMESTAMP_NONE);
    if (times.count > 0) {
        add_choice(event, "at the median commit", CUTOVER_START_TIME, times.median);
        add_choice(event, "at the latest commit", CUTOVER_START_TIME, times.latest);
    }
}

static void answer_starts(struct fixture *fixture, const struct engine_request *request)
{
    struct cutover_survey *survey = survey_for(fixture, request->topic);
    struct cutover_start start;
    struct error err = { 0 };

    if (cutover_start_parse(request->start, survey->taken_at, &start, &err))
        post(fixture, ENGINE_STARTS, true)->plan = plan_for(survey, start);
    else
        post(fixture, ENGINE_FAILED, true)->error = err;
    cutover_survey_free(survey);
}

static void answer_record(struct fixture *fixture, const struct engine_request *request)
{
    struct engine_record *record = memory_new(sizeof(*record));

    post(fixture, ENGINE_RECORD, true)->record = record;
    fixture_record(record, request);
    if (fixture->scenario == HOSTILE)
        fixture_record_hostile(record, request);
    else if (fixture->scenario == STATES)
        fixture_record_states(record, request);
}

static void answer_launch(struct fixture *fixture, const struct engine_request *request)
{
    struct cutover_survey *survey = survey_for(fixture, request->topic);
    struct cutover_start start = { CUTOVER_START_SAFE, TIMESTAMP_NONE };
    struct error err = { 0 };

    if (fixture->scenario == STATES)
        survey->group_members = 3;
    if (request->stream && strcmp(request->stream, "lossy") == 0)
        fixture_survey_lose(survey);
    fixture->partitions = survey->count;
    fixture->trouble = request->stream && strcmp(request->stream, "trouble") == 0;
    fixture->cut_off = request->stream && strcmp(request->stream, "cut-off") == 0;
    if (!request->start || cutover_start_parse(request->start, survey->taken_at, &start, &err))
        fixture_pipe_launch(post(fixture, ENGINE_LAUNCH, true), request, plan_for(survey, start), survey);
    else
        post(fixture, ENGINE_FAILED, true)->error = err;
    cutover_survey_free(survey);
}

static void answer_audit(struct fixture *fixture, const struct engine_request *request)
{
    struct cutover_start start = { CUTOVER_START_SAFE, TIMESTAMP_NONE };
    bool gap = strcmp(request->stream, "orders-late") == 0, nothing = strcmp(request->stream, "orders-new") == 0;
    enum fixture_audit verdict = gap                            ? FIXTURE_AUDIT_GAP
                                 : nothing                      ? FIXTURE_AUDIT_NOTHING
                                 : fixture->scenario == STATES  ? FIXTURE_AUDIT_FAIL
                                 : fixture->scenario == PARTIAL ? FIXTURE_AUDIT_OPEN
                                                                : FIXTURE_AUDIT_PASS;
    struct cutover_survey *survey = fixture->partitions == 60      ? fixture_survey_clicks()
                                    : fixture->partitions == 10000 ? fixture_survey_events()
                                                                   : fixture_survey_orders();

    if (gap)
        start = (struct cutover_start){ CUTOVER_START_TIME, survey->taken_at - 990 * 1000 };
    if (nothing)
        start = (struct cutover_start){ CUTOVER_START_NOW, TIMESTAMP_NONE };
    fixture_pipe_audit(post(fixture, ENGINE_AUDIT, true), plan_for(survey, start), verdict, request->details);
    cutover_survey_free(survey);
}

static uint64_t fixture_ask(void *context, const struct engine_request *request)
{
    struct fixture *fixture = context;

    fixture->questions++;
    if (fixture->scenario == SILENT)
        return fixture->questions;
    if (fixture->scenario == FAILING || (fixture->scenario == FLAKY && fixture->questions % 2 == 0)) {
        error_set(&post(fixture, ENGINE_FAILED, true)->error, ERROR_KAFKA,
                  "cannot reach a broker of kafka-1.example:9092,kafka-2.example:9092: connection refused; is the "
                  "address right, and does a firewall stand between?");
        return fixture->questions;
    }
    switch (request->kind) {
    case ENGINE_ASK_LAUNCH: answer_launch(fixture, request); break;
    case ENGINE_ASK_STREAMS: fixture_pipe_streams(post(fixture, ENGINE_STREAMS, true), request->stream); break;
    case ENGINE_ASK_AUDIT: answer_audit(fixture, request); break;
    case ENGINE_ASK_RECORD: answer_record(fixture, request); break;
    case ENGINE_ASK_CHOICES: answer_choices(fixture, request); break;
    case ENGINE_ASK_STARTS:
        if (fixture->scenario != STUCK)
            answer_starts(fixture, request);
        break;
    case ENGINE_ASK_TOPICS: answer_topics(fixture); break;
    case ENGINE_ASK_GROUPS: answer_groups(fixture, request->topic); break;
    default: answer_survey(fixture, request->topic); break;
    }
    return fixture->questions;
}

/* --- the delivery: every wish comes true at once --- */

static void post_delivery(struct fixture *fixture, enum delivery_state state)
{
    bool final = state == DELIVERY_STOPPED;

    if (fixture->stream == 0)
        return;
    struct engine_event *event = post(fixture, ENGINE_DELIVERY, final);
    event->request = fixture->stream;
    event->stream = memory_copy_text("orders-lake");
    event->plan_id = memory_copy_text("3f9a17c2");
    if (fixture->trouble)
        event->delivery = fixture_delivery_trouble(final ? DELIVERY_FAILED : state);
    else if (fixture->cut_off && state == DELIVERY_RUNNING)
        event->delivery = fixture_delivery_cut_off();
    else if (fixture->partitions == 6 || fixture->partitions == 0)
        event->delivery = fixture_delivery_orders(state);
    else
        event->delivery = fixture_delivery(state, fixture->partitions);
    if (final)
        fixture->stream = 0;
}

static uint64_t fixture_launch(void *context, uint64_t launch)
{
    struct fixture *fixture = context;

    (void)launch;
    fixture->stream = ++fixture->questions;
    post_delivery(fixture, DELIVERY_RUNNING);
    return fixture->questions;
}

static void fixture_drain(void *context)
{
    post_delivery(context, DELIVERY_DRAINING);
    post_delivery(context, DELIVERY_STOPPED);
}

static void fixture_abort(void *context)
{
    struct fixture *fixture = context;

    if (fixture->stream == 0)
        return;
    post_delivery(fixture, DELIVERY_STOPPED);
    fixture_delivery_abort(fixture->events[fixture->count - 1]->delivery);
}

static void fixture_flush(void *context)
{
    post_delivery(context, DELIVERY_RUNNING);
}

static void fixture_pause(void *context)
{
    post_delivery(context, DELIVERY_PAUSED);
}

static void fixture_resume(void *context)
{
    post_delivery(context, DELIVERY_RUNNING);
}

/* As the engine's: an event of a cancelled question never comes. */
static void fixture_cancel(void *context, uint64_t number)
{
    struct fixture *fixture = context;
    size_t kept = 0;

    for (size_t i = 0; i < fixture->count; i++) {
        if (fixture->events[i]->request == number)
            engine_event_free(fixture->events[i]);
        else
            fixture->events[kept++] = fixture->events[i];
    }
    fixture->count = kept;
}

static struct engine_event *fixture_next(void *context)
{
    struct fixture *fixture = context;
    eventfd_t ignored;

    if (fixture->count == 0) {
        eventfd_read(fixture->ready, &ignored);
        return NULL;
    }
    struct engine_event *event = fixture->events[0];
    fixture->count--;
    memmove(fixture->events, fixture->events + 1, fixture->count * sizeof(*fixture->events));
    return event;
}

static int fixture_fd(void *context)
{
    return ((struct fixture *)context)->ready;
}

static bool fixture_idle(void *context)
{
    return ((struct fixture *)context)->count == 0;
}

static uint64_t fixture_log_count(void *context)
{
    struct log_line line;
    uint64_t count = 0;

    (void)context;
    while (fixture_log_line(count, &line))
        count++;
    return count;
}

static bool fixture_log_get(void *context, uint64_t number, struct log_line *line)
{
    (void)context;
    return fixture_log_line(number, line);
}

struct fixture *fixture_new(const char *scenario)
{
    for (size_t i = 0; names[i]; i++) {
        if (strcmp(names[i], scenario) != 0)
            continue;
        struct fixture *fixture = memory_new(sizeof(*fixture));
        fixture->scenario = (enum scenario)i;
        fixture->ready = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        config_init(&fixture->config);
        free(fixture->config.prefix);
        fixture->config.bucket = memory_copy_text("lake");
        fixture->config.prefix = memory_copy_text("orders/");
        fixture->config.region = memory_copy_text("eu-west-1");
        fixture->source = (struct tui_source){
            .context = fixture,
            .config = &fixture->config,
            .ask = fixture_ask,
            .cancel = fixture_cancel,
            .next = fixture_next,
            .fd = fixture_fd,
            .idle = fixture_idle,
            .log_count = fixture_log_count,
            .log_get = fixture_log_get,
            .launch = fixture_launch,
            .drain = fixture_drain,
            .abort = fixture_abort,
            .flush = fixture_flush,
            .pause = fixture_pause,
            .resume = fixture_resume,
        };
        return fixture;
    }
    return NULL;
}

void fixture_free(struct fixture *fixture)
{
    for (size_t i = 0; i < fixture->count; i++)
        engine_event_free(fixture->events[i]);
    config_clear(&fixture->config);
    close(fixture->ready);
    free(fixture);
}

const struct tui_source *fixture_source(const struct fixture *fixture)
{
    return &fixture->source;
}

const char *const *fixture_scenarios(void)
{
    return names;
}
