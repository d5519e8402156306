/* Where a delivery would begin: a cursor on the axis of time, and what each position costs, in offsets the broker returned.
 *
 * The choices and the survey come as one answer. A cursor that moves asks for its time 200 ms after the last key; until the
 * answer is there the old numbers stand with ~, and an answer that is not for the start on the screen only goes to the
 * plans that are kept. Nothing is interpolated.
 */
#include "tui/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/skew_histogram.h"
#include "tui/skew_rows.h"
#include "tui/start_choices.h"
#include "tui/start_plans.h"
#include "tui/start_rows.h"
#include "tui/zone.h"

enum {
    ASK_AFTER_MS = 200,
    FRESH_MS = 60000,    /* a survey that is at most so old will do when the view is opened */
    REFRESH_SECONDS = 30 /* a survey keeps a cursor's questions waiting */
};

enum picture { PICTURE_FITTING, PICTURE_ROWS, PICTURE_BUCKETS };

struct view_start {
    char *topic, *group;
    char *wish;                 /* the start to begin with, until the first survey is there; NULL */
    struct engine_event *shown; /* ENGINE_CHOICES, or ENGINE_SURVEY while times are read */
    struct skew_facts facts;
    struct skew_histogram histogram;
    struct timeline_window window; /* of the histogram */
    struct start_rows rows;
    struct start_plans plans;
    struct cutover_plan *plan; /* what is drawn; NULL: nothing is known yet */
    struct cutover_start start;
    timestamp_ms wanted_at; /* when to ask for start; TIMESTAMP_NONE: not at all */
    bool asked;             /* the question for start is under way */
    char *error;            /* why it has no answer; NULL */
    timestamp_ms now;       /* the console's, at the last drawing */
    enum picture wanted, drawn;
    int histogram_cells;            /* at the last drawing */
    char text[TIMESTAMP_TEXT_SIZE]; /* borrowed by outcomes and requests */
};

static const struct cutover_survey *survey_of(const struct view_start *view)
{
    return view->shown->survey;
}

static void *view_start_open(const struct view_subject *subject)
{
    struct view_start *view = memory_new(sizeof(*view));

    view->topic = memory_copy_text(subject->topic);
    view->group = memory_copy_text(subject->group);
    view->wish = memory_copy_text(subject->start);
    view->start = (struct cutover_start){ CUTOVER_START_SAFE, TIMESTAMP_NONE };
    view->window = TIMELINE_FITS_ALL;
    view->wanted_at = TIMESTAMP_NONE;
    view->histogram_cells = 60;
    start_rows_init(&view->rows, &view->facts);
    return view;
}

static void view_start_close(void *state)
{
    struct view_start *view = state;

    start_rows_clear(&view->rows);
    start_plans_clear(&view->plans);
    skew_facts_clear(&view->facts);
    cutover_plan_free(view->plan);
    engine_event_free(view->shown);
    free(view->topic);
    free(view->group);
    free(view->wish);
    free(view->error);
    free(view);
}

static void view_start_ask(const void *state, struct engine_request *request)
{
    const struct view_start *view = state;

    request->kind = ENGINE_ASK_CHOICES;
    request->topic = view->topic;
    request->group = view->group;
    request->max_age_ms = view->shown ? 0 : FRESH_MS;
}

/* --- the start, and the plan that is drawn for it --- */

static struct timeline_axis histogram_axis(const struct view_start *view)
{
    return timeline_fit(TIMELINE_BUCKETS, view->histogram_cells, view->facts.times.oldest, survey_of(view)->taken_at,
                        &view->window);
}

/* The time of a start on the axis; TIMESTAMP_NONE: each partition has its own. */
static timestamp_ms time_of(const struct view_start *view, const struct cutover_start *start)
{
    switch (start->kind) {
    case CUTOVER_START_TIME: return start->time;
    case CUTOVER_START_SAFE: return view->facts.times.oldest;
    case CUTOVER_START_NOW: return survey_of(view)->taken_at;
    case CUTOVER_START_EARLIEST:
    case CUTOVER_START_COMMITTED: break;
    }
    return TIMESTAMP_NONE;
}

/* A plan for exactly this start on the survey that is shown: of the choices, or kept. Borrowed; NULL. */
static const struct cutover_plan *known_plan(const struct view_start *view)
{
    for (size_t i = 0; i < view->shown->choice_count; i++)
        if (start_is(&view->shown->choices[i].plan->start, &view->start))
            return view->shown->choices[i].plan;
    return start_plans_find(&view->plans, &view->start, survey_of(view)->taken_at);
}

