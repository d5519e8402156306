/* Sizes: up to a million objects, sorted once; a row for each partition. */
#include "cutover/cutover_connect.h"

#include "base/buffer.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { PARTITION_DIGITS = 10, OFFSET_DIGITS = 20 };

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* --- keys ------------------------------------------------------------------------------------------------------------*/

/* Digits at *at, at most `most` of them, as a number; moves *at behind them. */
static bool read_digits(const char **at, size_t most, int64_t *value)
{
    const char *digits = *at;
    size_t count = 0;
    int64_t number = 0;

    while (digits[count] >= '0' && digits[count] <= '9') {
        if (count == most || number > (INT64_MAX - 9) / 10)
            return false;
        number = number * 10 + (digits[count] - '0');
        count++;
    }
    *at = digits + count;
    *value = number;
    return count > 0;
}

static bool is_word(const char *text, const char *letters)
{
    return *text != '\0' && text[strspn(text, letters)] == '\0';
}

/* Nothing, or .ext; of what Kafka's names may hold, as extensions do. */
static bool is_extension(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

    return *text == '\0' || (*text == '.' && is_word(text + 1, letters));
}

/* "-<n>-<hex>" of MSK Data Delivery; moves *at behind it. False where something else follows the dash. */
static bool skip_sequence(const char **at)
{
    const char *text = *at + 1;
    int64_t number;
    size_t hex;

    if (!read_digits(&text, OFFSET_DIGITS, &number) || *text != '-')
        return false;
    hex = strspn(text + 1, "0123456789abcdef");
    if (hex == 0)
        return false;
    *at = text + 1 + hex;
    return true;
}

/* The numbers behind the topic: "+<partition>+<start>..." or "-<partition>-<start>...". */
static bool read_numbers(const char *at, int32_t *partition, int64_t *start, bool *side)
{
    char sign = *at;
    int64_t number;

    if (sign != '+' && sign != '-')
        return false;
    at++;
    if (!read_digits(&at, PARTITION_DIGITS, &number) || number > INT32_MAX || *at != sign)
        return false;
    *partition = (int32_t)number;
    at++;
    if (!read_digits(&at, OFFSET_DIGITS, start))
        return false;
    if (sign == '-')
        return *at == '\0' || strcmp(at, ".gz") == 0 || strcmp(at, ".snappy") == 0 || strcmp(at, ".zst") == 0;
    if (*at == '-' && !skip_sequence(&at))
        return false;
    *side = text_starts_with(at, ".keys") || text_starts_with(at, ".headers");
    return is_extension(at);
}

/* Whether a name without our topic has the shape of another's: letters, then +digits+digits. */
static bool is_of_another_topic(const char *name)
{
    const char *sign = strchr(name, '+');
    int32_t partition;
    int64_t start;
    bool side = false;

    return sign && sign > name && read_numbers(sign, &partition, &start, &side);
}

/* A folder "partition=N" of the key, or -1. */
static int64_t partition_folder(const char *key)
{
    static const char word[] = "partition=";

    for (const char *at = key; (at = strstr(at, word)) != NULL; at++) {
        const char *digits = at + sizeof(word) - 1;
        int64_t number;

        if ((at == key || at[-1] == '/') && read_digits(&digits, PARTITION_DIGITS, &number) && *digits == '/')
            return number;
    }
    return -1;
}

enum cutover_key cutover_connect_read_key(const char *prefix, const char *key, const char *topic, size_t partitions,
                                          int32_t *partition, int64_t *start)
{
    const char *name = strrchr(key, '/'), *below = key;
    size_t length = strlen(topic);
    bool side = false;
    int64_t folder;

    name = name ? name + 1 : key;
    if (text_starts_with(key, prefix))
        below = key + strlen(prefix);
    if (below > name) /* a prefix may end within the name: "backup-" */
        name = below;
    if (strncmp(name, topic, length) != 0 || !read_numbers(name + length, partition, start, &side))
        return is_of_another_topic(name) ? CUTOVER_KEY_OTHER : CUTOVER_KEY_FOREIGN;
    if (side)
        return CUTOVER_KEY_SIDE;
    folder = partition_folder(key);
    if ((size_t)*partition >= partitions || (folder >= 0 && folder != *partition))
        return CUTOVER_KEY_FOREIGN;
    return CUTOVER_KEY_DATA;
}

/* --- objects ---------------------------------------------------------------------------------------------------------*/

