/* Topics: what is there, how much, how fast, and how far a start time can be trusted. Up to a few thousand rows. */
#include "tui/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/table.h"
#include "tui/zone.h"

/* Two readings of a topic's ends give its rate. Kept apart from the events: an event holds one reading. */
struct reading {
    char *name;
    uint64_t request; /* a request's first answer with ends is its reading; later ones only add columns */
    int64_t ends;
    timestamp_ms at;
    int64_t rate; /* records per 1,000 s; OFFSET_NONE: no two readings yet */
};

struct view_topics {
    struct engine_event *shown; /* NULL until the first answer */
    struct reading *readings;   /* by name */
    size_t reading_count;
    struct table table;
    bool internal; /* internal topics are listed */
    timestamp_ms now;
    bool local;
};

enum column { NAME, PARTITIONS, OFFSETS, OLDEST, NEWEST, RATE, CLOCK, POLICY, VALUES, COLUMNS };

static const struct table_column columns[COLUMNS] = {
    [NAME] = { .name = "topic", .least = 9, .want = 9, .most = 28, .gap = 1, .left = true, .keep = true },
    [PARTITIONS] = { .name = "parts", .least = 5, .want = 6, .most = 7, .gap = 1, .keep = true },
    [OFFSETS] = { .name = "offsets", .least = 7, .want = 7, .most = 7, .gap = 2, .keep = true },
    [OLDEST] = { .name = "oldest", .least = 8, .want = 11, .most = 11, .gap = 1, .left = true, .unit = TABLE_TIME },
    [NEWEST] = { .name = "newest", .least = 8, .want = 8, .most = 11, .gap = 1, .left = true, .unit = TABLE_TIME },
    [RATE] = { .name = "rec/s", .least = 5, .want = 9, .most = 11, .gap = 1 },
    [CLOCK] = { .name = "clock", .least = 6, .want = 6, .most = 6, .gap = 1, .left = true },
    [POLICY] = { .name = "policy", .least = 7, .want = 7, .most = 7, .gap = 1, .left = true },
    [VALUES] = { .name = "values", .least = 6, .want = 7, .most = 8, .gap = 1, .left = true },
};

/* A rank of table_value. */
enum { KNOWN, UNKNOWN, FAILED };

static const struct engine_topic *topic_at(const void *view, size_t row)
{
    return &((const struct view_topics *)view)->shown->topics[row];
}

static int compare_readings(const void *left, const void *right)
{
    return strcmp(((const struct reading *)left)->name, ((const struct reading *)right)->name);
}

static struct reading *find_reading(const struct view_topics *view, const char *name)
{
    struct reading key = { .name = (char *)name };

    if (view->reading_count == 0)
        return NULL;
    return bsearch(&key, view->readings, view->reading_count, sizeof(key), compare_readings);
}

static void renew_reading(struct reading *reading, const struct engine_topic *topic, uint64_t request, timestamp_ms now)
{
    if (reading->request == request)
        return;
    if (now > reading->at) {
        int64_t more = topic->ends - reading->ends;

        /* Below zero: the topic was made again. Nine digits of records a second times a day stay far below 2^63. */
        reading->rate = more < 0 ? OFFSET_NONE : (int64_t)((double)more * 1e6 / (double)(now - reading->at));
    }
    reading->request = request;
    reading->ends = topic->ends;
    reading->at = now;
}

/* Takes the ends of all topics of an answer as a reading each. New ones go behind the known, which stay sorted until all
 * are found. */
static void take_readings(struct view_topics *view, const struct engine_event *event, timestamp_ms now)
{
    size_t count = view->reading_count;

    view->readings = memory_resize(view->readings, (count + event->topic_count + 1) * sizeof(*view->readings));
    for (size_t i = 0; i < event->topic_count; i++) {
        const struct engine_topic *topic = &event->topics[i];

        if (topic->error || topic->ends == OFFSET_NONE)
            continue;
        struct reading *reading = find_reading(view, topic->name);
        if (reading)
            renew_reading(reading, topic, event->request, now);
        else
            view->readings[count++] = (struct reading){
                .name = memory_copy_text(topic->name),
                .request = event->request,
                .ends = topic->ends,
                .at = now,
                .rate = OFFSET_NONE,
            };
    }
    view->reading_count = count;
    qsort(view->readings, count, sizeof(*view->readings), compare_readings);
}

static int64_t rate_of(const struct view_topics *view, const struct engine_topic *topic)
{
    const struct reading *reading = find_reading(view, topic->name);

    return reading ? reading->rate : OFFSET_NONE;
}

/* Whether a second reading has been taken: before that, the order by rate is not the one that will stay. */
static bool has_rates(const struct view_topics *view)
{
    for (size_t i = 0; i < view->reading_count; i++)
        if (view->readings[i].rate != OFFSET_NONE)
            return true;
    return false;
}

/* The kind of value that matters most: one that `lines` would break, else the most frequent. */
static enum value_kind worst_kind(const struct engine_topic *topic)
{
    enum value_kind worst = VALUE_UNKNOWN;