static void set_error(struct view_start *view, const char *error)
{
    free(view->error);
    view->error = memory_copy_text(error);
}

static void bucket_again(struct view_start *view)
{
    struct timeline_axis axis = histogram_axis(view);

    start_rows_bucket(&view->rows, &axis);
}

/* The histogram and the buckets are about the partitions that the filter leaves. */
static void follow_rows(struct view_start *view)
{
    skew_facts_choose(&view->facts, view->rows.partitions.order, view->rows.partitions.count);
    bucket_again(view);
}

static void draw_again(struct view_start *view)
{
    view->rows.plan = view->plan;
    view->rows.cursor = time_of(view, &view->start);
    start_rows_changed(&view->rows);
    follow_rows(view);
}

static void show_plan(struct view_start *view, const struct cutover_plan *plan)
{
    cutover_plan_free(view->plan);
    view->plan = cutover_plan_copy(plan);
    view->rows.exact = true;
    view->wanted_at = TIMESTAMP_NONE;
    view->asked = false;
    set_error(view, NULL);
}

/* The start or the survey is another: what is known is shown, what is not is asked for a little later. */
static void look_up(struct view_start *view, int64_t after_ms)
{
    const struct cutover_plan *plan = known_plan(view);

    if (plan) {
        show_plan(view, plan);
    } else {
        view->rows.exact = false;
        view->asked = false;
        view->wanted_at = timestamp_now() + after_ms;
        set_error(view, NULL);
    }
    draw_again(view);
}

static timestamp_ms view_start_wants_at(const void *state)
{
    const struct view_start *view = state;

    /* What is made of the times has to wait for them; the choices bring it. */
    if (!view->shown || (!view->shown->final && view->start.kind == CUTOVER_START_SAFE))
        return TIMESTAMP_NONE;
    return view->wanted_at;
}

static void view_start_want(void *state, struct engine_request *request)
{
    struct view_start *view = state;

    view->wanted_at = TIMESTAMP_NONE;
    view->asked = true;
    request->kind = ENGINE_ASK_STARTS;
    request->topic = view->topic;
    request->group = view->group;
    request->max_age_ms = INT64_MAX;
    if (view->start.kind == CUTOVER_START_TIME)
        snprintf(view->text, sizeof(view->text), "%lld", (long long)view->start.time);
    else
        start_text(view->text, &view->start);
    request->start = view->text;
}

/* --- answers --- */

/* What was wished for when the view was opened. Relative times count from the clock; behind the survey nothing is known. */
static void take_wish(struct view_start *view, timestamp_ms now)
{
    timestamp_ms taken_at = survey_of(view)->taken_at;
    struct error err = { 0 };
    struct cutover_start start;

    if (!view->wish)
        return;
    if (cutover_start_parse(view->wish, now > taken_at ? now : taken_at, &start, &err)) {
        view->start = start;
        if (start.kind == CUTOVER_START_TIME && start.time > taken_at)
            view->start.time = taken_at;
    }
    free(view->wish);
    view->wish = NULL;
    look_up(view, 0);
    if (err.message[0])
        set_error(view, err.message);
}

/* A plan of an older survey, or for another time, goes to the kept ones at most. */
static bool take_plan(struct view_start *view, struct engine_event *event)
{
    bool wanted = start_is(&event->plan->start, &view->start);

    if (wanted && !view->rows.exact) {
        show_plan(view, event->plan);
        draw_again(view);
    }
    start_plans_put(&view->plans, event->plan);
    event->plan = NULL;
    return wanted;
}

static bool take_survey(struct view_start *view, struct engine_event **event, timestamp_ms now)
{
    if (!view_keep(&view->shown, event))
        return false;
    skew_facts_take(&view->facts, survey_of(view));
    if (view->shown->final)
        look_up(view, 0);
    else
        draw_again(view);
    take_wish(view, now);
    return true;
}

static bool view_start_event(void *state, struct engine_event **event, timestamp_ms now)
{
    struct view_start *view = state;

    switch ((*event)->kind) {
    case ENGINE_FAILED:
        view->asked = false;
        set_error(view, (*event)->error.message);
        return true;
    case ENGINE_STARTS: return view->shown && (*event)->plan && take_plan(view, *event);
    case ENGINE_SURVEY: /* on the way to the choices, or to a plan of another survey */
    case ENGINE_CHOICES: return (*event)->survey && take_survey(view, event, now);
    default: return false;
    }
}

