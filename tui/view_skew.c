/* Skew: one row a partition, furthest behind first, with a bar of what the old sink delivered up to its commit.
 *
 * The survey comes first without times, then with more and more; a row whose time is not there yet has a blank bar. Up to
 * 10,000 rows.
 */
#include "tui/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/table.h"
#include "tui/timeline.h"

struct view_skew {
    char *topic, *group;
    struct engine_event *shown; /* NULL until the first answer */
    struct cutover_times times; /* of the shown survey */
    struct table table;
    int zoom; /* steps away from the axis that fits all */
};

enum column { PART, BAR, COMMIT, BEHIND, TO_END, SIGN, COLUMNS };

static const struct table_column columns[COLUMNS] = {
    [PART] = { .name = "part", .least = 4, .want = 4, .most = 8, .gap = 1, .left = true, .keep = true },
    [BAR] = { .name = "",
              .least = 20,
              .want = 20,
              .most = 80,
              .gap = 1,
              .keep = true,
              .picture = true,
              .unsorted = true },
    [COMMIT] = { .name = "commit", .least = 8, .want = 8, .most = 11, .gap = 2, .keep = true },
    [BEHIND] = { .name = "behind", .least = 6, .want = 8, .most = 9, .gap = 1 },
    [TO_END] = { .name = "to end", .least = 6, .want = 10, .most = 16, .gap = 1, .keep = true },
    [SIGN] = { .name = "", .least = 1, .want = 1, .most = 1, .gap = 1, .left = true, .keep = true, .unsorted = true },
};

/* Ranks of table_value: partitions with a time, then those without, then those that failed. */
enum { KNOWN, NOT_SAMPLED, WITHOUT_TIME, FAILED };

static const struct cutover_survey *survey_of(const void *view)
{
    return ((const struct view_skew *)view)->shown->survey;
}

static const struct cutover_partition *partition_at(const void *view, size_t row)
{
    return &survey_of(view)->partitions[row];
}

static size_t row_count(const void *view)
{
    return ((const struct view_skew *)view)->shown ? survey_of(view)->count : 0;
}

static const char *row_identity(const void *view, size_t row, char out[64])
{
    snprintf(out, 64, "p%d", (int)partition_at(view, row)->partition);
    return out;
}

static const char *row_error(const void *view, size_t row)
{
    const struct cutover_partition *partition = partition_at(view, row);

    if (partition->state != CUTOVER_ERROR)
        return NULL;
    return partition->error ? partition->error : "cannot be read";
}

/* Whether a time was wanted and is not there yet. */
static bool is_waiting(const struct cutover_partition *partition)
{
    return partition->committed_time < 0 && !partition->time_read &&
           (partition->state == CUTOVER_OK || partition->state == CUTOVER_BELOW_START);
}

/* E - B; the negative lag of a commit behind the end is shown as it is. */
static int64_t to_end(const struct cutover_partition *partition)
{
    if (partition->state == CUTOVER_PAST_END || partition->state == CUTOVER_OPEN_TRANSACTION)
        return partition->end - partition->committed;
    return partition->end - cutover_partition_base(partition);
}

/* The sign of the state; where that is blank, how far the commit lies behind the median. */
static char sign_of(const struct view_skew *view, const struct cutover_partition *partition)
{
    enum { MINUTE_MS = 60 * 1000 };
    char sign = cutover_state_sign(partition->state);

    if (sign != ' ' || partition->committed_time < 0 || view->times.median < 0)
        return sign;
    int64_t behind = view->times.median - partition->committed_time;
    if (behind <= 5 * MINUTE_MS)
        return '.';
    if (behind <= 15 * MINUTE_MS)
        return ':';
    return behind <= 30 * MINUTE_MS ? '*' : '@';
}

static enum theme_role role_of_sign(char sign)
{
    switch (sign) {
    case '=': return THEME_GOOD;
    case '<':
    case '>':
    case '!':
    case '@': return THEME_BAD;
    case '*':
    case '?':
    case 'o': return THEME_WARNING;
    default: return THEME_TEXT;
    }
}

static void commit_text(const struct view_skew *view, const struct cutover_partition *partition, struct buffer *out)
{
    char text[TIMESTAMP_TEXT_SIZE];

    if (partition->committed_time >= 0)
        buffer_append_text(out, timestamp_short(text, partition->committed_time, survey_of(view)->taken_at));
    else if (partition->time_below_zero)
        buffer_append_text(out, "no time");
    else if (partition->state == CUTOVER_CAUGHT_UP)
        buffer_append_text(out, "=");
    else if (!is_waiting(partition))
        buffer_append_text(out, "-");
}

