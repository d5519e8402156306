/* The launch dialog: what would be written, what it costs, and the names that have to be typed first.
 *
 * The plan is asked for when bucket and stream are known; what the command line did not give is asked for in the prompt.
 * Objections are confirmed one by one, the stream's name comes last. Then everything is read again: where it is as it was
 * the launch goes ahead, otherwise what changed is shown and everything is asked again. One screen, no scrolling; the rows
 * of the plan (v) are a table of up to 10,000.
 */
#include "tui/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/launch_rows.h"
#include "tui/launch_sheet.h"
#include "tui/zone.h"

enum {
    LABEL_CELLS = 11,
    BOX_MOST = 110,
    FULL_LINES = 24, /* from here on there is a frame around it */
};

/* What is typed in the prompt. */
enum tag { TAG_BUCKET, TAG_PREFIX, TAG_STREAM, TAG_GAP, TAG_LOST, TAG_GROUP, TAG_STORE, TAG_CONNECTOR, TAG_NAME };

enum stage {
    STAGE_NAMES,  /* bucket or stream is not known */
    STAGE_WANTED, /* to be asked */
    STAGE_ASKED,
    STAGE_READY,  /* the answer is here, to be confirmed */
    STAGE_FAILED, /* see error */
    STAGE_GO,     /* confirmed, and read again as it was */
};

struct view_launch {
    char *topic, *group, *start, *stream, *bucket, *prefix;
    const struct view_mode *mode; /* NULL in small tests */
    enum stage stage;
    struct engine_event *shown; /* ENGINE_LAUNCH; NULL until the first */
    timestamp_ms shown_at;      /* when it came */
    char *error;                /* why there is none */
    char *changed;              /* since it was confirmed; NULL */
    unsigned confirmed;         /* engine_request.allowed */
    unsigned asked;             /* confirmed, when the question was asked */
    unsigned open;              /* objections of the plan that is shown, confirmed or not */
    bool again;                 /* the name was typed: the next answer decides */
    char *connector_said;       /* what became of stopping the connector; NULL */
    bool stopping;              /* that was asked for */
    bool rows_shown;
    bool retyping; /* the names are asked for again, one after the other */
    struct launch_rows rows;
};

static const struct engine_launch *launch_of(const struct view_launch *view)
{
    return view->shown ? view->shown->launch : NULL;
}

/* --- opening, asking -------------------------------------------------------------------------------------------------*/

static const char *or_config(const char *given, const char *configured)
{
    return given && given[0] ? given : configured;
}

static void settle_stage(struct view_launch *view)
{
    view->stage = view->bucket && view->stream && view->prefix ? STAGE_WANTED : STAGE_NAMES;
}

static void *view_launch_open(const struct view_subject *subject)
{
    struct view_launch *view = memory_new(sizeof(*view));
    const struct config *config = subject->source ? subject->source->config : NULL;

    view->topic = memory_copy_text(or_config(subject->topic, config ? config->topic : NULL));
    view->group = memory_copy_text(or_config(subject->group, config ? config->group : NULL));
    view->start = memory_copy_text(or_config(subject->start, config ? config->start : NULL));
    view->stream = memory_copy_text(or_config(subject->stream, config ? config->stream : NULL));
    view->bucket = memory_copy_text(or_config(subject->bucket, config ? config->bucket : NULL));
    view->prefix = memory_copy_text(subject->prefix            ? subject->prefix
                                    : config && config->bucket ? config->prefix
                                                               : NULL);
    view->mode = subject->mode;
    launch_rows_init(&view->rows);
    settle_stage(view);
    return view;
}

static void view_launch_close(void *state)
{
    struct view_launch *view = state;

    engine_event_free(view->shown);
    launch_rows_clear(&view->rows);
    free(view->topic);
    free(view->group);
    free(view->start);
    free(view->stream);
    free(view->bucket);
    free(view->prefix);
    free(view->error);
    free(view->changed);
    free(view->connector_said);
    free(view);
}

