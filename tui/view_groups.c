/* Groups: who reads, how far behind, and how old the oldest record is that a group has not read. Up to about a thousand. */
#include "tui/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/table.h"
#include "tui/zone.h"

struct view_groups {
    struct engine_event *shown; /* NULL until the first answer */
    char *topic;                /* only groups with commits for it; NULL: all */
    struct table table;
    bool forward; /* a group that is the only one is opened when the answer is there */
    timestamp_ms now;
    bool local;
};

enum column { NAME, STATE, TYPE, MEMBERS, LAG, OLDEST, CONNECTOR, SIGN, COLUMNS };

static const struct table_column columns[COLUMNS] = {
    [NAME] = { .name = "group", .least = 12, .want = 12, .most = 34, .gap = 1, .left = true, .keep = true },
    [STATE] = { .name = "state", .least = 6, .want = 6, .most = 10, .gap = 1, .left = true, .keep = true },
    [TYPE] = { .name = "type", .least = 7, .want = 8, .most = 8, .gap = 1, .left = true },
    [MEMBERS] = { .name = "members", .least = 7, .want = 7, .most = 7, .gap = 1 },
    [LAG] = { .name = "lag", .least = 6, .want = 12, .most = 15, .gap = 1, .keep = true },
    [OLDEST] = { .name = "oldest T", .least = 8, .want = 8, .most = 11, .gap = 1, .keep = true, .unit = TABLE_TIME },
    [CONNECTOR] = { .name = "connector", .least = 7, .want = 7, .most = 7, .gap = 2, .left = true },
    [SIGN] = { .name = "", .least = 1, .want = 1, .most = 1, .gap = 1, .left = true, .keep = true, .unsorted = true },
};

/* Ranks of table_value: known times first, then what has none, for whatever reason. */
enum { KNOWN, CAUGHT_UP, UNKNOWN, FAILED };

static const struct engine_group *group_at(const void *view, size_t row)
{
    return &((const struct view_groups *)view)->shown->groups[row];
}

static size_t row_count(const void *view)
{
    const struct view_groups *groups = view;

    return groups->shown ? groups->shown->group_count : 0;
}

static const char *row_identity(const void *view, size_t row, char out[64])
{
    (void)out;
    return group_at(view, row)->name;
}

static const char *row_error(const void *view, size_t row)
{
    return group_at(view, row)->error;
}

/* Whether the answer for lag and T is there: both come step by step. */
static bool is_sampled(const struct view_groups *view, const struct engine_group *group)
{
    return view->shown->final || group->oldest >= 0 || group->caught_up;
}

static enum theme_role lag_text(const struct view_groups *view, const struct engine_group *group, struct buffer *out)
{
    char text[TEXT_NUMBER_SIZE];

    if (group->lag != OFFSET_NONE)
        buffer_append_text(out, text_count(text, group->lag));
    else if (view->shown->final)
        buffer_append_text(out, "?");
    return THEME_TEXT;
}

static enum theme_role oldest_text(const struct view_groups *view, const struct engine_group *group, struct buffer *out)
{
    char text[TIMESTAMP_TEXT_SIZE];

    if (group->oldest >= 0)
        buffer_append_text(
            out, timestamp_short(text, zone_time(view->local, group->oldest), zone_time(view->local, view->now)));
    else if (group->caught_up)
        buffer_append_text(out, "=");
    else if (is_sampled(view, group))
        buffer_append_text(out, group->lag == OFFSET_NONE ? "?" : "-");
    return group->caught_up ? THEME_GOOD : THEME_TEXT;
}

/* The state alone: the connector's name nearly always stands in the group's. */
static enum theme_role connector_text(const struct engine_group *group, struct buffer *out)
{
    buffer_append_text(out, group->connector ? group->connector_state : "-");
    if (!group->connector || strcmp(group->connector_state, "STOPPED") == 0)
        return THEME_DIM;
    return strcmp(group->connector_state, "FAILED") == 0 ? THEME_BAD : THEME_TEXT;
}

static enum theme_role row_cell(const void *view, size_t row, size_t column, struct buffer *out)
{
    const struct engine_group *group = group_at(view, row);
    char text[TEXT_NUMBER_SIZE];

    switch ((enum column)column) {
    case NAME: buffer_append_text(out, group->name); break;
    case STATE: buffer_append_text(out, group->state); break;
    case TYPE: buffer_append_text(out, group->type[0] ? group->type : "-"); break;
    case MEMBERS: buffer_append_text(out, text_count(text, group->members)); break;
    case LAG: return lag_text(view, group, out);
    case OLDEST: return oldest_text(view, group, out);
    case CONNECTOR: return connector_text(group, out);
    case SIGN:
        if (group->lost > 0)
            buffer_append_char(out, '<');
        else if (group->uncommitted > 0)
            buffer_append_char(out, '?');
        return THEME_WARNING;
    case COLUMNS: break;
    }
    return THEME_TEXT;
}

