/* The rows around every view. */
#include "tui/frame.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tui/zone.h"

bool frame_is_too_small(const struct canvas *canvas)
{
    return canvas->lines < FRAME_LEAST_LINES || canvas->columns < FRAME_LEAST_COLUMNS;
}

bool frame_too_small(const struct canvas *canvas)
{
    if (!frame_is_too_small(canvas))
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

/* What row 1 leaves out where it is narrow, one after the other. The mode, the clock and the age stay. */
enum frame_room { WITH_ALL, WITHOUT_INTERVAL, WITHOUT_WORD, WITHOUT_NAME, LEAST_ROOM = WITHOUT_NAME };

/* Clock, age of the data and interval. */
static void right_text(const struct frame *frame, const struct canvas *canvas, enum frame_room room, struct buffer *out)
{
    append_clock(canvas, out);
    if (frame->has_data && frame->data_at < 0) {
        buffer_append_text(out, "  no data yet");
    } else if (frame->has_data) {
        buffer_append_text(out, room < WITHOUT_WORD ? "  data " : "  ");
        append_age(canvas->now - frame->data_at, out);
        buffer_append_text(out, frame->old ? " old ~" : " old");
    }
    if (frame->refresh_seconds > 0 && room < WITHOUT_INTERVAL)
        buffer_printf(out, "  every %ds", frame->refresh_seconds);
}

static const char unverified[] = "TLS UNVERIFIED";

/* Cells of the mode and what is true beside it. */
static int mode_cells(const struct frame *frame)
{
    int cells = (int)strlen(frame->mode);

    if (frame->remark)
        cells += (int)strlen(frame->remark) + 1;
    if (frame->unverified)
        cells += (int)sizeof(unverified);
    return cells + (frame->frozen ? 7 : 0) + (frame->local_time ? 11 : 0);
}

static void draw_mode(const struct frame *frame, const struct canvas *canvas, int column)
{
    column = canvas_text(canvas, 0, column, THEME_MODE, frame->mode);
    if (frame->unverified)
        column = canvas_text(canvas, 0, column + 1, THEME_BAD, unverified);
    if (frame->remark)
        column = canvas_text(canvas, 0, column + 1, THEME_WARNING, frame->remark);
    if (frame->frozen)
        column = canvas_text(canvas, 0, column + 1, THEME_WARNING, "FROZEN");
    if (frame->local_time)
        canvas_text(canvas, 0, column + 1, THEME_WARNING, "LOCAL TIME");
}

void frame_draw(const struct frame *frame, const struct canvas *canvas)
{
    enum { LEAST_CLUSTER_CELLS = 6, ENOUGH_CLUSTER_CELLS = 16 };
    const char *name = "headgate";
    struct buffer right, cluster;
    int room = WITH_ALL, cells, free_cells;

    buffer_init(&cluster, 0);
    canvas_shown(canvas, &cluster, frame->cluster);
    cells = cluster.length > 0 ? (int)text_width(cluster.data) : 0;
    buffer_clear(&cluster);
    for (;; room++) {
        buffer_init(&right, 0);
        right_text(frame, canvas, (enum frame_room)room, &right);
        free_cells = canvas->columns - (int)text_width(right.data) - mode_cells(frame) - 5;
        if (room < WITHOUT_NAME)
            free_cells -= (int)strlen(name) + 2;
        /* Which cluster it is matters more than how often it is asked, and than the word beside the age. */
        int least = room < WITHOUT_NAME ? ENOUGH_CLUSTER_CELLS : LEAST_CLUSTER_CELLS;
        if (free_cells >= (cells < least ? cells : least) || room == LEAST_ROOM)
            break;
        buffer_clear(&right);
    }
    canvas_text(canvas, 0, canvas->columns - (int)text_width(right.data), frame->old ? THEME_WARNING : THEME_TEXT,
                right.data);
    buffer_clear(&right);
    int column = room < WITHOUT_NAME ? canvas_text(canvas, 0, 1, THEME_TITLE, name) + 2 : 1;
    if (cells > free_cells)
        cells = free_cells;
    if (cells > 0)
        column = canvas_fit(canvas, 0, column, cells, true, THEME_CLUSTER, frame->cluster) + 2;
    draw_mode(frame, canvas, column);
}