static enum theme_role row_cell(const void *view, size_t row, size_t column, struct buffer *out)
{
    const struct view_skew *skew = view;
    const struct cutover_partition *partition = partition_at(view, row);
    char text[TEXT_NUMBER_SIZE];
    char sign = sign_of(skew, partition);

    switch ((enum column)column) {
    case PART: buffer_printf(out, "p%d", (int)partition->partition); break;
    case COMMIT: commit_text(skew, partition, out); break;
    case BEHIND:
        if (partition->committed_time >= 0)
            buffer_append_text(out, text_duration(text, skew->times.latest - partition->committed_time));
        break;
    case TO_END: buffer_append_text(out, text_count(text, to_end(partition))); break;
    case SIGN: buffer_append_char(out, sign); return role_of_sign(sign);
    case BAR:
    case COLUMNS: break;
    }
    return THEME_TEXT;
}

static struct table_value row_value(const void *view, size_t row, size_t column)
{
    const struct cutover_partition *partition = partition_at(view, row);

    if (column == PART)
        return (struct table_value){ .number = partition->partition };
    if (partition->state == CUTOVER_ERROR)
        return (struct table_value){ .rank = FAILED };
    if (column == TO_END)
        return (struct table_value){ .number = to_end(partition) };
    if (partition->committed_time < 0)
        return (struct table_value){ .rank = is_waiting(partition) ? NOT_SAMPLED : WITHOUT_TIME };
    return (struct table_value){ .number = column == BEHIND ? -partition->committed_time : partition->committed_time };
}

static struct timeline_axis axis_of(const struct view_skew *view, int cells)
{
    return timeline_fit(cells, view->times.oldest, survey_of(view)->taken_at, view->zoom);
}

static void row_paint(const void *view, size_t row, const struct canvas *canvas, int line, int column, int cells)
{
    const struct cutover_partition *partition = partition_at(view, row);
    struct timeline_axis axis = axis_of(view, cells);
    enum timeline_bar bar = TIMELINE_UNKNOWN;

    if (partition->committed_time >= 0)
        bar = TIMELINE_COMMIT;
    else if (partition->state == CUTOVER_CAUGHT_UP || partition->state == CUTOVER_OPEN_TRANSACTION)
        bar = TIMELINE_ALL;
    else if (partition->state == CUTOVER_NO_COMMIT)
        bar = TIMELINE_NOTHING;
    timeline_draw(&axis, canvas, line, column, bar, partition->committed_time);
}

static void heading_paint(const void *view, const struct canvas *canvas, int line, int column, int cells)
{
    struct timeline_axis axis = axis_of(view, cells);

    timeline_draw_labels(&axis, canvas, line, column);
}

static const struct table_rows rows = {
    .columns = columns,
    .column_count = COLUMNS,
    .error_column = BAR,
    .count = row_count,
    .identity = row_identity,
    .cell = row_cell,
    .value = row_value,
    .error = row_error,
    .paint = row_paint,
    .paint_heading = heading_paint,
};

static void *view_skew_open(const struct view_subject *subject)
{
    struct view_skew *view = memory_new(sizeof(*view));

    view->topic = memory_copy_text(subject->topic);
    view->group = memory_copy_text(subject->group);
    table_init(&view->table, &rows, view, COMMIT, false);
    return view;
}

static void view_skew_close(void *state)
{
    struct view_skew *view = state;

    engine_event_free(view->shown);
    free(view->topic);
    free(view->group);
    table_clear(&view->table);
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
    view->times = cutover_survey_times(survey_of(view));
    table_changed(&view->table, view->shown->final);
    return true;
}

static void append_counts(const struct view_skew *view, struct buffer *out)
{
    const struct cutover_survey *survey = survey_of(view);
    char read[TEXT_NUMBER_SIZE], wanted[TEXT_NUMBER_SIZE];

    table_counts(&view->table, out);
    buffer_printf(out, " partition%s", survey->count == 1 ? "" : "s");
    if (view->table.filter)
        buffer_printf(out, "   filter: %s", view->table.filter);
    if (view->table.sort_column != COMMIT || view->table.descending) {
        buffer_append_text(out, "   sort ");
        table_sorting(&view->table, out);
    }
    buffer_printf(out, "   T %s/%s", text_count(read, (int64_t)view->times.read),
                  text_count(wanted, (int64_t)view->times.wanted));
    buffer_printf(out, "   group %s", survey->group_state[0] ? survey->group_state : "-");
    if (survey->group_members > 0)
        buffer_printf(out, ", %d member%s", survey->group_members, survey->group_members == 1 ? "" : "s");
}

static void draw_subject(const struct view_skew *view, const struct canvas *canvas)
{
    struct buffer names, counts;

    buffer_init(&names, 0);
    buffer_init(&counts, 0);
    buffer_printf(&names, "%s / %s", view->topic, view->group);
    if (view->shown)
        append_counts(view, &counts);
    view_draw_subject(canvas, "SKEW", names.data, counts.length > 0 ? counts.data : "");
    buffer_clear(&counts);
    buffer_clear(&names);
}