    for (enum value_kind kind = VALUE_JSON; kind <= VALUE_TOMBSTONE; kind++) {
        if (topic->kinds[kind] == 0)
            continue;
        bool breaks = view_kind_breaks_lines(kind), worst_breaks = view_kind_breaks_lines(worst);
        if (worst == VALUE_UNKNOWN || (breaks && !worst_breaks) ||
            (breaks == worst_breaks && topic->kinds[kind] > topic->kinds[worst]))
            worst = kind;
    }
    return worst;
}

static size_t row_count(const void *view)
{
    const struct view_topics *topics = view;

    return topics->shown ? topics->shown->topic_count : 0;
}

static const char *row_identity(const void *view, size_t row, char out[64])
{
    (void)out;
    return topic_at(view, row)->name;
}

static bool row_listed(const void *view, size_t row)
{
    return ((const struct view_topics *)view)->internal || !topic_at(view, row)->internal;
}

static const char *row_error(const void *view, size_t row)
{
    return topic_at(view, row)->error;
}

static void time_text(const struct view_topics *view, timestamp_ms time, const struct engine_topic *topic,
                      struct buffer *out)
{
    char text[TIMESTAMP_TEXT_SIZE];

    if (time >= 0 || view->shown->final || topic->offsets == 0)
        buffer_append_text(out, timestamp_short(text, zone_time(view->local, time), zone_time(view->local, view->now)));
}

static void rate_text(int64_t rate, struct buffer *out)
{
    char text[TEXT_NUMBER_SIZE];

    if (rate == OFFSET_NONE)
        buffer_append_text(out, "-");
    else if (rate > 0 && rate < 1000)
        buffer_append_text(out, "<1");
    else
        buffer_append_text(out, text_count(text, rate / 1000));
}

static enum theme_role values_text(const struct view_topics *view, const struct engine_topic *topic, struct buffer *out)
{
    enum value_kind kind = worst_kind(topic);

    if (kind == VALUE_UNKNOWN && view->shown->final)
        buffer_append_text(out, "-");
    buffer_append_text(out, view_kind_text(kind));
    return view_kind_breaks_lines(kind) ? THEME_WARNING : THEME_TEXT;
}

static enum theme_role row_cell(const void *view, size_t row, size_t column, struct buffer *out)
{
    const struct view_topics *topics = view;
    const struct engine_topic *topic = topic_at(view, row);
    char text[TEXT_NUMBER_SIZE];

    switch ((enum column)column) {
    case NAME: buffer_append_text(out, topic->name); break;
    case PARTITIONS: buffer_append_text(out, topic->error ? "?" : text_count(text, topic->partitions)); break;
    case OFFSETS:
        if (topic->offsets != OFFSET_NONE)
            buffer_append_text(out, text_short_count(text, topic->offsets));
        break;
    case OLDEST: time_text(topics, topic->oldest, topic, out); break;
    case NEWEST: time_text(topics, topic->newest, topic, out); break;
    case RATE: rate_text(rate_of(topics, topic), out); break;
    case CLOCK: buffer_append_text(out, !topic->described ? "-" : topic->log_append ? "append" : "create"); break;
    case POLICY: buffer_append_text(out, !topic->described ? "-" : topic->compacted ? "compact" : "delete"); break;
    case VALUES: return values_text(topics, topic, out);
    case COLUMNS: break;
    }
    return THEME_TEXT;
}

static struct table_value number(int64_t value)
{
    return (struct table_value){ .rank = value < 0 ? UNKNOWN : KNOWN, .number = value };
}

static struct table_value row_value(const void *view, size_t row, size_t column)
{
    const struct engine_topic *topic = topic_at(view, row);

    if (column == NAME)
        return (struct table_value){ .text = topic->name };
    if (topic->error)
        return (struct table_value){ .rank = FAILED };
    switch ((enum column)column) {
    case PARTITIONS: return number(topic->partitions);
    case OFFSETS: return number(topic->offsets);
    case OLDEST: return number(topic->oldest);
    case NEWEST: return number(topic->newest);
    case RATE: return number(rate_of(view, topic));
    case CLOCK: return number(topic->described ? topic->log_append : -1);
    case POLICY: return number(topic->described ? topic->compacted : -1);
    case VALUES: return (struct table_value){ .text = view_kind_text(worst_kind(topic)) };
    case NAME:
    case COLUMNS: break;
    }
    return (struct table_value){ .rank = UNKNOWN };
}

/* As the columns say it: records a second, and words. */
static struct table_value row_exact(const void *view, size_t row, size_t column)
{
    const struct engine_topic *topic = topic_at(view, row);
    struct table_value value = row_value(view, row, column);

    if (value.rank != KNOWN)
        return value;
    if (column == RATE)
        value.number /= 1000;
    else if (column == CLOCK)
        value.text = topic->log_append ? "append" : "create";
    else if (column == POLICY)
        value.text = topic->compacted ? "compact" : "delete";
    return value;
}

static const struct table_rows rows = {
    .columns = columns,
    .column_count = COLUMNS,
    .error_column = OFFSETS,
    .count = row_count,
    .identity = row_identity,
    .cell = row_cell,
    .value = row_value,
    .exact = row_exact,
    .listed = row_listed,
    .error = row_error,
};

