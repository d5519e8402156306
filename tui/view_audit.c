/* What lies in the bucket, against the plan: a bar and a row a partition, the chain, the cutover, the verdict.
 *
 * Enter opens the objects around a partition's first hole, or its last ones. The deep check reads every object. Up to
 * 10,000 partitions, and some ten thousand objects.
 */
#include "tui/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/audit_verdict.h"
#include "tui/table.h"
#include "tui/timeline.h"
#include "tui/zone.h"

enum { TAG_BUCKET, TAG_PREFIX, TAG_STREAM, TAG_DEEP, SUMMARY_LINES = 3 };

struct view_audit {
    char *stream, *bucket, *prefix;
    struct engine_event *shown; /* ENGINE_AUDIT; NULL */
    char *error;                /* of the deep check, or of the list where there is none; NULL */
    bool deep;                  /* every object is being read */
    bool again;                 /* what a deep check found may be replaced by what a list tells */
    bool retyping;              /* the names are asked for again, one after the other */
    char *typed[TAG_DEEP];      /* those of them that were typed, until all are; NULL */
    int32_t opened;             /* partition whose objects are shown; -1: none */
    int cells;                  /* of the message row at the last drawing */
    struct table table, objects;
};

static const struct coverage *coverage_of(const void *view)
{
    const struct engine_event *shown = ((const struct view_audit *)view)->shown;

    return shown ? shown->coverage : NULL;
}

/* --- partitions ------------------------------------------------------------------------------------------------------*/

enum column { PART, OLD_TO, NEW_FROM, NEW_TO, OBJECTS, HOLES, TWICE, TO_END, STATE, COLUMNS };

static const struct table_column columns[COLUMNS] = {
    [PART] = { .name = "part", .least = 4, .want = 4, .most = 8, .gap = 1, .left = true, .keep = true },
    [OLD_TO] = { .name = "old to", .least = 9, .want = 12, .most = 18, .gap = 1 },
    [NEW_FROM] = { .name = "new from", .least = 9, .want = 12, .most = 18, .gap = 1 },
    [NEW_TO] = { .name = "new to", .least = 9, .want = 12, .most = 18, .gap = 1, .keep = true },
    [OBJECTS] = { .name = "objects", .least = 7, .want = 7, .most = 9, .gap = 1 },
    [HOLES] = { .name = "holes", .least = 5, .want = 6, .most = 9, .gap = 1, .keep = true },
    [TWICE] = { .name = "twice", .least = 8, .want = 11, .most = 16, .gap = 1 },
    [TO_END] = { .name = "to end", .least = 6, .want = 9, .most = 16, .gap = 1 },
    [STATE] = { .name = "", .least = 4, .want = 7, .most = 7, .gap = 1, .left = true, .keep = true },
};

static const struct coverage_partition *row_at(const void *view, size_t row)
{
    return &coverage_of(view)->partitions[row];
}

static size_t row_count(const void *view)
{
    return coverage_of(view) ? coverage_of(view)->count : 0;
}

static const char *row_identity(const void *view, size_t row, char out[64])
{
    snprintf(out, 64, "p%d", (int)row_at(view, row)->partition);
    return out;
}

static int64_t row_number(const void *view, size_t row, size_t column)
{
    const struct coverage_partition *partition = row_at(view, row);

    switch ((enum column)column) {
    case PART: return partition->partition;
    case OLD_TO: return coverage_of(view)->cutover_known ? partition->committed : OFFSET_NONE;
    case NEW_FROM: return partition->from;
    case NEW_TO: return partition->to;
    case OBJECTS: return partition->objects;
    case HOLES: return (int64_t)(partition->hole_count + partition->overlap_count);
    case TWICE: return partition->twice;
    case TO_END: return partition->to_end;
    case STATE: return partition->hole_count + partition->overlap_count > 0 ? 2 : partition->open;
    case COLUMNS: break;
    }
    return 0;
}

static enum theme_role state_text(const struct coverage_partition *partition, struct buffer *out)
{
    if (partition->hole_count > 0 || partition->overlap_count > 0) {
        buffer_append_text(out, partition->hole_count > 0 ? "HOLE" : "OVERLAP");
        return THEME_BAD;
    }
    if (partition->lost_count > 0) {
        buffer_append_text(out, "LOST");
        return THEME_BAD;
    }
    buffer_append_text(out, partition->open ? "open" : "ok");
    return partition->open ? THEME_WARNING : THEME_GOOD;
}

