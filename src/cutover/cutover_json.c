/* Surveys and plans as JSON: the documents of --json and the heart of the stream object.
 *
 * Reading is strict, for a stream object may come from another version or another hand: a name that is missing, unknown
 * or there twice, a partition out of place, or a count that does not follow from the offsets refuses the whole plan. At
 * 10,000 partitions a document has about 2.5 MB. */
#include "cutover/cutover_plan.h"

#include <stdlib.h>
#include <string.h>

enum { PARTITIONS_MOST = 1000000 };

static const char *const plan_names[] = { "id",    "topic", "group",  "group_state", "taken_at", "isolation",
                                          "start", "until", "totals", "partitions",  NULL };

static struct json *totals_to_json(const struct cutover_totals *totals, bool planned)
{
    struct json *object = json_object_new();

    json_set_int(object, "partitions", (int64_t)totals->partitions);
    json_set_int_or_null(object, "gap", planned ? totals->gap : OFFSET_NONE);
    json_set_int_or_null(object, "duplicates", planned ? totals->duplicates : OFFSET_NONE);
    json_set_int(object, "lost", totals->lost);
    json_set_int(object, "lost_unknown", (int64_t)totals->lost_unknown);
    json_set_int_or_null(object, "to_read", planned ? totals->to_read : OFFSET_NONE);
    return object;
}

static struct json *row_to_json(const struct cutover_plan_row *row)
{
    struct json *object = json_object_new();

    json_set_int(object, "partition", row->partition);
    json_set_int_or_null(object, "log_start", row->log_start);
    json_set_int_or_null(object, "end", row->end);
    json_set_int_or_null(object, "high_watermark", row->high_watermark);
    json_set_int_or_null(object, "committed", row->committed);
    json_set_int_or_null(object, "committed_time_ms", row->committed_time);
    json_set_int_or_null(object, "start", row->start);
    json_set_int_or_null(object, "gap", row->gap);
    json_set_int_or_null(object, "duplicates", row->duplicates);
    json_set_int_or_null(object, "lost", row->lost);
    json_set_int_or_null(object, "to_read", row->to_read);
    json_set_text(object, "state", cutover_state_name(row->state));
    return object;
}

static void set_head(struct json *document, const char *topic, const char *group, const char *group_state,
                     timestamp_ms taken_at, bool read_committed)
{
    char taken[TIMESTAMP_TEXT_SIZE];

    json_set_text(document, "topic", topic);
    json_set_text(document, "group", group);
    json_set_text(document, "group_state", group ? group_state : NULL);
    json_set_text(document, "taken_at", timestamp_text(taken, taken_at));
    json_set_text(document, "isolation", read_committed ? "read_committed" : "read_uncommitted");
}

struct json *cutover_survey_to_json(const struct cutover_survey *survey)
{
    struct json *document = json_object_new(), *rows = json_array_new();
    struct cutover_totals totals = { .partitions = survey->count };

    set_head(document, survey->topic, survey->group, survey->group_state, survey->taken_at, survey->read_committed);
    for (size_t i = 0; i < survey->count; i++) {
        const struct cutover_partition *partition = &survey->partitions[i];
        struct cutover_plan_row row = {
            .partition = partition->partition,
            .log_start = partition->log_start,
            .end = partition->end,
            .high_watermark = partition->high_watermark,
            .committed = partition->committed,
            .committed_time = partition->committed_time,
            .start = OFFSET_NONE,
            .gap = OFFSET_NONE,
            .duplicates = OFFSET_NONE,
            .lost = cutover_partition_lost(partition),
            .to_read = OFFSET_NONE,
            .state = partition->state,
        };

        totals.lost += row.lost > 0 ? row.lost : 0;
        totals.lost_unknown += row.lost == OFFSET_NONE && row.state != CUTOVER_ERROR;
        json_append(rows, row_to_json(&row));
    }
    json_set_null(document, "start");
    json_set(document, "totals", totals_to_json(&totals, false));
    json_set(document, "partitions", rows);
    return document;
}

static struct json *until_to_json(const struct cutover_plan *plan)
{
    struct json *object = json_object_new(), *ends = json_array_new();

    json_set_int_or_null(object, "time_ms", plan->until_time);
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->rows[i].until != OFFSET_NONE)
            json_append_int(ends, plan->rows[i].until);
        else
            json_append(ends, json_null_new());
    }
    json_set(object, "ends", ends);
    return object;
}

