/* What lies in the bucket, against the plan: a bar and a row a partition, the chain, the cutover, the verdict.
 *
 * Enter opens the objects around a partition's first hole, or its last ones. The deep check reads every object. Up to
 * 10,000 partitions, and some ten thousand objects.
 */
#include "tui/view.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "tui/audit_objects.h"
#include "tui/audit_picture.h"
#include "tui/audit_rows.h"
#include "tui/audit_verdict.h"
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
    int cells;                  /* of the message row at the last drawing */
    struct audit_rows rows;
    struct audit_objects objects; /* shown instead, once a partition is opened */
};

static const struct coverage *coverage_of(const struct view_audit *view)
{
    return view->shown ? view->shown->coverage : NULL;
}

static bool objects_shown(const struct view_audit *view)
{
    return view->objects.partition >= 0;
}

/* The table on the screen. */
static struct table *table_of(struct view_audit *view)
{
    return objects_shown(view) ? &view->objects.table : &view->rows.table;
}

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
    audit_rows_init(&view->rows);
    audit_objects_init(&view->objects);
    return view;
}

static void view_audit_close(void *state)
{
    struct view_audit *view = state;

    audit_rows_clear(&view->rows);
    audit_objects_clear(&view->objects);
    engine_event_free(view->shown);
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
    struct engine_event *before = view->shown;

    view->shown = *event;
    *event = NULL;
    audit_rows_show(&view->rows, view->shown->coverage);
    audit_objects_show(&view->objects, view->shown->audit);
    engine_event_free(before);
    free(view->error);
    view->error = NULL;
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
    const struct coverage_partition *selected = audit_rows_selected(&view->rows);

    return selected && selected->hole_count > 0 ? selected : NULL;
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
        line = audit_picture_draw(view->shown, canvas, line, spare > 0);
    last = audit_rows_draw(&view->rows, canvas, line, last);
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
    } else if (objects_shown(view)) {
        canvas_printf(canvas, view_first_line() + 1, 1, THEME_TITLE, "objects of p%d", (int)view->objects.partition);
        table_draw(&view->objects.table, canvas, view_first_line() + 2, view_last_line(canvas));
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

static struct view_outcome open_objects(struct view_audit *view)
{
    const struct coverage_partition *selected = audit_rows_selected(&view->rows);
    struct view_outcome outcome = { .result = VIEW_HANDLED };

    if (!names_known(view))
        return ask_name(view);
    if (view->error && !view->shown) {
        view->retyping = true;
        return prompt_for(TAG_BUCKET, "bucket: ", view->bucket);
    }
    if (selected && !objects_shown(view))
        audit_objects_open(&view->objects, selected->partition);
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
        if (!objects_shown(view))
            break;
        audit_objects_open(&view->objects, -1);
        return outcome;
    default: break;
    }
    if (!table_action(table_of(view), action))
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
    table_set_filter(table_of(state), text);
}

static const struct table *view_audit_table(const void *state)
{
    const struct view_audit *view = state;

    return objects_shown(view) ? &view->objects.table : &view->rows.table;
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
    } else if (view->shown && !objects_shown(view) && view->rows.table.count > 0) {
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

static void view_audit_copy(const void *state, struct buffer *out)
{
    table_copy(view_audit_table(state), out);
}

static void view_audit_export(const void *state, struct export *out)
{
    const struct view_audit *view = state;

    if (objects_shown(view))
        audit_objects_export(&view->objects, out);
    else
        audit_rows_export(&view->rows, out);
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