static timestamp_ms view_launch_wants_at(const void *state)
{
    return ((const struct view_launch *)state)->stage == STAGE_WANTED ? 0 : TIMESTAMP_NONE;
}

static void view_launch_want(void *state, struct engine_request *request)
{
    struct view_launch *view = state;

    *request = (struct engine_request){
        .kind = ENGINE_ASK_LAUNCH,
        .topic = view->topic,
        .group = view->group,
        .start = view->start,
        .stream = view->stream,
        .bucket = view->bucket,
        .prefix = view->prefix,
        .allowed = view->again ? view->confirmed : 0,
        .again = view->again && view->shown ? view->shown->request : 0,
    };
    view->stage = STAGE_ASKED;
    view->asked = request->allowed;
}

/* Asks anew, from the beginning. */
static void start_over(struct view_launch *view)
{
    view->again = false;
    view->confirmed = 0;
    settle_stage(view);
}

static void take_launch(struct view_launch *view, struct engine_event **event)
{
    const struct engine_launch *launch;
    bool again = view->again;

    engine_event_free(view->shown);
    view->shown = *event;
    *event = NULL;
    launch = view->shown->launch;
    free(view->error);
    free(view->changed);
    view->error = NULL;
    view->changed = memory_copy_text(launch->changed);
    if (view->shown->connector_count == 0 || strcmp(view->shown->connectors[0].state, "STOPPED") != 0) {
        free(view->connector_said); /* somebody has resumed it */
        view->connector_said = NULL;
    }
    view->again = false;
    view->stage = STAGE_READY;
    view->open = launch->objections | (cutover_plan_objections(launch->plan) & view->asked);
    if (launch->weak_store_refused || launch->compacted_refused || (view->asked & ENGINE_ALLOW_WEAK_STORE))
        view->open |= ENGINE_ALLOW_WEAK_STORE;
    launch_rows_take(&view->rows, launch->plan);
    if (again && !launch->changed && !launch->refusal)
        view->stage = STAGE_GO;
    else
        view->confirmed = 0;
}

/* A resume's plan is as old as the stream; what is left to deliver was asked now. */
static timestamp_ms view_launch_read_at(const void *state)
{
    const struct view_launch *view = state;

    if (!view->shown || view->stage == STAGE_FAILED || view->stage == STAGE_NAMES)
        return TIMESTAMP_NONE; /* none of it is on the screen */
    return launch_of(view)->resume ? view->shown_at : launch_of(view)->plan->taken_at;
}

static const char *view_launch_mode(const void *state)
{
    return launch_of(state) && launch_sheet_is_moving(launch_of(state)) ? "MOVING" : NULL;
}

static bool view_launch_event(void *state, struct engine_event **event, timestamp_ms now)
{
    struct view_launch *view = state;

    view->stopping = false;
    if ((*event)->kind == ENGINE_LAUNCH) {
        take_launch(view, event);
        view->shown_at = now;
    } else if ((*event)->kind == ENGINE_CONNECTORS) {
        const struct engine_event *answer = *event;

        free(view->connector_said);
        view->connector_said =
            answer->connector_count > 0
                ? memory_printf("connector %s is %s", answer->connectors[0].name, answer->connectors[0].state)
                : NULL;
        start_over(view); /* the group is another one now */
    } else if ((*event)->kind == ENGINE_FAILED) {
        free(view->error);
        view->error = memory_copy_text((*event)->error.message);
        start_over(view);
        view->stage = STAGE_FAILED;
    } else {
        return false;
    }
    return true;
}

/* --- what comes next -------------------------------------------------------------------------------------------------*/

/* The next thing to be typed. */
static enum tag next_tag(const struct view_launch *view)
{
    const struct engine_launch *launch = launch_of(view);
    unsigned open;

