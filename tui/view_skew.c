/* Skew: how far the old sink's commits lie apart. Rows with bars where they fit on the screen; where they do not, a
 * histogram of the times, a strip of all partitions, and the worst of them as rows.
 *
 * Everything is worked out when a survey comes in (skew_facts); drawing looks only at what is on the screen.
 */
#include "tui/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/skew_histogram.h"
#include "tui/skew_rows.h"
#include "tui/skew_strip.h"
#include "tui/zone.h"

enum picture {
    PICTURE_FITTING, /* rows where they fit, else buckets */
    PICTURE_ROWS,    /* bars */
    PICTURE_BUCKETS, /* histogram, strip, worst rows; the cursor walks the buckets */
    PICTURE_STRIP,   /* a larger strip, worst rows; the cursor walks the cells */
};

enum {
    MANY = 200, /* partitions from which on single ones are not worth a cell of the strip */
};

struct view_skew {
    char *topic, *group;
    struct engine_event *shown; /* NULL until the first answer */
    struct skew_rows rows;
    struct skew_histogram histogram;
    struct skew_strip strip;
    struct timeline_window window; /* of the histogram */
    enum picture wanted, drawn;
    bool narrow, plain;  /* the screen is */
    bool on_rows;        /* Enter opens the row, not the bucket or cell */
    timestamp_ms bucket; /* the cursor of the histogram; TIMESTAMP_NONE: none */
    int cell;            /* the cursor of the strip; -1: none */
    char *start;         /* of the last outcome that opens the start view */
};

static const struct cutover_survey *survey_of(const struct view_skew *view)
{
    return view->shown->survey;
}

static void *view_skew_open(const struct view_subject *subject)
{
    struct view_skew *view = memory_new(sizeof(*view));

    view->topic = memory_copy_text(subject->topic);
    view->group = memory_copy_text(subject->group);
    view->window = TIMELINE_FITS_ALL;
    view->bucket = TIMESTAMP_NONE;
    view->cell = -1;
    skew_rows_init(&view->rows);
    return view;
}

static void view_skew_close(void *state)
{
    struct view_skew *view = state;

    skew_rows_clear(&view->rows);
    engine_event_free(view->shown);
    free(view->topic);
    free(view->group);
    free(view->start);
    free(view);
}

static void view_skew_ask(const void *state, struct engine_request *request)
{
    const struct view_skew *view = state;

    request->kind = ENGINE_ASK_SURVEY;
    request->topic = view->topic;
    request->group = view->group;
}

static bool view_skew_event(void *state, struct engine_event **event, timestamp_ms now)
{
    struct view_skew *view = state;

    (void)now;
    if ((*event)->kind != ENGINE_SURVEY || !(*event)->survey || !view_keep(&view->shown, event))
        return false;
    skew_rows_take(&view->rows, survey_of(view), view->shown->final);
    return true;
}

/* --- what stands above and below every picture --- */

static void append_counts(const struct view_skew *view, bool brief, struct buffer *out)
{
    const struct table *table = &view->rows.table;
    const struct cutover_survey *survey = survey_of(view);
    const struct cutover_times *times = &view->rows.facts.times;
    char number[TEXT_NUMBER_SIZE], wanted[TEXT_NUMBER_SIZE];
    const char *apart = brief ? "  " : "   ";

    if (table->count != survey->count)
        buffer_printf(out, "%s of ", text_count(number, (int64_t)table->count));
    buffer_printf(out, "%s partition%s", text_count(number, (int64_t)survey->count), survey->count == 1 ? "" : "s");
    if (table->mark_count > 0)
        buffer_printf(out, "%s%s marked", apart, text_count(number, (int64_t)table->mark_count));
    if (view->rows.narrowing.text[0])
        buffer_printf(out, "%sonly %s", apart, view->rows.narrowing.text);
    if (table->filter)
        buffer_printf(out, "%sfilter: %s", apart, table->filter);
    if (!skew_rows_sorted_as_usual(&view->rows)) {
        buffer_printf(out, "%ssort ", apart);
        table_sorting(table, out);
    }
    buffer_printf(out, "%sT %s/%s", apart, text_count(number, (int64_t)times->read),
                  text_count(wanted, (int64_t)times->wanted));
    buffer_append_text(out, apart);
    view_append_sink(view->shown, brief, out);
}

