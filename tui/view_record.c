/* One record, as it lies in the log: key, time, size, kind. Its value is read and shown only when somebody asks: it may be
 * large, and it is somebody's data. */
#include "tui/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "tui/zone.h"

struct view_record {
    char *topic, *group;
    int32_t partition;
    int64_t offset;
    bool wants_value;
    struct engine_event *shown;
    char *error; /* of the question for the value; NULL */
    int top;     /* lines of the value above the screen */
};

static void *view_record_open(const struct view_subject *subject)
{
    struct view_record *view = memory_new(sizeof(*view));

    view->topic = memory_copy_text(subject->topic);
    view->group = memory_copy_text(subject->group);
    view->partition = subject->partition;
    view->offset = subject->offset;
    return view;
}

static void view_record_close(void *state)
{
    struct view_record *view = state;

    engine_event_free(view->shown);
    free(view->topic);
    free(view->group);
    free(view->error);
    free(view);
}

static void view_record_ask(const void *state, struct engine_request *request)
{
    const struct view_record *view = state;

    request->kind = ENGINE_ASK_RECORD;
    request->topic = view->topic;
    request->partition = view->partition;
    request->offset = view->offset;
    request->details = view->wants_value;
}

static bool view_record_event(void *state, struct engine_event **event, timestamp_ms now)
{
    struct view_record *view = state;

    (void)now;
    if ((*event)->kind == ENGINE_FAILED) {
        free(view->error);
        view->error = memory_copy_text((*event)->error.message);
        return true;
    }
    if ((*event)->kind != ENGINE_RECORD || !(*event)->record)
        return false;
    free(view->error);
    view->error = NULL;
    engine_event_free(view->shown);
    view->shown = *event;
    *event = NULL;
    return true;
}

static bool is_text(const char *bytes, size_t length)
{
    size_t used;

    for (size_t at = 0; at < length; at += used) {
        uint32_t c = utf8_next(bytes + at, length - at, &used);

        if (c == UTF8_INVALID || (c < ' ' && c != '\n' && c != '\r' && c != '\t'))
            return false;
    }
    return true;
}

/* "00000010  7b 22 69 64 ...  {"id..." */
static void append_hex(const char *bytes, size_t length, struct buffer *out)
{
    enum { A_LINE = 16 };

    for (size_t at = 0; at < length; at += A_LINE) {
        size_t here = length - at < A_LINE ? length - at : A_LINE;

        buffer_printf(out, "%08zx ", at);
        for (size_t i = 0; i < A_LINE; i++)
            if (i < here)
                buffer_printf(out, " %02x", (unsigned char)bytes[at + i]);
            else
                buffer_append_text(out, "   ");
        buffer_append_text(out, "  ");
        for (size_t i = 0; i < here; i++)
            buffer_append_char(out, bytes[at + i] >= ' ' && bytes[at + i] <= '~' ? bytes[at + i] : '.');
        buffer_append_char(out, '\n');
    }
}

/* Text as it is, anything else in hexadecimal. */
static void append_bytes(const char *bytes, size_t size, struct buffer *out)
{
    size_t kept = size < ENGINE_RECORD_KEEPS ? size : ENGINE_RECORD_KEEPS;

    if (is_text(bytes, kept))
        buffer_append(out, bytes, kept);
    else
        append_hex(bytes, kept, out);
    if (kept < size)
        buffer_printf(out, "\n(the first %zu bytes of %zu)", kept, size);
}

/* Draws lines from the top-th on, long ones over several. Returns how many lines there are in all. */
static int draw_text(const struct canvas *canvas, int line, int last, int top, const char *text)
{
    int at = 0, cells = canvas->columns - 4 > 1 ? canvas->columns - 4 : 1;

    while (*text) {
        size_t length = strcspn(text, "\n");
        char *piece = memory_copy_bytes(text, length);
        char *clean = text_sanitised(piece);
        int here = ((int)text_width(clean) + cells - 1) / cells;

        here = here > 0 ? here : 1;
        if (at >= top && line + at - top <= last)
            canvas_wrap(canvas, line + at - top, last, 3, THEME_TEXT, clean);
        at += here;
        free(clean);
        free(piece);
        text += length + (text[length] == '\n');
    }
    return at;
}

static void draw_time(const struct engine_record *record, const struct canvas *canvas, int line)
{
    char text[ZONE_TEXT_SIZE], ago[TEXT_NUMBER_SIZE];

    if (record->time < 0)
        canvas_text(canvas, line, 1, THEME_WARNING, "time    none: a time below zero, or no time at all");
    else
        canvas_printf(canvas, line, 1, THEME_TEXT, "time    %s   %s ago   set by the %s",
                      zone_full(canvas->local, text, record->time),
                      text_duration(ago, canvas->now > record->time ? canvas->now - record->time : 0),
                      record->log_append ? "broker (append)" : "producer (create)");
}