    if (!view->bucket)
        return TAG_BUCKET;
    if (!view->prefix)
        return TAG_PREFIX;
    if (!view->stream)
        return TAG_STREAM;
    if (!launch)
        return TAG_NAME;
    open = view->open & ~view->confirmed;
    if (open & CUTOVER_OBJECT_GAP)
        return TAG_GAP;
    if (open & CUTOVER_OBJECT_LOST)
        return TAG_LOST;
    if (open & CUTOVER_OBJECT_MEMBERS)
        return TAG_GROUP;
    if (open & ENGINE_ALLOW_WEAK_STORE)
        return TAG_STORE;
    return TAG_NAME;
}

/* What has to be typed for a tag, with counts as they are shown. */
static void wanted_text(const struct view_launch *view, enum tag tag, char *out, size_t size)
{
    const struct engine_launch *launch = launch_of(view);
    char number[TEXT_NUMBER_SIZE];

    out[0] = '\0';
    if (!launch)
        return;
    if (tag == TAG_GAP)
        snprintf(out, size, "skip %s", text_count(number, launch->plan->totals.gap));
    else if (tag == TAG_LOST && launch->plan->totals.lost > 0 && launch->plan->totals.lost_unknown > 0)
        snprintf(out, size, "skip lost %s unknown %zu", text_count(number, launch->plan->totals.lost),
                 launch->plan->totals.lost_unknown);
    else if (tag == TAG_LOST && launch->plan->totals.lost > 0)
        snprintf(out, size, "skip lost %s", text_count(number, launch->plan->totals.lost));
    else if (tag == TAG_LOST)
        snprintf(out, size, "skip unknown %zu", launch->plan->totals.lost_unknown);
    else if (tag == TAG_GROUP)
        snprintf(out, size, "%s", launch->plan->group);
    else if (tag == TAG_STORE)
        snprintf(out, size, "at least once");
    else if (tag == TAG_CONNECTOR)
        snprintf(out, size, "%s", view->shown->connector_count > 0 ? view->shown->connectors[0].name : "");
    else if (tag == TAG_NAME)
        snprintf(out, size, "%s", launch->stream);
}

/* Commas in numbers may be left out. */
static bool same_typed(const char *typed, const char *wanted)
{
    while (*typed && *wanted) {
        if (*wanted == ',' && *typed != ',')
            wanted++;
        if (*typed++ != *wanted++)
            return false;
    }
    return *typed == *wanted;
}

/* Why nothing can be launched from here, whatever is typed; NULL: it can. */
static const char *refused(const struct view_launch *view)
{
    const struct engine_launch *launch = launch_of(view);

    if (launch && ((launch->objections & (CUTOVER_OBJECT_PAST_END | CUTOVER_OBJECT_ERRORS)) ||
                   (launch->resume && launch->refusal)))
        return launch->refusal;
    return NULL;
}

static const char *not_armed(const struct view_launch *view)
{
    if (view->mode && view->mode->armed)
        return NULL;
    if (view->mode && view->mode->allow_write)
        return "READ-ONLY: type :arm first";
    return "READ-ONLY: the -F file must say headgate.allow_write=true";
}

static void add_next(struct launch_sheet *sheet, const struct view_launch *view)
{
    char wanted[400];
    enum tag tag = next_tag(view);

    wanted_text(view, tag, wanted, sizeof(wanted));
    if (view->changed)
        launch_sheet_add(sheet, "CHANGED", THEME_BAD, "since it was confirmed: %.*s", (int)strcspn(view->changed, "\n"),
                         view->changed);
    if (view->connector_said)
        launch_sheet_add(sheet, "stopped", THEME_GOOD, "%s", view->connector_said);
    if (refused(view))
        launch_sheet_add(sheet, "REFUSED", THEME_BAD, "%s", refused(view));
    else if (not_armed(view))
        launch_sheet_add(sheet, "next", THEME_MODE, "%s", not_armed(view));
    else if (view->stage == STAGE_ASKED || view->stage == STAGE_WANTED)
        launch_sheet_add(sheet, "next", THEME_DIM, "everything is read again");
    else if (tag == TAG_NAME)
        launch_sheet_add(sheet, "next", THEME_TITLE, "Enter, then type the stream's name to %s",
                         launch_of(view)->resume ? "go on" : "start");
    else
        launch_sheet_add(sheet, "next", THEME_TITLE, "Enter, then type: %s", wanted);
}