static void *view_topics_open(const struct view_subject *subject)
{
    struct view_topics *view = memory_new(sizeof(*view));

    (void)subject;
    table_init(&view->table, &rows, view, RATE, true);
    return view;
}

static void view_topics_close(void *state)
{
    struct view_topics *view = state;

    for (size_t i = 0; i < view->reading_count; i++)
        free(view->readings[i].name);
    free(view->readings);
    engine_event_free(view->shown);
    table_clear(&view->table);
    free(view);
}

static void view_topics_ask(const void *view, struct engine_request *request)
{
    (void)view;
    request->kind = ENGINE_ASK_TOPICS;
    request->details = true;
}

static bool view_topics_event(void *state, struct engine_event **event, timestamp_ms now)
{
    struct view_topics *view = state;

    if ((*event)->kind != ENGINE_TOPICS)
        return false;
    view->now = now;
    take_readings(view, *event, now);
    if (!view_keep(&view->shown, event))
        return false;
    table_changed(&view->table, view->shown->final && has_rates(view));
    return true;
}

static void view_topics_draw(void *state, struct canvas *canvas, const char *error)
{
    struct view_topics *view = state;
    struct buffer counts;
    int first = view_first_line();

    view->now = canvas->now;
    view->local = canvas->local;
    buffer_init(&counts, 0);
    if (view->shown) {
        table_counts(&view->table, &counts);
        if (view->table.filter)
            buffer_printf(&counts, "   filter: %s", view->table.filter);
        buffer_append_text(&counts, "   sort ");
        table_sorting(&view->table, &counts);
        buffer_append_text(&counts, view->internal ? "   internal topics shown" : "   internal topics hidden");
    }
    view_draw_subject(canvas, "TOPICS", "", counts.length > 0 ? counts.data : "");
    buffer_clear(&counts);
    if (!view->shown)
        view_draw_empty(canvas, first + 2, error);
    else if (view->shown->topic_count == 0)
        canvas_text(canvas, first + 2, 1, THEME_DIM, "this cluster has no topics");
    else
        table_draw(&view->table, canvas, first + 1, view_last_line(canvas));
}

static struct view_outcome view_topics_action(void *state, enum action action)
{
    struct view_topics *view = state;
    struct view_outcome outcome = { .result = VIEW_HANDLED };
    size_t row;

    if (table_action(&view->table, action))
        return outcome;
    if (action == ACTION_INTERNAL) {
        view->internal = !view->internal;
        table_changed(&view->table, false);
        return outcome;
    }
    outcome.result = VIEW_IGNORED;
    if (action == ACTION_OPEN_GROUPS && view->shown && table_selected(&view->table, &row)) {
        outcome.result = VIEW_OPENS;
        outcome.opens = VIEW_GROUPS;
        outcome.subject.topic = topic_at(view, row)->name;
    }
    return outcome;
}

static void view_topics_filter(void *state, const char *text)
{
    table_set_filter(&((struct view_topics *)state)->table, text);
}

static const char *view_topics_filtered(const void *state)
{
    return ((const struct view_topics *)state)->table.filter;
}

static void view_topics_hint(const void *state, struct buffer *out)
{
    const struct view_topics *view = state;
    size_t row;

    if (!table_selected(&view->table, &row))
        return;
    if (topic_at(view, row)->error) {
        buffer_printf(out, "%s: %s", topic_at(view, row)->name, topic_at(view, row)->error);
        return;
    }
    for (size_t i = 0; i < view->table.count; i++)
        if (view_kind_breaks_lines(worst_kind(topic_at(view, view->table.order[i])))) {
            buffer_append_text(out, "values !: format `lines` would break multi-line, Avro or binary values");
            return;
        }
}

static void view_topics_subject(const void *state, struct view_subject *subject)
{
    const struct view_topics *view = state;
    size_t row;

    if (table_selected(&view->table, &row))
        subject->topic = topic_at(view, row)->name;
}

static const char *view_topics_name_at(const void *state, size_t number)
{
    return number < row_count(state) ? topic_at(state, number)->name : NULL;
}

static void view_topics_copy(const void *state, struct buffer *out)
{
    table_copy(&((const struct view_topics *)state)->table, out);
}

static void view_topics_export(const void *state, struct export *out)
{
    table_export(&((const struct view_topics *)state)->table, out);
}

static const struct table *view_topics_table(const void *state)
{
    return &((const struct view_topics *)state)->table;
}

const struct view_ops view_topics_ops = {
    .name = "topics",
    .export = view_topics_export,
    .copy = view_topics_copy,
    .scope = IN_TOPICS,
    .open = view_topics_open,
    .close = view_topics_close,
    .ask = view_topics_ask,
    .event = view_topics_event,
    .draw = view_topics_draw,
    .action = view_topics_action,
    .filter = view_topics_filter,
    .filtered = view_topics_filtered,
    .table = view_topics_table,
    .hint = view_topics_hint,
    .subject = view_topics_subject,
    .name_at = view_topics_name_at,
};