/* --- drawing --- */

/* "2026-11-23 09:43:30Z" */
static char *full_time(bool local, char out[ZONE_TEXT_SIZE], timestamp_ms time)
{
    zone_full(local, out, time);
    if (strlen(out) > 10)
        out[10] = ' ';
    return out;
}

/* What row 2 leaves out where it is narrow, one after the other. How the old sink stands stays. */
enum subject_room { WITH_ALL, WITHOUT_SCALE, BRIEF, WITHOUT_DISTANCE };

/* "2026-11-23 09:43:30Z  (-16m30s)", "safe, 2026-11-23 09:21:00Z  (-39m00s)", "committed: each its own". Brief is the
 * time without its date, where that is today's. */
static void append_start(const struct view_start *view, enum subject_room room, struct buffer *out)
{
    bool brief = room >= BRIEF, local = view->rows.local;
    char time[ZONE_TEXT_SIZE], ago[TEXT_NUMBER_SIZE];
    timestamp_ms at = time_of(view, &view->start), taken_at = survey_of(view)->taken_at;
    /* From the clock: what is typed as -2m is 2 minutes ago, however old the survey is. */
    int64_t distance = view->start.kind == CUTOVER_START_NOW || view->now < at ? 0 : view->now - at;

    switch (view->start.kind) {
    case CUTOVER_START_SAFE:
        buffer_append_text(out, at >= 0 ? "safe, " : "safe: each at B, no commit has a time");
        break;
    case CUTOVER_START_COMMITTED: buffer_append_text(out, "committed: each its own"); break;
    case CUTOVER_START_EARLIEST: buffer_append_text(out, "earliest: each at its log start"); break;
    case CUTOVER_START_NOW: buffer_append_text(out, brief ? "now, " : "now: the end at launch, "); break;
    case CUTOVER_START_TIME: break;
    }
    if (at < 0)
        return;
    buffer_append_text(out, brief ? zone_named(local, time, at, taken_at) : full_time(local, time, at));
    if (view->start.kind == CUTOVER_START_SAFE && !view->facts.complete)
        buffer_append_char(out, '~');
    if (room < WITHOUT_DISTANCE)
        buffer_printf(out, "  (-%s)", text_duration(ago, distance));
}

static const struct table *drawn_table(const struct view_start *view)
{
    return view->drawn == PICTURE_BUCKETS ? &view->rows.by_time : &view->rows.partitions;
}

static struct timeline_axis drawn_axis(const struct view_start *view)
{
    return view->drawn == PICTURE_BUCKETS ? histogram_axis(view) : start_rows_axis(&view->rows);
}

/* Which of the rows are shown, where not all, and in which order, where it is not the usual one. */
static void append_rows_shown(const struct view_start *view, const char *apart, struct buffer *out)
{
    const struct table *table = drawn_table(view), *partitions = &view->rows.partitions;

    if (partitions->filter || table->mark_count > 0) {
        buffer_append_text(out, apart);
        table_counts(partitions->filter ? partitions : table, out);
    }
    if (partitions->filter)
        buffer_printf(out, "%sfilter: %s", apart, partitions->filter);
    if (!start_rows_sorted_as_usual(table)) {
        buffer_printf(out, "%ssort ", apart);
        table_sorting(table, out);
    }
}

static void append_subject(const struct view_start *view, enum subject_room room, struct buffer *out)
{
    struct timeline_axis axis = drawn_axis(view);
    const char *apart = room >= BRIEF ? "  " : "   ";
    char cell[48], number[TEXT_NUMBER_SIZE], wanted[TEXT_NUMBER_SIZE];

    append_start(view, room, out);
    if (room < WITHOUT_SCALE)
        buffer_printf(out, "  %s a column", timeline_cell_text(cell, &axis));
    if (!view->facts.complete)
        buffer_printf(out, "%sT %s/%s", apart, text_count(number, (int64_t)view->facts.times.read),
                      text_count(wanted, (int64_t)view->facts.times.wanted));
    if (view->plan && view->rows.exact && view->plan->totals.no_record > 0)
        buffer_printf(out, "%sE in %s", apart, text_count(number, (int64_t)view->plan->totals.no_record));
    buffer_append_text(out, apart);
    view_append_sink(view->shown, room >= BRIEF, out);
    append_rows_shown(view, apart, out);
}