/* "lost 0", "lost 310,552 + ? in 2", ">=" where a partition could not be read. */
static void append_lost(const struct cutover_survey *survey, struct buffer *out)
{
    int64_t lost = 0, unknown = 0;
    bool failed = false;
    char text[TEXT_NUMBER_SIZE];

    for (size_t i = 0; i < survey->count; i++) {
        const struct cutover_partition *partition = &survey->partitions[i];
        int64_t here;

        if (partition->state == CUTOVER_ERROR) {
            failed = true;
            continue;
        }
        here = cutover_partition_lost(partition);
        lost += here > 0 ? here : 0;
        unknown += here == OFFSET_NONE;
    }
    buffer_printf(out, "   lost %s%s", failed ? ">=" : "", text_count(text, lost));
    if (unknown > 0)
        buffer_printf(out, " + ? in %s", text_count(text, unknown));
}

/* The spread of the commits, and what is lost. omit: how many of its parts are left out where the screen is narrow. */
static void spread_text(const struct view_skew *view, int omit, struct buffer *out)
{
    const struct cutover_survey *survey = survey_of(view);
    const char *unsure = view->times.read < view->times.wanted ? "~" : "";
    char text[TIMESTAMP_TEXT_SIZE], number[TEXT_NUMBER_SIZE];

    if (view->times.count == 0) {
        buffer_append_text(out, view->times.wanted > view->times.read ? "no commit time yet" : "no commit has a time");
    } else {
        buffer_printf(out, "spread %s%s", text_duration(number, view->times.latest - view->times.oldest), unsure);
        if (omit < 2)
            buffer_printf(out, "   oldest %sZ%s", timestamp_short(text, view->times.oldest, survey->taken_at), unsure);
        buffer_printf(out, "   p50 %sZ%s", timestamp_short(text, view->times.median, survey->taken_at), unsure);
        if (omit < 1)
            buffer_printf(out, "   latest %sZ%s", timestamp_short(text, view->times.latest, survey->taken_at), unsure);
    }
    append_lost(survey, out);
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

/* "values sampled: JSON 4, avro ! 2 of 6". True where `lines` would break one. */
static bool values_text(const struct cutover_survey *survey, struct buffer *out)
{
    size_t kinds[VALUE_TOMBSTONE + 1] = { 0 };
    const char *separator = "values sampled: ";
    bool breaks = false;

    for (size_t i = 0; i < survey->count; i++)
        kinds[survey->partitions[i].kind]++;
    for (enum value_kind kind = VALUE_JSON; kind <= VALUE_TOMBSTONE; kind++) {
        if (kinds[kind] == 0)
            continue;
        buffer_printf(out, "%s%s %zu", separator, view_kind_text(kind), kinds[kind]);
        separator = ", ";
        breaks = breaks || view_kind_breaks_lines(kind);
    }
    if (out->length > 0)
        buffer_printf(out, " of %zu", survey->count);
    return breaks;
}

/* The number of offsets that wait, under its column, ">=" where a partition could not be read. */
static void draw_total(const struct view_skew *view, const struct canvas *canvas, int line, const int *start,
                       const int *width)
{
    const struct cutover_survey *survey = survey_of(view);
    char number[TEXT_NUMBER_SIZE], text[TEXT_NUMBER_SIZE + 2];
    int64_t total = 0;
    bool failed = false;

    for (size_t i = 0; i < survey->count; i++) {
        if (survey->partitions[i].state == CUTOVER_ERROR)
            failed = true;
        else if (to_end(&survey->partitions[i]) > 0)
            total += to_end(&survey->partitions[i]);
    }
    snprintf(text, sizeof(text), "%s%s", failed ? ">=" : "", text_count(number, total));
    int cells = (int)strlen(text) > width[TO_END] ? (int)strlen(text) : width[TO_END];
    canvas_fit(canvas, line, start[TO_END] + width[TO_END] - cells, cells, false, THEME_TITLE, text);
}

static void draw_summary(const struct view_skew *view, const struct canvas *canvas, int line)
{
    const struct table *table = &view->table;
    int start[TABLE_COLUMNS], width[TABLE_COLUMNS];
    char first[TEXT_NUMBER_SIZE], last[TEXT_NUMBER_SIZE], all[TEXT_NUMBER_SIZE];
    struct buffer text;
    int column = canvas_text(canvas, line, 1, THEME_TITLE, "total");

    if (table->count > table->height)
        column = canvas_printf(
            canvas, line, column + 2, THEME_DIM, "rows %s-%s of %s", text_count(first, (int64_t)table->top + 1),
            text_count(last, (int64_t)(table->top + table->height)), text_count(all, (int64_t)table->count));
    column = column + 2 > 14 ? column + 2 : 14;
    buffer_init(&text, 0);
    table_layout(table, canvas->columns, start, width);
    bool breaks = values_text(survey_of(view), &text);
    if (text.length > 0 && column + (int)text_width(text.data) < start[TO_END])
        canvas_text(canvas, line, column, breaks ? THEME_WARNING : THEME_TEXT, text.data);
    buffer_clear(&text);
    draw_total(view, canvas, line, start, width);
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

static void view_skew_draw(void *state, struct canvas *canvas, const char *error)
{
    enum { HEIGHT_WITH_LEGEND = 24, WIDTH_WITH_LEGEND = 78 };
    struct view_skew *view = state;
    int first = view_first_line(), last = view_last_line(canvas);
    bool legend = canvas->lines >= HEIGHT_WITH_LEGEND && canvas->columns >= WIDTH_WITH_LEGEND;

    draw_subject(view, canvas);
    if (!view->shown) {
        view_draw_empty(canvas, first + 2, error);
        return;
    }
    draw_spread(view, canvas, first + 1);
    int last_row = last - 1 - legend;
    int used = view->table.count > 0 ? (int)view->table.count : 1; /* without a match the table says so in a row */
    if (first + 2 + used < last_row)
        last_row = first + 2 + used;
    table_draw(&view->table, canvas, first + 2, last_row);
    draw_summary(view, canvas, last_row + 1);
    if (legend)
        draw_legend(canvas, last_row + 2);
}

static struct view_outcome view_skew_action(void *state, enum action action)
{
    enum { MOST_ZOOM = 12 };
    struct view_skew *view = state;
    struct view_outcome outcome = { .result = VIEW_HANDLED };

    if (table_action(&view->table, action))
        return outcome;
    switch (action) {
    case ACTION_ZOOM_IN: view->zoom -= view->zoom > -MOST_ZOOM; break;
    case ACTION_ZOOM_OUT: view->zoom += view->zoom < MOST_ZOOM; break;
    case ACTION_ZOOM_FIT: view->zoom = 0; break;
    default: outcome.result = VIEW_IGNORED; break;
    }
    return outcome;
}

static void view_skew_filter(void *state, const char *text)
{
    table_set_filter(&((struct view_skew *)state)->table, text);
}

static const char *view_skew_filtered(const void *state)
{
    return ((const struct view_skew *)state)->table.filter;
}

/* What the sign of a partition means, in a sentence. */
static void explain(const struct cutover_partition *partition, struct buffer *out)
{
    char text[TEXT_NUMBER_SIZE];

    switch (partition->state) {
    case CUTOVER_OK: break;
    case CUTOVER_CAUGHT_UP: buffer_append_text(out, "caught up; sets no bound on the start"); break;
    case CUTOVER_NO_COMMIT:
        buffer_append_text(out, "never committed; begins at the log start, what was lost is unknown");
        break;
    case CUTOVER_BELOW_START:
        buffer_printf(out, "%s offsets lost to retention before this reading",
                      text_count(text, cutover_partition_lost(partition)));
        break;
    case CUTOVER_OPEN_TRANSACTION: buffer_append_text(out, "committed inside a transaction that is still open"); break;
    case CUTOVER_PAST_END:
        buffer_append_text(out, "committed past the end: the topic was made again or truncated");
        break;
    case CUTOVER_ERROR: buffer_append_text(out, partition->error ? partition->error : "cannot be read"); break;
    }
}

static void view_skew_hint(const void *state, struct buffer *out)
{
    const struct view_skew *view = state;
    const struct cutover_partition *partition;
    size_t row;

    if (!table_selected(&view->table, &row))
        return;
    partition = partition_at(view, row);
    if (partition->state != CUTOVER_OK) {
        buffer_printf(out, "p%d: ", (int)partition->partition);
        explain(partition, out);
    } else if (partition->time_below_zero) {
        buffer_printf(out, "p%d: its record carries no time; `safe` begins at the commit", (int)partition->partition);
    } else if (view_kind_breaks_lines(partition->kind)) {
        buffer_printf(out, "p%d: format `lines` would break its values", (int)partition->partition);
    }
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

const struct view_ops view_skew_ops = {
    .name = "skew",
    .scope = IN_SKEW,
    .open = view_skew_open,
    .close = view_skew_close,
    .ask = view_skew_ask,
    .event = view_skew_event,
    .draw = view_skew_draw,
    .action = view_skew_action,
    .filter = view_skew_filter,
    .filtered = view_skew_filtered,
    .hint = view_skew_hint,
    .mode = view_skew_mode,
    .subject = view_skew_subject,
};