static void append_number(struct buffer *out, int64_t number)
{
    char text[TEXT_NUMBER_SIZE];

    buffer_append_text(out, number == OFFSET_NONE ? "-" : text_count(text, number));
}

static enum theme_role row_cell(const void *view, size_t row, size_t column, struct buffer *out)
{
    if (column == STATE)
        return state_text(row_at(view, row), out);
    if (column == PART)
        buffer_append_char(out, 'p');
    append_number(out, row_number(view, row, column));
    return column == HOLES && row_number(view, row, HOLES) > 0 ? THEME_BAD : THEME_TEXT;
}

static struct table_value row_value(const void *view, size_t row, size_t column)
{
    int64_t number = row_number(view, row, column);

    return (struct table_value){ .rank = number == OFFSET_NONE, .number = number };
}

static const struct table_rows rows = {
    .columns = columns,
    .column_count = COLUMNS,
    .error_column = COLUMNS,
    .count = row_count,
    .identity = row_identity,
    .cell = row_cell,
    .value = row_value,
};

/* --- objects ---------------------------------------------------------------------------------------------------------*/

enum object_column { O_START, O_NEXT, O_RECORDS, O_BYTES, O_KEY, O_COLUMNS };

static const struct table_column object_columns[O_COLUMNS] = {
    [O_START] = { .name = "from", .least = 9, .want = 12, .most = 18, .gap = 1, .keep = true },
    [O_NEXT] = { .name = "to", .least = 9, .want = 12, .most = 18, .gap = 1, .keep = true },
    [O_RECORDS] = { .name = "records", .least = 7, .want = 9, .most = 14, .gap = 1 },
    [O_BYTES] = { .name = "bytes", .least = 7, .want = 11, .most = 16, .gap = 1 },
    [O_KEY] = { .name = "object", .least = 10, .want = 20, .most = 36, .gap = 2, .left = true, .keep = true },
};

static const struct engine_audit_object *object_at(const void *view, size_t row)
{
    return &((const struct view_audit *)view)->shown->audit->objects[row];
}

static size_t object_count(const void *view)
{
    const struct engine_event *shown = ((const struct view_audit *)view)->shown;

    return shown && shown->audit ? shown->audit->object_count : 0;
}

static bool object_listed(const void *view, size_t row)
{
    return object_at(view, row)->range.partition == ((const struct view_audit *)view)->opened;
}

static const char *object_identity(const void *view, size_t row, char out[64])
{
    (void)out;
    return object_at(view, row)->key;
}

/* What lies before an object that does not begin where the one before ended. */
static int64_t hole_before(const void *view, size_t row)
{
    const struct coverage_object *object = &object_at(view, row)->range;

    if (row == 0 || object_at(view, row - 1)->range.partition != object->partition)
        return 0;
    return object->start - object_at(view, row - 1)->range.next;
}

static enum theme_role object_cell(const void *view, size_t row, size_t column, struct buffer *out)
{
    const struct engine_audit_object *object = object_at(view, row);
    int64_t hole = hole_before(view, row);

    switch ((enum object_column)column) {
    case O_START: append_number(out, object->range.start); return hole != 0 ? THEME_BAD : THEME_TEXT;
    case O_NEXT: append_number(out, object->range.next); break;
    case O_RECORDS: append_number(out, object->range.records); break;
    case O_BYTES: append_number(out, object->range.bytes); break;
    case O_KEY:
        if (hole > 0)
            buffer_printf(out, "HOLE of %lld before: ", (long long)hole);
        else if (hole < 0)
            buffer_printf(out, "TWICE %lld: ", (long long)-hole);
        if (object->trouble)
            buffer_printf(out, "%s: ", object->trouble);
        buffer_append_text(out, strrchr(object->key, '/') ? strrchr(object->key, '/') + 1 : object->key);
        return hole != 0 || object->trouble ? THEME_BAD : THEME_TEXT;
    case O_COLUMNS: break;
    }
    return THEME_TEXT;
}

