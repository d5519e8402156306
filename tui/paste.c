/* Where a paste begins and ends. */
#include "tui/paste.h"

#include "tui/keymap.h"

enum { LOST_AFTER_MS = 5000 }; /* a line that retransmits rests for a second or two */

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
    if (key < ' ' || key == KEYMAP_BACKSPACE || key >= KEYMAP_SPECIAL) {
        if (key == KEYMAP_ENTER)
            paste->line_over = paste->line_begun;
        return PASTE_NOTHING;
    }
    paste->last = now;
    paste->line_begun = true;
    return paste->line_over ? PASTE_NOTHING : PASTE_TEXT;
}
