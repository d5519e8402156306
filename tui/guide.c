/* Seven steps: their views, their words, and the numbers that were seen on the way. */
#include "tui/guide.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/zone.h"

enum {
    VIEW_LEAST = 13, /* lines that a view needs with the console's own three rows */
    LABEL_CELLS = 27,
    NARROW_LABEL_CELLS = 9,
    WIDE_COLUMNS = 78, /* what a row with its whole label takes */
};

enum step {
    STEP_TOPIC,
    STEP_SKEW,
    STEP_START,
    STEP_STOP,
    STEP_LAUNCH,
    STEP_WATCH,
    STEP_AUDIT,
};

static const struct step_row {
    enum view_kind view;
    int lines; /* the panel's, its rule included */
    const char *title;
    const char *words;
} steps[GUIDE_STEPS] = {
    [STEP_TOPIC] = { VIEW_TOPICS,   7, "the topic",
                    "An old sink copies this topic to S3. A new pipeline is to take over. Which record does it begin "
                     "with? Begin too late, and records are in neither; too early, and they are in S3 twice."     },
    [STEP_SKEW] = { VIEW_SKEW,     7, "the skew",
                    "The old sink committed an offset in each partition. Each row shows the time of the record at that "
                    "commit, read from the record itself. They are not at the same time: the partitions have drifted "
                    "apart."                                                                                      },
    [STEP_START] = { VIEW_START,    9, "where to start",
                    "A managed delivery stream offers the first three. Only a tool that reads the commits can offer "
                     "the last two. Move with j k and watch the rows above."                                      },
    [STEP_STOP] = { VIEW_GROUPS,   7, "stop the old sink", ""                                                    },
    [STEP_LAUNCH] = { VIEW_LAUNCH,   4, "launch",
                    "All numbers once more. What cannot be undone is typed: the stream's name, and what is lost." },
    [STEP_WATCH] = { VIEW_PIPELINE, 4, "watch",             ""                                                    },
    [STEP_AUDIT] = { VIEW_AUDIT,    7, "proof",
                    "The audit lists what lies in S3 and compares it with the plan. It needs nothing but the bucket: "
                     "anybody can run it again later."                                                            },
};

enum position { AT_NOW, AT_EARLIEST, AT_TIME, AT_SAFE, AT_COMMITTED, POSITIONS };

static const char *const position_names[POSITIONS] = {
    "now", "earliest", "at TIME", "safe (the earliest commit)", "committed (each its own)",
};

struct seen {
    bool known;
    timestamp_ms time;
    int64_t gap, duplicates;
};

struct guide {
    char *topic, *group, *stream, *bucket, *prefix;
    bool demo;
    enum step step;
    enum position position;
    struct seen positions[POSITIONS];
    char time_text[TIMESTAMP_TEXT_SIZE]; /* of AT_TIME, as it is typed; "" until it is known */
    char start[TIMESTAMP_TEXT_SIZE];     /* of the launch, as it is typed */

    char group_state[24];
    int members;
    int64_t passed, expected; /* duplicates: offsets below the old commits */
    enum delivery_state delivery;
    bool delivered; /* a delivery was seen */
    bool audited, cutover_known;
    enum coverage_verdict verdict;
    struct coverage_counts predicted, found;
};

static char *copy(const char *text)
{
    return text ? memory_copy_text(text) : NULL;
}

struct guide *guide_new(const struct view_subject *subject, bool demo)
{
    struct guide *guide = memory_new(sizeof(*guide));

    guide->topic = copy(subject->topic);
    guide->group = copy(subject->group);
    guide->stream = copy(subject->stream);
    guide->bucket = copy(subject->bucket);
    guide->prefix = copy(subject->prefix);
    guide->demo = demo;
    guide->position = AT_SAFE;
    snprintf(guide->start, sizeof(guide->start), "safe");
    return guide;
}

void guide_free(struct guide *guide)
{
    if (!guide)
        return;
    free(guide->topic);
    free(guide->group);
    free(guide->stream);
    free(guide->bucket);
    free(guide->prefix);
    free(guide);
}

int guide_step(const struct guide *guide)
{
    return (int)guide->step + 1;
}

