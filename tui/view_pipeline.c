/* A delivery while it runs: rates, retries, memory, waves, cutover, and a row a partition.
 *
 * Of a delivery of this process everything is known. One that another process or host runs is seen through its group's
 * commits: the streams are listed, Enter picks one. Up to 10,000 rows.
 */
#include "tui/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/pipeline_head.h"
#include "tui/pipeline_rows.h"
#include "tui/pipeline_streams.h"
#include "tui/zone.h"

enum { TAG_PAUSE, TAG_RESUME, TAG_STOP, TAG_FLUSH, TAG_ABORT };

struct view_pipeline {
    const struct delivery_watch *delivery; /* NULL in small tests */
    const struct view_mode *mode;          /* the same */
    bool elsewhere;                        /* somebody chose to look at the streams of others */
    struct pipeline_rows local;            /* partitions of ours */
    struct pipeline_streams streams;
};

/* What is on the screen. */
enum face { FACE_LOCAL, FACE_STREAMS, FACE_REMOTE };

static const struct delivery_progress *progress_of(const struct view_pipeline *view)
{
    return view->delivery && view->delivery->news ? view->delivery->news->delivery : NULL;
}

static enum face face_of(const struct view_pipeline *view)
{
    if (view->streams.picked)
        return FACE_REMOTE;
    return view->delivery && view->delivery->request != 0 && !view->elsewhere ? FACE_LOCAL : FACE_STREAMS;
}

/* --- opening, answers ------------------------------------------------------------------------------------------------*/

static struct table *table_of(struct view_pipeline *view)
{
    switch (face_of(view)) {
    case FACE_LOCAL: return &view->local.table;
    case FACE_STREAMS: return &view->streams.others;
    default: return &view->streams.remote;
    }
}

static void *view_pipeline_open(const struct view_subject *subject)
{
    struct view_pipeline *view = memory_new(sizeof(*view));

    view->delivery = subject->delivery;
    view->mode = subject->mode;
    pipeline_rows_init(&view->local, subject->delivery);
    pipeline_streams_init(&view->streams);
    return view;
}

static void view_pipeline_close(void *state)
{
    struct view_pipeline *view = state;

    pipeline_rows_clear(&view->local);
    pipeline_streams_clear(&view->streams);
    free(view);
}

static void view_pipeline_ask(const void *state, struct engine_request *request)
{
    request->kind = ENGINE_ASK_STREAMS;
    request->stream = ((const struct view_pipeline *)state)->streams.picked;
}

/* A delivery of this process tells its own numbers all the time; where the partitions end, the brokers have to tell. */
static timestamp_ms view_pipeline_read_at(const void *state)
{
    const struct view_pipeline *view = state;

    if (face_of(view) == FACE_LOCAL && progress_of(view) && progress_of(view)->ends_age_ms >= 0)
        return view->delivery->news_at - progress_of(view)->ends_age_ms;
    if (face_of(view) == FACE_REMOTE && pipeline_streams_picked(&view->streams) &&
        pipeline_streams_picked(&view->streams)->row_count > 0)
        return pipeline_streams_picked(&view->streams)->read_at;
    return TIMESTAMP_NONE;
}

static bool view_pipeline_event(void *state, struct engine_event **event, timestamp_ms now)
{
    struct view_pipeline *view = state;

    (void)now;
    if ((*event)->kind != ENGINE_STREAMS)
        return false;
    pipeline_streams_take(&view->streams, *event);
    *event = NULL;
    return true;
}

static bool view_pipeline_delivery(void *state, timestamp_ms now)
{
    struct view_pipeline *view = state;

    (void)now;
    table_changed(&view->local.table, true);
    return true;
}

/* --- drawing ---------------------------------------------------------------------------------------------------------*/

static void draw_streams(struct view_pipeline *view, struct canvas *canvas, const char *error)
{
    struct buffer counts;
    int line = view_first_line();

    buffer_init(&counts, 0);
    if (view->streams.shown)
        table_counts(&view->streams.others, &counts);
    view_draw_subject(canvas, "STREAMS", view->streams.shown ? "by their groups' commits" : "",
                      counts.length > 0 ? counts.data : "");
    buffer_clear(&counts);
    if (!view->streams.shown)
        view_draw_empty(canvas, line + 2, error);
    else if (view->streams.shown->stream_count == 0)
        canvas_text(canvas, line + 2, 1, THEME_DIM,
                    "no stream has commits on this cluster, and none was launched from here");
    else
        table_draw(&view->streams.others, canvas, line + 1, view_last_line(canvas));
}