static void draw_subject(const struct view_start *view, const struct canvas *canvas)
{
    int line = view_first_line(), column = canvas_text(canvas, line, 1, THEME_TITLE, "START TIME") + 2;
    struct buffer text;

    buffer_init(&text, 0);
    if (!view->shown)
        buffer_printf(&text, "%s / %s", view->topic, view->group);
    for (int room = WITH_ALL; view->shown && room <= WITHOUT_DISTANCE; room++) {
        buffer_reset(&text);
        append_subject(view, (enum subject_room)room, &text);
        if (column + (int)text_width(text.data) <= canvas->columns)
            break;
    }
    canvas_fit(canvas, line, column, canvas->columns - column, true, THEME_TEXT, text.data ? text.data : "");
    buffer_clear(&text);
}

static void draw_legend(const struct canvas *canvas, int line)
{
    static const struct {
        const char *sign;
        enum theme_role role;
        const char *text;
    } legend[] = {
        { "=", THEME_OLD_SINK, " old sink only   " },
        { "+", THEME_WARNING,  " twice   "         },
        { "x", THEME_BAD,      " neither   "       },
        { ".", THEME_WAITING,  " new only   "      },
        { "#", THEME_COMMIT,   " commit   "        },
        { "|", THEME_KEY,      " start"            },
    };
    int column = 3;

    for (size_t i = 0; i < sizeof(legend) / sizeof(legend[0]); i++) {
        column = canvas_text(canvas, line, column, legend[i].role, legend[i].sign);
        column = canvas_text(canvas, line, column, THEME_DIM, legend[i].text);
    }
}

/* How the lines between row 2 and the choices are used. */
struct shares {
    bool brief, legend;
    int choices;
    int last; /* the line of the total */
};

static struct shares share_out(const struct view_start *view, const struct canvas *canvas)
{
    enum { LINES_FOR_ALL = 24, COLUMNS_FOR_LEGEND = 72 };
    struct shares shares = { .brief = canvas->lines < LINES_FOR_ALL };

    shares.legend = !shares.brief && !canvas->plain && canvas->columns >= COLUMNS_FOR_LEGEND;
    shares.choices = start_choices_lines(view->shown, shares.brief);
    shares.last = view_last_line(canvas) - shares.choices - shares.legend;
    return shares;
}

/* The table's rows, its total, the legend and the choices right below each other. */
static void draw_table(struct view_start *view, struct table *table, struct canvas *canvas, int first,
                       const struct shares *shares, bool legend)
{
    int used = table->count > 0 ? (int)table->count : 1, last = shares->last - 1, line;

    if (!legend)
        last += shares->legend;
    if (first + used < last)
        last = first + used;
    table_draw(table, canvas, first, last);
    line = last + 1;
    if (view->plan)
        start_rows_draw_total(&view->rows, table, canvas, line);
    line++;
    if (legend)
        draw_legend(canvas, line++);
    start_choices_draw(view->shown, &view->facts, &view->start, shares->brief, canvas, line);
}

static void draw_rows(struct view_start *view, struct canvas *canvas, int first, const struct shares *shares)
{
    int start[TABLE_COLUMNS], width[TABLE_COLUMNS];

    start_rows_show(&view->rows, !canvas->plain);
    table_layout(&view->rows.partitions, canvas->columns, start, width);
    if (width[1] > 0)
        view->rows.bar_cells = width[1];
    draw_table(view, &view->rows.partitions, canvas, first, shares, shares->legend);
}

static void draw_buckets(struct view_start *view, struct canvas *canvas, int first, const struct shares *shares)
{
    enum { LEAST_ROWS = 3, MOST_HEIGHT = 8 };
    int cells = skew_histogram_cells(canvas->columns), room = shares->last - first - LEAST_ROWS - 4, cursor;
    int height = room > 12 ? room - 8 : room < 4 ? room : 4;
    struct timeline_axis axis;
    char cell[48];

    if (height > MOST_HEIGHT)
        height = MOST_HEIGHT;
    if (canvas->plain)
        height = 0;
    if (cells != view->histogram_cells || view->rows.bucket_ms == 0) {
        view->histogram_cells = cells;
        bucket_again(view);
    }
    axis = histogram_axis(view);
    skew_histogram_fill(&view->histogram, &view->facts, &axis);
    if (height > 0) {
        cursor = view->rows.cursor >= 0 ? timeline_cell(&axis, view->rows.cursor) : -1;
        canvas_printf(canvas, first, 1, THEME_DIM, "partitions per %s of T (log)   | start",
                      axis.cell_ms == 60000 ? "minute" : timeline_cell_text(cell, &axis));
        skew_histogram_draw(&view->histogram, canvas, first + 1, height, cursor, true);
        first += height + 3;
    }
    draw_table(view, &view->rows.by_time, canvas, first, shares, false);
    table_draw_why_empty(&view->rows.partitions, canvas, first + 1, shares->last - 1);
}

