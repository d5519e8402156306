/* Pictures of time. */
#include "tui/timeline.h"

#include <stdio.h>
#include <string.h>

enum {
    MOST_CELLS = 256,
    LEFT_MARGIN = 2,    /* cells before the oldest commit: a bar without '=' would look like no delivery at all */
    LABEL_OVERHANG = 2, /* cells that the last label may reach behind the bar */
};

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* From label to label. */
static const int64_t spans[] = {
    SECOND,      2 * SECOND,  5 * SECOND, 10 * SECOND, 30 * SECOND, MINUTE,     2 * MINUTE,  5 * MINUTE, 10 * MINUTE,
    15 * MINUTE, 30 * MINUTE, HOUR,       2 * HOUR,    3 * HOUR,    6 * HOUR,   12 * HOUR,   DAY,        2 * DAY,
    5 * DAY,     10 * DAY,    30 * DAY,   100 * DAY,   365 * DAY,   3650 * DAY, 36500 * DAY,
};

enum {
    SPANS = sizeof(spans) / sizeof(spans[0]),
    SPAN_WITHOUT_TIMES = 9, /* a quarter of an hour */
};

static struct timeline_axis make_axis(int cells, int64_t span, timestamp_ms until)
{
    struct timeline_axis axis = { .cell_ms = span / TIMELINE_TICK, .cells = cells, .until = until };
    timestamp_ms end = (until + span - 1) / span * span;

    axis.start = end - axis.cell_ms * cells;
    return axis;
}

struct timeline_axis timeline_fit(int cells, timestamp_ms oldest, timestamp_ms until, int zoom)
{
    int fitting = SPAN_WITHOUT_TIMES;

    if (cells > MOST_CELLS)
        cells = MOST_CELLS;
    if (oldest >= 0)
        for (fitting = 0; fitting < SPANS - 1; fitting++) {
            struct timeline_axis axis = make_axis(cells, spans[fitting], until);

            if (oldest >= axis.start + LEFT_MARGIN * axis.cell_ms)
                break;
        }
    fitting += zoom;
    if (fitting < 0)
        fitting = 0;
    if (fitting >= SPANS)
        fitting = SPANS - 1;
    return make_axis(cells, spans[fitting], until);
}

int timeline_cell(const struct timeline_axis *axis, timestamp_ms time)
{
    if (time < axis->start)
        return -1;
    int64_t cell = (time - axis->start) / axis->cell_ms;
    return cell < axis->cells ? (int)cell : axis->cells;
}

void timeline_characters(const struct timeline_axis *axis, enum timeline_bar bar, timestamp_ms commit, char *out)
{
    int known = timeline_cell(axis, axis->until - 1); /* the last cell of which anything is known */
    int at = bar == TIMELINE_ALL ? axis->cells : bar == TIMELINE_COMMIT ? timeline_cell(axis, commit) : -1;

    memset(out, ' ', (size_t)axis->cells);
    out[axis->cells] = '\0';
    if (bar == TIMELINE_UNKNOWN)
        return;
    for (int cell = 0; cell < axis->cells; cell++)
        if (cell <= known || cell < at)
            out[cell] = cell < at && bar != TIMELINE_NOTHING ? '=' : '.';
    if (bar == TIMELINE_ALL)
        memset(out + known + 1, ' ', (size_t)(axis->cells - known - 1));
    if (bar != TIMELINE_COMMIT)
        return;
    if (at < 0)
        out[0] = '<';
    else if (at >= axis->cells)
        out[axis->cells - 1] = '>';
    else
        out[at] = '#';
}

static enum theme_role role_of(char c)
{
    switch (c) {
    case '=': return THEME_OLD_SINK;
    case '#':
    case '<':
    case '>': return THEME_COMMIT;
    default: return THEME_WAITING;
    }
}

void timeline_draw(const struct timeline_axis *axis, const struct canvas *canvas, int line, int column,
                   enum timeline_bar bar, timestamp_ms commit)
{
    char characters[MOST_CELLS + 1];
    int after;

    timeline_characters(axis, bar, commit, characters);
    for (int cell = 0; cell < axis->cells; cell = after) {
        for (after = cell + 1; after < axis->cells && characters[after] == characters[cell]; after++)
            continue;
        canvas_repeat(canvas, line, column + cell, after - cell, role_of(characters[cell]), characters[cell]);
    }
}

/* 09:15, with seconds where the span is short, the date at midnight and where the span is long. */
static void label(char out[16], timestamp_ms time, int64_t span)
{
    struct timestamp_calendar at = timestamp_to_calendar(time);

    if (span >= 100 * DAY)
        snprintf(out, 16, "%04d-%02d", (int)(at.year % 10000), at.month);
    else if (span >= DAY || (span >= MINUTE && at.hour == 0 && at.minute == 0))
        snprintf(out, 16, "%02d-%02d", at.month, at.day);
    else if (span >= MINUTE)
        snprintf(out, 16, "%02d:%02d", at.hour, at.minute);
    else
        snprintf(out, 16, "%02d:%02d:%02d", at.hour, at.minute, at.second);
}

void timeline_draw_labels(const struct timeline_axis *axis, const struct canvas *canvas, int line, int column)
{
    int64_t span = axis->cell_ms * TIMELINE_TICK;
    int end = -1; /* behind the label before */

    for (int cell = 0; cell <= axis->cells; cell += TIMELINE_TICK) {
        char text[16];
        int at = cell;

        label(text, axis->start + cell * axis->cell_ms, span);
        int length = (int)strlen(text);
        if (at + length > axis->cells + LABEL_OVERHANG)
            at = axis->cells + LABEL_OVERHANG - length;
        if (at > end && axis->start + cell * axis->cell_ms >= 0)
            end = canvas_text(canvas, line, column + at, THEME_TITLE, text) - column;
    }
}