static void draw_remote(struct view_pipeline *view, struct canvas *canvas, const char *error)
{
    const struct engine_stream_info *info = pipeline_streams_picked(&view->streams);
    char age[TEXT_NUMBER_SIZE], lag[TEXT_NUMBER_SIZE], counted[TEXT_COUNTED_SIZE];
    int line = view_first_line();

    if (!info || info->row_count == 0) {
        view_draw_subject(canvas, "PIPELINE", view->streams.picked, "");
        view_draw_empty(canvas, line + 2, info && info->error ? info->error : error);
        return;
    }
    view_draw_subject(canvas, "PIPELINE", info->topic ? info->topic : "", "");
    canvas_printf(canvas, line, 11, THEME_TEXT, "%s   stream %s   from commits, read %s ago   ",
                  info->topic ? info->topic : "-", info->stream,
                  text_duration(age, canvas->now > info->read_at ? canvas->now - info->read_at : 0));
    canvas_printf(canvas, line + 1, 1, THEME_TEXT, "group %s, %s, %s   plan %s   place %s", info->group, info->state,
                  text_counted(counted, info->members, "member"), info->plan_id, info->place);
    canvas_printf(canvas, line + 2, 1, THEME_TEXT,
                  "to end %s in %zu partitions, %zu with a commit   lost %lld   last commit by %s",
                  info->lag == OFFSET_NONE ? "?" : text_count(lag, info->lag), info->partitions, info->with_commit,
                  (long long)info->lost, info->instance[0] ? info->instance : "-");
    table_draw(&view->streams.remote, canvas, line + 3, view_last_line(canvas));
}

static void draw_local(struct view_pipeline *view, struct canvas *canvas)
{
    int line = pipeline_head_draw(view->delivery, canvas, view->local.detail);

    if (progress_of(view) && view_last_line(canvas) - line >= 2)
        pipeline_rows_draw(&view->local, canvas, line, view_last_line(canvas));
}

static void view_pipeline_draw(void *state, struct canvas *canvas, const char *error)
{
    struct view_pipeline *view = state;

    switch (face_of(view)) {
    case FACE_LOCAL: draw_local(view, canvas); break;
    case FACE_STREAMS: draw_streams(view, canvas, error); break;
    case FACE_REMOTE: draw_remote(view, canvas, error); break;
    }
}

/* --- acting ----------------------------------------------------------------------------------------------------------*/

static struct view_outcome explain(const char *message)
{
    struct view_outcome outcome = { .result = VIEW_EXPLAINS };

    snprintf(outcome.message, sizeof(outcome.message), "%s", message);
    return outcome;
}

static struct view_outcome confirm(int tag, const char *label)
{
    struct view_outcome outcome = { .result = VIEW_CONFIRMS, .tag = tag };

    snprintf(outcome.label, sizeof(outcome.label), "%s", label);
    return outcome;
}

static struct view_outcome act(const struct view_pipeline *view, enum view_act act, const char *what)
{
    struct view_outcome outcome = { .result = VIEW_ACTS, .act = act };
    const struct engine_event *news = view->delivery->news;

    snprintf(outcome.log, sizeof(outcome.log), "%s, stream %.100s, plan %.8s", what,
             news && news->stream ? news->stream : "-", news && news->plan_id ? news->plan_id : "-");
    return outcome;
}

static struct view_outcome on_delivery(const struct view_pipeline *view, enum action action)
{
    struct view_outcome outcome = { .result = VIEW_PROMPTS, .tag = TAG_ABORT };
    bool paused;

    if (!view->delivery || !delivery_watch_runs(view->delivery) || face_of(view) != FACE_LOCAL)
        return explain("no delivery of this process is shown that runs");
    paused = delivery_watch_state(view->delivery) == DELIVERY_PAUSED;
    switch (action) {
    case ACTION_PAUSE:
        return paused ? confirm(TAG_RESUME, "read on? y/N ")
                      : confirm(TAG_PAUSE, "pause: read nothing more until p is pressed again? y/N ");
    case ACTION_FLUSH: return act(view, VIEW_ACT_FLUSH, "flush: open objects are closed now");
    case ACTION_STOP: return confirm(TAG_STOP, "stop: store what is open, commit, end? y/N ");
    default: break;
    }
    snprintf(outcome.label, sizeof(outcome.label), "abort without storing what is open: type the stream's name: ");
    return outcome;
}

/* Enter: the selected stream's partitions. The one of this process opens as what it is. */
static struct view_outcome pick(struct view_pipeline *view)
{
    struct view_outcome outcome = { .result = VIEW_ASKS };
    const struct engine_stream_info *selected = pipeline_streams_selected(&view->streams);