static struct table_value object_value(const void *view, size_t row, size_t column)
{
    const struct engine_audit_object *object = object_at(view, row);

    switch ((enum object_column)column) {
    case O_START: return (struct table_value){ .number = object->range.start };
    case O_NEXT: return (struct table_value){ .number = object->range.next };
    case O_RECORDS: return (struct table_value){ .number = object->range.records };
    case O_BYTES: return (struct table_value){ .number = object->range.bytes };
    default: return (struct table_value){ .text = object->key };
    }
}

static const struct table_rows object_rows = {
    .columns = object_columns,
    .column_count = O_COLUMNS,
    .error_column = O_COLUMNS,
    .count = object_count,
    .identity = object_identity,
    .cell = object_cell,
    .value = object_value,
    .listed = object_listed,
};

/* --- opening, asking -------------------------------------------------------------------------------------------------*/

static bool names_known(const struct view_audit *view)
{
    return view->stream && view->bucket && view->prefix;
}

static void *view_audit_open(const struct view_subject *subject)
{
    struct view_audit *view = memory_new(sizeof(*view));
    const struct config *config = subject->source ? subject->source->config : NULL;

    view->stream = memory_copy_text(subject->stream ? subject->stream : config ? config->stream : NULL);
    view->bucket = memory_copy_text(subject->bucket ? subject->bucket : config ? config->bucket : NULL);
    view->prefix = memory_copy_text(subject->prefix            ? subject->prefix
                                    : config && config->bucket ? config->prefix
                                                               : NULL);
    view->opened = -1;
    table_init(&view->table, &rows, view, STATE, true);
    table_init(&view->objects, &object_rows, view, O_START, false);
    return view;
}

static void view_audit_close(void *state)
{
    struct view_audit *view = state;

    engine_event_free(view->shown);
    table_clear(&view->table);
    table_clear(&view->objects);
    free(view->stream);
    free(view->bucket);
    free(view->prefix);
    free(view->error);
    for (int i = TAG_BUCKET; i < TAG_DEEP; i++)
        free(view->typed[i]);
    free(view);
}

static bool is_deep(const struct view_audit *view)
{
    return view->shown && view->shown->audit && view->shown->audit->deep;
}

/* A deep check stands until it is asked anew: to read everything once more is not for a clock to decide. */
static bool view_audit_asks(const void *state)
{
    const struct view_audit *view = state;

    return names_known(view) && !view->retyping && !view->deep && (!is_deep(view) || view->again);
}

static void view_audit_ask(const void *state, struct engine_request *request)
{
    const struct view_audit *view = state;

    *request = (struct engine_request){
        .kind = ENGINE_ASK_AUDIT,
        .stream = view->stream,
        .bucket = view->bucket,
        .prefix = view->prefix,
    };
}

static timestamp_ms view_audit_read_at(const void *state)
{
    const struct view_audit *view = state;

    return view->shown && view->shown->audit ? view->shown->audit->listed_at : TIMESTAMP_NONE;
}

static bool view_audit_event(void *state, struct engine_event **event, timestamp_ms now)
{
    struct view_audit *view = state;

    (void)now;
    if ((*event)->kind == ENGINE_FAILED) {
        free(view->error);
        view->error = (*event)->error.kind == ERROR_CANCELLED ? NULL : memory_copy_text((*event)->error.message);
        view->deep = false;
        return true;
    }
    if ((*event)->kind != ENGINE_AUDIT || !(*event)->coverage)
        return false;
    if ((*event)->audit && (*event)->audit->deep)
        view->deep = view->again = false;
    else if (is_deep(view) && !view->again)
        return false; /* a list that was asked for before */
    else if (view->retyping)
        return false; /* of names that are being replaced; Esc asks again */
    engine_event_free(view->shown);
    view->shown = *event;
    *event = NULL;
    free(view->error);
    view->error = NULL;
    table_changed(&view->table, true);
    table_changed(&view->objects, true);
    return true;
}

/* --- drawing ---------------------------------------------------------------------------------------------------------*/