static int compare_objects(const void *a, const void *b)
{
    const struct cutover_object *left = a, *right = b;

    if (left->partition != right->partition)
        return left->partition < right->partition ? -1 : 1;
    if (left->start != right->start)
        return left->start < right->start ? -1 : 1;
    return (left->index > right->index) - (left->index < right->index);
}

static bool shares_start(const struct cutover_object *a, const struct cutover_object *b)
{
    return a->partition == b->partition && a->start == b->start;
}

size_t cutover_connect_choose(struct cutover_object *objects, size_t count, bool all)
{
    size_t chosen = 0;

    if (count > 0)
        qsort(objects, count, sizeof(*objects), compare_objects);
    for (size_t i = 0; i < count; i++) {
        bool last = i + 1 == count || objects[i + 1].partition != objects[i].partition;

        objects[i].wanted = all || last || shares_start(&objects[i], &objects[i + 1]) ||
                            (i > 0 && shares_start(&objects[i], &objects[i - 1]));
        chosen += objects[i].wanted;
    }
    return chosen;
}

static void add_hole(struct cutover_connect_row *row, int64_t start, int64_t end)
{
    row->holes = memory_resize(row->holes, (row->hole_count + 1) * sizeof(*row->holes));
    row->holes[row->hole_count++] = (struct offset_range){ .start = start, .end = end };
}

/* The walk over one partition's objects, sorted. */
static void walk(struct cutover_connect_row *row, const struct cutover_object *objects, size_t count)
{
    int64_t reach = objects[0].start;

    row->from = objects[0].start;
    for (size_t i = 0; i < count; i++) {
        int64_t start = objects[i].start, end;

        row->objects++;
        row->counted += objects[i].records != OFFSET_NONE;
        row->mixed = row->mixed || objects[i].folder != objects[0].folder;
        if (start > reach)
            add_hole(row, reach, start);
        if (objects[i].records != OFFSET_NONE) {
            end = start + objects[i].records + objects[i].empty;
            row->empty += objects[i].empty;
        } else if (i + 1 < count) {
            end = objects[i + 1].start;
        } else {
            row->end = OFFSET_NONE; /* the last one's end is what nobody knows */
            return;
        }
        row->overlap += larger(0, smaller(end, reach) - start);
        reach = larger(reach, end);
    }
    row->end = reach;
}

/* Ranges that interleave: what each object seems to lack, another has. All counts together are what was committed. */
static void join_mixed(struct cutover_connect_row *row, const struct cutover_object *objects, size_t count)
{
    int64_t records = 0;

    if (!row->mixed || row->counted < row->objects || row->committed == OFFSET_NONE)
        return;
    for (size_t i = 0; i < count; i++)
        records += objects[i].records + objects[i].empty;
    if (records != row->committed - row->from)
        return;
    free(row->holes);
    row->holes = NULL;
    row->hole_count = 0;
    row->overlap = 0;
    row->end = row->committed;
}

static void judge(struct cutover_connect_row *row, int64_t high_watermark)
{
    if (row->objects == 0) {
        row->state = row->committed > 0 ? CUTOVER_CONNECT_NO_OBJECTS : CUTOVER_CONNECT_NONE;
    } else if (row->end == OFFSET_NONE) {
        row->state = CUTOVER_CONNECT_UNCOUNTED;
    } else if (high_watermark != OFFSET_NONE && row->end > high_watermark) {
        row->state = CUTOVER_CONNECT_PAST_END;
    } else if (row->committed == OFFSET_NONE) {
        row->state = CUTOVER_CONNECT_NO_COMMIT;
    } else if (row->end > row->committed) {
        row->state = CUTOVER_CONNECT_AHEAD;
        row->repeats = row->end - row->committed;
    } else if (row->end < row->committed) {
        row->state = CUTOVER_CONNECT_BEHIND;
        row->missing = row->committed - row->end;
    } else {
        row->state = CUTOVER_CONNECT_EXACT;
    }
}

static void add_up(struct cutover_connect *connect, const struct cutover_connect_row *row)
{
    connect->objects += row->objects;
    connect->counted += row->counted;
    connect->repeats += row->repeats;
    connect->missing += row->missing;
    connect->overlap += row->overlap;
    connect->empty += row->empty;
    connect->holes += (int64_t)row->hole_count;
    for (size_t i = 0; i < row->hole_count; i++)
        connect->hole_offsets += row->holes[i].end - row->holes[i].start;
    connect->states[row->state]++;
}