static void draw_subject(const struct view_skew *view, const struct canvas *canvas)
{
    struct buffer names, counts;

    buffer_init(&names, 0);
    buffer_init(&counts, 0);
    buffer_printf(&names, "%s / %s", view->topic, view->group);
    if (view->shown)
        append_counts(view, false, &counts);
    if (view->shown && text_width(names.data) + text_width(counts.data) + 11 > (size_t)canvas->columns) {
        buffer_reset(&counts);
        append_counts(view, true, &counts);
    }
    view_draw_subject(canvas, "SKEW", names.data, counts.length > 0 ? counts.data : "");
    buffer_clear(&counts);
    buffer_clear(&names);
}

/* "lost 0", "lost 310,552 + ? in 2", ">=" where a partition could not be read. */
static void append_lost(const struct skew_facts *facts, struct buffer *out)
{
    char text[TEXT_NUMBER_SIZE];

    buffer_printf(out, "   lost %s%s", facts->failed > 0 ? ">=" : "", text_count(text, facts->lost));
    if (facts->lost_unknown > 0)
        buffer_printf(out, " + ? in %s", text_count(text, (int64_t)facts->lost_unknown));
}

static void append_outliers(const struct skew_facts *facts, struct buffer *out)
{
    char text[TEXT_NUMBER_SIZE];

    buffer_printf(out, "   %s outlier%s (more than 5m behind p50)", text_count(text, (int64_t)facts->outliers),
                  facts->outliers == 1 ? "" : "s");
}

/* The spread of the commits, and what is lost. omit: how many of its parts are left out where the screen is narrow. */
static void spread_text(const struct view_skew *view, int omit, struct buffer *out)
{
    const struct skew_facts *facts = &view->rows.facts;
    const struct cutover_times *times = &facts->times;
    const char *unsure = facts->complete ? "" : "~";
    char text[ZONE_TEXT_SIZE], number[TEXT_NUMBER_SIZE];
    timestamp_ms now = survey_of(view)->taken_at;
    bool local = view->rows.local, crowd = view->drawn != PICTURE_ROWS, many = crowd && survey_of(view)->count > MANY;

    if (times->count == 0) {
        buffer_append_text(out, times->wanted > times->read ? "no commit time yet" : "no commit has a time");
    } else {
        buffer_printf(out, "spread %s%s", text_duration(number, times->latest - times->oldest), unsure);
        if (!crowd && omit < 2)
            buffer_printf(out, "   oldest %s%s", zone_named(local, text, times->oldest, now), unsure);
        if (!many)
            buffer_printf(out, "   p50 %s%s", zone_named(local, text, times->median, now), unsure);
        if (!crowd && omit < 1)
            buffer_printf(out, "   latest %s%s", zone_named(local, text, times->latest, now), unsure);
        if (crowd && omit < 2)
            append_outliers(facts, out);
    }
    append_lost(facts, out);
}

static void draw_spread(const struct view_skew *view, const struct canvas *canvas, int line)
{
    struct buffer text;

    buffer_init(&text, 0);
    for (int omit = 0; omit <= 2; omit++) {
        buffer_reset(&text);
        spread_text(view, omit, &text);
        if ((int)text_width(text.data) < canvas->columns)
            break;
    }
    canvas_text(canvas, line, 1, THEME_TITLE, text.data);
    buffer_clear(&text);
}

/* "p0 09:06:22  p1 09:49:20  p50 09:52:00  p99 09:54:33  p100 09:56:04Z" */
static void draw_percentiles(const struct view_skew *view, const struct canvas *canvas, int line)
{
    const struct skew_facts *facts = &view->rows.facts;
    const struct {
        const char *name;
        timestamp_ms time;
    } points[] = {
        { "p0",   facts->times.oldest },
        { "p1",   facts->p1           },
        { "p50",  facts->times.median },
        { "p99",  facts->p99          },
        { "p100", facts->times.latest },
    };
    struct buffer text;
    char zone[ZONE_NAME_SIZE];

    buffer_init(&text, 0);
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        char time[TIMESTAMP_TEXT_SIZE];

        buffer_printf(&text, "%s%s %s", i > 0 ? "  " : "", points[i].name,
                      zone_short(view->rows.local, time, points[i].time, survey_of(view)->taken_at));
    }
    buffer_printf(&text, "%s%s", zone_name(view->rows.local, facts->times.latest, zone), facts->complete ? "" : "~");
    if (facts->times.count > 0)
        canvas_text(canvas, line, 1, THEME_TITLE, text.data);
    buffer_clear(&text);
}