struct json *cutover_plan_to_json(const struct cutover_plan *plan)
{
    struct json *document = json_object_new(), *start = json_object_new(), *rows = json_array_new();

    json_set_text(document, "id", plan->id);
    set_head(document, plan->topic, plan->group, plan->group_state, plan->taken_at, plan->read_committed);
    json_set_text(start, "kind", cutover_start_name(plan->start.kind));
    json_set_int_or_null(start, "time_ms", plan->start.time);
    json_set(document, "start", start);
    if (cutover_plan_has_end(plan))
        json_set(document, "until", until_to_json(plan));
    else
        json_set_null(document, "until");
    json_set(document, "totals", totals_to_json(&plan->totals, true));
    for (size_t i = 0; i < plan->count; i++)
        json_append(rows, row_to_json(&plan->rows[i]));
    json_set(document, "partitions", rows);
    return document;
}

/* A number from 0 on, or null, which is -1: no such offset, no such time. */
static bool read_number(const struct json *object, const char *name, int64_t *value, struct error *err)
{
    if (json_is_null(json_get(object, name))) {
        *value = OFFSET_NONE;
        return true;
    }
    if (!json_get_int(object, name, value) || *value < 0)
        return error_set(err, ERROR_FORMAT, "\"%s\" is neither null nor a number from 0 to 2^53", name);
    return true;
}

static bool read_text(const struct json *object, const char *name, char **text, struct error *err)
{
    const char *value = json_get_text(object, name);

    if (!value || !*value)
        return error_set(err, ERROR_FORMAT, "\"%s\" is no text", name);
    *text = memory_copy_text(value);
    return true;
}

static bool read_head(const struct json *document, struct cutover_plan *plan, struct error *err)
{
    const char *id = json_get_text(document, "id");
    const char *state = json_get_text(document, "group_state");
    const char *taken = json_get_text(document, "taken_at");
    const char *isolation = json_get_text(document, "isolation");

    if (!id || strlen(id) != CUTOVER_PLAN_ID_SIZE - 1 || strspn(id, "0123456789abcdef") != CUTOVER_PLAN_ID_SIZE - 1)
        return error_set(err, ERROR_FORMAT, "\"id\" is not 8 hex digits");
    memcpy(plan->id, id, CUTOVER_PLAN_ID_SIZE);
    if (!read_text(document, "topic", &plan->topic, err))
        return false;
    if (!json_is_null(json_get(document, "group"))) {
        if (!read_text(document, "group", &plan->group, err))
            return false;
        if (!state || strlen(state) >= sizeof(plan->group_state))
            return error_set(err, ERROR_FORMAT, "\"group_state\" is no text of at most 23 bytes");
        memcpy(plan->group_state, state, strlen(state) + 1);
    } else if (!json_is_null(json_get(document, "group_state"))) {
        return error_set(err, ERROR_FORMAT, "\"group_state\" is given without a group");
    }
    if (!taken || !strchr(taken, 'T') || !timestamp_parse(taken, 0, &plan->taken_at, NULL))
        return error_set(err, ERROR_FORMAT, "\"taken_at\" is no time of the form 2026-11-23T09:43:30Z");
    if (!isolation || (strcmp(isolation, "read_committed") != 0 && strcmp(isolation, "read_uncommitted") != 0))
        return error_set(err, ERROR_FORMAT, "\"isolation\" is neither read_committed nor read_uncommitted");
    plan->read_committed = strcmp(isolation, "read_committed") == 0;
    return true;
}

static bool read_start(const struct json *object, struct cutover_start *start, struct error *err)
{
    static const char *const names[] = { "kind", "time_ms", NULL };
    const char *word;
    enum cutover_start_kind kind = CUTOVER_START_NOW;

    if (!json_check_names(object, names, "\"start\"", err))
        return false;
    word = json_get_text(object, "kind");
    while (word && kind <= CUTOVER_START_COMMITTED && strcmp(word, cutover_start_name(kind)) != 0)
        kind++;
    if (!word || kind > CUTOVER_START_COMMITTED)
        return error_set(err, ERROR_FORMAT, "\"start\" has a \"kind\" that this version does not know");
    start->kind = kind;
    if (!read_number(object, "time_ms", &start->time, err))
        return false;
    if (kind == CUTOVER_START_TIME ? start->time < 0 : kind != CUTOVER_START_SAFE && start->time >= 0)
        return error_set(err, ERROR_FORMAT, "\"start\" has a \"time_ms\" that does not fit its kind");
    return true;
}