struct cutover_connect *cutover_connect_make(const struct cutover_connect_log *logs, size_t count,
                                             const struct cutover_object *objects, size_t object_count)
{
    struct cutover_connect *connect = memory_new(sizeof(*connect));
    size_t at = 0;

    connect->rows = memory_new((count > 0 ? count : 1) * sizeof(*connect->rows));
    connect->count = count;
    for (size_t i = 0; i < count; i++) {
        struct cutover_connect_row *row = &connect->rows[i];
        size_t first = at;

        *row = (struct cutover_connect_row){
            .partition = (int32_t)i, .committed = logs[i].committed, .from = OFFSET_NONE, .end = OFFSET_NONE
        };
        while (at < object_count && objects[at].partition == row->partition)
            at++;
        if (at > first) {
            walk(row, &objects[first], at - first);
            join_mixed(row, &objects[first], at - first);
        }
        judge(row, logs[i].high_watermark);
        add_up(connect, row);
    }
    return connect;
}

size_t cutover_connect_choose_mixed(const struct cutover_connect *connect, struct cutover_object *objects, size_t count)
{
    size_t chosen = 0;

    for (size_t i = 0; i < count; i++) {
        const struct cutover_connect_row *row = &connect->rows[objects[i].partition];

        objects[i].wanted = row->mixed && row->state == CUTOVER_CONNECT_BEHIND && objects[i].records == OFFSET_NONE;
        chosen += objects[i].wanted;
    }
    return chosen;
}

/* Where the object should end if nothing is missing: the next one's start, the commit behind the last. */
static int64_t bound_of(const struct cutover_connect_row *row, const struct cutover_object *objects, size_t count,
                        size_t i)
{
    return i + 1 < count ? objects[i + 1].start : row->committed;
}

bool cutover_connect_doubts(const struct cutover_connect_row *row, const struct cutover_connect_log *log,
                            const struct cutover_object *objects, size_t count, struct offset_range *range)
{
    *range = (struct offset_range){ OFFSET_NONE, OFFSET_NONE };
    if ((row->missing == 0 && row->hole_count == 0) || row->committed == OFFSET_NONE || row->overlap > 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        int64_t bound = bound_of(row, objects, count, i);

        if (objects[i].records == OFFSET_NONE || objects[i].start + objects[i].records >= bound ||
            log->log_start == OFFSET_NONE || objects[i].start < log->log_start)
            continue;
        if (range->start == OFFSET_NONE)
            range->start = objects[i].start;
        range->end = bound;
    }
    return range->start != OFFSET_NONE;
}

void cutover_connect_settle(const struct cutover_connect_row *row, const struct offset_range *range,
                            const int64_t *visible, struct cutover_object *objects, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t bound = bound_of(row, objects, count, i);

        if (objects[i].start < range->start || bound > range->end || objects[i].records == OFFSET_NONE)
            continue;
        if (objects[i].start + objects[i].records < bound && visible[i] <= objects[i].records)
            objects[i].empty = bound - objects[i].start - objects[i].records;
    }
}

void cutover_connect_free(struct cutover_connect *connect)
{
    if (!connect)
        return;
    for (size_t i = 0; i < connect->count; i++)
        free(connect->rows[i].holes);
    free(connect->rows);
    free(connect->bucket);
    free(connect->prefix);
    free(connect->first_foreign);
    free(connect->uncounted_why);
    free(connect);
}

bool cutover_connect_is_bad_news(const struct cutover_connect *connect)
{
    return connect->missing > 0 || connect->holes > 0 || connect->states[CUTOVER_CONNECT_NO_OBJECTS] > 0 ||
           connect->states[CUTOVER_CONNECT_UNCOUNTED] > 0 || connect->states[CUTOVER_CONNECT_PAST_END] > 0;
}

/* --- against a plan --------------------------------------------------------------------------------------------------*/

static bool is_known(const struct cutover_connect_row *row)
{
    return row->end != OFFSET_NONE && row->state != CUTOVER_CONNECT_PAST_END;
}

struct cutover_plan *cutover_connect_as_old_side(const struct cutover_connect *connect, const struct cutover_plan *plan)
{
    struct cutover_plan *copy = cutover_plan_copy(plan);

