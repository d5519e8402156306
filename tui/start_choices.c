/* e, m, a and =. */
#include "tui/start_choices.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tui/start_plans.h"
#include "tui/zone.h"

enum { CHOICES = 4 };

static const struct {
    const char *key, *label; /* of the engine */
    const char *text, *brief;
    bool timed, minor; /* minor: dropped where there is little room */
} choices[CHOICES] = {
    { "e", "safe",                 "safe: earliest commit",   "safe",      true,  false },
    { "m", "at the median commit", "at the median commit",    "at median", true,  true  },
    { "a", "at the latest commit", "at the latest commit",    "at latest", true,  true  },
    { "=", "committed",            "committed: each its own", "committed", false, false },
};

bool start_typed(const char *text, timestamp_ms now, struct cutover_start *start, char why[80])
{
    struct error err = { 0 };

    if (cutover_start_parse(text, now, start, &err))
        return true;
    if (timestamp_parse(text, now, &start->time, NULL))
        snprintf(why, 80, "refused: it lies in the future");
    else if (strstr(err.message, "before 1970"))
        snprintf(why, 80, "refused: before 1970 Kafka has no times");
    else
        snprintf(why, 80, "cannot read it: say 09:43Z, 2026-11-23T09:43:30Z or -15m");
    return false;
}

const struct cutover_plan *start_choice(const struct engine_event *event, const char *label)
{
    for (size_t i = 0; event && i < event->choice_count; i++)
        if (strcmp(event->choices[i].label, label) == 0)
            return event->choices[i].plan;
    return NULL;
}

static const struct cutover_plan *safe_with_clamp(const struct engine_event *event)
{
    const struct cutover_plan *safe = start_choice(event, "safe");

    return safe && safe->totals.clamped > 0 ? safe : NULL;
}

int start_choices_lines(const struct engine_event *event, bool brief)
{
    return (brief ? 2 : CHOICES + 1) + (safe_with_clamp(event) ? 1 : 0);
}

/* The widest number of each kind, so that the lines stand below each other. */
struct widths {
    int gap, gap_in, twice, label, time;
    bool tight; /* numbers alone */
    bool bare;  /* times without their zone, which stands in row 1 */
};

static int cells_of(int64_t count)
{
    char text[TEXT_NUMBER_SIZE];

    return (int)strlen(text_count(text, count));
}

static void grow(int *width, int64_t count)
{
    int cells = cells_of(count);

    *width = cells > *width ? cells : *width;
}

static timestamp_ms time_of(const struct skew_facts *facts, size_t choice)
{
    return choice == 0 ? facts->times.oldest : choice == 1 ? facts->times.median : facts->times.latest;
}

static struct widths measure(const struct engine_event *event, const struct skew_facts *facts,
                             const struct canvas *canvas)
{
    struct widths widths = { .gap = 11, .twice = 11, .gap_in = 1, .label = 22, .time = 9 };
    int twice_in = 1;
    char time[ZONE_TEXT_SIZE];

    for (size_t i = 0; i < CHOICES; i++) {
        const struct cutover_plan *plan = start_choice(event, choices[i].label);

        if (choices[i].timed && facts->survey &&
            (int)strlen(zone_named(canvas->local, time, time_of(facts, i), facts->survey->taken_at)) > widths.time)
            widths.time = (int)strlen(time);
        if (!plan)
            continue;
        grow(&widths.gap, plan->totals.gap);
        grow(&widths.twice, plan->totals.duplicates);
        grow(&widths.gap_in, (int64_t)plan->totals.gap_in);
        grow(&twice_in, (int64_t)plan->totals.duplicates_in);
    }
    int numbers = 3 + 6 + widths.gap + 4 + widths.gap_in + 7 + widths.twice + 4 + twice_in;
    if (numbers + widths.label + widths.time >= canvas->columns)
        widths.label = 10;
    widths.bare = canvas->local && numbers + widths.label + widths.time > canvas->columns;
    if (widths.bare)
        widths.time -= ZONE_NAME_SIZE - 2;
    widths.tight = canvas->columns < 76;
    if (widths.tight)
        widths.gap = widths.twice = 1;
    return widths;
}