static enum picture picture_to_draw(const struct view_start *view, int lines)
{
    if (view->wanted != PICTURE_FITTING)
        return view->wanted;
    return (int)survey_of(view)->count <= lines ? PICTURE_ROWS : PICTURE_BUCKETS;
}

static void view_start_draw(void *state, struct canvas *canvas, const char *error)
{
    struct view_start *view = state;
    int first = view_first_line() + 1;
    struct shares shares;

    view->now = canvas->now;
    view->rows.local = canvas->local;
    if (!view->shown) {
        draw_subject(view, canvas);
        view_draw_empty(canvas, first + 1, error);
        return;
    }
    shares = share_out(view, canvas);
    view->drawn = picture_to_draw(view, shares.last - first - 1);
    draw_subject(view, canvas);
    if (view->drawn == PICTURE_ROWS)
        draw_rows(view, canvas, first, &shares);
    else
        draw_buckets(view, canvas, first, &shares);
}

/* --- moving --- */

static void move_to(struct view_start *view, struct cutover_start start)
{
    if (start_is(&view->start, &start) && view->rows.exact)
        return;
    view->start = start;
    look_up(view, ASK_AFTER_MS);
}

static void move_to_time(struct view_start *view, timestamp_ms time)
{
    if (time > survey_of(view)->taken_at)
        time = survey_of(view)->taken_at;
    move_to(view, (struct cutover_start){ CUTOVER_START_TIME, time > 0 ? time : 0 });
}

/* What is not on the axis is brought there. */
static void show_cursor(struct view_start *view)
{
    struct timeline_axis axis = drawn_axis(view);
    struct timeline_window *window = view->drawn == PICTURE_BUCKETS ? &view->window : &view->rows.window;
    timestamp_ms time = time_of(view, &view->start);

    if (time < 0)
        return;
    if (time < axis.start)
        timeline_pan(&axis, (time - axis.start) / axis.cell_ms - 1, window);
    else if (time >= timeline_time(&axis, axis.cells))
        timeline_pan(&axis, (time - timeline_time(&axis, axis.cells)) / axis.cell_ms + 1, window);
    else
        return;
    bucket_again(view);
}

/* Columns from where the cursor is; one that stands inside a column goes to its edge first. */
static void walk(struct view_start *view, int columns)
{
    struct timeline_axis axis = drawn_axis(view);
    timestamp_ms time = time_of(view, &view->start), cell = axis.cell_ms;

    if (time < 0)
        time = view->start.kind == CUTOVER_START_EARLIEST ? axis.start : view->facts.times.median;
    if (time < 0)
        time = survey_of(view)->taken_at;
    if (columns < 0 && time % cell != 0)
        columns++;
    move_to_time(view, time - time % cell + columns * cell);
    show_cursor(view);
}

/* [ ]: the next T of a partition before or after the cursor. */
static void step_commit(struct view_start *view, bool later)
{
    const struct cutover_survey *survey = survey_of(view);
    timestamp_ms from = time_of(view, &view->start), best = TIMESTAMP_NONE;

    if (from < 0)
        from = later ? -1 : survey->taken_at;
    for (size_t i = 0; i < survey->count; i++) {
        timestamp_ms time =
            survey->partitions[i].state == CUTOVER_ERROR ? TIMESTAMP_NONE : survey->partitions[i].committed_time;

        if (time < 0 || (later ? time <= from : time >= from))
            continue;
        if (best < 0 || (later ? time < best : time > best))
            best = time;
    }
    if (best < 0)
        return;
    move_to_time(view, best);
    show_cursor(view);
}

