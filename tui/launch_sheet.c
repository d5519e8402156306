/* The rows of the launch dialog that say what would be done: from the plan, the store and the old side, nothing typed. */
#include "tui/launch_sheet.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/zone.h"

enum {
    NUMBER_CELLS = 13,
    SKEW_BAD_MS = 60 * 1000,
    MIB = 1024 * 1024,
};

void launch_sheet_add(struct launch_sheet *sheet, const char *label, enum theme_role role, const char *format, ...)
{
    struct launch_line *line =
        &sheet->lines[sheet->count < LAUNCH_LINES_MOST - 1 ? sheet->count++ : LAUNCH_LINES_MOST - 1];
    va_list arguments;

    snprintf(line->label, sizeof(line->label), "%s", label);
    line->role = role;
    va_start(arguments, format);
    vsnprintf(line->text, sizeof(line->text), format, arguments);
    va_end(arguments);
}

static void add_number(struct launch_sheet *sheet, const char *label, enum theme_role role, int64_t number,
                       const char *behind)
{
    char text[TEXT_NUMBER_SIZE];

    launch_sheet_add(sheet, label, role, "%*s  %s", NUMBER_CELLS, text_count(text, number), behind);
}

bool launch_sheet_is_moving(const struct engine_launch *launch)
{
    return !launch->resume && launch->plan->group_members > 0;
}

static void add_group(struct launch_sheet *sheet, const struct engine_event *event)
{
    const struct cutover_plan *plan = event->launch->plan;
    char connector[300] = "", members[TEXT_COUNTED_SIZE] = "";

    if (!plan->group) {
        launch_sheet_add(sheet, "old group", THEME_TEXT, "none: there is no old side");
        return;
    }
    if (event->connector_count > 0)
        snprintf(connector, sizeof(connector), ", connector %s", event->connectors[0].state);
    else if (event->connect_error)
        snprintf(connector, sizeof(connector), ", connector not known");
    if (plan->group_members > 0)
        text_counted(members, plan->group_members, "member");
    if (event->launch->resume) /* of the plan: nobody looked again */
        launch_sheet_add(sheet, "old group", THEME_TEXT, "%s   %s when the plan was made, only read", plan->group,
                         plan->group_state[0] ? plan->group_state : "-");
    else
        launch_sheet_add(sheet, "old group", members[0] ? THEME_WARNING : THEME_TEXT, "%s   %s%s%s%s%s", plan->group,
                         plan->group_state[0] ? plan->group_state : "-", members[0] ? ", " : "", members, connector,
                         members[0] ? "" : ", only read"); /* what has members fills the row */
}

static void add_source(struct launch_sheet *sheet, const struct engine_event *event)
{
    const struct engine_launch *launch = event->launch;
    const struct cutover_plan *plan = launch->plan;
    char counted[TEXT_COUNTED_SIZE];

    launch_sheet_add(sheet, "from", THEME_TEXT, "%s, %s, read %s", plan->topic,
                     text_counted(counted, (int64_t)plan->count, "partition"),
                     plan->read_committed ? "committed" : "uncommitted");
    launch_sheet_add(sheet, "to", THEME_TEXT, "s3://%s/%s   %s, %s, %lld MiB, %s folders", launch->bucket,
                     launch->prefix, launch->format, launch->compression, (long long)(launch->size_bytes / MIB),
                     launch->folders);
    launch_sheet_add(sheet, "at", THEME_DIM, "%s", launch->endpoint);
    add_group(sheet, event);
    if (launch->resume)
        launch_sheet_add(sheet, "stream", THEME_TEXT, "%s   is there already: its plan holds, this goes on",
                         launch->stream);
    else
        launch_sheet_add(sheet, "stream", THEME_TEXT, "%s   own group %s, no commits", launch->stream,
                         launch->own_group);
}

const char *launch_sheet_start_word(const struct cutover_plan *plan)
{
    return plan->start.kind == CUTOVER_START_TIME ? "at a time" : cutover_start_name(plan->start.kind);
}

static void add_start(struct launch_sheet *sheet, const struct engine_launch *launch, bool local)
{
    const struct cutover_plan *plan = launch->plan;
    char time[ZONE_TEXT_SIZE] = "";

    if (plan->start.time != TIMESTAMP_NONE)
        zone_full(local, time, plan->start.time);
    launch_sheet_add(sheet, "start", THEME_TEXT, "%s%s%s   plan %s", time, time[0] ? "  " : "",
                     launch_sheet_start_word(plan), plan->id);
}

/* "15:21Z", or with its date where that is not today. */
static void deadline_text(const struct engine_launch *launch, const struct canvas *canvas, char *out, size_t size)
{
    char text[TIMESTAMP_TEXT_SIZE], zone[ZONE_NAME_SIZE];

    if (launch->deadline == TIMESTAMP_NONE) {
        out[0] = '\0';
        return;
    }
    if (launch->deadline <= canvas->now) {
        snprintf(out, size, "retention is at work NOW");
        return;
    }
    zone_short(canvas->local, text, launch->deadline, canvas->now);
    text[5] = strlen(text) == 8 ? '\0' : text[5];
    /* The narrowest box has no room for an offset beside the longer words. */
    snprintf(out, size, "%s %s%s", canvas->local ? "more after" : "none more before", text,
             zone_name(canvas->local, launch->deadline, zone));
}