/* --- what the views are told --- */

static void see_plan(struct guide *guide, enum position position, const struct cutover_plan *plan)
{
    guide->positions[position] = (struct seen){
        .known = true,
        .time = plan->start.time,
        .gap = plan->totals.gap,
        .duplicates = plan->totals.duplicates,
    };
    if (position == AT_TIME && plan->start.time != TIMESTAMP_NONE)
        timestamp_text(guide->time_text, plan->start.time);
}

static enum position position_of(enum cutover_start_kind kind)
{
    switch (kind) {
    case CUTOVER_START_NOW: return AT_NOW;
    case CUTOVER_START_EARLIEST: return AT_EARLIEST;
    case CUTOVER_START_TIME: return AT_TIME;
    case CUTOVER_START_SAFE: return AT_SAFE;
    case CUTOVER_START_COMMITTED: return AT_COMMITTED;
    }
    return AT_SAFE;
}

/* Until a time was chosen, "at TIME" is the median commit: right for half of the partitions. */
static void see_choices(struct guide *guide, const struct engine_event *event)
{
    for (size_t i = 0; i < event->choice_count; i++) {
        const struct cutover_plan *plan = event->choices[i].plan;
        enum position position = position_of(plan->start.kind);

        if (position != AT_TIME || !guide->positions[AT_TIME].known)
            see_plan(guide, position, plan);
    }
}

static void see_groups(struct guide *guide, const struct engine_event *event)
{
    for (size_t i = 0; i < event->group_count; i++)
        if (guide->group && strcmp(event->groups[i].name, guide->group) == 0) {
            snprintf(guide->group_state, sizeof(guide->group_state), "%s", event->groups[i].state);
            guide->members = event->groups[i].members;
        }
}

static void see_survey(struct guide *guide, const struct cutover_survey *survey)
{
    snprintf(guide->group_state, sizeof(guide->group_state), "%s", survey->group_state);
    guide->members = survey->group_members;
}

static void see_delivery(struct guide *guide, const struct delivery_progress *progress)
{
    guide->passed = 0;
    guide->expected = 0;
    guide->delivered = true;
    guide->delivery = progress->state;
    for (size_t i = 0; i < progress->count; i++) {
        const struct delivery_partition *row = &progress->partitions[i];

        if (row->old_base == OFFSET_NONE || row->old_base <= row->start)
            continue;
        guide->expected += row->old_base - row->start;
        guide->passed += (row->delivered < row->old_base ? row->delivered : row->old_base) - row->start;
    }
}

static void see_audit(struct guide *guide, const struct coverage *coverage)
{
    guide->audited = true;
    guide->verdict = coverage->verdict;
    guide->cutover_known = coverage->cutover_known;
    guide->predicted = coverage->planned;
    guide->found = coverage->found;
}

void guide_observe(struct guide *guide, const struct engine_event *event)
{
    if (event->kind == ENGINE_GROUPS)
        see_groups(guide, event);
    if (event->kind == ENGINE_CHOICES)
        see_choices(guide, event);
    if (event->kind == ENGINE_PLAN && event->plan)
        see_plan(guide, position_of(event->plan->start.kind), event->plan);
    if (event->survey)
        see_survey(guide, event->survey);
    if (event->delivery)
        see_delivery(guide, event->delivery);
    if (event->coverage)
        see_audit(guide, event->coverage);
}

/* --- the panel --- */

int guide_lines(const struct guide *guide, const struct canvas *canvas)
{
    int lines = steps[guide->step].lines, room = canvas->lines - VIEW_LEAST;

    return lines < room ? lines : room > 2 ? room : 2;
}

