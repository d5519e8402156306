/* What either side delivered, in time, one bar a partition. */
#include "tui/audit_picture.h"

#include "tui/timeline.h"

/* The plan's row of a partition; NULL for one that was added later. */
static const struct cutover_plan_row *planned(const struct engine_event *shown, int32_t partition)
{
    const struct cutover_plan *plan = shown->audit ? shown->audit->plan : NULL;

    return plan && (size_t)partition < plan->count ? &plan->rows[partition] : NULL;
}

/* How far in time the old side came; TIMESTAMP_NONE: it had nothing. Where no record stood at its commit it had all that
 * there was when the plan was made. */
static timestamp_ms old_until(const struct engine_event *shown, const struct coverage_partition *partition)
{
    const struct cutover_plan_row *row = planned(shown, partition->partition);

    if (!row || row->committed_time != TIMESTAMP_NONE)
        return row ? row->committed_time : TIMESTAMP_NONE;
    if (row->state != CUTOVER_CAUGHT_UP && row->state != CUTOVER_OPEN_TRANSACTION)
        return TIMESTAMP_NONE;
    timestamp_ms taken = shown->audit->plan->taken_at;
    return partition->last_time != TIMESTAMP_NONE && partition->last_time < taken ? partition->last_time : taken;
}

/* Where the new side begins in time. Objects tell their smallest time, and in a disordered topic that may lie long before
 * the time that was started at, or before the record at the commit. */
static timestamp_ms new_from(const struct engine_event *shown, const struct coverage_partition *partition)
{
    const struct cutover_plan_row *row = planned(shown, partition->partition);
    timestamp_ms begins = TIMESTAMP_NONE;

    if (row && row->committed_time != TIMESTAMP_NONE) {
        const struct cutover_plan *plan = shown->audit->plan;
        bool at_commit = row->start == (row->committed > row->log_start ? row->committed : row->log_start);

        begins = at_commit ? row->committed_time : plan->start.time;
    }
    return begins > partition->first_time && begins <= partition->last_time ? begins : partition->first_time;
}

/* From the oldest record that one side lacks or both have to the newest: '=' old only, '+' both, '.' new only, 'x' neither
 * (the plan's gap, or a hole), blank nothing. */
static void bar_characters(const struct engine_event *shown, const struct coverage_partition *partition,
                           const struct timeline_axis *axis, char *out)
{
    const struct cutover_plan_row *row = planned(shown, partition->partition);
    timestamp_ms commit = old_until(shown, partition);
    int old_to = commit != TIMESTAMP_NONE ? timeline_cell(axis, commit) : -1;
    int from = partition->first_time != TIMESTAMP_NONE ? timeline_cell(axis, new_from(shown, partition)) : axis->cells;
    int to = partition->last_time != TIMESTAMP_NONE ? timeline_cell(axis, partition->last_time) : -1;

    /* A cell may hold the end of one side and the beginning of the other: nothing need lie there twice. */
    bool twice = partition->twice > 0, gap = row && row->gap > 0 && partition->first_time != TIMESTAMP_NONE;

    for (int cell = 0; cell < axis->cells; cell++) {
        bool old = cell <= old_to, new = cell >= from &&cell <= to;

        out[cell] = old && new && twice ? '+' : new ? '.' : old ? '=' : gap &&cell < from ? 'x' : ' ';
    }
    for (size_t i = 0; i < partition->hole_count && from < axis->cells && partition->to > partition->from; i++) {
        /* Where a hole lies in time is not known: its place among the offsets is shown. */
        int64_t span = partition->to - partition->from;
        int at = from + (int)((partition->holes[i].start - partition->from) * (to - from) / span);

        if (at >= 0 && at < axis->cells)
            out[at] = 'x';
    }
    out[axis->cells] = '\0';
}

int audit_picture_draw(const struct engine_event *shown, const struct canvas *canvas, int line, bool legend)
{
    const struct coverage *coverage = shown->coverage;
    timestamp_ms first = TIMESTAMP_NONE, last = TIMESTAMP_NONE;
    int cells = (canvas->columns - 12) / 10 * 10;
    struct timeline_axis axis;
    char text[512];

    for (size_t i = 0; i < coverage->count; i++) {
        const struct coverage_partition *row = &coverage->partitions[i];

        if (row->first_time != TIMESTAMP_NONE && (first == TIMESTAMP_NONE || new_from(shown, row) < first))
            first = new_from(shown, row);
        if (row->last_time > last)
            last = row->last_time;
        const struct cutover_plan_row *plan = planned(shown, row->partition);
        if (plan && plan->gap > 0 && plan->committed_time != TIMESTAMP_NONE && plan->committed_time < first)
            first = plan->committed_time; /* the gap begins there */
    }
    if (first == TIMESTAMP_NONE || cells < 10)
        return line;
    cells = cells < (int)sizeof(text) ? cells : (int)sizeof(text) - 1;
    axis = timeline_fit(TIMELINE_BARS, cells, first, last, &TIMELINE_FITS_ALL);
    canvas_text(canvas, line, 1, THEME_TITLE, "part");
    timeline_draw_labels(&axis, canvas, line++, 6, false);
    for (size_t i = 0; i < coverage->count; i++) {
        bar_characters(shown, &coverage->partitions[i], &axis, text);
        canvas_printf(canvas, line, 1, THEME_TEXT, "p%d", (int)coverage->partitions[i].partition);
        timeline_draw(canvas, line++, 6, text);
    }
    if (!legend)
        return line;
    canvas_text(canvas, line, 3, THEME_DIM, "= old sink only   + both   . new only   x hole or gap   (blank: not yet)");
    return line + 1;
}
