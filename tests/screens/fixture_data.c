/* The data of the scenarios. `orders` is the worked example that the console was drawn with. */
#include "fixture_data.h"

#include "fixture_crowd.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SECOND_MS = 1000,
};

/* "09:53:08" of the worked example's day, "11-20 04:12" of another one, NULL: none. */
static timestamp_ms at(const char *text)
{
    char full[TIMESTAMP_TEXT_SIZE + 8];
    timestamp_ms time = TIMESTAMP_NONE;

    if (!text)
        return TIMESTAMP_NONE;
    if (strlen(text) == 11)
        snprintf(full, sizeof(full), "2026-%.5sT%s:00Z", text, text + 6);
    else
        snprintf(full, sizeof(full), "2026-11-23T%sZ", text);
    bool ok = timestamp_parse(full, 0, &time, NULL);
    assert(ok);
    (void)ok;
    return time;
}

struct topic_row {
    const char *name;
    int partitions;
    int64_t offsets, ends, in_ten_seconds;
    const char *oldest, *newest;
    enum value_kind kind;
    bool internal, log_append, compacted;
    const char *error;
};

static const struct topic_row topics[] = {
    { "__consumer_offsets", 50,    71000,       912000,       40,      "11-20 04:12", "10:00:00", VALUE_BINARY,     true,  false, true,  NULL },
    { "audit",              1,     120,         120,          0,       "09:00:00",    "09:58:00", VALUE_TEXT,       false, false, false, NULL },
    { "catalog",            3,     8120,        8120,         1,       "11-21 09:00", "09:59:00", VALUE_JSON,       false, false, true,  NULL },
    { "clicks",             60,    1320000000,  90123456789,  612800,  "04:00:00",    "10:00:00", VALUE_JSON,       false, false, false, NULL },
    { "events",             10000, 21600000000, 912345678901, 9986140, "04:00:00",    "10:00:00", VALUE_JSON,       false, false, false,
     NULL                                                                                                                                     },
    { "inventory",          12,    90211,       90211,        21,      "11-22 10:00", "09:59:59", VALUE_JSON,       false, false, false, NULL },
    { "invoices",           12,    184220,      184220,       10,      "11-20 04:12", "09:31:07", VALUE_MULTI_LINE, false, true,  true,  NULL },
    { "metric",             6,     4000000,     51000000,     8000,    "04:00:00",    "10:00:00", VALUE_BINARY,     false, false, false, NULL },
    { "orders",             6,     1231200000,  2847000000,   570000,  "04:00:00",    "10:00:00", VALUE_JSON,       false, false, false, NULL },
    { "payment",            6,     12000,       12000,        3,       "11-22 10:00", "09:59:40", VALUE_TEXT,       false, false, false, NULL },
    { "refunds",            3,     9412,        9412,         5,       "11-22 17:40", "09:58:55", VALUE_AVRO,       false, false, false, NULL },
    { "returns",            3,     0,           0,            0,       NULL,          NULL,       VALUE_UNKNOWN,    false, false, false, NULL },
    { "risks",              0,     OFFSET_NONE, OFFSET_NONE,  0,       NULL,          NULL,       VALUE_UNKNOWN,    false, false, false,
     "not allowed to describe this topic"                                                                                                     },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void fill_topic(struct engine_topic *topic, const struct topic_row *row, int reading)
{
    topic->name = memory_copy_text(row->name);
    topic->partitions = row->partitions;
    topic->internal = row->internal;
    topic->described = !row->error;
    topic->log_append = row->log_append;
    topic->compacted = row->compacted;
    topic->retention_ms = 6 * 3600 * (int64_t)SECOND_MS;
    topic->offsets = row->offsets;
    topic->ends = row->error ? OFFSET_NONE : row->ends + reading * row->in_ten_seconds;
    topic->oldest = at(row->oldest);
    topic->newest = at(row->newest);
    topic->kinds[row->kind] = 1;
    topic->error = memory_copy_text(row->error);
}

static void put_topics(struct engine_event *event, const struct topic_row *rows, size_t count, int reading)
{
    event->topics = memory_new(count * sizeof(*event->topics));
    event->topic_count = count;
    for (size_t i = 0; i < count; i++)
        fill_topic(&event->topics[i], &rows[i], reading);
}

void fixture_topics_orders(struct engine_event *event, int reading)
{
    put_topics(event, topics, COUNT(topics), reading);
}

struct group_row {
    const char *name, *state, *type;
    int members;
    int64_t lag, lost;
    const char *oldest;
    bool caught_up;
    size_t topics;
    const char *topic, *error;
};

static const struct group_row groups[] = {
    { "billing",             "Stable", "consumer", 8, 12904,       0,      "09:59:51", false, 2, "invoices", NULL                                 },
    { "connect-clicks-s3",   "Empty",  "classic",  0, 35056850,    0,      "09:12:00", false, 1, "clicks",   NULL                                 },
    { "connect-events-s3",   "Empty",  "classic",  0, 484334704,   0,      "09:06:22", false, 1, "events",   NULL                                 },
    { "connect-invoices-s3", "Stable", "classic",  3, 0,           0,      NULL,       true,  1, "invoices", NULL                                 },
    { "connect-legacy-s3",   "Empty",  "classic",  0, 1204117,     310552, "04:00:00", false, 1, "events",   NULL                                 },
    { "connect-orders-s3",   "Empty",  "classic",  0, 48236000,    0,      "09:21:00", false, 1, "orders",   NULL                                 },
    { "connect-returns-s3",  "Stable", "classic",  1, OFFSET_NONE, 0,      NULL,       false, 0, NULL,       NULL                                 },
    { "fraud",               "",       "",         0, OFFSET_NONE, 0,      NULL,       false, 0, NULL,       "not allowed to describe this group" },
};

static void put_groups(struct engine_event *event, const struct group_row *rows, size_t count, const char *topic)
{
    event->groups = memory_new(count * sizeof(*event->groups));
    for (size_t i = 0; i < count; i++) {
        struct engine_group *group = &event->groups[event->group_count];

        if (topic && (!rows[i].topic || strcmp(rows[i].topic, topic) != 0))
            continue;
        group->name = memory_copy_text(rows[i].name);
        snprintf(group->state, sizeof(group->state), "%s", rows[i].state);
        snprintf(group->type, sizeof(group->type), "%s", rows[i].type);
        group->members = rows[i].members;
        group->lag = rows[i].lag;
        group->lost = rows[i].lost;
        group->oldest = at(rows[i].oldest);
        group->caught_up = rows[i].caught_up;
        group->topics = rows[i].topics;
        group->topic = memory_copy_text(rows[i].topic);
        group->error = memory_copy_text(rows[i].error);
        if (strncmp(rows[i].name, "connect-", 8) == 0 && rows[i].lost == 0) { /* one connector is long gone */
            group->connector = memory_copy_text(rows[i].name + 8);
            snprintf(group->connector_state, sizeof(group->connector_state), "%s",
                     rows[i].members > 0 ? "RUNNING" : "STOPPED");
        }
        event->group_count++;
    }
}

void fixture_groups_orders(struct engine_event *event, const char *topic)
{
    put_groups(event, groups, COUNT(groups), topic);
}

/* One of its partitions was never committed: its lag is not all there is. */
void fixture_groups_states(struct engine_event *event)
{
    static const struct group_row rows[] = {
        { "connect-states-s3", "Stable", "classic", 2, 105000, 0, "09:02:00", false, 1, "states", NULL },
        { "unread",            "Empty",  "classic", 0, 7000,   0, "09:40:00", false, 1, "states", NULL },
    };

    put_groups(event, rows, COUNT(rows), NULL);
    event->groups[0].uncommitted = 1;
    event->groups[0].uncommitted_offsets = 99000;
    event->groups[1].uncommitted = 2;
    event->groups[1].uncommitted_offsets = OFFSET_NONE;
}

static struct cutover_survey *new_survey(const char *topic, const char *group, size_t partitions)
{
    struct cutover_survey *survey = cutover_survey_new(topic, group, partitions, at("10:00:00"));

    snprintf(survey->group_state, sizeof(survey->group_state), "Empty");
    survey->read_committed = true;
    for (size_t i = 0; i < partitions; i++)
        survey->partitions[i].partition = (int32_t)i;
    return survey;
}

/* A new survey's rows carry "not read yet". */
static void set_error(struct cutover_partition *row, const char *error)
{
    free(row->error);
    row->error = memory_copy_text(error);
}

static void set_row(struct cutover_partition *row, int64_t log_start, int64_t committed, int64_t end, timestamp_ms time)
{
    row->log_start = log_start;
    row->committed = committed;
    row->end = end;
    row->high_watermark = end;
    row->committed_time = time;
    row->time_read = true;
    row->kind = VALUE_JSON;
    row->state = CUTOVER_OK;
    set_error(row, NULL);
}

struct cutover_survey *fixture_survey_orders(void)
{
    static const struct {
        int64_t log_start, committed, end;
        const char *time;
    } rows[] = {
        { 310400000, 543468000, 548000000, "09:53:08" },
        { 254600000, 444464000, 449000000, "09:51:36" },
        { 252600000, 439980000, 447000000, "09:47:00" },
        { 256600000, 446419000, 451000000, "09:51:31" },
        { 286000000, 478600000, 502000000, "09:21:00" },
        { 255600000, 445833000, 450000000, "09:52:17" },
    };
    struct cutover_survey *survey = new_survey("orders", "connect-orders-s3", COUNT(rows));

    for (size_t i = 0; i < COUNT(rows); i++)
        set_row(&survey->partitions[i], rows[i].log_start, rows[i].committed, rows[i].end, at(rows[i].time));
    return survey;
}

struct cutover_survey *fixture_survey_clicks(void)
{
    struct cutover_survey *survey = new_survey("clicks", "connect-clicks-s3", 60);

    fixture_crowd_clicks(survey, at("10:00:00"));
    return survey;
}

struct cutover_survey *fixture_survey_events(void)
{
    struct cutover_survey *survey = new_survey("events", "connect-events-s3", 10000);

    fixture_crowd_events(survey, at("10:00:00"));
    return survey;
}

struct cutover_survey *fixture_survey_states(void)
{
    struct cutover_survey *survey = new_survey("states", "connect-states-s3", 16);
    struct cutover_partition *rows = survey->partitions;

    for (size_t i = 0; i < survey->count; i++)
        set_row(&rows[i], 1000, 90000, 100000, at("09:50:00"));
    rows[1].committed_time = at("09:44:00"); /* : */
    rows[2].committed_time = at("09:31:00"); /* * */
    rows[3].committed_time = at("09:02:00"); /* @ */
    rows[4].committed_time = TIMESTAMP_NONE;
    rows[4].committed = 100000;
    rows[4].state = CUTOVER_CAUGHT_UP;
    rows[5].committed_time = TIMESTAMP_NONE;
    rows[5].committed = OFFSET_NONE;
    rows[5].kind = VALUE_UNKNOWN;
    rows[5].state = CUTOVER_NO_COMMIT;
    rows[6].log_start = 95000;
    rows[6].committed = 90000;
    rows[6].state = CUTOVER_BELOW_START;
    rows[6].kind = VALUE_MULTI_LINE;
    rows[7].committed = 100004;
    rows[7].high_watermark = 100010;
    rows[7].committed_time = TIMESTAMP_NONE;
    rows[7].state = CUTOVER_OPEN_TRANSACTION;
    rows[8].committed = 100500;
    rows[8].committed_time = TIMESTAMP_NONE;
    rows[8].state = CUTOVER_PAST_END;
    rows[9].state = CUTOVER_ERROR;
    rows[9].committed_time = TIMESTAMP_NONE;
    rows[9].kind = VALUE_UNKNOWN;
    set_error(&rows[9], "leader not available");
    rows[10].committed_time = TIMESTAMP_NONE;
    rows[10].time_below_zero = true;
    snprintf(survey->group_state, sizeof(survey->group_state), "Stable");
    survey->group_members = 2;
    return survey;
}

void fixture_survey_lose(struct cutover_survey *survey)
{
    survey->partitions[0].log_start = survey->partitions[0].committed + 1200000;
    survey->partitions[0].state = CUTOVER_BELOW_START;
    for (size_t i = survey->count - 2; i < survey->count; i++) {
        survey->partitions[i].committed = OFFSET_NONE;
        survey->partitions[i].committed_time = TIMESTAMP_NONE;
        survey->partitions[i].state = CUTOVER_NO_COMMIT;
    }
}

struct cutover_survey *fixture_survey_partial(void)
{
    struct cutover_survey *survey = fixture_survey_orders();

    for (size_t i = 0; i < survey->count; i += 2) {
        survey->partitions[i].time_read = false;
        survey->partitions[i].committed_time = TIMESTAMP_NONE;
        survey->partitions[i].kind = VALUE_UNKNOWN;
    }
    return survey;
}

/* Escape sequences, line ends, C1 controls, invalid UTF-8, direction marks, zero width, wide and combining characters. */
static const struct topic_row hostile_topics[] = {
    { "\x1b[31mred\x1b]0;title\x07",                                                                                       1, 10, 10, 0, "09:00:00", "09:58:00", VALUE_JSON,    false, false, false, NULL                             },
    { "two\r\nlines\ttab",                                                                                                 1, 10, 10, 0, "09:00:00", "09:58:00", VALUE_JSON,    false, false, false, NULL                             },
    { "\xff\xfe\xc3(bytes",                                                                                                1, 10, 10, 0, "09:00:00", "09:58:00", VALUE_JSON,    false, false, false, NULL                             },
    { "c1\xc2\x9b"
      "31m",                                                                                                          1, 10, 10, 0, "09:00:00", "09:58:00", VALUE_JSON,    false, false, false, NULL                             },
    { "abc\xe2\x80\xae"
      "cba",                                                                                                          1, 10, 10, 0, "09:00:00", "09:58:00", VALUE_JSON,    false, false, false, NULL                             },
    { "zero\xe2\x80\x8bwidth",                                                                                             1, 10, 10, 0, "09:00:00", "09:58:00", VALUE_JSON,    false, false, false, NULL                             },
    { "\xe6\xb3\xa8\xe6\x96\x87\xe5\x85\xa8\xe9\x83\xa8\xe3\x81\xae\xe3\x83\x88\xe3\x83\x94\xe3\x83\x83\xe3\x82\xaf"
      "\xe6\xb3\xa8\xe6\x96\x87\xe5\x85\xa8\xe9\x83\xa8\xe3\x81\xae",                                                 1, 10, 10, 0, "09:00:00", "09:58:00", VALUE_JSON,    false, false, false, NULL                             },
    { "cafe\xcc\x81 \xf0\x9f\x98\x80",                                                                                     1, 10, 10, 0, "09:00:00", "09:58:00", VALUE_JSON,    false, false, false, NULL                             },
    { "%s%n%d",                                                                                                            1, 10, 10, 0, "09:00:00", "09:58:00", VALUE_JSON,    false, false, false, NULL                             },
    { "long-"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 1, 10, 10, 0, "09:00:00", "09:58:00", VALUE_JSON,    false, false, false, NULL                             },
    { "failed",                                                                                                            1, 10, 10, 0, NULL,       NULL,       VALUE_UNKNOWN, false, false, false, "\x1b[2Jgone\nand \xc2\x85 more" },
};

void fixture_topics_hostile(struct engine_event *event)
{
    put_topics(event, hostile_topics, COUNT(hostile_topics), 0);
}

static const struct group_row hostile_groups[] = {
    { "\x1b[31m red \xe2\x80\xae",     "Empty",  "classic", 0, 7,           0, "09:21:00", false, 1, "\x1b[31mred\x1b]0;title\x07",
     NULL                                                                                                                                     },
    { "lost\x7f\x9d",                  "\x1b[H", "\xff",    0, 7,           3, "09:22:00", false, 1, "two\r\nlines\ttab",           NULL      },
    { "wide \xe5\x85\xa8\xe5\x85\xa8", "Empty",  "classic", 0, 7,           0, "09:23:00", false, 1, "\xff\xfe",                    NULL      },
    { "bad",                           "",       "",        0, OFFSET_NONE, 0, NULL,       false, 0, NULL,                          "\x1b[2J" },
};

void fixture_groups_hostile(struct engine_event *event)
{
    put_groups(event, hostile_groups, COUNT(hostile_groups), NULL);
}

struct cutover_survey *fixture_survey_hostile(void)
{
    struct cutover_survey *survey = new_survey("\x1b[31mred\x1b]0;title\x07", "\x1b[31m red \xe2\x80\xae", 2);

    set_row(&survey->partitions[0], 1000, 90000, 100000, at("09:50:00"));
    survey->partitions[1].state = CUTOVER_ERROR;
    set_error(&survey->partitions[1], "\x1b]52;c;AAAA\x07 not \xe5\x85\xa8 ok");
    snprintf(survey->group_state, sizeof(survey->group_state), "\x1b[1m");
    return survey;
}

static void put_record(struct engine_record *record, const struct engine_request *request, const char *key,
                       size_t key_size, const char *value, size_t value_size, enum value_kind kind)
{
    free(record->key);
    free(record->value);
    *record = (struct engine_record){ .partition = request->partition,
                                      .asked = request->offset,
                                      .found = true,
                                      .offset = request->offset + 2,
                                      .time = at("09:21:00"),
                                      .kind = kind,
                                      .has_key = true,
                                      .has_value = true,
                                      .key_size = key_size,
                                      .value_size = value_size,
                                      .key = memory_copy_bytes(key, key_size) };
    if (request->details)
        record->value = memory_copy_bytes(value, value_size);
}

void fixture_record(struct engine_record *record, const struct engine_request *request)
{
    static const char key[] = "shopper-18";
    static const char value[] = "{\"seq\":478600002,\"shopper\":18,\"event\":\"add_to_basket\",\"article\":\"A-4711\","
                                "\"price_cents\":1299,\"at\":\"2026-11-23T09:21:00Z\"}";

    put_record(record, request, key, sizeof(key) - 1, value, sizeof(value) - 1, VALUE_JSON);
}

void fixture_record_states(struct engine_record *record, const struct engine_request *request)
{
    static const char avro[] = "\x00\x00\x00\x00\x07\x02\x08shoe\x36";

    switch (request->partition) {
    case 0: record->found = false; break;
    case 1:
        record->has_key = record->has_value = false;
        record->time = TIMESTAMP_NONE;
        free(record->value);
        record->value = NULL;
        break;
    case 2:
        put_record(record, request, "\x01\x02", 2, avro, sizeof(avro) - 1, VALUE_AVRO);
        record->log_append = true;
        break;
    default: break;
    }
}

void fixture_record_hostile(struct engine_record *record, const struct engine_request *request)
{
    static const char key[] = "\x1b[31mred\x1b]0;title\x07 \xe2\x80\xae";
    static const char value[] =
        "\x00\x01\x02\x1b[2J\xff\xfe bytes that are no text, over more than one line of sixteen";

    put_record(record, request, key, sizeof(key) - 1, value, sizeof(value) - 1, VALUE_BINARY);
}

static const struct {
    const char *time;
    enum log_level level;
    const char *subsystem, *text;
} log_lines[] = {
    { "09:59:40", LOG_INFO,    "kafka",  "connected to 3 brokers"                               },
    { "09:59:41", LOG_WARNING, "kafka",  "broker 4 closed the connection, reconnected in 0.3 s" },
    { "09:59:50", LOG_INFO,    "action", "console opened, read-only"                            },
    { "09:59:52", LOG_ERROR,   "s3",     "\x1b[31mnot red\x1b[0m \xff \xe2\x80\xae"             },
    { "09:59:55", LOG_DEBUG,   "kafka",  "broker 1: 12 requests, 3 ms"                          },
};

bool fixture_log_line(uint64_t number, struct log_line *line)
{
    if (number >= COUNT(log_lines))
        return false;
    *line = (struct log_line){ .time = at(log_lines[number].time), .level = log_lines[number].level };
    snprintf(line->subsystem, sizeof(line->subsystem), "%s", log_lines[number].subsystem);
    snprintf(line->text, sizeof(line->text), "%s", log_lines[number].text);
    return true;
}