static void draw_subject(const struct view_audit *view, const struct canvas *canvas)
{
    char *names = memory_printf("%s   s3://%s/%s", view->stream ? view->stream : "?", view->bucket ? view->bucket : "?",
                                view->prefix ? view->prefix : "");
    enum { FRAME_CELLS = 11, PLAN_CELLS = 16 }; /* the word and the blanks; "plan 3f9a17c2   " */
    struct buffer counts;

    buffer_init(&counts, 0);
    if (view->shown) {
        char text[TEXT_COUNTED_SIZE];

        buffer_printf(&counts, "%s   VERDICT %s", text_counted(text, coverage_of(view)->objects, "object"),
                      audit_verdict_word(coverage_of(view)));
        /* The place says more than the plan's id, which the launch, the log and the wider screen show. */
        if (FRAME_CELLS + PLAN_CELLS + (int)text_width(names) + (int)text_width(counts.data) <= canvas->columns) {
            buffer_reset(&counts);
            buffer_printf(&counts, "plan %s   %s   VERDICT %s", view->shown->plan_id, text,
                          audit_verdict_word(coverage_of(view)));
        }
    }
    view_draw_subject(canvas, "AUDIT", names, counts.length > 0 ? counts.data : "");
    buffer_clear(&counts);
    free(names);
}

/* The plan's row of a partition; NULL for one that was added later. */
static const struct cutover_plan_row *planned(const struct view_audit *view, int32_t partition)
{
    const struct cutover_plan *plan = view->shown->audit ? view->shown->audit->plan : NULL;

    return plan && (size_t)partition < plan->count ? &plan->rows[partition] : NULL;
}

/* How far in time the old side came; TIMESTAMP_NONE: it had nothing. Where no record stood at its commit it had all that
 * there was when the plan was made. */
static timestamp_ms old_until(const struct view_audit *view, const struct coverage_partition *partition)
{
    const struct cutover_plan_row *row = planned(view, partition->partition);

    if (!row || row->committed_time != TIMESTAMP_NONE)
        return row ? row->committed_time : TIMESTAMP_NONE;
    if (row->state != CUTOVER_CAUGHT_UP && row->state != CUTOVER_OPEN_TRANSACTION)
        return TIMESTAMP_NONE;
    timestamp_ms taken = view->shown->audit->plan->taken_at;
    return partition->last_time != TIMESTAMP_NONE && partition->last_time < taken ? partition->last_time : taken;
}

/* Where the new side begins in time. Objects tell their smallest time, and in a disordered topic that may lie long before
 * the time that was started at, or before the record at the commit. */
static timestamp_ms new_from(const struct view_audit *view, const struct coverage_partition *partition)
{
    const struct cutover_plan_row *row = planned(view, partition->partition);
    timestamp_ms begins = TIMESTAMP_NONE;

    if (row && row->committed_time != TIMESTAMP_NONE) {
        const struct cutover_plan *plan = view->shown->audit->plan;
        bool at_commit = row->start == (row->committed > row->log_start ? row->committed : row->log_start);

        begins = at_commit ? row->committed_time : plan->start.time;
    }
    return begins > partition->first_time && begins <= partition->last_time ? begins : partition->first_time;
}

/* From the oldest record that one side lacks or both have to the newest: '=' old only, '+' both, '.' new only, 'x' neither
 * (the plan's gap, or a hole), blank nothing. */