/* A narrow screen has no room for what stands in brackets. */
static void draw_positions(const struct guide *guide, const struct canvas *canvas, int line, int last)
{
    bool narrow = canvas->columns < WIDE_COLUMNS;

    for (enum position i = AT_NOW; i < POSITIONS && line <= last; i++, line++) {
        const struct seen *seen = &guide->positions[i];
        char gap[TEXT_NUMBER_SIZE], duplicates[TEXT_NUMBER_SIZE], time[TIMESTAMP_TEXT_SIZE];
        enum theme_role role = i == guide->position ? THEME_TITLE : THEME_TEXT;
        bool timed = seen->known && seen->time != TIMESTAMP_NONE;
        int cells = narrow ? NARROW_LABEL_CELLS : LABEL_CELLS;

        canvas_printf(canvas, line, 1, role, "%c %-*.*s %-8s  gap %13s  dup %13s", i == guide->position ? '>' : ' ',
                      cells, narrow ? (int)strcspn(position_names[i], "(") : cells, position_names[i],
                      timed ? zone_short(canvas->local, time, seen->time, canvas->now) : "",
                      seen->known ? text_count(gap, seen->gap) : "~",
                      seen->known ? text_count(duplicates, seen->duplicates) : "~");
    }
}

static void append_stop(const struct guide *guide, struct buffer *out)
{
    bool gone = strcmp(guide->group_state, "Empty") == 0 || strcmp(guide->group_state, "Dead") == 0;

    buffer_append_text(out, "While the old sink runs its commits move, and its objects may be ahead of them. ");
    if (guide->group_state[0] && gone)
        buffer_printf(out, "%s is %s: it was stopped, it holds still, and its numbers are exact. ", guide->group,
                      guide->group_state);
    else if (guide->group_state[0])
        buffer_printf(out, "%s is %s with %d member%s: stop its connector now (headgate connect stop NAME). ",
                      guide->group, guide->group_state, guide->members, guide->members == 1 ? "" : "s");
    buffer_append_text(out,
                       "headgate itself never joins or changes another's group; a stop is Kafka Connect's own act.");
}

static void append_watch(const struct guide *guide, struct buffer *out)
{
    char passed[TEXT_NUMBER_SIZE], expected[TEXT_NUMBER_SIZE];

    if (!guide->delivered) {
        buffer_append_text(out, "Nothing was launched yet: N goes back to the launch.");
        return;
    }
    buffer_printf(out, "Duplicates: %s of %s expected have passed. ", text_count(passed, guide->passed),
                  text_count(expected, guide->expected));
    if (guide->passed >= guide->expected)
        buffer_append_text(out, "Every partition is past its old commit: from here on all is new. ");
    buffer_append_text(out, guide->delivery == DELIVERY_STOPPED
                                ? "The delivery has ended: n goes on to the proof."
                                : "F stores what is open now, X stops it when it has caught up; n goes on.");
}

static void append_compared(struct buffer *out, const char *what, int64_t predicted, int64_t found)
{
    char first[TEXT_NUMBER_SIZE], second[TEXT_NUMBER_SIZE];

    buffer_printf(out, "%s: predicted %s, found %s%s ", what, text_count(first, predicted), text_count(second, found),
                  predicted == found ? "." : " (NOT THE SAME).");
}

static void append_proof(const struct guide *guide, struct buffer *out)
{
    if (!guide->audited)
        return;
    buffer_printf(out, " Verdict %s. ", coverage_verdict_name(guide->verdict));
    if (!guide->cutover_known)
        return;
    append_compared(out, "Gap", guide->predicted.gap, guide->found.gap);
    append_compared(out, "Duplicates", guide->predicted.duplicates, guide->found.duplicates);
    append_compared(out, "Lost", guide->predicted.lost, guide->found.lost);
}

static void append_words(const struct guide *guide, struct buffer *out)
{
    buffer_append_text(out, steps[guide->step].words);
    if (guide->step == STEP_STOP)
        append_stop(guide, out);
    if (guide->step == STEP_LAUNCH && !guide->demo)
        buffer_append_text(out, " The guide never arms: that is for :arm.");
    if (guide->step == STEP_WATCH)
        append_watch(guide, out);
    if (guide->step == STEP_AUDIT)
        append_proof(guide, out);
}

