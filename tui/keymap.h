/* Keys: one number for each, their names, and which action a key means in which view.
 *
 * Code points stand for themselves, control keys for their control character, and what has no character (arrows, F1) is
 * KEYMAP_SPECIAL plus ncurses' number. Filled once from the action list; plain values afterwards.
 */
#ifndef TUI_KEYMAP_H
#define TUI_KEYMAP_H

#include "tui/action.h"

#include <stdint.h>

enum {
    KEYMAP_SPECIAL = 0x200000, /* above every code point */
    KEYMAP_ENTER = '\r',
    KEYMAP_ESCAPE = 27,
    KEYMAP_TAB = '\t',
    KEYMAP_BACKSPACE = 127,
    KEYMAP_PASTE_BEGINS = 0x300000, /* no key: the terminal's marks around what was pasted (paste.h) */
    KEYMAP_PASTE_ENDS = 0x300001,
    KEYMAP_SIZE = 192, /* keys in all; the list has about 120 */
};

struct keymap_entry {
    int key;
    unsigned where;
    enum action action;
};

struct keymap {
    struct keymap_entry entries[KEYMAP_SIZE];
    size_t count;
};

/* Reads the action list. Fails (ERROR_INTERNAL) on a key name it does not know and on a key that is bound twice within a
 * view; the unit test calls it, so a bad row never leaves the house. */
bool keymap_init(struct keymap *keymap, struct error *err) MUST_CHECK;

/* Adds the keys of one row; what keymap_init does for each. */
bool keymap_add(struct keymap *keymap, const struct action_row *row, struct error *err) MUST_CHECK;

/* ACTION_NONE when the key means nothing in that view. */
enum action keymap_action(const struct keymap *keymap, unsigned scope, int key);

/* "Enter", "Ctrl-U", "F5", "PgDn", "Space", "j": the key's number, or 0. */
int keymap_key(const char *name);

/* A key as ncurses gave it (special: it is one of its KEY_ numbers) as our number: one Enter, one Backspace. */
int keymap_normal(bool special, uint32_t code);

#endif