    if (face_of(view) != FACE_STREAMS || !selected)
        return (struct view_outcome){ .result = VIEW_IGNORED };
    pipeline_streams_pick(&view->streams, selected->stream);
    outcome.request = (struct engine_request){ .kind = ENGINE_ASK_STREAMS, .stream = view->streams.picked };
    return outcome;
}

static struct view_outcome view_pipeline_action(void *state, enum action action)
{
    struct view_pipeline *view = state;
    struct view_outcome outcome = { .result = VIEW_HANDLED };

    switch (action) {
    case ACTION_PAUSE:
    case ACTION_FLUSH:
    case ACTION_STOP:
    case ACTION_ABORT: return on_delivery(view, action);
    case ACTION_DETAIL:
        if (face_of(view) != FACE_LOCAL)
            return explain("d is for a delivery of this process; 5 audits the stream");
        pipeline_rows_show_detail(&view->local, !view->local.detail);
        return outcome;
    case ACTION_OPEN_STREAM: return pick(view);
    case ACTION_NEXT_PANE:
    case ACTION_PREVIOUS_PANE:
        view->elsewhere = !view->elsewhere;
        pipeline_streams_pick(&view->streams, NULL);
        return outcome;
    case ACTION_BACK:
        if (!view->streams.picked)
            break;
        pipeline_streams_pick(&view->streams, NULL);
        return outcome;
    default: break;
    }
    if (!table_action(table_of(view), action))
        outcome.result = VIEW_IGNORED;
    return outcome;
}

static struct view_outcome view_pipeline_typed(void *state, int tag, const char *text)
{
    const struct view_pipeline *view = state;
    const struct engine_event *news = view->delivery ? view->delivery->news : NULL;

    if (!text)
        return (struct view_outcome){ .result = VIEW_HANDLED };
    switch (tag) {
    case TAG_PAUSE: return act(view, VIEW_ACT_PAUSE, "typed y: pause");
    case TAG_RESUME: return act(view, VIEW_ACT_RESUME, "typed y: read on");
    case TAG_STOP: return act(view, VIEW_ACT_DRAIN, "typed y: drain and stop");
    default: break;
    }
    if (!news || !news->stream || strcmp(text, news->stream) != 0)
        return explain("not the stream's name: nothing is aborted");
    return act(view, VIEW_ACT_ABORT, "typed the stream's name: abort");
}

static bool view_pipeline_typing(void *state, int tag, const char *text, char remark[240])
{
    const struct view_pipeline *view = state;
    const struct engine_event *news = view->delivery ? view->delivery->news : NULL;

    remark[0] = '\0';
    return tag != TAG_ABORT || (news && news->stream && strcmp(text, news->stream) == 0);
}

static unsigned view_pipeline_footer(const void *state)
{
    switch (face_of(state)) {
    case FACE_STREAMS: return IN_STREAMS;
    case FACE_REMOTE: return IN_STREAM;
    default: return IN_PIPELINE;
    }
}

/* A delivery whose brokers are gone goes on trying by itself, and nothing else on the screen moves. */
static void view_pipeline_alarm(const void *state, struct buffer *out)
{
    const struct view_pipeline *view = state;
    const struct delivery_progress *progress = progress_of(view);
    char since[ZONE_TEXT_SIZE];

    if (face_of(view) != FACE_LOCAL || !progress || progress->unreachable_ms <= 0 ||
        delivery_watch_shows_end(view->delivery))
        return;
    buffer_printf(out, "brokers cannot be reached since %s, trying again%s%s",
                  zone_named(view->mode && view->mode->local_time, since,
                             view->delivery->news_at - progress->unreachable_ms, view->delivery->news_at),
                  progress->unreachable[0] ? ": " : "", progress->unreachable);
}

static void view_pipeline_filter(void *state, const char *text)
{
    table_set_filter(table_of(state), text);
}

static const struct table *view_pipeline_table(const void *state)
{
    /* table_of changes nothing. */
    return table_of((struct view_pipeline *)(uintptr_t)state);
}

static const char *view_pipeline_filtered(const void *state)
{
    return view_pipeline_table(state)->filter;
}

/* How a stream goes on that ended before its time. The bucket is not known here: commits only hold a hash of it. */
static bool hint_resume(const struct engine_stream_info *info, struct buffer *out)
{
    if (info->error || info->members > 0 || info->lag <= 0)
        return false;
    buffer_printf(out, "to go on: :launch here, or headgate deliver --stream %s", info->stream);
    return true;
}