static struct table_value row_value(const void *view, size_t row, size_t column)
{
    const struct engine_group *group = group_at(view, row);

    if (column == NAME)
        return (struct table_value){ .text = group->name };
    if (group->error)
        return (struct table_value){ .rank = FAILED };
    switch ((enum column)column) {
    case STATE: return (struct table_value){ .text = group->state };
    case TYPE: return (struct table_value){ .text = group->type };
    case MEMBERS: return (struct table_value){ .number = group->members };
    case LAG: return (struct table_value){ .rank = group->lag < 0 ? UNKNOWN : KNOWN, .number = group->lag };
    case OLDEST:
        return (struct table_value){ .rank = group->oldest >= 0 ? KNOWN
                                             : group->caught_up ? CAUGHT_UP
                                                                : UNKNOWN,
                                     .number = group->oldest };
    case CONNECTOR:
        return (struct table_value){ .rank = group->connector ? KNOWN : UNKNOWN, .text = group->connector_state };
    default: return (struct table_value){ .number = 0 };
    }
}

static const struct table_rows rows = {
    .columns = columns,
    .column_count = COLUMNS,
    .error_column = STATE,
    .count = row_count,
    .identity = row_identity,
    .cell = row_cell,
    .value = row_value,
    .error = row_error,
};

static void *view_groups_open(const struct view_subject *subject)
{
    struct view_groups *view = memory_new(sizeof(*view));

    view->topic = memory_copy_text(subject->topic);
    view->forward = subject->forward;
    table_init(&view->table, &rows, view, OLDEST, false);
    return view;
}

static void view_groups_close(void *state)
{
    struct view_groups *view = state;

    engine_event_free(view->shown);
    free(view->topic);
    table_clear(&view->table);
    free(view);
}

static void view_groups_ask(const void *view, struct engine_request *request)
{
    request->kind = ENGINE_ASK_GROUPS;
    request->topic = ((const struct view_groups *)view)->topic;
    request->details = true;
}

static bool view_groups_event(void *state, struct engine_event **event, timestamp_ms now)
{
    struct view_groups *view = state;

    if ((*event)->kind != ENGINE_GROUPS || !view_keep(&view->shown, event))
        return false;
    view->now = now;
    table_changed(&view->table, view->shown->final);
    return true;
}

/* "T sampled 7/7": groups whose oldest T is known, of those that could be read. */
static void append_sampled(const struct view_groups *view, struct buffer *out)
{
    size_t sampled = 0, readable = 0;

    for (size_t i = 0; i < view->shown->group_count; i++) {
        const struct engine_group *group = &view->shown->groups[i];

        readable += !group->error;
        sampled += !group->error && is_sampled(view, group);
    }
    buffer_printf(out, "   T sampled %zu/%zu", sampled, readable);
}

static void draw_subject(const struct view_groups *view, const struct canvas *canvas)
{
    struct buffer text;

    buffer_init(&text, 0);
    if (view->shown) {
        table_counts(&view->table, &text);
        if (view->table.filter)
            buffer_printf(&text, "   filter: %s", view->table.filter);
        buffer_append_text(&text, "   sort ");
        table_sorting(&view->table, &text);
        append_sampled(view, &text);
    }
    view_draw_subject(canvas, "GROUPS", view->topic ? view->topic : "", text.length > 0 ? text.data : "");
    buffer_clear(&text);
}

static void view_groups_draw(void *state, struct canvas *canvas, const char *error)
{
    struct view_groups *view = state;
    int first = view_first_line();

    view->now = canvas->now;
    view->local = canvas->local;
    draw_subject(view, canvas);
    if (!view->shown)
        view_draw_empty(canvas, first + 2, error);
    else if (view->shown->group_count == 0)
        canvas_text(canvas, first + 2, 1, THEME_DIM,
                    view->topic ? "no group has committed offsets for this topic" : "this cluster has no groups");
    else
        table_draw(&view->table, canvas, first + 1, view_last_line(canvas));
}

/* The partitions of the selected group, on this view's topic or on the first that the group has commits for. */
static void open_skew(const struct view_groups *view, struct view_outcome *outcome)
{
    const struct engine_group *group;
    size_t row;

    if (!table_selected(&view->table, &row))
        return;
    group = group_at(view, row);
    outcome->result = VIEW_OPENS;
    outcome->opens = VIEW_SKEW;
    outcome->subject.topic = view->topic ? view->topic : group->topic;
    outcome->subject.group = group->name;
    if (!outcome->subject.topic) {
        outcome->result = VIEW_EXPLAINS;
        snprintf(outcome->message, sizeof(outcome->message),
                 "no topic with commits is known for this group; :skew TOPIC GROUP names one");
    } else if (!view->topic && group->topics > 1) {
        snprintf(outcome->message, sizeof(outcome->message),
                 "the group has commits for %zu topics; :skew shows another", group->topics);
    }
}

