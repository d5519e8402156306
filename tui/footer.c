/* The last row. */
#include "tui/footer.h"

#include "tui/action.h"

#include <string.h>

enum {
    ENTRIES = 24,
    GAP = 2,
};

static int entry_cells(const struct action_entry *entry)
{
    return (int)(strlen(entry->keys) + 1 + strlen(entry->word));
}

void footer_draw(unsigned scope, const struct canvas *canvas, int line)
{
    struct action_entry entries[ENTRIES];
    size_t count = action_footer(scope, entries, ENTRIES);
    int column = 1;

    if (count == 0)
        return;
    int reserved = entry_cells(&entries[count - 1]) + GAP; /* help, always last */
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && column + entry_cells(&entries[i]) + reserved > canvas->columns)
            continue;
        column = canvas_text(canvas, line, column, THEME_KEY, entries[i].keys);
        column = canvas_text(canvas, line, column + 1, THEME_DIM, entries[i].word);
        column += GAP;
    }
}