static void draw_rule(const struct guide *guide, const struct canvas *canvas, int line)
{
    const char *keys = guide->step == STEP_TOPIC   ? " n next step  Esc leave "
                       : guide->step == STEP_AUDIT ? " N back  Esc leave "
                                                   : " n next step  N back  Esc leave ";
    int column =
        canvas_printf(canvas, line, canvas->plain, THEME_TITLE, "%s%s %d of %d: %s ", canvas->plain ? "" : "-- ",
                      guide->demo ? "DEMO" : "GUIDE", guide_step(guide), GUIDE_STEPS, steps[guide->step].title);
    if (!canvas->plain)
        canvas_repeat(canvas, line, column, canvas->columns - column, THEME_DIM, '-');
    if (!guide_has_keys(guide))
        canvas_text(canvas, line, canvas->columns - (int)strlen(keys) - 1, THEME_DIM, keys);
}

void guide_draw(const struct guide *guide, const struct canvas *canvas, int line)
{
    int last = line + guide_lines(guide, canvas) - 1;
    struct buffer words;

    buffer_init(&words, 0);
    append_words(guide, &words);
    draw_rule(guide, canvas, line);
    line = canvas_wrap(canvas, line + 1, last, 1, THEME_TEXT, words.data);
    if (guide->step == STEP_START) {
        draw_positions(guide, canvas, line, last);
        if (line + POSITIONS <= last)
            canvas_text(canvas, line + POSITIONS, 1, THEME_DIM, "Gap: neither sink delivers it. Dup: both do.");
    }
    buffer_clear(&words);
}

/* --- keys --- */

static enum guide_result move_by(struct guide *guide, int by)
{
    int position = (int)guide->position + by;

    if (guide->step != STEP_START)
        return GUIDE_IGNORED;
    if (position < 0 || position >= POSITIONS)
        return GUIDE_HANDLED;
    guide->position = (enum position)position;
    return GUIDE_MOVES;
}

const char *guide_position(const struct guide *guide)
{
    static const char *const words[POSITIONS] = { "now", "earliest", NULL, "safe", "committed" };

    if (guide->position != AT_TIME)
        return words[guide->position];
    return guide->time_text[0] ? guide->time_text : NULL;
}

/* The launch begins there. False while its time is not known. */
static bool take_position(struct guide *guide)
{
    const char *start = guide_position(guide);

    if (start)
        snprintf(guide->start, sizeof(guide->start), "%s", start);
    return start != NULL;
}

static enum guide_result apply(struct guide *guide)
{
    if (guide->step != STEP_START)
        return GUIDE_IGNORED;
    return take_position(guide) ? GUIDE_OPENS : GUIDE_HANDLED;
}

static enum guide_result go(struct guide *guide, int by)
{
    int step = (int)guide->step + by;

    /* What the rows above show is what is launched, applied by Enter or not. */
    if (guide->step == STEP_START)
        (void)take_position(guide);
    if (step < 0 || step >= GUIDE_STEPS)
        return GUIDE_HANDLED;
    guide->step = (enum step)step;
    return GUIDE_OPENS;
}

enum guide_result guide_action(struct guide *guide, enum action action)
{
    switch (action) {
    case ACTION_GUIDE_NEXT: return go(guide, 1);
    case ACTION_GUIDE_BACK: return go(guide, -1);
    case ACTION_GUIDE_DOWN: return move_by(guide, 1);
    case ACTION_GUIDE_UP: return move_by(guide, -1);
    case ACTION_GUIDE_APPLY: return apply(guide);
    case ACTION_GUIDE_LEAVE: return GUIDE_ENDS;
    default: return GUIDE_IGNORED;
    }
}

void guide_follow(struct guide *guide, enum view_kind view)
{
    for (enum step step = STEP_SKEW; step <= STEP_AUDIT; step++)
        if (steps[step].view == view && view != VIEW_GROUPS)
            guide->step = step;
}

bool guide_has_keys(const struct guide *guide)
{
    return guide->step == STEP_START;
}

enum view_kind guide_view(const struct guide *guide, struct view_subject *subject)
{
    *subject = (struct view_subject){
        .topic = guide->topic,
        .group = guide->group,
        .stream = guide->stream,
        .bucket = guide->bucket,
        .prefix = guide->prefix,
    };
    if (guide->step == STEP_START || guide->step == STEP_LAUNCH)
        subject->start = guide->start;
    return steps[guide->step].view;
}