/* "values sampled: JSON 4, avro ! 2 of 6". True where `lines` would break one. */
static bool values_text(const struct cutover_survey *survey, struct buffer *out)
{
    size_t kinds[VALUE_TOMBSTONE + 1] = { 0 };
    char number[TEXT_NUMBER_SIZE];
    const char *separator = "values sampled: ";
    bool breaks = false;

    for (size_t i = 0; i < survey->count; i++)
        kinds[survey->partitions[i].kind]++;
    for (enum value_kind kind = VALUE_JSON; kind <= VALUE_TOMBSTONE; kind++) {
        if (kinds[kind] == 0)
            continue;
        buffer_printf(out, "%s%s %s", separator, view_kind_text(kind), text_count(number, (int64_t)kinds[kind]));
        separator = ", ";
        breaks = breaks || view_kind_breaks_lines(kind);
    }
    if (out->length > 0)
        buffer_printf(out, " of %s", text_count(number, (int64_t)survey->count));
    return breaks;
}

static void draw_values(const struct view_skew *view, const struct canvas *canvas, int line, int column, int most)
{
    struct buffer text;

    buffer_init(&text, 0);
    bool breaks = values_text(survey_of(view), &text);
    if (text.length > 0 && column + (int)text_width(text.data) < most)
        canvas_text(canvas, line, column, breaks ? THEME_WARNING : THEME_TEXT, text.data);
    buffer_clear(&text);
}

static void draw_summary(const struct view_skew *view, const struct canvas *canvas, int line)
{
    int column = canvas_text(canvas, line, 1, THEME_TITLE, "total");
    struct buffer text;

    buffer_init(&text, 0);
    table_range(&view->rows.table, &text);
    if (text.length > 0)
        column = canvas_text(canvas, line, column + 2, THEME_DIM, text.data);
    buffer_clear(&text);
    if (!view->plain)
        draw_values(view, canvas, line, column + 2 > 14 ? column + 2 : 14, canvas->columns - 20);
    skew_rows_draw_total(&view->rows, canvas, line);
}

static void draw_legend(const struct canvas *canvas, int line)
{
    static const struct {
        const char *sign;
        enum theme_role role;
        const char *text;
    } legend[] = {
        { "=", THEME_OLD_SINK, " delivered by the old sink   " },
        { "#", THEME_COMMIT,   " record at the commit   "      },
        { ".", THEME_WAITING,  " not delivered yet"            },
    };
    int column = 3;

    for (size_t i = 0; i < sizeof(legend) / sizeof(legend[0]); i++) {
        column = canvas_text(canvas, line, column, legend[i].role, legend[i].sign);
        column = canvas_text(canvas, line, column, THEME_DIM, legend[i].text);
    }
}

/* --- the pictures --- */

static void draw_rows(struct view_skew *view, struct canvas *canvas, int first, int last)
{
    enum { HEIGHT_WITH_LEGEND = 24, WIDTH_WITH_LEGEND = 78 };
    bool legend = !canvas->plain && canvas->lines >= HEIGHT_WITH_LEGEND && canvas->columns >= WIDTH_WITH_LEGEND;
    int last_row = last - 1 - (legend || canvas->plain), start[TABLE_COLUMNS], width[TABLE_COLUMNS];
    int used = view->rows.table.count > 0      ? (int)view->rows.table.count
               : view->rows.table.filter_error ? 2 /* why, and what would be a filter */
                                               : 1;

    skew_rows_show(&view->rows, !canvas->plain);
    if (first + used < last_row)
        last_row = first + used;
    table_layout(&view->rows.table, canvas->columns, start, width);
    if (width[1] > 0)
        view->rows.bar_cells = width[1];
    table_draw(&view->rows.table, canvas, first, last_row);
    draw_summary(view, canvas, last_row + 1);
    if (legend)
        draw_legend(canvas, last_row + 2);
    if (canvas->plain) /* the total stands where the values would */
        draw_values(view, canvas, last_row + 2, 1, canvas->columns);
}