static void zoom(struct view_start *view, int steps)
{
    struct timeline_axis axis = drawn_axis(view);
    bool buckets = view->drawn == PICTURE_BUCKETS;
    timestamp_ms focus = time_of(view, &view->start);

    if (focus < 0)
        focus = axis.until;
    timeline_zoom(buckets ? TIMELINE_BUCKETS : TIMELINE_BARS, &axis, view->facts.times.oldest, steps, focus,
                  buckets ? &view->window : &view->rows.window);
    bucket_again(view);
}

static void fit_all(struct view_start *view)
{
    view->window = view->rows.window = TIMELINE_FITS_ALL;
    bucket_again(view);
}

static void choose(struct view_start *view, enum cutover_start_kind kind, timestamp_ms time)
{
    if (kind == CUTOVER_START_TIME && time < 0)
        return; /* no commit has a time */
    move_to(view, (struct cutover_start){ kind, kind == CUTOVER_START_TIME ? time : TIMESTAMP_NONE });
    show_cursor(view);
}

/* --- typing a time --- */

/* Where local times are shown, one types what one sees: the row has to say that it is read as UTC. */
static struct view_outcome ask_time(const struct view_start *view)
{
    struct view_outcome outcome = { .result = VIEW_PROMPTS };

    snprintf(outcome.label, sizeof(outcome.label), "%s", zone_asked(view->rows.local, "start time: "));
    return outcome;
}

/* Relative to the console's clock; future and below zero are refused there. */
static bool view_start_typing(void *state, int tag, const char *text, char remark[240])
{
    struct view_start *view = state;
    struct cutover_start start;
    char time[ZONE_TEXT_SIZE], local[ZONE_TEXT_SIZE], why[80];

    (void)tag;
    if (*text == '\0') {
        snprintf(remark, 240, "%s2026-11-23T09:43:30Z, %s-15m, now", view->rows.local ? "09:43Z, " : "",
                 view->rows.local ? "" : "epoch ms, ");
        return false;
    }
    if (!start_typed(text, view->now, &start, why)) {
        snprintf(remark, 240, "%s", why);
        return false;
    }
    if (start.kind == CUTOVER_START_TIME && view->rows.local)
        snprintf(remark, 240, "= %s (%s)", zone_named(false, time, start.time, view->now),
                 zone_named(true, local, start.time, view->now));
    else if (start.kind == CUTOVER_START_TIME)
        snprintf(remark, 240, "= %s", full_time(false, time, start.time));
    else
        snprintf(remark, 240, "= %s", cutover_start_name(start.kind));
    return true;
}

static struct view_outcome view_start_typed(void *state, int tag, const char *text)
{
    struct view_start *view = state;
    struct view_outcome outcome = { .result = VIEW_HANDLED };
    struct cutover_start start;
    char why[80];

    (void)tag;
    if (!text || !view->shown)
        return outcome;
    if (!start_typed(text, view->now, &start, why)) {
        outcome.result = VIEW_EXPLAINS;
        snprintf(outcome.message, sizeof(outcome.message), "%s", why);
        return outcome;
    }
    if (start.kind == CUTOVER_START_TIME)
        move_to_time(view, start.time);
    else
        move_to(view, start);
    show_cursor(view);
    return outcome;
}

/* --- actions --- */

/* Enter: the launch dialog with the start that is shown; it surveys again and says what changed. */
static struct view_outcome use_start(struct view_start *view)
{
    struct view_outcome outcome = { .result = VIEW_OPENS, .opens = VIEW_LAUNCH };

    if (!view->plan || !view->rows.exact) {
        outcome.result = VIEW_EXPLAINS;
        snprintf(outcome.message, sizeof(outcome.message), "the numbers of this start are not there yet");
        return outcome;
    }
    outcome.subject = (struct view_subject){ .topic = view->topic,
                                             .group = view->group,
                                             .start = start_text(view->text, &view->start) };
    return outcome;
}

static struct view_outcome view_start_action(void *state, enum action action)
{
    struct view_start *view = state;
    struct view_outcome outcome = { .result = VIEW_HANDLED };