/* --- drawing ---------------------------------------------------------------------------------------------------------*/

static void draw_line(const struct canvas *canvas, int line, int column, int cells, const struct launch_line *row)
{
    canvas_fit(canvas, line, column, LABEL_CELLS, true, THEME_DIM, row->label);
    if (strlen(row->label) >= LABEL_CELLS) /* "lost unknown" reaches into the number's blanks */
        canvas_text(canvas, line, column, THEME_DIM, row->label);
    canvas_fit(canvas, line, column + LABEL_CELLS + (strlen(row->label) >= LABEL_CELLS ? 2 : 0),
               cells - LABEL_CELLS - (strlen(row->label) >= LABEL_CELLS ? 2 : 0), true, row->role,
               row->text + (strlen(row->label) >= LABEL_CELLS ? 2 : 0));
}

static void draw_rule(const struct canvas *canvas, int line, int cells)
{
    canvas_text(canvas, line, 1, THEME_DIM, "+");
    canvas_repeat(canvas, line, 2, cells - 2, THEME_DIM, '-');
    canvas_text(canvas, line, cells, THEME_DIM, "+");
}

static void draw_box(const struct view_launch *view, struct canvas *canvas)
{
    struct launch_sheet sheet = { .count = 0 };
    int cells = canvas->columns - 6 < BOX_MOST ? canvas->columns - 6 : BOX_MOST;
    bool titled = canvas->lines >= FULL_LINES, framed = titled && !canvas->plain;
    int line = view_first_line() + 1, inside = framed ? 3 : 1;

    launch_sheet_fill(&sheet, view->shown, !view->mode || view->mode->inside, canvas);
    add_next(&sheet, view);
    if (framed)
        draw_rule(canvas, line++, cells);
    if (titled) {
        canvas_text(canvas, line, inside, THEME_TITLE,
                    launch_of(view)->resume ? "GO ON WITH A DELIVERY" : "START DELIVERY");
        line++;
    }
    for (size_t i = 0; i < sheet.count && line <= view_last_line(canvas) - framed; i++) {
        draw_line(canvas, line, inside, cells - (framed ? 4 : 0), &sheet.lines[i]);
        canvas->cursor_line = line++;
        canvas->cursor_column = inside;
    }
    if (!framed)
        return;
    for (int side = view_first_line() + 2; side < line; side++) {
        canvas_text(canvas, side, 1, THEME_DIM, "|");
        canvas_text(canvas, side, cells, THEME_DIM, "|");
    }
    draw_rule(canvas, line, cells);
}

/* Before there is a plan: what is missing, or what went wrong. */
static void draw_waiting(const struct view_launch *view, const struct canvas *canvas)
{
    int line = view_first_line() + 2;

    if (view->stage == STAGE_NAMES) {
        static const char *const missing[] = {
            [TAG_BUCKET] = "the bucket", [TAG_PREFIX] = "the prefix of the keys", [TAG_STREAM] = "the stream's name"
        };

        canvas_printf(canvas, line, 1, THEME_TITLE, "Enter, then type %s", missing[next_tag(view)]);
        canvas_printf(canvas, line + 2, 1, THEME_DIM, "bucket %s   prefix %s   stream %s",
                      view->bucket ? view->bucket : "?", view->prefix ? view->prefix : "?",
                      view->stream ? view->stream : "?");
        canvas_text(canvas, line + 3, 1, THEME_DIM,
                    "(--bucket, --prefix and --stream on the command line save typing)");
        return;
    }
    if (view->stage == STAGE_FAILED) {
        view_draw_empty(canvas, line, view->error);
        return;
    }
    canvas_text(canvas, line, 1, THEME_DIM,
                "reading topic, group, offsets and times, and asking the store what it promises");
}