static bool read_state(const struct json *object, enum cutover_state *state, struct error *err)
{
    const char *word = json_get_text(object, "state");

    for (*state = CUTOVER_OK; word && *state <= CUTOVER_ERROR; (*state)++) {
        if (strcmp(word, cutover_state_name(*state)) == 0)
            return true;
    }
    return error_set(err, ERROR_FORMAT, "\"state\" is no state that this version knows");
}

/* Whether the state is one that the offsets allow: a row of which one half was edited is refused here. */
static bool state_fits(const struct cutover_plan_row *row)
{
    int64_t c = row->committed;

    if (row->log_start < 0 || row->end < row->log_start || row->high_watermark < row->end || row->start < 0)
        return false;
    switch (row->state) {
    case CUTOVER_OK: return c >= row->log_start && c < row->end;
    case CUTOVER_CAUGHT_UP: return c >= row->log_start && c <= row->end;
    case CUTOVER_NO_COMMIT: return c == OFFSET_NONE;
    case CUTOVER_BELOW_START: return c >= 0 && c < row->log_start;
    case CUTOVER_OPEN_TRANSACTION: return c > row->end && c <= row->high_watermark;
    case CUTOVER_PAST_END: return c > row->high_watermark;
    case CUTOVER_ERROR: break;
    }
    return false;
}

/* until: the partition's element of the ends; NULL where the plan has none. */
static bool read_row(const struct json *object, int32_t partition, const struct json *until,
                     struct cutover_plan_row *row, struct error *err)
{
    static const char *const names[] = { "partition",         "log_start", "end", "high_watermark", "committed",
                                         "committed_time_ms", "start",     "gap", "duplicates",     "lost",
                                         "to_read",           "state",     NULL };
    struct cutover_plan_row told = { 0 };
    int64_t number = OFFSET_NONE;

    *row = (struct cutover_plan_row){ .partition = partition, .until = OFFSET_NONE };
    if (!json_check_names(object, names, "it", err) || !read_number(object, "partition", &number, err))
        return false;
    if (number != partition)
        return error_set(err, ERROR_FORMAT, "it is partition %lld", (long long)number);
    if (!read_number(object, "log_start", &row->log_start, err) || !read_number(object, "end", &row->end, err) ||
        !read_number(object, "high_watermark", &row->high_watermark, err) ||
        !read_number(object, "committed", &row->committed, err) ||
        !read_number(object, "committed_time_ms", &row->committed_time, err) ||
        !read_number(object, "start", &row->start, err) || !read_number(object, "gap", &told.gap, err) ||
        !read_number(object, "duplicates", &told.duplicates, err) || !read_number(object, "lost", &told.lost, err) ||
        !read_number(object, "to_read", &told.to_read, err) || !read_state(object, &row->state, err))
        return false;
    row->gap = row->duplicates = row->lost = row->to_read = OFFSET_NONE;
    if (until && !json_is_null(until) && (!json_int(until, &row->until) || row->until < 0))
        return error_set(err, ERROR_FORMAT, "its end in \"until\" is no offset of the partition");
    if (until && json_is_null(until) != (row->state == CUTOVER_ERROR))
        return error_set(err, ERROR_FORMAT, "its end in \"until\" does not fit its state");
    if (row->state == CUTOVER_ERROR && row->start != OFFSET_NONE)
        return error_set(err, ERROR_FORMAT, "it has a start although it could not be read");
    if (row->state != CUTOVER_ERROR && !state_fits(row))
        return error_set(err, ERROR_FORMAT, "its offsets do not fit together");
    if (row->state != CUTOVER_ERROR)
        cutover_plan_row_count(row);
    if (told.gap != row->gap || told.duplicates != row->duplicates || told.lost != row->lost ||
        told.to_read != row->to_read)
        return error_set(err, ERROR_FORMAT, "its counts do not follow from its offsets");
    return true;
}