    if (!view->shown)
        return (struct view_outcome){ .result = VIEW_IGNORED };
    if (table_action(view->drawn == PICTURE_BUCKETS ? &view->rows.by_time : &view->rows.partitions, action))
        return outcome;
    switch (action) {
    case ACTION_COLUMN_LEFT: walk(view, -1); break;
    case ACTION_COLUMN_RIGHT: walk(view, 1); break;
    case ACTION_TEN_LEFT: walk(view, -10); break;
    case ACTION_TEN_RIGHT: walk(view, 10); break;
    case ACTION_COMMIT_BEFORE: step_commit(view, false); break;
    case ACTION_COMMIT_AFTER: step_commit(view, true); break;
    case ACTION_CHOOSE_SAFE: choose(view, CUTOVER_START_SAFE, TIMESTAMP_NONE); break;
    case ACTION_CHOOSE_MEDIAN: choose(view, CUTOVER_START_TIME, view->facts.times.median); break;
    case ACTION_CHOOSE_LATEST: choose(view, CUTOVER_START_TIME, view->facts.times.latest); break;
    case ACTION_CHOOSE_COMMITTED: choose(view, CUTOVER_START_COMMITTED, TIMESTAMP_NONE); break;
    case ACTION_ZOOM_IN: zoom(view, -1); break;
    case ACTION_ZOOM_OUT: zoom(view, 1); break;
    case ACTION_ZOOM_FIT: fit_all(view); break;
    case ACTION_PICTURE: view->wanted = view->drawn == PICTURE_ROWS ? PICTURE_BUCKETS : PICTURE_ROWS; break;
    case ACTION_TYPE_TIME: return ask_time(view);
    case ACTION_USE_START: return use_start(view);
    default: outcome.result = VIEW_IGNORED; break;
    }
    return outcome;
}

/* --- the rest --- */

static void view_start_filter(void *state, const char *text)
{
    struct view_start *view = state;

    if (!view->shown)
        return;
    table_set_filter(&view->rows.partitions, text);
    follow_rows(view);
}

static const char *view_start_filtered(const void *state)
{
    return ((const struct view_start *)state)->rows.partitions.filter;
}

static void append_state(const struct view_start *view, struct buffer *out)
{
    size_t row;

    if (view->drawn == PICTURE_BUCKETS || !table_selected(&view->rows.partitions, &row))
        return;
    if (view->plan && row < view->plan->count && view->rows.exact && view->plan->rows[row].no_record)
        buffer_printf(out, "p%zu: no record at or after this time: the new delivery begins at its end", row);
    else
        skew_explain(&survey_of(view)->partitions[row], out);
}

static void view_start_hint(const void *state, struct buffer *out)
{
    const struct view_start *view = state;

    if (!view->shown)
        return;
    if (view->error)
        buffer_append_text(out, view->error);
    else if (!view->rows.exact && view->plan)
        buffer_append_text(out, "~ numbers of another start: asking the brokers for this one");
    else
        append_state(view, out);
    if (out->length > 0)
        return;
    table_range(drawn_table(view), out);
    buffer_printf(out, "%s%s / %s", out->length > 0 ? "   " : "", view->topic, view->group);
}

static const char *view_start_mode(const void *state)
{
    const struct view_start *view = state;

    return view->shown && survey_of(view)->group_members > 0 ? "MOVING" : NULL;
}

static void view_start_subject(const void *state, struct view_subject *subject)
{
    const struct view_start *view = state;

    subject->topic = view->topic;
    subject->group = view->group;
}

static void view_start_copy(const void *state, struct buffer *out)
{
    const struct view_start *view = state;

    table_copy(view->drawn == PICTURE_BUCKETS ? &view->rows.by_time : &view->rows.partitions, out);
}

static void view_start_export(const void *state, struct export *out)
{
    const struct view_start *view = state;

    if (view->shown)
        start_rows_export(&view->rows, view->drawn == PICTURE_BUCKETS, out);
}

static const struct table *view_start_table(const void *state)
{
    return &((const struct view_start *)state)->rows.partitions;
}

const struct view_ops view_start_ops = {
    .name = "start time",
    .scope = IN_START,
    .refresh_seconds = REFRESH_SECONDS,
    .open = view_start_open,
    .close = view_start_close,
    .ask = view_start_ask,
    .event = view_start_event,
    .draw = view_start_draw,
    .action = view_start_action,
    .typed = view_start_typed,
    .typing = view_start_typing,
    .wants_at = view_start_wants_at,
    .want = view_start_want,
    .export = view_start_export,
    .copy = view_start_copy,
    .filter = view_start_filter,
    .filtered = view_start_filtered,
    .table = view_start_table,
    .hint = view_start_hint,
    .mode = view_start_mode,
    .subject = view_start_subject,
};