static void bar_characters(const struct view_audit *view, const struct coverage_partition *partition,
                           const struct timeline_axis *axis, char *out)
{
    const struct cutover_plan_row *row = planned(view, partition->partition);
    timestamp_ms commit = old_until(view, partition);
    int old_to = commit != TIMESTAMP_NONE ? timeline_cell(axis, commit) : -1;
    int from = partition->first_time != TIMESTAMP_NONE ? timeline_cell(axis, new_from(view, partition)) : axis->cells;
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

static int draw_picture(const struct view_audit *view, const struct canvas *canvas, int line, bool legend)
{
    const struct coverage *coverage = coverage_of(view);
    timestamp_ms first = TIMESTAMP_NONE, last = TIMESTAMP_NONE;
    int cells = (canvas->columns - 12) / 10 * 10;
    struct timeline_axis axis;
    char text[512];

    for (size_t i = 0; i < coverage->count; i++) {
        const struct coverage_partition *row = &coverage->partitions[i];

        if (row->first_time != TIMESTAMP_NONE && (first == TIMESTAMP_NONE || new_from(view, row) < first))
            first = new_from(view, row);
        if (row->last_time > last)
            last = row->last_time;
        const struct cutover_plan_row *plan = planned(view, row->partition);
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
        bar_characters(view, &coverage->partitions[i], &axis, text);
        canvas_printf(canvas, line, 1, THEME_TEXT, "p%d", (int)coverage->partitions[i].partition);
        timeline_draw(canvas, line++, 6, text);
    }
    if (!legend)
        return line;
    canvas_text(canvas, line, 3, THEME_DIM, "= old sink only   + both   . new only   x hole or gap   (blank: not yet)");
    return line + 1;
}

/* "10:29:50Z"; a local time bare: there is no room for its zone, which stands in the first row. */
static const char *short_time(const struct canvas *canvas, char out[ZONE_TEXT_SIZE], timestamp_ms time)
{
    return (canvas->local ? zone_short : zone_named)(canvas->local, out, time, canvas->now);
}

static void draw_counts(const struct view_audit *view, const struct canvas *canvas, int line)
{
    const struct coverage *coverage = coverage_of(view);
    const struct engine_audit *audit = view->shown->audit;
    char time[ZONE_TEXT_SIZE], a[TEXT_NUMBER_SIZE], b[TEXT_NUMBER_SIZE];
    static const char *const words[] = { "gap ", "dup ", "lost" };
    const int64_t planned[] = { coverage->planned.gap, coverage->planned.duplicates, coverage->planned.lost };
    const int64_t found[] = { coverage->found.gap, coverage->found.duplicates, coverage->found.lost };
    char remarks[3][80] = { "old side: plan's commits", "new side: keys, metadata", "" };

    if (coverage->last_stored_at != TIMESTAMP_NONE)
        snprintf(remarks[1], sizeof(remarks[1]), "new side: last at %s",
                 short_time(canvas, time, coverage->last_stored_at));
    if (!coverage->tail_checked)
        snprintf(remarks[2], sizeof(remarks[2]), "tail: NOT CHECKED");
    else if (coverage->to_end != OFFSET_NONE)
        snprintf(remarks[2], sizeof(remarks[2]), "tail: %s to end", text_count(a, coverage->to_end));
    else
        snprintf(remarks[2], sizeof(remarks[2]), "tail checked");
    canvas_printf(canvas, line, 1,
                  coverage->holes + coverage->overlaps + coverage->foreign > 0 ? THEME_BAD : THEME_TEXT,
                  "chain   holes %11lld   overlaps %8lld   foreign %lld   listed %s", (long long)coverage->holes,
                  (long long)coverage->overlaps, (long long)coverage->foreign,
                  audit ? short_time(canvas, time, audit->listed_at) : "-");
    for (int i = 0; i < 3; i++) {
        bool differs = coverage->cutover_known && planned[i] != found[i];

        if (coverage->cutover_known)
            canvas_printf(canvas, line + 1 + i, 1, differs ? THEME_WARNING : THEME_TEXT,
                          "%s %s  planned %10s  found %10s  %s", i == 0 ? "cutover" : "       ", words[i],
                          text_count(a, planned[i]), text_count(b, found[i]), remarks[i]);
        else if (i != 1)
            canvas_printf(canvas, line + 1 + i, 9, THEME_TEXT, "%s",
                          i == 0 ? "no old side: nothing to cut over" : remarks[i]);
    }
}

/* The selected partition where it has a hole, which the message row names; else NULL. */
static const struct coverage_partition *selected_hole(const struct view_audit *view)
{
    size_t row;

    return table_selected(&view->table, &row) && row_at(view, row)->hole_count > 0 ? row_at(view, row) : NULL;
}

static void draw_all(struct view_audit *view, struct canvas *canvas)
{
    const struct coverage *coverage = coverage_of(view);
    int line = view_first_line() + 1, last = view_last_line(canvas) - SUMMARY_LINES;
    struct buffer verdict;
    size_t head;

    buffer_init(&verdict, 0);
    audit_verdict_append(coverage_of(view), view->shown->audit, &verdict);
    head = selected_hole(view) ? 0 : audit_verdict_head(verdict.data, canvas->columns - 1);
    view->cells = canvas->columns - 1;
    last -= head > 0;
    if (head > 0) {
        verdict.data[head - 1] = '\0';
        canvas_text(canvas, view_last_line(canvas), 1, THEME_DIM, verdict.data);
    }
    buffer_clear(&verdict);
    int spare = last - line - (2 * (int)coverage->count + 3);
    if (!canvas->plain && coverage->count <= 8 && spare >= 0)
        line = draw_picture(view, canvas, line, spare > 0);
    table_draw(&view->table, canvas, line, last - 1);
    if (view->table.count > 0) {
        size_t shown = view->table.count < view->table.height ? view->table.count : view->table.height;
        int start[TABLE_COLUMNS], width[TABLE_COLUMNS], total = line + (int)shown + 1;
        char text[TEXT_NUMBER_SIZE];

        table_layout(&view->table, canvas->columns, start, width);
        canvas_text(canvas, total, 1, THEME_TITLE, "total");
        if (width[OBJECTS] > 0)
            canvas_fit(canvas, total, start[OBJECTS], width[OBJECTS], false, THEME_TITLE,
                       text_count(text, coverage->objects));
        if (width[TWICE] > 0 && coverage->cutover_known)
            canvas_fit(canvas, total, start[TWICE], width[TWICE], false, THEME_TITLE,
                       text_count(text, coverage->found.duplicates));
        if (coverage->to_end != OFFSET_NONE && (int)strlen(text_count(text, coverage->to_end)) <= width[TO_END])
            canvas_fit(canvas, total, start[TO_END], width[TO_END], false, THEME_TITLE, text);
        last = total + 1 < last ? total + 1 : last;
    }
    draw_counts(view, canvas, last);
}

static void draw_waiting(const struct view_audit *view, const struct canvas *canvas)
{
    int line = view_first_line() + 2;

    if (view->error)
        view_draw_empty(canvas, line, view->error);
    else if (!names_known(view))
        canvas_printf(canvas, line, 1, THEME_TITLE, "Enter, then type %s",
                      !view->bucket   ? "the bucket"
                      : !view->prefix ? "the prefix of the keys"
                                      : "the stream's name");
    else
        canvas_text(canvas, line, 1, THEME_DIM, "listing the stream's objects and reading what they say of themselves");
}

static void view_audit_draw(void *state, struct canvas *canvas, const char *error)
{
    struct view_audit *view = state;

    if (!view->shown && !view->retyping) {
        free(view->error);
        view->error = memory_copy_text(error);
    }
    draw_subject(view, canvas);
    if (!view->shown) {
        draw_waiting(view, canvas);
    } else if (view->opened >= 0) {
        canvas_printf(canvas, view_first_line() + 1, 1, THEME_TITLE, "objects of p%d", (int)view->opened);
        table_draw(&view->objects, canvas, view_first_line() + 2, view_last_line(canvas));
    } else {
        draw_all(view, canvas);
    }
}

/* --- acting ----------------------------------------------------------------------------------------------------------*/

static struct view_outcome prompt_for(int tag, const char *label, const char *text)
{
    struct view_outcome outcome = { .result = VIEW_PROMPTS, .tag = tag };

    snprintf(outcome.label, sizeof(outcome.label), "%s", label);
    snprintf(outcome.text, sizeof(outcome.text), "%s", text);
    return outcome;
}

static struct view_outcome ask_name(const struct view_audit *view)
{
    if (!view->bucket)
        return prompt_for(TAG_BUCKET, "bucket: ", "");
    if (!view->prefix)
        return prompt_for(TAG_PREFIX, "prefix of the keys, may be empty: ", "");
    return prompt_for(TAG_STREAM, "the stream's name: ", view->stream ? view->stream : "");
}

/* The first object behind a hole, else the last one. */
static void select_interesting(struct view_audit *view)
{
    size_t at = view->objects.count > 0 ? view->objects.count - 1 : 0;

    for (size_t i = view->objects.count; i-- > 0;)
        if (hole_before(view, view->objects.order[i]) != 0 || object_at(view, view->objects.order[i])->trouble)
            at = i;
    (void)table_action(&view->objects, ACTION_TOP);
    while (view->objects.selected < at && table_action(&view->objects, ACTION_DOWN))
        ;
}

static struct view_outcome open_objects(struct view_audit *view)
{
    struct view_outcome outcome = { .result = VIEW_HANDLED };
    size_t row;

    if (!names_known(view))
        return ask_name(view);
    if (view->error && !view->shown) {
        view->retyping = true;
        return prompt_for(TAG_BUCKET, "bucket: ", view->bucket);
    }
    if (!view->shown || view->opened >= 0 || !table_selected(&view->table, &row))
        return outcome;
    view->opened = row_at(view, row)->partition;
    table_changed(&view->objects, true);
    select_interesting(view);
    return outcome;
}

static struct view_outcome check_deep(const struct view_audit *view)
{
    struct view_outcome outcome = { .result = VIEW_CONFIRMS, .tag = TAG_DEEP };
    char text[TEXT_NUMBER_SIZE];

    if (!view->shown) {
        outcome.result = VIEW_EXPLAINS;
        snprintf(outcome.message, sizeof(outcome.message), "there is no list of objects yet");
        return outcome;
    }
    snprintf(outcome.label, sizeof(outcome.label), "read all %lld objects, %s? Esc stops it. y/N ",
             (long long)coverage_of(view)->objects, text_bytes(text, coverage_of(view)->bytes));
    return outcome;
}

static struct view_outcome view_audit_action(void *state, enum action action)
{
    struct view_audit *view = state;
    struct view_outcome outcome = { .result = VIEW_HANDLED };

    switch (action) {
    case ACTION_OPEN_OBJECTS: return open_objects(view);
    case ACTION_DEEP_CHECK: return check_deep(view);
    case ACTION_FETCH: view->again = true; break; /* the console asks */
    case ACTION_BACK:
        if (view->opened < 0)
            break;
        view->opened = -1;
        return outcome;
    default: break;
    }
    if (!table_action(view->opened >= 0 ? &view->objects : &view->table, action))
        outcome.result = VIEW_IGNORED;
    return outcome;
}

static char **name_of(struct view_audit *view, int tag)
{
    return tag == TAG_BUCKET ? &view->bucket : tag == TAG_PREFIX ? &view->prefix : &view->stream;
}

/* name becomes the owner. */
static void set_name(char **name, char *value)
{
    free(*name);
    *name = value;
}

/* All three are replaced, or none is: half of them name something that nobody meant. text NULL: given up. */
static struct view_outcome retype(struct view_audit *view, int tag, const char *text)
{
    if (text) {
        set_name(&view->typed[tag], memory_copy_text(text));
        if (tag == TAG_BUCKET)
            return prompt_for(TAG_PREFIX, "prefix of the keys, may be empty: ", view->prefix);
        if (tag == TAG_PREFIX)
            return prompt_for(TAG_STREAM, "the stream's name: ", view->stream);
    }
    for (int i = TAG_BUCKET; i < TAG_DEEP; i++) {
        if (text)
            set_name(name_of(view, i), view->typed[i]);
        else
            free(view->typed[i]);
        view->typed[i] = NULL;
    }
    view->retyping = false;
    return (struct view_outcome){ .result = VIEW_FETCHES };
}

static struct view_outcome view_audit_typed(void *state, int tag, const char *text)
{
    struct view_audit *view = state;
    struct view_outcome outcome = { .result = VIEW_HANDLED };

    if (view->retyping)
        return retype(view, tag, text);
    if (!text)
        return outcome;
    if (tag == TAG_DEEP) {
        outcome.result = VIEW_ASKS;
        view_audit_ask(view, &outcome.request);
        outcome.request.details = view->deep = true;
        return outcome;
    }
    set_name(name_of(view, tag), memory_copy_text(text));
    if (!names_known(view))
        return ask_name(view);
    outcome.result = VIEW_FETCHES;
    return outcome;
}

/* Only a prefix may be empty. */
static bool view_audit_typing(void *state, int tag, const char *text, char remark[240])
{
    (void)state;
    remark[0] = '\0';
    return text[0] != '\0' || tag == TAG_PREFIX || tag == TAG_DEEP;
}

static void view_audit_filter(void *state, const char *text)
{
    struct view_audit *view = state;

    table_set_filter(view->opened >= 0 ? &view->objects : &view->table, text);
}

static const struct table *view_audit_table(const void *state)
{
    const struct view_audit *view = state;

    return view->opened >= 0 ? &view->objects : &view->table;
}

static const char *view_audit_filtered(const void *state)
{
    return view_audit_table(state)->filter;
}

static void view_audit_hint(const void *state, struct buffer *out)
{
    const struct view_audit *view = state;

    if (view->deep) {
        buffer_append_text(out, "reading every object; Esc stops it");
    } else if (view->shown && view->error) {
        buffer_printf(out, "the deep check failed: %s", view->error);
    } else if (view->error && names_known(view)) {
        buffer_append_text(out, "Enter asks for bucket, prefix and name again");
    } else if (view->shown && view->opened < 0 && view->table.count > 0) {
        const struct coverage_partition *partition = selected_hole(view);
        struct buffer verdict;

        if (partition) {
            buffer_printf(out, "%s: p%d has a hole [%lld, %lld)", audit_verdict_word(coverage_of(view)),
                          (int)partition->partition, (long long)partition->holes[0].start,
                          (long long)partition->holes[0].end);
            return;
        }
        buffer_init(&verdict, 0);
        audit_verdict_append(coverage_of(view), view->shown->audit, &verdict);
        buffer_append_text(out, verdict.data + audit_verdict_head(verdict.data, view->cells));
        buffer_clear(&verdict);
    }
}

static void export_number_or_null(struct export *out, int64_t number)
{
    if (number == OFFSET_NONE)
        export_null(out);
    else
        export_number(out, number);
}

static void export_objects(const struct view_audit *view, struct export *out)
{
    static const char *const names[] = { "partition", "from", "to", "records", "bytes", "key", "trouble" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        export_column(out, names[i]);
    for (size_t i = 0; i < view->objects.count; i++) {
        const struct engine_audit_object *object = object_at(view, view->objects.order[i]);

        export_number(out, object->range.partition);
        export_number(out, object->range.start);
        export_number(out, object->range.next);
        export_number(out, object->range.records);
        export_number(out, object->range.bytes);
        export_text(out, object->key);
        export_text(out, object->trouble);
    }
}

static void view_audit_copy(const void *state, struct buffer *out)
{
    const struct view_audit *view = state;

    table_copy(view->opened >= 0 ? &view->objects : &view->table, out);
}

static void view_audit_export(const void *state, struct export *out)
{
    static const char *const names[STATE] = {
        [PART] = "partition",  [OLD_TO] = "old_to", [NEW_FROM] = "from", [NEW_TO] = "to",
        [OBJECTS] = "objects", [HOLES] = "holes",   [TWICE] = "twice",   [TO_END] = "to_end",
    };
    const struct view_audit *view = state;

    if (view->opened >= 0) {
        export_objects(view, out);
        return;
    }
    for (size_t column = PART; column < STATE; column++)
        export_column(out, names[column]);
    export_column(out, "state");
    for (size_t i = 0; i < view->table.count; i++) {
        struct buffer text;

        for (size_t column = PART; column < STATE; column++)
            export_number_or_null(out, row_number(view, view->table.order[i], column));
        buffer_init(&text, 0);
        state_text(row_at(view, view->table.order[i]), &text);
        export_text(out, text.data);
        buffer_clear(&text);
    }
}

static void view_audit_subject(const void *state, struct view_subject *subject)
{
    const struct view_audit *view = state;

    subject->stream = view->stream;
    subject->bucket = view->bucket;
    subject->prefix = view->prefix;
}

const struct view_ops view_audit_ops = {
    .name = "audit",
    .scope = IN_AUDIT,
    .refresh_seconds = 60,
    .open = view_audit_open,
    .close = view_audit_close,
    .ask = view_audit_ask,
    .asks = view_audit_asks,
    .read_at = view_audit_read_at,
    .event = view_audit_event,
    .draw = view_audit_draw,
    .action = view_audit_action,
    .typed = view_audit_typed,
    .typing = view_audit_typing,
    .export = view_audit_export,
    .copy = view_audit_copy,
    .filter = view_audit_filter,
    .filtered = view_audit_filtered,
    .table = view_audit_table,
    .hint = view_audit_hint,
    .subject = view_audit_subject,
};