    for (size_t i = 0; i < copy->count && i < connect->count; i++) {
        struct cutover_plan_row *row = &copy->rows[i];

        if (row->state == CUTOVER_ERROR || !is_known(&connect->rows[i]))
            continue;
        row->committed = connect->rows[i].end;
        if (row->state == CUTOVER_NO_COMMIT)
            row->state = CUTOVER_OK;
    }
    return copy;
}

bool cutover_connect_cost(const struct cutover_connect_row *row, int64_t log_start, int64_t start, int64_t *gap,
                          int64_t *duplicates)
{
    int64_t base;

    if (!is_known(row) || log_start == OFFSET_NONE || start == OFFSET_NONE)
        return false;
    base = larger(row->end, log_start);
    *gap = larger(0, start - base);
    *duplicates = larger(0, base - start);
    return true;
}

const char *cutover_connect_state_name(enum cutover_connect_state state)
{
    switch (state) {
    case CUTOVER_CONNECT_EXACT: return "exact";
    case CUTOVER_CONNECT_AHEAD: return "ahead";
    case CUTOVER_CONNECT_BEHIND: return "behind";
    case CUTOVER_CONNECT_NONE: return "none";
    case CUTOVER_CONNECT_NO_OBJECTS: return "no_objects";
    case CUTOVER_CONNECT_NO_COMMIT: return "no_commit";
    case CUTOVER_CONNECT_UNCOUNTED: return "uncounted";
    case CUTOVER_CONNECT_PAST_END: return "past_end";
    }
    return "";
}

/* --- JSON ------------------------------------------------------------------------------------------------------------*/

static struct json *row_to_json(const struct cutover_connect_row *row, const struct cutover_plan_row *planned)
{
    struct json *object = json_object_new(), *holes = json_array_new();
    int64_t gap = OFFSET_NONE, duplicates = OFFSET_NONE;

    json_set_int(object, "partition", row->partition);
    json_set_int_or_null(object, "committed", row->committed);
    json_set_int_or_null(object, "connect_from", row->from);
    json_set_int_or_null(object, "connect_end", row->end);
    json_set_int(object, "connect_objects", row->objects);
    json_set_text(object, "connect_state", cutover_connect_state_name(row->state));
    json_set_int(object, "connect_repeats", row->repeats);
    json_set_int(object, "connect_missing", row->missing);
    json_set_int(object, "connect_overlap", row->overlap);
    json_set_int(object, "connect_empty", row->empty);
    for (size_t i = 0; i < row->hole_count; i++) {
        struct json *pair = json_array_new();

        json_append_int(pair, row->holes[i].start);
        json_append_int(pair, row->holes[i].end);
        json_append(holes, pair);
    }
    json_set(object, "connect_holes", holes);
    if (!planned)
        return object;
    (void)cutover_connect_cost(row, planned->log_start, planned->start, &gap, &duplicates);
    json_set_int_or_null(object, "connect_gap", gap);
    json_set_int_or_null(object, "connect_duplicates", duplicates);
    return object;
}

struct json *cutover_connect_to_json(const struct cutover_connect *connect, const struct cutover_plan *plan)
{
    struct json *document = json_object_new(), *states = json_object_new(), *rows = json_array_new();

    json_set_text(document, "bucket", connect->bucket);
    json_set_text(document, "prefix", connect->prefix);
    json_set_int(document, "objects", connect->objects);
    json_set_int(document, "counted", connect->counted);
    json_set_int(document, "side_files", connect->side_files);
    json_set_int(document, "other_topics", connect->other_topics);
    json_set_int(document, "foreign", connect->foreign);
    json_set_text(document, "first_foreign", connect->first_foreign);
    json_set_text(document, "uncounted_why", connect->uncounted_why);
    json_set_int(document, "repeats", connect->repeats);
    json_set_int(document, "missing", connect->missing);
    json_set_int(document, "overlap", connect->overlap);
    json_set_int(document, "holes", connect->holes);
    json_set_int(document, "hole_offsets", connect->hole_offsets);
    json_set_int(document, "empty", connect->empty);
    for (int state = 0; state <= CUTOVER_CONNECT_PAST_END; state++)
        json_set_int(states, cutover_connect_state_name((enum cutover_connect_state)state),
                     (int64_t)connect->states[state]);
    json_set(document, "states", states);
    for (size_t i = 0; i < connect->count; i++)
        json_append(rows, row_to_json(&connect->rows[i], plan && i < plan->count ? &plan->rows[i] : NULL));
    json_set(document, "partitions", rows);
    return document;
}