static void draw_subject(const struct view_launch *view, const struct canvas *canvas)
{
    const struct engine_launch *launch = launch_of(view);
    char time[ZONE_TEXT_SIZE];
    struct buffer names, start;

    buffer_init(&names, 0);
    buffer_init(&start, 0);
    buffer_printf(&names, "%s", view->topic ? view->topic : view->stream ? view->stream : "");
    if (view->group)
        buffer_printf(&names, " / %s", view->group);
    if (launch) {
        buffer_printf(&start, "start %s", launch_sheet_start_word(launch->plan));
        if (launch->plan->start.time != TIMESTAMP_NONE)
            buffer_printf(&start, ", %s", zone_named(canvas->local, time, launch->plan->start.time, canvas->now));
    } else if (view->start) {
        buffer_printf(&start, "start %s", view->start);
    }
    view_draw_subject(canvas, "PLAN", names.data, start.length > 0 ? start.data : "");
    buffer_clear(&names);
    buffer_clear(&start);
}

static void view_launch_draw(void *state, struct canvas *canvas, const char *error)
{
    struct view_launch *view = state;

    (void)error;
    draw_subject(view, canvas);
    if (!launch_of(view) || view->stage == STAGE_FAILED || view->stage == STAGE_NAMES)
        draw_waiting(view, canvas);
    else if (view->rows_shown)
        table_draw(&view->rows.table, canvas, view_first_line() + 1, view_last_line(canvas));
    else
        draw_box(view, canvas);
}

/* --- typing ----------------------------------------------------------------------------------------------------------*/

static struct view_outcome explain(const char *message)
{
    struct view_outcome outcome = { .result = VIEW_EXPLAINS };

    snprintf(outcome.message, sizeof(outcome.message), "%s", message);
    return outcome;
}

/* What stands in the prompt to begin with: all of a name, or nothing. */
static void offer(struct view_outcome *outcome, const char *name)
{
    if (name && strlen(name) < sizeof(outcome->text))
        snprintf(outcome->text, sizeof(outcome->text), "%s", name);
}

/* The prompt for the next thing to be typed. */
static struct view_outcome ask_next(const struct view_launch *view, enum tag tag)
{
    struct view_outcome outcome = { .result = VIEW_PROMPTS, .tag = tag };
    char wanted[120];

    wanted_text(view, tag, wanted, sizeof(wanted));
    switch (tag) {
    case TAG_BUCKET:
        snprintf(outcome.label, sizeof(outcome.label), "bucket: ");
        offer(&outcome, view->bucket);
        break;
    case TAG_PREFIX:
        snprintf(outcome.label, sizeof(outcome.label), "prefix of the keys, may be empty: ");
        if (view->prefix)
            offer(&outcome, view->prefix);
        else
            snprintf(outcome.text, sizeof(outcome.text), "%.60s%s", view->topic ? view->topic : "",
                     view->topic ? "/" : "");
        break;
    case TAG_STREAM:
        snprintf(outcome.label, sizeof(outcome.label), "a name for the stream: ");
        offer(&outcome, view->stream);
        break;
    case TAG_NAME:
        snprintf(outcome.label, sizeof(outcome.label),
                 "type the stream's name to %s: ", launch_of(view)->resume ? "go on" : "start");
        break;
    case TAG_GROUP:
        snprintf(outcome.label, sizeof(outcome.label), "members are there: type the old group's name: ");
        break;
    case TAG_CONNECTOR: snprintf(outcome.label, sizeof(outcome.label), "type the connector's name to stop it: "); break;
    default: snprintf(outcome.label, sizeof(outcome.label), "type %s: ", wanted); break;
    }
    return outcome;
}