static void draw_choice(size_t i, const struct engine_event *event, const struct skew_facts *facts, bool chosen,
                        const struct widths *widths, const struct canvas *canvas, int line)
{
    const struct cutover_plan *plan = start_choice(event, choices[i].label);
    const char *least = plan && plan->totals.errors > 0 ? ">=" : "";
    char time[ZONE_TEXT_SIZE], timed[ZONE_TEXT_SIZE + 4] = "", label[80];
    char gap[TEXT_NUMBER_SIZE], gap_in[TEXT_NUMBER_SIZE], twice[TEXT_NUMBER_SIZE], twice_in[TEXT_NUMBER_SIZE];
    enum theme_role role = chosen ? THEME_TITLE : THEME_TEXT;
    int column = canvas_text(canvas, line, 1, THEME_KEY, choices[i].key);

    if (choices[i].timed && time_of(facts, i) >= 0)
        snprintf(
            timed, sizeof(timed), "%s%s",
            (widths->bare ? zone_short : zone_named)(canvas->local, time, time_of(facts, i), facts->survey->taken_at),
            facts->complete ? "" : "~");
    snprintf(label, sizeof(label), "%-*s%s", choices[i].timed ? widths->label : 0,
             widths->label < 22 ? choices[i].brief : choices[i].text, timed);
    canvas_text(canvas, line, column + 1, role, label);
    column = 3 + widths->label + widths->time + 2 + (facts->complete ? 0 : 1);
    if (!plan) {
        canvas_text(canvas, line, column, THEME_DIM, facts->complete ? "-" : "when all times are read");
        return;
    }
    if (widths->tight) {
        canvas_printf(canvas, line, column, role, "gap %s%s  dup %s%s", least, text_count(gap, plan->totals.gap), least,
                      text_count(twice, plan->totals.duplicates));
        return;
    }
    column = canvas_printf(canvas, line, column, role, "gap %*s in %-*s", widths->gap + (int)strlen(least),
                           text_count(gap, plan->totals.gap), widths->gap_in,
                           text_count(gap_in, (int64_t)plan->totals.gap_in));
    canvas_printf(canvas, line, column, role, "%sdup %*s in %s", widths->label < 22 ? "  " : "   ", widths->twice,
                  text_count(twice, plan->totals.duplicates),
                  text_count(twice_in, (int64_t)plan->totals.duplicates_in));
}

static bool is_chosen(size_t i, const struct skew_facts *facts, const struct cutover_start *chosen)
{
    if (i == 0)
        return chosen->kind == CUTOVER_START_SAFE;
    if (i == CHOICES - 1)
        return chosen->kind == CUTOVER_START_COMMITTED;
    return chosen->kind == CUTOVER_START_TIME && chosen->time == time_of(facts, i);
}

/* Where `safe` begins before the offset of its time. A partition without a commit has only its log start to begin at. */
static void draw_clamped(const struct cutover_totals *totals, const struct canvas *canvas, int line)
{
    size_t uncommitted = totals->clamped_uncommitted;
    char text[TEXT_COUNTED_SIZE], number[TEXT_NUMBER_SIZE];

    text_counted(text, (int64_t)(totals->clamped - (uncommitted < totals->clamped ? uncommitted : 0)), "partition");
    if (uncommitted == 0)
        canvas_printf(canvas, line, 3, THEME_DIM, "e starts %s at the commit: that time alone would skip there", text);
    else if (uncommitted == totals->clamped)
        canvas_printf(canvas, line, 3, THEME_DIM, "e starts %s at the log start (no commit): that time would skip",
                      text);
    else
        canvas_printf(canvas, line, 3, THEME_DIM, "e starts %s at the commit, %s at the log start (no commit)", text,
                      text_count(number, (int64_t)uncommitted));
}

void start_choices_draw(const struct engine_event *event, const struct skew_facts *facts,
                        const struct cutover_start *chosen, bool brief, const struct canvas *canvas, int line)
{
    const struct cutover_plan *clamped = safe_with_clamp(event);
    struct widths widths = measure(event, facts, canvas);

    if (!brief)
        canvas_text(canvas, line++, 1, THEME_TITLE, "choices");
    for (size_t i = 0; i < CHOICES; i++)
        if (!brief || !choices[i].minor)
            draw_choice(i, event, facts, is_chosen(i, facts, chosen), &widths, canvas, line++);
    if (clamped)
        draw_clamped(&clamped->totals, canvas, line);
}