/* How the lines below row 2 are shared out. Where there are few, what matters least goes first: the legend, the strip, rows
 * of the histogram, all of it. */
struct shares {
    int percentiles, histogram, legend, strip, rows;
};

static struct shares share_out(const struct view_skew *view, int cells, int lines)
{
    enum { LEAST_ROWS = 4, FRAME_OF_HISTOGRAM = 3 };
    size_t count = view->rows.facts.count;
    bool many = survey_of(view)->count > MANY;
    int strip_most = count > 0 ? (int)((count + (size_t)cells - 1) / (size_t)cells) : 1;
    struct shares shares = { .percentiles = many, .histogram = many ? 5 : 4, .legend = 1, .strip = many ? 4 : 2 };

    if (view->drawn == PICTURE_STRIP) {
        shares.histogram = 0;
        shares.strip = lines - LEAST_ROWS - 4;
    }
    if (shares.strip > strip_most)
        shares.strip = strip_most;
    for (;;) {
        int frame = shares.histogram > 0 ? FRAME_OF_HISTOGRAM : 0;

        shares.rows = lines - shares.percentiles - shares.histogram - frame - shares.legend - shares.strip - 1;
        if (shares.rows >= LEAST_ROWS || shares.rows + shares.histogram + frame <= LEAST_ROWS)
            break;
        if (shares.strip > 0 && view->drawn != PICTURE_STRIP)
            shares.strip = shares.legend = 0;
        else if (shares.strip > 1)
            shares.strip--;
        else if (shares.histogram > 0)
            shares.histogram--;
        else
            break;
    }
    for (; shares.rows > 3 * shares.histogram && shares.histogram > 0 && shares.histogram < 10; shares.rows--)
        shares.histogram++;
    return shares;
}

/* "partitions per minute of T (log)", and what the cursor is on. */
static void draw_title(const struct view_skew *view, const struct canvas *canvas, int line, int cursor)
{
    const struct timeline_axis *axis = &view->histogram.axis;
    char cell[48], number[TEXT_COUNTED_SIZE], time[ZONE_TEXT_SIZE];
    int column = canvas_printf(canvas, line, 1, THEME_DIM, "partitions per %s of T (log)",
                               axis->cell_ms == 60000 ? "minute" : timeline_cell_text(cell, axis));

    if (cursor >= 0 && cursor < axis->cells)
        canvas_printf(canvas, line, column + 3, THEME_TITLE, "%s: %s",
                      zone_named(canvas->local, time, timeline_time(axis, cursor), survey_of(view)->taken_at),
                      text_counted(number, view->histogram.counts[cursor], "partition"));
}

static struct timeline_axis histogram_axis(const struct view_skew *view, int cells)
{
    return timeline_fit(TIMELINE_BUCKETS, cells, view->rows.facts.times.oldest, survey_of(view)->taken_at,
                        &view->window);
}

static int bucket_cell(const struct view_skew *view, const struct timeline_axis *axis)
{
    return view->bucket < 0 ? -1 : timeline_cell(axis, view->bucket);
}

static void draw_crowd(struct view_skew *view, struct canvas *canvas, int first, int last)
{
    int cells = skew_histogram_cells(canvas->columns);
    struct shares shares = share_out(view, cells, last - first + 1);
    struct timeline_axis axis = histogram_axis(view, cells);
    int cursor = bucket_cell(view, &axis), line = first;

    skew_rows_show(&view->rows, false);
    skew_histogram_fill(&view->histogram, &view->rows.facts, &axis);
    skew_strip_fill(&view->strip, &view->rows.facts, cells, shares.strip);
    if (shares.percentiles > 0)
        draw_percentiles(view, canvas, line++);
    if (shares.histogram > 0) {
        draw_title(view, canvas, line++, cursor);
        skew_histogram_draw(&view->histogram, canvas, line, shares.histogram, cursor, false);
        line += shares.histogram + 2;
    }
    if (shares.legend > 0)
        skew_strip_draw_legend(&view->strip, &view->rows.facts, canvas, line++);
    if (shares.strip > 0) {
        skew_strip_draw(&view->strip, &view->rows.facts, canvas, line, view->cell);
        line += shares.strip;
    }
    table_draw(&view->rows.table, canvas, line, last);
}

