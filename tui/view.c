/* What views share. */
#include "tui/view.h"

#include <string.h>

#include "base/text.h"

bool view_keep(struct engine_event **kept, struct engine_event **event)
{
    if (*kept && (*kept)->final && !(*event)->final)
        return false;
    engine_event_free(*kept);
    *kept = *event;
    *event = NULL;
    return true;
}

int view_first_line(void)
{
    return 1;
}

int view_last_line(const struct canvas *canvas)
{
    return canvas->lines - 3;
}

void view_draw_empty(const struct canvas *canvas, int line, const char *error)
{
    if (!error) {
        canvas_text(canvas, line, 1, THEME_DIM, "waiting for the first answer");
        return;
    }
    line = canvas_wrap(canvas, line, view_last_line(canvas) - 1, 1, THEME_BAD, error);
    canvas_text(canvas, line, 1, THEME_DIM, "r tries again; the log (6) may say more");
}

void view_draw_subject(const struct canvas *canvas, const char *word, const char *names, const char *counts)
{
    enum { LEAST_NAME_CELLS = 16 };
    int line = view_first_line();
    int column = canvas_text(canvas, line, 1, THEME_TITLE, word) + 2;
    int room = canvas->columns - column - 3 - (int)text_width(counts);
    struct buffer shown;

    buffer_init(&shown, 0);
    canvas_shown(canvas, &shown, names);
    if (shown.length > 0) {
        int cells = (int)text_width(shown.data);

        if (room < LEAST_NAME_CELLS)
            room = LEAST_NAME_CELLS;
        column = canvas_fit(canvas, line, column, cells < room ? cells : room, true, THEME_TEXT, names) + 3;
    }
    if (canvas->columns > column)
        canvas_fit(canvas, line, column, canvas->columns - column, true, THEME_TEXT, counts);
    buffer_clear(&shown);
}

void view_append_sink(const struct engine_event *event, bool brief, struct buffer *out)
{
    const struct cutover_survey *survey = event->survey;

    if (event->connector_count > 0) {
        buffer_printf(out, "%s%s", brief ? "" : "old sink ", event->connectors[0].state);
        return;
    }
    buffer_printf(out, "%s%s", brief ? "" : "group ", survey->group_state[0] ? survey->group_state : "-");
    if (survey->group_members > 0)
        buffer_printf(out, ", %d member%s", survey->group_members, survey->group_members == 1 ? "" : "s");
}

/* The words of the value column. */
static const struct {
    const char *text;
    bool breaks_lines;
} kinds[] = {
    [VALUE_UNKNOWN] = { "",         false },
      [VALUE_JSON] = { "JSON",     false },
      [VALUE_TEXT] = { "text",     false },
    [VALUE_MULTI_LINE] = { "multi !",  true  },
      [VALUE_AVRO] = { "avro !",   true  },
      [VALUE_BINARY] = { "binary !", true  },
    [VALUE_TOMBSTONE] = { "no value", false },
};

const char *view_kind_text(enum value_kind kind)
{
    return kinds[kind].text;
}

bool view_kind_breaks_lines(enum value_kind kind)
{
    return kinds[kind].breaks_lines;
}