static struct view_outcome go_on(struct view_launch *view)
{
    const char *why = refused(view);

    if (view->stage == STAGE_NAMES)
        return ask_next(view, next_tag(view));
    if (view->stage == STAGE_WANTED || view->stage == STAGE_ASKED || view->stage == STAGE_GO)
        return explain("not yet: the plan is being read");
    if (view->stage == STAGE_FAILED) {
        view->retyping = true;
        return ask_next(view, TAG_BUCKET);
    }
    why = why ? why : not_armed(view);
    if (why)
        return explain(why);
    return ask_next(view, next_tag(view));
}

static struct view_outcome stop_connector(const struct view_launch *view)
{
    if (!view->shown || view->shown->connector_count == 0)
        return explain(view->shown && view->shown->connect_error
                           ? view->shown->connect_error
                           : "no connector of the old group is known (--connect URL)");
    if (not_armed(view))
        return explain(not_armed(view));
    return ask_next(view, TAG_CONNECTOR);
}

static struct view_outcome view_launch_action(void *state, enum action action)
{
    struct view_launch *view = state;
    struct view_outcome outcome = { .result = VIEW_HANDLED };

    if (action == ACTION_LAUNCH_GO)
        return go_on(view);
    if (action == ACTION_STOP_CONNECTOR)
        return stop_connector(view);
    if (action == ACTION_PLAN_ROWS) {
        if (!launch_of(view))
            return explain("there is no plan yet");
        view->rows_shown = !view->rows_shown;
        return outcome;
    }
    if (action == ACTION_FETCH) {
        start_over(view);
        return outcome;
    }
    if (view->rows_shown && action == ACTION_BACK) {
        view->rows_shown = false;
        return outcome;
    }
    if (view->rows_shown && table_action(&view->rows.table, action))
        return outcome;
    outcome.result = VIEW_IGNORED;
    return outcome;
}

static void take_name(char **name, const char *text)
{
    free(*name);
    *name = memory_copy_text(text);
}

static struct view_outcome ask_to_stop(struct view_launch *view)
{
    struct view_outcome outcome = { .result = VIEW_ASKS, .writes = true };

    if (!view->shown || view->shown->connector_count == 0)
        return explain("no connector of the old group is known any more");
    const char *name = view->shown->connectors[0].name;

    outcome.request = (struct engine_request){ .kind = ENGINE_ASK_CONNECT_STOP, .connector = name };
    snprintf(outcome.log, sizeof(outcome.log), "typed %.100s: stop that connector", name);
    view->stopping = true;
    view->stage = STAGE_ASKED;
    return outcome;
}

static struct view_outcome view_launch_typed(void *state, int tag, const char *text)
{
    struct view_launch *view = state;
    struct view_outcome outcome = { .result = VIEW_HANDLED };
    char wanted[400];

    if (!text) {
        view->retyping = false;
        return outcome;
    }
    wanted_text(view, (enum tag)tag, wanted, sizeof(wanted));
    if (tag > TAG_STREAM && !same_typed(text, wanted))
        return explain("not what was asked for: nothing is launched");
    switch ((enum tag)tag) {
    case TAG_BUCKET: take_name(&view->bucket, text); break;
    case TAG_PREFIX: take_name(&view->prefix, text); break;
    case TAG_STREAM: take_name(&view->stream, text); break;
    case TAG_GAP: view->confirmed |= CUTOVER_OBJECT_GAP; break;
    case TAG_LOST: view->confirmed |= CUTOVER_OBJECT_LOST; break;
    case TAG_GROUP: view->confirmed |= CUTOVER_OBJECT_MEMBERS; break;
    case TAG_STORE: view->confirmed |= ENGINE_ALLOW_WEAK_STORE; break;
    case TAG_CONNECTOR: return ask_to_stop(view);
    case TAG_NAME:
        view->again = true;
        view->stage = STAGE_WANTED;
        return outcome;
    }
    if (tag > TAG_STREAM)
        return ask_next(view, next_tag(view));
    if (view->retyping && tag != TAG_STREAM)
        return ask_next(view, (enum tag)(tag + 1));
    view->retyping = false;
    settle_stage(view);
    return view->stage == STAGE_NAMES ? ask_next(view, next_tag(view)) : outcome;
}