static bool start_fits(const struct cutover_plan_row *row, enum cutover_start_kind kind)
{
    int64_t base = cutover_plan_row_base(row);

    switch (kind) {
    case CUTOVER_START_NOW: return row->start == row->end;
    case CUTOVER_START_EARLIEST: return row->start == row->log_start;
    case CUTOVER_START_TIME: return row->start >= row->log_start && row->start <= row->end;
    case CUTOVER_START_SAFE: return row->start >= row->log_start && row->start <= base;
    case CUTOVER_START_COMMITTED: return row->start == base;
    }
    return false;
}

/* The ends of --until, one for each partition, or *ends NULL. */
static bool read_until(const struct json *object, size_t count, struct cutover_plan *plan, const struct json **ends,
                       struct error *err)
{
    static const char *const names[] = { "time_ms", "ends", NULL };

    *ends = NULL;
    if (json_is_null(object))
        return true;
    if (!json_check_names(object, names, "\"until\"", err))
        return false;
    if (!json_is_null(json_get(object, "time_ms")) &&
        (!json_get_int(object, "time_ms", &plan->until_time) || plan->until_time < 0))
        return error_set(err, ERROR_FORMAT, "\"until\" has a \"time_ms\" that is no time");
    *ends = json_get(object, "ends");
    if (!json_is_array(*ends) || json_count(*ends) != count || count == 0)
        return error_set(err, ERROR_FORMAT, "\"until\" does not have an end for each partition of the plan");
    return true;
}

static bool read_rows(const struct json *array, const struct json *until, struct cutover_plan *plan, struct error *err)
{
    size_t count = json_count(array);
    const struct json *ends;

    if (!json_is_array(array) || count > PARTITIONS_MOST)
        return error_set(err, ERROR_FORMAT, "\"partitions\" is no array of at most %d rows", PARTITIONS_MOST);
    if (!read_until(until, count, plan, &ends, err))
        return false;
    plan->rows = memory_new((count > 0 ? count : 1) * sizeof(*plan->rows));
    if (ends)
        ends = json_first(ends);
    for (const struct json *item = json_first(array); item; item = json_next(item)) {
        int32_t partition = (int32_t)plan->count;

        if (!read_row(item, partition, ends, &plan->rows[plan->count], err))
            return error_prefix(err, "partition %d", partition);
        ends = ends ? json_next(ends) : NULL;
        plan->count++; /* from here on cutover_plan_free knows the row */
        if (plan->rows[partition].state != CUTOVER_ERROR && !start_fits(&plan->rows[partition], plan->start.kind))
            return error_set(err, ERROR_FORMAT, "partition %d does not start where \"%s\" would", partition,
                             cutover_start_name(plan->start.kind));
    }
    return true;
}

static bool check_totals(const struct json *object, const struct cutover_totals *totals, struct error *err)
{
    static const char *const names[] = { "partitions", "gap", "duplicates", "lost", "lost_unknown", "to_read", NULL };
    const int64_t counted[] = { (int64_t)totals->partitions,   totals->gap,    totals->duplicates, totals->lost,
                                (int64_t)totals->lost_unknown, totals->to_read };

    if (!json_check_names(object, names, "\"totals\"", err))
        return false;
    for (size_t i = 0; names[i]; i++) {
        int64_t told;

        if (!json_get_int(object, names[i], &told) || told != counted[i])
            return error_set(err, ERROR_FORMAT, "the total \"%s\" is not what the partitions add up to", names[i]);
    }
    return true;
}

struct cutover_plan *cutover_plan_from_json(const struct json *document, struct error *err)
{
    struct cutover_plan *plan = memory_new(sizeof(*plan));

    plan->cluster_id = memory_copy_text("-");
    plan->topic_id = memory_copy_text("-");
    plan->until_time = TIMESTAMP_NONE;
    if (!json_check_names(document, plan_names, "it", err) || !read_head(document, plan, err) ||
        !read_start(json_get(document, "start"), &plan->start, err) ||
        !read_rows(json_get(document, "partitions"), json_get(document, "until"), plan, err))
        goto out;
    cutover_plan_count_totals(plan);
    if (!check_totals(json_get(document, "totals"), &plan->totals, err))
        goto out;
    return plan;
out:
    (void)error_prefix(err, "the plan cannot be read");
    cutover_plan_free(plan);
    return NULL;
}