static enum picture picture_to_draw(const struct view_skew *view, int lines)
{
    if (view->plain)
        return PICTURE_ROWS;
    if (view->wanted != PICTURE_FITTING)
        return view->wanted;
    return (int)view->rows.table.listed <= lines - 2 ? PICTURE_ROWS : PICTURE_BUCKETS;
}

static void view_skew_draw(void *state, struct canvas *canvas, const char *error)
{
    struct view_skew *view = state;
    int first = view_first_line(), last = view_last_line(canvas);

    draw_subject(view, canvas);
    if (!view->shown) {
        view_draw_empty(canvas, first + 2, error);
        return;
    }
    view->narrow = canvas->columns < 80;
    view->plain = canvas->plain;
    skew_rows_show_local(&view->rows, canvas->local);
    view->drawn = picture_to_draw(view, last - first - 2);
    draw_spread(view, canvas, first + 1);
    if (view->drawn == PICTURE_ROWS)
        draw_rows(view, canvas, first + 2, last);
    else
        draw_crowd(view, canvas, first + 2, last);
}

/* --- moving --- */

/* The strip has no time axis. */
static struct view_outcome no_zoom(void)
{
    struct view_outcome outcome = { .result = VIEW_EXPLAINS };

    snprintf(outcome.message, sizeof(outcome.message), "the strip has no time to zoom into; v shows rows and buckets");
    return outcome;
}

static bool zooms(enum action action)
{
    return action == ACTION_ZOOM_IN || action == ACTION_ZOOM_OUT || action == ACTION_ZOOM_FIT;
}

static void zoom(struct view_skew *view, int steps)
{
    const struct cutover_partition *selected = skew_rows_selected(&view->rows);
    timestamp_ms focus = selected ? selected->committed_time : TIMESTAMP_NONE, oldest = view->rows.facts.times.oldest;
    bool rows = view->drawn == PICTURE_ROWS;
    struct timeline_axis axis = rows ? skew_rows_axis(&view->rows) : view->histogram.axis;

    if (!rows && view->bucket >= 0)
        focus = view->bucket;
    if (focus < 0)
        focus = axis.until;
    if (rows)
        timeline_zoom(TIMELINE_BARS, &axis, oldest, steps, focus, &view->rows.window);
    else
        timeline_zoom(TIMELINE_BUCKETS, &axis, oldest, steps, focus, &view->window);
}

/* The first bucket with a partition in it. */
static int first_bucket(const struct skew_histogram *histogram)
{
    for (int cell = 0; cell < histogram->axis.cells; cell++)
        if (histogram->counts[cell] > 0)
            return cell;
    return 0;
}

static void walk_buckets(struct view_skew *view, int cells)
{
    const struct timeline_axis *axis = &view->histogram.axis;
    int cursor = bucket_cell(view, axis);

    if (cursor < 0 || cursor >= axis->cells) {
        cursor = first_bucket(&view->histogram);
    } else {
        cursor += cells;
        if (cursor < 0 || cursor >= axis->cells) {
            timeline_pan(axis, cursor < 0 ? cursor : cursor - axis->cells + 1, &view->window);
            struct timeline_axis panned = histogram_axis(view, axis->cells);
            view->bucket = timeline_time(&panned, cursor < 0 ? 0 : axis->cells - 1);
            return;
        }
    }
    view->bucket = timeline_time(axis, cursor);
}

static void walk_strip(struct view_skew *view, int cells)
{
    int last = view->strip.cells - 1;

    view->cell = view->cell < 0 ? 0 : view->cell + cells;
    view->cell = view->cell < 0 ? 0 : view->cell > last ? last : view->cell;
}

