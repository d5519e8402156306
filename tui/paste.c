/* Where a paste begins and ends. */
#include "tui/paste.h"

#include "tui/keymap.h"

enum { LOST_AFTER_MS = 1000 };

enum paste_step paste_key(struct paste *paste, int key, timestamp_ms now)
{
    if (key == KEYMAP_PASTE_BEGINS) {
        *paste = (struct paste){ .on = true, .last = now };
        return PASTE_NOTHING;
    }
    if (key == KEYMAP_PASTE_ENDS) {
        paste->on = false;
        return PASTE_OVER;
    }
    if (paste->on && now - paste->last > LOST_AFTER_MS)
        paste->on = false;
    if (!paste->on)
        return PASTE_IS_KEY;
    paste->last = now;
    if (key == KEYMAP_ENTER)
        paste->line_over = true;
    bool edits = key < ' ' || key == KEYMAP_BACKSPACE || key >= KEYMAP_SPECIAL;
    return paste->line_over || edits ? PASTE_NOTHING : PASTE_TEXT;
}