static void add_costs(struct launch_sheet *sheet, const struct engine_launch *launch, const struct canvas *canvas)
{
    const struct cutover_plan *plan = launch->plan;
    const struct cutover_totals *totals = &plan->totals;
    const struct cutover_plan_row *worst = NULL;
    char behind[160], text[TEXT_NUMBER_SIZE], deadline[64];

    for (size_t i = 0; i < plan->count; i++)
        if (plan->rows[i].duplicates > 0 && (!worst || plan->rows[i].duplicates > worst->duplicates))
            worst = &plan->rows[i];
    snprintf(behind, sizeof(behind), "offsets in %zu     %s", totals->gap_in,
             totals->gap > 0 ? "delivered by NEITHER side" : "nothing skipped");
    add_number(sheet, "gap", totals->gap > 0 ? THEME_BAD : THEME_TEXT, totals->gap, behind);
    bool moving = launch_sheet_is_moving(launch);
    snprintf(behind, sizeof(behind), "offsets in %zu%s", totals->duplicates_in, moving ? "     or more" : "");
    if (worst)
        snprintf(behind, sizeof(behind), "offsets in %zu     worst p%d %s%s", totals->duplicates_in, worst->partition,
                 text_count(text, worst->duplicates), moving ? ", or more" : "");
    add_number(sheet, "dup", THEME_TEXT, totals->duplicates, behind);
    deadline_text(launch, canvas, deadline, sizeof(deadline));
    snprintf(behind, sizeof(behind), "offsets in %zu     %s", totals->lost_in, deadline);
    add_number(sheet, "lost", totals->lost > 0 ? THEME_BAD : THEME_TEXT, totals->lost, behind);
    add_number(sheet, "lost unknown", totals->lost_unknown > 0 ? THEME_WARNING : THEME_TEXT,
               (int64_t)totals->lost_unknown, "partitions without a commit");
}

static void add_to_read(struct launch_sheet *sheet, const struct engine_launch *launch, bool local)
{
    const struct cutover_plan *plan = launch->plan;
    char time[ZONE_TEXT_SIZE], behind[160];
    bool until = plan->count > 0 && plan->rows[0].until != OFFSET_NONE;

    snprintf(behind, sizeof(behind), "offsets to the end as of %s",
             zone_named(local, time, plan->taken_at, plan->taken_at));
    if (plan->until_time != TIMESTAMP_NONE)
        snprintf(behind, sizeof(behind), "offsets until %s, then it stops", zone_full(local, time, plan->until_time));
    else if (until)
        snprintf(behind, sizeof(behind), "offsets to the end at launch, where it stops");
    if (launch->resume && launch->behind != OFFSET_NONE)
        add_number(sheet, "left", THEME_TEXT, launch->behind, "offsets not delivered yet, by its commits");
    else
        add_number(sheet, "to read", THEME_TEXT, plan->totals.to_read, behind);
}

static void add_values(struct launch_sheet *sheet, const struct engine_launch *launch)
{
    const size_t *kinds = launch->plan->totals.kinds;
    char text[300] = "";
    size_t sampled = 0, used = 0;
    bool breaks = false, lines = strcmp(launch->format, "lines") == 0;

    for (int kind = VALUE_UNKNOWN + 1; kind <= VALUE_TOMBSTONE; kind++) {
        sampled += kinds[kind];
        if (kinds[kind] == 0 || used >= sizeof(text))
            continue;
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s in %zu", used > 0 ? ", " : "",
                                 engine_value_kind_name((enum value_kind)kind), kinds[kind]);
        breaks = breaks || engine_value_kind_breaks_lines((enum value_kind)kind);
    }
    if (sampled == 0)
        launch_sheet_add(sheet, "values", THEME_DIM, "none sampled");
    else if (breaks && lines)
        launch_sheet_add(sheet, "values", THEME_WARNING, "%s of %zu sampled: `lines` breaks some of them", text,
                         sampled);
    else
        launch_sheet_add(sheet, "values", THEME_TEXT, "%s of %zu sampled, fit for %s", text, sampled, launch->format);
}

static void add_checks(struct launch_sheet *sheet, const struct engine_event *event, bool inside)
{
    const struct engine_launch *launch = event->launch;
    int64_t skew = llabs((long long)launch->clock_skew_ms);
    char off[TEXT_NUMBER_SIZE];
    bool good = launch->exactly_once && skew < SKEW_BAD_MS;

    launch_sheet_add(sheet, "checks", good ? THEME_TEXT : THEME_WARNING,
                     "bucket write ok   create-once %s   clock %lld.%lld s %s   %s", launch->exactly_once ? "ok" : "NO",
                     (long long)(skew / 1000), (long long)(skew % 1000 / 100), skew < SKEW_BAD_MS ? "ok" : "OFF",
                     launch->tls ? "TLS ok" : "no TLS");
    if (skew >= SKEW_BAD_MS)
        launch_sheet_add(sheet, "clock", THEME_WARNING, "%s %s the store's: timedatectl set-ntp true",
                         text_duration(off, skew), launch->clock_skew_ms < 0 ? "ahead of" : "behind");
    if (!launch->exactly_once)
        launch_sheet_add(sheet, "store", THEME_BAD, "AT LEAST ONCE: %s", launch->store_reason);
    launch_sheet_add(sheet, "identity", THEME_TEXT, "%s%s%s", launch->identity, launch->expires ? ", until " : "",
                     launch->expires ? launch->expires : "");
    if (!inside)
        launch_sheet_add(sheet, "warning", THEME_WARNING, "not inside tmux or screen: a hang-up drains and stops");
}

void launch_sheet_fill(struct launch_sheet *sheet, const struct engine_event *event, bool inside,
                       const struct canvas *canvas)
{
    const struct engine_launch *launch = event->launch;

    add_source(sheet, event);
    add_start(sheet, launch, canvas->local);
    if (launch->plan->group)
        add_costs(sheet, launch, canvas);
    add_to_read(sheet, launch, canvas->local);
    if (!launch->resume)
        add_values(sheet, launch);
    add_checks(sheet, event, inside);
}
