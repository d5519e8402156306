/* The numbers that an operator confirmed, compared one by one. */
#include "engine/engine_changes.h"

#include "base/buffer.h"
#include "base/text.h"

#include <string.h>

/* A column of the plan, and from which partition on it differs. */
struct column {
    const char *what;
    size_t count;
    int32_t first;
    int64_t was, is;
};

static void compare(struct column *column, int32_t partition, int64_t was, int64_t is)
{
    if (was == is)
        return;
    if (column->count++ == 0) {
        column->first = partition;
        column->was = was;
        column->is = is;
    }
}

static void say_number(struct buffer *out, int64_t number)
{
    char text[TEXT_NUMBER_SIZE];

    buffer_append_text(out, number == OFFSET_NONE ? "none" : text_count(text, number));
}

static void say_column(struct buffer *out, const struct column *column)
{
    char counted[TEXT_COUNTED_SIZE];

    if (column->count == 0)
        return;
    buffer_printf(out, "%s changed in %s: p%d ", column->what,
                  text_counted(counted, (int64_t)column->count, "partition"), column->first);
    say_number(out, column->was);
    buffer_append_text(out, " -> ");
    say_number(out, column->is);
    buffer_append_char(out, '\n');
}

static void say_total(struct buffer *out, const char *what, int64_t was, int64_t is)
{
    if (was == is)
        return;
    buffer_printf(out, "%s ", what);
    say_number(out, was);
    buffer_append_text(out, " -> ");
    say_number(out, is);
    buffer_append_char(out, '\n');
}

static void compare_rows(struct buffer *out, const struct cutover_plan *before, const struct cutover_plan *after)
{
    struct column commits = { .what = "commit" }, starts = { .what = "start" }, states = { .what = "state" };
    bool free_start = before->start.kind == CUTOVER_START_NOW || before->group_members > 0;

    for (size_t i = 0; i < before->count && i < after->count; i++) {
        const struct cutover_plan_row *was = &before->rows[i], *is = &after->rows[i];
        bool broken = is->state == CUTOVER_ERROR || is->state == CUTOVER_PAST_END;

        if (before->group_members == 0 || is->committed < was->committed)
            compare(&commits, was->partition, was->committed, is->committed);
        if (!free_start)
            compare(&starts, was->partition, was->start, is->start);
        if (broken || was->state == CUTOVER_ERROR || was->state == CUTOVER_PAST_END)
            compare(&states, was->partition, (int64_t)was->state, (int64_t)is->state);
    }
    say_column(out, &commits);
    say_column(out, &starts);
    if (states.count > 0)
        buffer_printf(out, "state changed in p%d: %s -> %s\n", states.first,
                      cutover_state_name((enum cutover_state)states.was),
                      cutover_state_name((enum cutover_state)states.is));
}

static void compare_totals(struct buffer *out, const struct cutover_plan *before, const struct cutover_plan *after)
{
    const struct cutover_totals *was = &before->totals, *is = &after->totals;

    if (before->start.kind != CUTOVER_START_NOW && before->group_members == 0) {
        say_total(out, "gap", was->gap, is->gap);
        say_total(out, "dup", was->duplicates, is->duplicates);
    }
    say_total(out, "lost", was->lost, is->lost);
    say_total(out, "lost unknown", (int64_t)was->lost_unknown, (int64_t)is->lost_unknown);
}

char *engine_changes(const struct cutover_plan *before, const struct cutover_plan *after)
{
    struct buffer out;

    buffer_init(&out, 4096);
    if (before->topic_id && after->topic_id && strcmp(before->topic_id, after->topic_id) != 0)
        buffer_printf(&out, "the topic was made again: id %s -> %s\n", before->topic_id, after->topic_id);
    say_total(&out, "partitions", (int64_t)before->count, (int64_t)after->count);
    say_total(&out, "members of the old group", before->group_members, after->group_members);
    compare_totals(&out, before, after);
    compare_rows(&out, before, after);
    if (out.length == 0) {
        buffer_clear(&out);
        return NULL;
    }
    return buffer_take(&out);
}