static void draw_key(const struct engine_record *record, const struct canvas *canvas, int line)
{
    char size[TEXT_COUNTED_SIZE];
    struct buffer text;

    if (!record->has_key) {
        canvas_text(canvas, line, 1, THEME_TEXT, "key     none");
        return;
    }
    buffer_init(&text, 0);
    buffer_printf(&text, "key     %s   ", text_counted(size, (int64_t)record->key_size, "byte"));
    if (is_text(record->key, record->key_size < ENGINE_RECORD_KEEPS ? record->key_size : ENGINE_RECORD_KEEPS))
        buffer_append_text(&text, record->key);
    else
        for (size_t i = 0; i < record->key_size && i < 32; i++)
            buffer_printf(&text, "%02x", (unsigned char)record->key[i]);
    canvas_fit(canvas, line, 1, canvas->columns - 2, true, THEME_TEXT, text.data);
    buffer_clear(&text);
}

static int draw_facts(const struct view_record *view, const struct engine_record *record, const struct canvas *canvas,
                      int line)
{
    char number[TEXT_NUMBER_SIZE], size[TEXT_COUNTED_SIZE];
    int column = canvas_printf(canvas, line, 1, THEME_TEXT, "offset  %s", text_count(number, record->offset));

    if (record->offset != view->offset)
        canvas_printf(canvas, line, column + 3, THEME_DIM, "the first visible one at or after %s",
                      text_count(number, view->offset));
    draw_time(record, canvas, line + 1);
    draw_key(record, canvas, line + 2);
    column = canvas_printf(canvas, line + 3, 1, THEME_TEXT, "value   %s   ",
                           record->has_value ? text_counted(size, (int64_t)record->value_size, "byte") : "none");
    canvas_text(canvas, line + 3, column, view_kind_breaks_lines(record->kind) ? THEME_WARNING : THEME_TEXT,
                record->has_value ? view_kind_text(record->kind) : "a tombstone");
    return line + 5;
}

static void draw_value(struct view_record *view, const struct engine_record *record, const struct canvas *canvas,
                       int line)
{
    struct buffer text;
    int lines, last = view_last_line(canvas), room = last - line + 1;

    if (view->error) {
        canvas_wrap(canvas, line, last, 1, THEME_BAD, view->error);
        return;
    }
    if (!record->value) {
        canvas_text(canvas, line, 1, THEME_DIM,
                    !record->has_value  ? ""
                    : view->wants_value ? "reading the value"
                                        : "v reads and shows the value: it is the data itself");
        return;
    }
    buffer_init(&text, 0);
    append_bytes(record->value, record->value_size, &text);
    lines = draw_text(canvas, line, last, view->top, text.data ? text.data : "");
    if (view->top > lines - room)
        view->top = lines > room ? lines - room : 0;
    buffer_clear(&text);
}

static void view_record_draw(void *state, struct canvas *canvas, const char *error)
{
    struct view_record *view = state;
    int line = view_first_line();
    char names[300], counts[32];

    snprintf(names, sizeof(names), "%s", view->topic);
    snprintf(counts, sizeof(counts), "partition %d", (int)view->partition);
    view_draw_subject(canvas, "RECORD", names, counts);
    if (!view->shown) {
        view_draw_empty(canvas, line + 2, error ? error : view->error);
        return;
    }
    const struct engine_record *record = view->shown->record;
    if (!record->found) {
        char number[TEXT_NUMBER_SIZE];

        canvas_printf(canvas, line + 2, 1, THEME_TEXT,
                      "no visible record at or after offset %s: the partition ends first",
                      text_count(number, view->offset));
        return;
    }
    line = draw_facts(view, record, canvas, line + 2);
    draw_value(view, record, canvas, line);
}

static struct view_outcome show_value(struct view_record *view)
{
    struct view_outcome outcome = { .result = VIEW_HANDLED };

    if (!view->shown || view->wants_value)
        return outcome;
    view->wants_value = true;
    outcome.result = VIEW_ASKS;
    view_record_ask(view, &outcome.request);
    return outcome;
}

static struct view_outcome view_record_action(void *state, enum action action)
{
    struct view_record *view = state;

    switch (action) {
    case ACTION_SHOW_VALUE: return show_value(view);
    case ACTION_DOWN: view->top++; break;
    case ACTION_UP: view->top -= view->top > 0; break;
    case ACTION_PAGE_DOWN:
    case ACTION_HALF_DOWN: view->top += 10; break;
    case ACTION_PAGE_UP:
    case ACTION_HALF_UP: view->top = view->top > 10 ? view->top - 10 : 0; break;
    case ACTION_TOP: view->top = 0; break;
    case ACTION_BOTTOM: view->top = ENGINE_RECORD_KEEPS; break; /* drawing keeps it inside */
    default: return (struct view_outcome){ .result = VIEW_IGNORED };
    }
    return (struct view_outcome){ .result = VIEW_HANDLED };
}

static void view_record_filter(void *state, const char *text)
{
    (void)state;
    (void)text;
}

static const char *view_record_filtered(const void *state)
{
    (void)state;
    return NULL;
}

static void view_record_subject(const void *state, struct view_subject *subject)
{
    const struct view_record *view = state;

    subject->topic = view->topic;
    subject->group = view->group;
}

const struct view_ops view_record_ops = {
    .name = "record",
    .scope = IN_RECORD,
    .asks_once = true,
    .open = view_record_open,
    .close = view_record_close,
    .ask = view_record_ask,
    .event = view_record_event,
    .draw = view_record_draw,
    .action = view_record_action,
    .filter = view_record_filter,
    .filtered = view_record_filtered,
    .subject = view_record_subject,
};