/* The only group with commits for the topic, beside headgate's own; false where there are others, or none. */
static bool only_group(const struct view_groups *view, size_t *row)
{
    size_t found = 0;

    for (size_t i = 0; i < view->shown->group_count; i++) {
        if (text_starts_with(view->shown->groups[i].name, "headgate-"))
            continue;
        found++;
        *row = i;
    }
    return found == 1 && !view->shown->groups[*row].error;
}

static struct view_outcome view_groups_ready(void *state)
{
    struct view_groups *view = state;
    struct view_outcome outcome = { .result = VIEW_IGNORED };
    size_t row;

    if (!view->forward || !view->shown || !view->shown->final)
        return outcome;
    view->forward = false;
    if (view->shown->group_count == 0) {
        outcome.result = VIEW_EXPLAINS;
        snprintf(outcome.message, sizeof(outcome.message), "no group has commits for it: 1 chooses another topic");
        return outcome;
    }
    if (!only_group(view, &row) || !table_select(&view->table, row))
        return outcome;
    open_skew(view, &outcome);
    snprintf(outcome.message, sizeof(outcome.message), "the only group with commits for %.160s", view->topic);
    return outcome;
}

static struct view_outcome view_groups_action(void *state, enum action action)
{
    struct view_groups *view = state;
    struct view_outcome outcome = { .result = VIEW_HANDLED };

    view->forward = false; /* somebody is at it already */
    if (table_action(&view->table, action))
        return outcome;
    outcome.result = VIEW_IGNORED;
    if (action == ACTION_OPEN_SKEW || action == ACTION_GO_SKEW)
        open_skew(view, &outcome);
    return outcome;
}

static void view_groups_filter(void *state, const char *text)
{
    table_set_filter(&((struct view_groups *)state)->table, text);
}

static const char *view_groups_filtered(const void *state)
{
    return ((const struct view_groups *)state)->table.filter;
}

/* "1 partition without a commit: its 48,339 offsets are not in lag" */
static void append_uncommitted(const struct engine_group *group, struct buffer *out)
{
    char counted[TEXT_COUNTED_SIZE], number[TEXT_NUMBER_SIZE];

    buffer_printf(out, "%s without a commit: %s ", text_counted(counted, (int64_t)group->uncommitted, "partition"),
                  group->uncommitted == 1 ? "its" : "their");
    if (group->uncommitted_offsets != OFFSET_NONE)
        buffer_printf(out, "%s ", text_count(number, group->uncommitted_offsets));
    buffer_append_text(out, "offsets are not in lag");
}

static void view_groups_hint(const void *state, struct buffer *out)
{
    const struct view_groups *view = state;
    const struct engine_group *group;
    char text[TEXT_NUMBER_SIZE];
    size_t row;

    if (!table_selected(&view->table, &row))
        return;
    group = group_at(view, row);
    if (group->error)
        buffer_printf(out, "%s: %s", group->name, group->error);
    else if (group->lost > 0)
        buffer_printf(out, "%s: %s offsets lost to retention before this reading", group->name,
                      text_count(text, group->lost));
    else if (group->uncommitted > 0)
        append_uncommitted(group, out);
    else if (group->caught_up)
        buffer_printf(out, "%s: every commit is at the end of its partition", group->name);
    else if (view->shown->final && group->lag == OFFSET_NONE)
        buffer_printf(out, "%s: no commits", group->name);
    else if (group->connector)
        buffer_printf(out, "%s: connector %s is %s", group->name, group->connector, group->connector_state);
    else if (view->shown->connect_error)
        buffer_printf(out, "%s", view->shown->connect_error);
}

static void view_groups_subject(const void *state, struct view_subject *subject)
{
    const struct view_groups *view = state;
    size_t row;

    subject->topic = view->topic;
    if (!table_selected(&view->table, &row))
        return;
    subject->group = group_at(view, row)->name;
    if (!subject->topic)
        subject->topic = group_at(view, row)->topic;
}

static const char *view_groups_name_at(const void *state, size_t number)
{
    return number < row_count(state) ? group_at(state, number)->name : NULL;
}

static void view_groups_copy(const void *state, struct buffer *out)
{
    table_copy(&((const struct view_groups *)state)->table, out);
}

static void view_groups_export(const void *state, struct export *out)
{
    table_export(&((const struct view_groups *)state)->table, out);
}

static const struct table *view_groups_table(const void *state)
{
    return &((const struct view_groups *)state)->table;
}

const struct view_ops view_groups_ops = {
    .name = "groups",
    .export = view_groups_export,
    .copy = view_groups_copy,
    .scope = IN_GROUPS,
    .open = view_groups_open,
    .close = view_groups_close,
    .ask = view_groups_ask,
    .event = view_groups_event,
    .draw = view_groups_draw,
    .action = view_groups_action,
    .ready = view_groups_ready,
    .filter = view_groups_filter,
    .filtered = view_groups_filtered,
    .table = view_groups_table,
    .hint = view_groups_hint,
    .subject = view_groups_subject,
    .name_at = view_groups_name_at,
};
