/* Pictures of time. */
#include "tui/timeline.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tui/zone.h"

enum {
    LEFT_MARGIN = 2,    /* cells before the oldest commit: a bar without '=' would look like no delivery at all */
    LABEL_OVERHANG = 2, /* cells that the last label may reach behind the bar */
    UTC_OVERHANG = 5,
};

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

struct step {
    int64_t cell_ms;
    int tick;
};

static const struct step bars[] = {
    { SECOND / 10,  10 },
    { SECOND / 5,   10 },
    { SECOND / 2,   10 },
    { SECOND,       10 },
    { 3 * SECOND,   10 },
    { 6 * SECOND,   10 },
    { 12 * SECOND,  10 },
    { 30 * SECOND,  10 },
    { MINUTE,       10 },
    { 90 * SECOND,  10 },
    { 3 * MINUTE,   10 },
    { 6 * MINUTE,   10 },
    { 12 * MINUTE,  10 },
    { 18 * MINUTE,  10 },
    { 36 * MINUTE,  10 },
    { 72 * MINUTE,  10 },
    { DAY / 10,     10 },
    { DAY / 5,      10 },
    { DAY / 2,      10 },
    { DAY,          10 },
    { 3 * DAY,      10 },
    { 10 * DAY,     10 },
    { 73 * DAY / 2, 10 },
    { 365 * DAY,    10 },
    { 3650 * DAY,   10 },
};

static const struct step buckets[] = {
    { SECOND,      15 },
    { 2 * SECOND,  15 },
    { 5 * SECOND,  12 },
    { 10 * SECOND, 12 },
    { 15 * SECOND, 20 },
    { 30 * SECOND, 20 },
    { MINUTE,      15 },
    { 2 * MINUTE,  15 },
    { 5 * MINUTE,  12 },
    { 10 * MINUTE, 12 },
    { 30 * MINUTE, 12 },
    { HOUR,        12 },
    { 2 * HOUR,    12 },
    { 6 * HOUR,    12 },
    { DAY,         10 },
    { 5 * DAY,     12 },
    { 30 * DAY,    12 },
    { 365 * DAY,   10 },
    { 3650 * DAY,  10 },
};

static const struct {
    const struct step *steps;
    int count, without_times; /* the step where no time is known */
} scales[] = {
    [TIMELINE_BARS] = { bars,    sizeof(bars) / sizeof(bars[0]),       9 },
    [TIMELINE_BUCKETS] = { buckets, sizeof(buckets) / sizeof(buckets[0]), 6 },
};

/* Ends at the label at or after until. */
static struct timeline_axis make_axis(const struct step *step, int cells, timestamp_ms until)
{
    struct timeline_axis axis = { .cell_ms = step->cell_ms, .cells = cells, .tick = step->tick, .until = until };
    int64_t span = step->cell_ms * step->tick;
    timestamp_ms end = (until + span - 1) / span * span;

    axis.start = end - axis.cell_ms * cells;
    return axis;
}

/* The number of the step that fits all, and `zoom` steps from there. */
static int find_step(enum timeline_scale scale, int cells, timestamp_ms oldest, timestamp_ms until, int zoom)
{
    int fitting = scales[scale].without_times, last = scales[scale].count - 1;

    if (oldest >= 0)
        for (fitting = 0; fitting < last; fitting++) {
            struct timeline_axis axis = make_axis(&scales[scale].steps[fitting], cells, until);

            if (oldest >= axis.start + LEFT_MARGIN * axis.cell_ms)
                break;
        }
    fitting += zoom;
    return fitting < 0 ? 0 : fitting > last ? last : fitting;
}

struct timeline_axis timeline_fit(enum timeline_scale scale, int cells, timestamp_ms oldest, timestamp_ms until,
                                  const struct timeline_window *window)
{
    struct timeline_axis axis;

    if (cells > TIMELINE_MOST_CELLS)
        cells = TIMELINE_MOST_CELLS;
    axis = make_axis(&scales[scale].steps[find_step(scale, cells, oldest, until, window->zoom)], cells, until);
    if (window->first >= 0 && window->first < axis.start)
        axis.start = window->first / axis.cell_ms * axis.cell_ms;
    return axis;
}

void timeline_zoom(enum timeline_scale scale, const struct timeline_axis *axis, timestamp_ms oldest, int steps,
                   timestamp_ms focus, struct timeline_window *window)
{
    int fitting = find_step(scale, axis->cells, oldest, axis->until, 0);
    int before = find_step(scale, axis->cells, oldest, axis->until, window->zoom);
    int after = find_step(scale, axis->cells, oldest, axis->until, before - fitting + steps);
    int cell = timeline_cell(axis, focus);
    int64_t cell_ms = scales[scale].steps[after].cell_ms;

    if (cell < 0 || cell >= axis->cells)
        cell = axis->cells / 2;
    window->zoom = after - fitting;
    window->first = focus - focus % cell_ms - cell * cell_ms;
    if (window->first < 0)
        window->first = 0;
}

