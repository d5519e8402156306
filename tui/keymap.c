/* Key names and the way from a key to an action. */
#include "tui/keymap.h"

#include <curses.h>
#include <string.h>

#include "base/utf8.h"

struct key_name {
    const char *name;
    int key;
};

static const struct key_name names[] = {
    { "Enter",     KEYMAP_ENTER               },
    { "Esc",       KEYMAP_ESCAPE              },
    { "Tab",       KEYMAP_TAB                 },
    { "Shift-Tab", KEYMAP_SPECIAL + KEY_BTAB  },
    { "Space",     ' '                        },
    { "Backspace", KEYMAP_BACKSPACE           },
    { "Up",        KEYMAP_SPECIAL + KEY_UP    },
    { "Down",      KEYMAP_SPECIAL + KEY_DOWN  },
    { "Left",      KEYMAP_SPECIAL + KEY_LEFT  },
    { "Right",     KEYMAP_SPECIAL + KEY_RIGHT },
    { "Home",      KEYMAP_SPECIAL + KEY_HOME  },
    { "End",       KEYMAP_SPECIAL + KEY_END   },
    { "PgUp",      KEYMAP_SPECIAL + KEY_PPAGE },
    { "PgDn",      KEYMAP_SPECIAL + KEY_NPAGE },
    { "Delete",    KEYMAP_SPECIAL + KEY_DC    },
    { "F1",        KEYMAP_SPECIAL + KEY_F(1)  },
    { "F2",        KEYMAP_SPECIAL + KEY_F(2)  },
    { "F5",        KEYMAP_SPECIAL + KEY_F(5)  },
    { "F10",       KEYMAP_SPECIAL + KEY_F(10) },
};

int keymap_key(const char *name)
{
    size_t length = strlen(name), used;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].key;
    if (strncmp(name, "Ctrl-", 5) == 0 && length == 6 && name[5] >= 'A' && name[5] <= 'Z')
        return name[5] - 'A' + 1;
    if (length == 0)
        return 0;
    uint32_t code = utf8_next(name, length, &used);
    return code != UTF8_INVALID && used == length && code > ' ' ? (int)code : 0;
}

int keymap_normal(bool special, uint32_t code)
{
    if (special && code == KEY_ENTER)
        return KEYMAP_ENTER;
    if (special && code == KEY_BACKSPACE)
        return KEYMAP_BACKSPACE;
    if (special)
        return KEYMAP_SPECIAL + (int)code;
    if (code == '\n')
        return KEYMAP_ENTER;
    return code == '\b' ? KEYMAP_BACKSPACE : (int)code;
}

bool keymap_add(struct keymap *keymap, const struct action_row *row, struct error *err)
{
    char name[16];

    for (size_t number = 0; action_key(row, number, name); number++) {
        int key = keymap_key(name);

        if (key == 0)
            return error_set(err, ERROR_INTERNAL, "action %s has a key \"%s\" that does not exist", row->name, name);
        for (size_t i = 0; i < keymap->count; i++)
            if (keymap->entries[i].key == key && (keymap->entries[i].where & row->where))
                return error_set(err, ERROR_INTERNAL, "key %s means both %s and %s in one view", name,
                                 action_row(keymap->entries[i].action)->name, row->name);
        if (keymap->count == KEYMAP_SIZE)
            return error_set(err, ERROR_INTERNAL, "more than %d keys", KEYMAP_SIZE);
        keymap->entries[keymap->count++] = (struct keymap_entry){ key, row->where, row->action };
    }
    return true;
}

bool keymap_init(struct keymap *keymap, struct error *err)
{
    keymap->count = 0;
    for (enum action action = 1; action < ACTION_COUNT; action++)
        if (!keymap_add(keymap, action_row(action), err))
            return false;
    return true;
}

enum action keymap_action(const struct keymap *keymap, unsigned scope, int key)
{
    for (size_t i = 0; i < keymap->count; i++)
        if (keymap->entries[i].key == key && (keymap->entries[i].where & scope))
            return keymap->entries[i].action;
    return ACTION_NONE;
}