static bool view_launch_typing(void *state, int tag, const char *text, char remark[240])
{
    const struct view_launch *view = state;
    char wanted[400];

    remark[0] = '\0';
    if (tag == TAG_PREFIX)
        return true;
    if (tag == TAG_BUCKET || tag == TAG_STREAM)
        return text[0] != '\0';
    wanted_text(view, (enum tag)tag, wanted, sizeof(wanted));
    return same_typed(text, wanted);
}

/* Confirmed and read again, all as it was. */
static struct view_outcome view_launch_ready(void *state)
{
    struct view_launch *view = state;
    struct view_outcome outcome = { .result = VIEW_IGNORED };

    if (view->stage != STAGE_GO)
        return outcome;
    outcome.result = VIEW_ACTS;
    outcome.act = VIEW_ACT_LAUNCH;
    snprintf(outcome.log, sizeof(outcome.log), "typed %.100s: deliver, plan %s%s", launch_of(view)->stream,
             launch_of(view)->plan->id, launch_of(view)->resume ? " (resume)" : "");
    outcome.launch = view->shown;
    view->shown = NULL;
    launch_rows_take(&view->rows, NULL);
    start_over(view);
    view->stage = STAGE_FAILED; /* for the case that the console refuses; a launch closes this view */
    return outcome;
}

static void view_launch_filter(void *state, const char *text)
{
    (void)state;
    (void)text;
}

static const char *view_launch_filtered(const void *state)
{
    (void)state;
    return NULL;
}

static void view_launch_hint(const void *state, struct buffer *out)
{
    const struct view_launch *view = state;

    if (view->stage == STAGE_FAILED && view->error)
        buffer_append_text(out, "Enter asks for bucket, prefix and name again; r tries the same again");
    else if (view->stopping)
        buffer_append_text(out, "stopping the connector and waiting for its group to be empty");
    else if (view->shown && view->shown->connector_count > 0 &&
             strcmp(view->shown->connectors[0].state, "STOPPED") != 0)
        buffer_printf(out, "the old sink's connector %s is %s: X stops it", view->shown->connectors[0].name,
                      view->shown->connectors[0].state);
}

static void view_launch_copy(const void *state, struct buffer *out)
{
    const struct view_launch *view = state;

    if (view->rows_shown)
        table_copy(&view->rows.table, out);
}

static void view_launch_export(const void *state, struct export *out)
{
    launch_rows_export(&((const struct view_launch *)state)->rows, out);
}

static void view_launch_subject(const void *state, struct view_subject *subject)
{
    const struct view_launch *view = state;

    subject->topic = view->topic;
    subject->group = view->group;
    subject->start = view->start;
    subject->stream = view->stream;
    subject->bucket = view->bucket;
    subject->prefix = view->prefix;
}

const struct view_ops view_launch_ops = {
    .name = "launch",
    .scope = IN_LAUNCH,
    .open = view_launch_open,
    .close = view_launch_close,
    .read_at = view_launch_read_at,
    .mode = view_launch_mode,
    .event = view_launch_event,
    .draw = view_launch_draw,
    .action = view_launch_action,
    .typed = view_launch_typed,
    .typing = view_launch_typing,
    .ready = view_launch_ready,
    .wants_at = view_launch_wants_at,
    .want = view_launch_want,
    .export = view_launch_export,
    .copy = view_launch_copy,
    .filter = view_launch_filter,
    .filtered = view_launch_filtered,
    .hint = view_launch_hint,
    .subject = view_launch_subject,
};