/* Nothing moves, and nothing is wrong: what is left is read, and its objects are not full or old enough yet. */
static bool hint_open_objects(const struct view_pipeline *view, struct buffer *out)
{
    enum { MIB = 1024 * 1024, SECOND = 1000 };
    const struct delivery_progress *progress = progress_of(view);
    const struct engine_launch *launch = view->delivery->launch ? view->delivery->launch->launch : NULL;
    struct delivery_outlook outlook;
    char text[TEXT_NUMBER_SIZE];

    delivery_progress_outlook(progress, &outlook);
    if (progress->state != DELIVERY_RUNNING || outlook.drain_ms != DELIVERY_READ || progress->read_records.ten_s > 0)
        return false;
    buffer_printf(out, "all is read; %s offsets wait in open objects", text_count(text, outlook.to_end));
    if (launch)
        buffer_printf(out, " (%lld MiB, %lld s, or F)", (long long)(launch->size_bytes / MIB),
                      (long long)(launch->interval_ms / SECOND));
    return true;
}

static void view_pipeline_hint(const void *state, struct buffer *out)
{
    const struct view_pipeline *view = state;
    const struct delivery_progress *progress = progress_of(view);
    const struct engine_stream_info *stream = pipeline_streams_selected(&view->streams);
    const struct delivery_partition *selected;

    if (face_of(view) == FACE_STREAMS && stream) {
        if (!hint_resume(stream, out))
            buffer_append_text(out, "Enter shows a stream's partitions; another process may run it");
        return;
    }
    if (face_of(view) == FACE_REMOTE && pipeline_streams_picked(&view->streams))
        (void)hint_resume(pipeline_streams_picked(&view->streams), out);
    if (face_of(view) != FACE_LOCAL || !progress)
        return;
    selected = pipeline_rows_selected(&view->local);
    if (selected && selected->note[0])
        buffer_printf(out, "p%d: %s", (int)selected->partition, selected->note);
    else if (view->delivery->error)
        buffer_append_text(out, view->delivery->error);
    else if (!hint_open_objects(view, out) && progress->message[0])
        buffer_append_text(out, progress->message);
}

static void view_pipeline_copy(const void *state, struct buffer *out)
{
    /* table_of changes nothing. */
    table_copy(table_of((struct view_pipeline *)(uintptr_t)state), out);
}

static void view_pipeline_export(const void *state, struct export *out)
{
    const struct view_pipeline *view = state;

    switch (face_of(view)) {
    case FACE_LOCAL: pipeline_rows_export(&view->local, out); break;
    case FACE_STREAMS: pipeline_streams_export(&view->streams.others, out); break;
    case FACE_REMOTE: pipeline_streams_export(&view->streams.remote, out); break;
    }
}

static void view_pipeline_subject(const void *state, struct view_subject *subject)
{
    const struct view_pipeline *view = state;
    const struct engine_event *launch = view->delivery ? view->delivery->launch : NULL;
    const struct engine_stream_info *info = pipeline_streams_picked(&view->streams);
    const struct engine_stream_info *selected = pipeline_streams_selected(&view->streams);

    if (face_of(view) == FACE_LOCAL && launch && launch->launch) {
        subject->topic = launch->launch->plan->topic;
        subject->group = launch->launch->plan->group;
        subject->stream = launch->launch->stream;
        subject->bucket = launch->launch->bucket;
        subject->prefix = launch->launch->prefix;
    } else if (info) {
        subject->topic = info->topic;
        subject->stream = info->stream;
    } else if (face_of(view) == FACE_STREAMS && selected) {
        subject->topic = selected->topic;
        subject->stream = selected->stream;
    }
}

const struct view_ops view_pipeline_ops = {
    .name = "pipeline",
    .scope = IN_PIPELINE,
    .open = view_pipeline_open,
    .close = view_pipeline_close,
    .ask = view_pipeline_ask,
    .read_at = view_pipeline_read_at,
    .event = view_pipeline_event,
    .delivery = view_pipeline_delivery,
    .draw = view_pipeline_draw,
    .action = view_pipeline_action,
    .typed = view_pipeline_typed,
    .typing = view_pipeline_typing,
    .export = view_pipeline_export,
    .copy = view_pipeline_copy,
    .filter = view_pipeline_filter,
    .filtered = view_pipeline_filtered,
    .alarm = view_pipeline_alarm,
    .table = view_pipeline_table,
    .hint = view_pipeline_hint,
    .footer = view_pipeline_footer,
    .subject = view_pipeline_subject,
};