/* h l H L: the cursor of the picture; without one the bars move. */
static void walk(struct view_skew *view, int cells)
{
    struct timeline_axis axis;

    view->on_rows = false;
    switch (view->drawn) {
    case PICTURE_BUCKETS: walk_buckets(view, cells); break;
    case PICTURE_STRIP: walk_strip(view, cells); break;
    default:
        axis = skew_rows_axis(&view->rows);
        timeline_pan(&axis, cells, &view->rows.window);
        break;
    }
}

/* [ ]: the row whose T comes before or after that of the selected one. */
static void step_commit(struct view_skew *view, bool later)
{
    const struct skew_facts *facts = &view->rows.facts;
    const struct cutover_partition *from = skew_rows_selected(&view->rows), *best = NULL;

    for (size_t i = 0; from && i < facts->count; i++) {
        const struct cutover_partition *row = &facts->survey->partitions[facts->chosen[i]];
        timestamp_ms time = row->committed_time;

        if (time < 0 || (later ? time <= from->committed_time : time >= from->committed_time))
            continue;
        if (!best || (later ? time < best->committed_time : time > best->committed_time))
            best = row;
    }
    if (best)
        skew_rows_select(&view->rows, best->partition);
    view->on_rows = true;
}

static void next_picture(struct view_skew *view)
{
    view->wanted = view->plain                      ? PICTURE_FITTING
                   : view->drawn == PICTURE_ROWS    ? PICTURE_BUCKETS
                   : view->drawn == PICTURE_BUCKETS ? PICTURE_STRIP
                                                    : PICTURE_ROWS;
    view->bucket = TIMESTAMP_NONE;
    view->cell = -1;
    view->on_rows = false;
}

/* Buckets, then the strip, then rows: the part on which h l and Enter act. */
static void next_pane(struct view_skew *view)
{
    view->on_rows = !view->on_rows;
    if (!view->on_rows && view->drawn == PICTURE_BUCKETS && view->bucket < 0)
        walk_buckets(view, 0);
    else if (!view->on_rows && view->drawn == PICTURE_STRIP && view->cell < 0)
        walk_strip(view, 0);
}

/* --- opening --- */

static struct view_outcome open_record(struct view_skew *view)
{
    const struct cutover_partition *partition = skew_rows_selected(&view->rows);
    struct view_outcome outcome = { .result = VIEW_EXPLAINS };

    if (!partition)
        snprintf(outcome.message, sizeof(outcome.message), "there is no row to open");
    else if (partition->state == CUTOVER_ERROR)
        snprintf(outcome.message, sizeof(outcome.message), "p%d cannot be read", (int)partition->partition);
    else if (cutover_partition_base(partition) >= partition->end)
        snprintf(outcome.message, sizeof(outcome.message), "p%d has no record at its commit: it is at its end",
                 (int)partition->partition);
    if (outcome.message[0])
        return outcome;
    outcome.result = VIEW_OPENS;
    outcome.opens = VIEW_RECORD;
    outcome.subject = (struct view_subject){ .topic = view->topic,
                                             .group = view->group,
                                             .partition = partition->partition,
                                             .offset = cutover_partition_base(partition) };
    return outcome;
}

/* Enter: just those partitions; on a row, the record at its commit. */
static struct view_outcome open_here(struct view_skew *view)
{
    struct view_outcome outcome = { .result = VIEW_HANDLED };
    const struct skew_facts *facts = &view->rows.facts;
    int cursor = bucket_cell(view, &view->histogram.axis);

    if (!view->on_rows && view->drawn == PICTURE_BUCKETS && cursor >= 0 && cursor < view->histogram.axis.cells) {
        timestamp_ms from = timeline_time(&view->histogram.axis, cursor);

        if (view->histogram.counts[cursor] == 0) {
            outcome.result = VIEW_EXPLAINS;
            snprintf(outcome.message, sizeof(outcome.message), "no partition has its T there");
            return outcome;
        }
        skew_rows_narrow_time(&view->rows, from, from + view->histogram.axis.cell_ms);
    } else if (!view->on_rows && view->drawn == PICTURE_STRIP && view->cell >= 0 && facts->count > 0) {
        size_t first, end;

        skew_strip_cell(&view->strip, facts, view->cell, &first, &end);
        skew_rows_narrow_range(&view->rows, facts->chosen[first], facts->chosen[end - 1]);
    } else {
        return open_record(view);
    }
    view->wanted = PICTURE_FITTING;
    view->bucket = TIMESTAMP_NONE;
    view->cell = -1;
    return outcome;
}