void timeline_pan(const struct timeline_axis *axis, int64_t cells, struct timeline_window *window)
{
    struct step step = { axis->cell_ms, axis->tick };
    struct timeline_axis last = make_axis(&step, axis->cells, axis->until);

    window->first = axis->start + cells * axis->cell_ms;
    if (window->first < 0)
        window->first = 0;
    if (window->first >= last.start)
        window->first = TIMESTAMP_NONE;
}

int timeline_cell(const struct timeline_axis *axis, timestamp_ms time)
{
    if (time < axis->start)
        return -1;
    int64_t cell = (time - axis->start) / axis->cell_ms;
    return cell < axis->cells ? (int)cell : axis->cells;
}

timestamp_ms timeline_time(const struct timeline_axis *axis, int cell)
{
    return axis->start + cell * axis->cell_ms;
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
    if (bar == TIMELINE_ALL && known + 1 < axis->cells)
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

void timeline_add_start(const struct timeline_axis *axis, enum timeline_bar bar, timestamp_ms commit,
                        timestamp_ms start, bool gap, bool twice, char *out)
{
    int known = timeline_cell(axis, axis->until - 1), from = timeline_cell(axis, start), at;

    if (start < 0)
        return;
    if (known >= axis->cells)
        known = axis->cells - 1;
    at = bar == TIMELINE_COMMIT ? timeline_cell(axis, commit) : bar == TIMELINE_NOTHING ? -1 : known + 1;
    if (bar != TIMELINE_UNKNOWN && gap)
        for (int cell = at + 1; cell < from && cell <= known; cell++)
            out[cell] = 'x';
    if (bar != TIMELINE_UNKNOWN && twice)
        for (int cell = from < 0 ? 0 : from; cell < at && cell < axis->cells; cell++)
            out[cell] = out[cell] == '<' ? '<' : '+';
    if (from >= 0 && from < axis->cells)
        out[from] = '|';
}

static enum theme_role role_of(char c)
{
    switch (c) {
    case '=': return THEME_OLD_SINK;
    case '#':
    case '<':
    case '>': return THEME_COMMIT;
    case '|': return THEME_KEY;
    case '+': return THEME_WARNING;
    case 'x': return THEME_BAD;
    default: return THEME_WAITING;
    }
}

void timeline_draw(const struct canvas *canvas, int line, int column, const char *characters)
{
    int cells = (int)strlen(characters), after;

    for (int cell = 0; cell < cells; cell = after) {
        for (after = cell + 1; after < cells && characters[after] == characters[cell]; after++)
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

void timeline_draw_labels(const struct timeline_axis *axis, const struct canvas *canvas, int line, int column, bool utc)
{
    int64_t span = axis->cell_ms * axis->tick, shift = zone_time(canvas->local, axis->start) - axis->start;
    int overhang = utc ? UTC_OVERHANG : LABEL_OVERHANG;
    timestamp_ms start = axis->start + shift, last = timeline_time(axis, axis->cells) + shift;
    timestamp_ms first = start <= 0 ? start / span * span : (start + span - 1) / span * span;
    int end = -1; /* behind the label before */

    /* Whole hours and days of the zone that is shown; a change of its offset on the axis moves them by that. */
    for (timestamp_ms time = first; time <= last; time += span) {
        char text[20];
        int at = (int)((time - start) / axis->cell_ms);

        label(text, time, span);
        int length = (int)strlen(text);
        if (utc && !canvas->local && time + span > last)
            snprintf(text + length++, 2, "Z");
        if (at + length > axis->cells + overhang)
            at = axis->cells + overhang - length;
        if (at > end && time >= 0)
            end = canvas_text(canvas, line, column + at, THEME_TITLE, text) - column;
    }
}

char *timeline_cell_text(char out[48], const struct timeline_axis *axis)
{
    int64_t ms = axis->cell_ms;

    if (ms < SECOND)
        snprintf(out, 48, "%dms", (int)ms);
    else if (ms < MINUTE)
        snprintf(out, 48, "%ds", (int)(ms / SECOND));
    else if (ms < HOUR && ms % MINUTE == 0)
        snprintf(out, 48, "%dm", (int)(ms / MINUTE));
    else if (ms < DAY && ms % HOUR == 0)
        snprintf(out, 48, "%dh", (int)(ms / HOUR));
    else if (ms % DAY == 0)
        snprintf(out, 48, "%dd", (int)(ms / DAY));
    else
        text_duration(out, ms);
    return out;
}
