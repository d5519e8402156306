/* The rows around every view. */
#include "tui/frame.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tui/zone.h"

bool frame_too_small(const struct canvas *canvas)
{
    if (canvas->lines >= FRAME_LEAST_LINES && canvas->columns >= FRAME_LEAST_COLUMNS)
        return false;
    canvas_printf(canvas, canvas->lines / 2, 0, THEME_WARNING, "needs %dx%d, has %dx%d", FRAME_LEAST_COLUMNS,
                  FRAME_LEAST_LINES, canvas->columns, canvas->lines);
    return true;
}

/* "2s", "3m20s": as short as an age can be. */
static void append_age(int64_t age, struct buffer *out)
{
    char text[TEXT_NUMBER_SIZE];

    if (age < 0)
        age = 0;
    if (age < 60 * 1000)
        buffer_printf(out, "%ds", (int)(age / 1000));
    else
        buffer_append_text(out, text_duration(text, age));
}

static void append_clock(const struct canvas *canvas, struct buffer *out)
{
    struct timestamp_calendar at = timestamp_to_calendar(zone_time(canvas->local, canvas->now));
    char name[ZONE_NAME_SIZE];

    buffer_printf(out, "%02d:%02d:%02d%s", at.hour, at.minute, at.second, zone_name(canvas->local, canvas->now, name));
}

/* Clock, age of the data and interval; the interval goes first where there is no room. Returns where it begins. */
static int draw_right(const struct frame *frame, const struct canvas *canvas, bool interval)
{
    struct buffer text;

    buffer_init(&text, 0);
    append_clock(canvas, &text);
    if (frame->has_data && frame->data_at < 0) {
        buffer_append_text(&text, "  no data yet");
    } else if (frame->has_data) {
        buffer_append_text(&text, "  data ");
        append_age(canvas->now - frame->data_at, &text);
        buffer_append_text(&text, frame->old ? " old ~" : " old");
    }
    if (interval)
        buffer_printf(&text, "  every %ds", frame->refresh_seconds);
    int column = canvas->columns - (int)text_width(text.data);
    canvas_text(canvas, 0, column, frame->old ? THEME_WARNING : THEME_TEXT, text.data);
    buffer_clear(&text);
    return column;
}

void frame_draw(const struct frame *frame, const struct canvas *canvas)
{
    enum { WITH_INTERVAL = 80 };
    int right = draw_right(frame, canvas, canvas->columns >= WITH_INTERVAL);
    int column = canvas_text(canvas, 0, 1, THEME_TITLE, "headgate") + 2;
    int modes = (int)strlen(frame->mode) + 2 + (frame->frozen ? 7 : 0) + (frame->local_time ? 11 : 0);
    struct buffer shown;

    if (frame->remark)
        modes += (int)strlen(frame->remark) + 1;
    buffer_init(&shown, 0);
    canvas_shown(canvas, &shown, frame->cluster);
    int cells = shown.length > 0 ? (int)text_width(shown.data) : 0;
    if (cells > right - column - modes - 2)
        cells = right - column - modes - 2;
    if (cells > 0)
        column = canvas_fit(canvas, 0, column, cells, true, THEME_CLUSTER, frame->cluster) + 2;
    buffer_clear(&shown);
    column = canvas_text(canvas, 0, column, THEME_MODE, frame->mode);
    if (frame->remark)
        column = canvas_text(canvas, 0, column + 1, THEME_WARNING, frame->remark);
    if (frame->frozen)
        column = canvas_text(canvas, 0, column + 1, THEME_WARNING, "FROZEN");
    if (frame->local_time)
        canvas_text(canvas, 0, column + 1, THEME_WARNING, "LOCAL TIME");
}