/* The start view at a choice; time: of it, where the choice is a plain time. */
static struct view_outcome open_start(struct view_skew *view, const char *choice, timestamp_ms time)
{
    struct view_outcome outcome = { .result = VIEW_OPENS, .opens = VIEW_START };
    char text[TIMESTAMP_TEXT_SIZE];

    free(view->start);
    view->start = memory_copy_text(choice ? choice : time >= 0 ? timestamp_text(text, time) : "safe");
    outcome.subject = (struct view_subject){ .topic = view->topic, .group = view->group, .start = view->start };
    return outcome;
}

static struct view_outcome ask_time(const struct view_skew *view)
{
    struct view_outcome outcome = { .result = VIEW_PROMPTS };

    snprintf(outcome.label, sizeof(outcome.label), "%s",
             zone_asked(view->rows.local, "start time (2026-11-23T09:43:30Z, epoch ms, -15m, now): "));
    return outcome;
}

static struct view_outcome view_skew_typed(void *state, int tag, const char *text)
{
    struct view_skew *view = state;

    (void)tag;
    if (!text)
        return (struct view_outcome){ .result = VIEW_HANDLED };
    return open_start(view, text, TIMESTAMP_NONE);
}

static struct view_outcome other_action(struct view_skew *view, enum action action)
{
    const struct cutover_times *times = &view->rows.facts.times;

    switch (action) {
    case ACTION_OPEN_RECORDS: return open_here(view);
    case ACTION_CHOOSE_SAFE: return open_start(view, "safe", TIMESTAMP_NONE);
    case ACTION_CHOOSE_MEDIAN: return open_start(view, NULL, times->median);
    case ACTION_CHOOSE_LATEST: return open_start(view, NULL, times->latest);
    case ACTION_CHOOSE_COMMITTED: return open_start(view, "committed", TIMESTAMP_NONE);
    case ACTION_GO_START: return open_start(view, NULL, view->bucket);
    case ACTION_TYPE_TIME: return ask_time(view);
    default: return (struct view_outcome){ .result = VIEW_IGNORED };
    }
}

static struct view_outcome view_skew_action(void *state, enum action action)
{
    struct view_skew *view = state;
    struct view_outcome outcome = { .result = VIEW_HANDLED };

    if (!view->shown && action != ACTION_GO_START)
        return (struct view_outcome){ .result = VIEW_IGNORED };
    if (table_action(&view->rows.table, action)) {
        view->on_rows = true;
        return outcome;
    }
    if (zooms(action) && view->drawn == PICTURE_STRIP)
        return no_zoom();
    switch (action) {
    case ACTION_ZOOM_IN: zoom(view, -1); break;
    case ACTION_ZOOM_OUT: zoom(view, 1); break;
    case ACTION_ZOOM_FIT: view->window = view->rows.window = TIMELINE_FITS_ALL; break;
    case ACTION_COLUMN_LEFT: walk(view, -1); break;
    case ACTION_COLUMN_RIGHT: walk(view, 1); break;
    case ACTION_TEN_LEFT: walk(view, -10); break;
    case ACTION_TEN_RIGHT: walk(view, 10); break;
    case ACTION_COMMIT_BEFORE: step_commit(view, false); break;
    case ACTION_COMMIT_AFTER: step_commit(view, true); break;
    case ACTION_PICTURE: next_picture(view); break;
    case ACTION_NEXT_PANE:
    case ACTION_PREVIOUS_PANE: next_pane(view); break;
    default: return other_action(view, action);
    }
    return outcome;
}

/* --- filter, hints, export --- */

/* "" ends the filter; without one, what Enter opened is left. */
static void view_skew_filter(void *state, const char *text)
{
    struct view_skew *view = state;
    size_t length = strlen(view->rows.narrowing.text);

    if (!view->shown)
        return;
    if (*text == '\0' && !view->rows.table.filter && length > 0) {
        skew_rows_widen(&view->rows);
        return;
    }
    if (length > 0 && strncmp(text, view->rows.narrowing.text, length) == 0)
        text += length + (text[length] == ' '); /* it stood in the prompt */
    skew_rows_filter(&view->rows, text);
}

static const char *view_skew_filtered(const void *state)
{
    const struct view_skew *view = state;

    if (view->rows.table.filter)
        return view->rows.table.filter;
    return view->rows.narrowing.text[0] ? view->rows.narrowing.text : NULL;
}

static void view_skew_hint(const void *state, struct buffer *out)
{
    const struct view_skew *view = state;
    const struct cutover_partition *selected = view->shown ? skew_rows_selected(&view->rows) : NULL;
    char number[TEXT_NUMBER_SIZE];

    if (selected)
        skew_explain(selected, out);
    if (!view->shown || view->drawn == PICTURE_ROWS)
        return;
    if (out->length > 0)
        buffer_append_text(out, "   ");
    else
        table_range(&view->rows.table, out);
    while (out->length < (view->narrow ? 20 : 34))
        buffer_append_char(out, ' ');
    buffer_printf(out, "total to end %s%s", view->rows.facts.failed > 0 ? ">=" : "",
                  text_count(number, view->rows.facts.to_end));
}

static const char *view_skew_mode(const void *state)
{
    const struct view_skew *view = state;

    return view->shown && survey_of(view)->group_members > 0 ? "MOVING" : NULL;
}

static void view_skew_subject(const void *state, struct view_subject *subject)
{
    const struct view_skew *view = state;

    subject->topic = view->topic;
    subject->group = view->group;
}

/* Unknown offsets are null, as in --json. */
static void export_offset(struct export *out, int64_t offset)
{
    if (offset == OFFSET_NONE)
        export_null(out);
    else
        export_number(out, offset);
}

static void view_skew_copy(const void *state, struct buffer *out)
{
    table_copy(&((const struct view_skew *)state)->rows.table, out);
}

static void view_skew_export(const void *state, struct export *out)
{
    static const char *const names[] = { "partition",      "state",  "log_start", "committed",      "end",
                                         "high_watermark", "to_end", "lost",      "committed_time", "behind_ms",
                                         "behind_p50_ms",  "values", "error" };
    const struct view_skew *view = state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        export_column(out, names[i]);
    for (size_t i = 0; view->shown && i < view->rows.table.count; i++) {
        const struct cutover_partition *row = &survey_of(view)->partitions[view->rows.table.order[i]];
        const struct cutover_times *times = &view->rows.facts.times;
        bool failed = row->state == CUTOVER_ERROR, timed = row->committed_time >= 0;

        if (!table_is_exported(&view->rows.table, i))
            continue;

        export_number(out, row->partition);
        export_text(out, cutover_state_name(row->state));
        export_offset(out, row->log_start);
        export_offset(out, row->committed);
        export_offset(out, row->end);
        export_offset(out, row->high_watermark);
        export_offset(out, failed ? OFFSET_NONE : skew_to_end(row));
        export_offset(out, cutover_partition_lost(row));
        export_time(out, row->committed_time);
        if (timed)
            export_number(out, times->latest - row->committed_time);
        else
            export_null(out);
        if (timed)
            export_number(out, times->median - row->committed_time);
        else
            export_null(out);
        export_text(out, engine_value_kind_name(row->kind));
        export_text(out, row->error);
    }
}

static const struct table *view_skew_table(const void *state)
{
    return &((const struct view_skew *)state)->rows.table;
}

const struct view_ops view_skew_ops = {
    .name = "skew",
    .scope = IN_SKEW,
    .open = view_skew_open,
    .close = view_skew_close,
    .ask = view_skew_ask,
    .event = view_skew_event,
    .draw = view_skew_draw,
    .action = view_skew_action,
    .typed = view_skew_typed,
    .export = view_skew_export,
    .copy = view_skew_copy,
    .filter = view_skew_filter,
    .filtered = view_skew_filtered,
    .table = view_skew_table,
    .hint = view_skew_hint,
    .mode = view_skew_mode,
    .subject = view_skew_subject,
};
