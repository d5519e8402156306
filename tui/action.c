/* The rows of the one list, and what footer and help read from them. */
#include "tui/action.h"

#include <assert.h>
#include <string.h>

static const struct action_row rows[ACTION_COUNT] = {
#define ACTION_ROW(name, where, footer, keys, word, help) \
    [ACTION_##name] = { ACTION_##name, where, footer, #name, keys, word, help },
    ACTIONS(ACTION_ROW)
#undef ACTION_ROW
};

const struct action_row *action_row(enum action action)
{
    assert(action > ACTION_NONE && action < ACTION_COUNT);
    return &rows[action];
}

bool action_key(const struct action_row *row, size_t number, char out[16])
{
    const char *at = row->keys;

    for (; number > 0; number--) {
        at = strchr(at, ' ');
        if (!at)
            return false;
        at++;
    }
    size_t length = strcspn(at, " ");
    if (length == 0 || length >= 16)
        return false;
    memcpy(out, at, length);
    out[length] = '\0';
    return true;
}

/* Appends " name" (or "name" at the start) where it fits. */
static void add_key(char *keys, size_t size, const char *name)
{
    size_t used = strlen(keys), length = strlen(name);

    if (used + length + 2 > size)
        return;
    if (used > 0)
        keys[used++] = ' ';
    memcpy(keys + used, name, length + 1);
}

/* First keys of all merged rows, then their second keys: "j k Down Up". */
static void join_keys(enum action first, enum action after, unsigned scope, char *keys, size_t size)
{
    bool more = true;

    keys[0] = '\0';
    for (size_t number = 0; more; number++) {
        more = false;
        for (enum action action = first; action < after; action++) {
            char name[16];

            if (!(rows[action].where & scope) || !action_key(&rows[action], number, name))
                continue;
            add_key(keys, size, name);
            more = true;
        }
    }
}

size_t action_help(unsigned scope, struct action_line *lines, size_t size)
{
    size_t count = 0;
    enum action after;

    for (enum action action = 1; action < ACTION_COUNT && count < size; action = after) {
        after = action + 1;
        if (!(rows[action].where & scope))
            continue;
        while (after < ACTION_COUNT && (rows[after].where & scope) && strcmp(rows[after].help, rows[action].help) == 0)
            after++;
        lines[count] =
            (struct action_line){ .here = (rows[action].where & IN_ALL) != IN_ALL, .help = rows[action].help };
        join_keys(action, after, scope, lines[count].keys, sizeof(lines[count].keys));
        count++;
    }
    return count;
}

size_t action_footer(unsigned scope, struct action_entry *entries, size_t size)
{
    size_t count = 0;

    for (enum action action = 1; action < ACTION_COUNT; action++) {
        const struct action_row *row = &rows[action];
        char name[16];

        if (!(row->footer & scope) || !action_key(row, 0, name))
            continue;
        if (count == 0 || strcmp(entries[count - 1].word, row->word) != 0) {
            if (count == size)
                break;
            entries[count] = (struct action_entry){ .word = row->word };
            count++;
        }
        add_key(entries[count - 1].keys, sizeof(entries[count - 1].keys), name);
    }
    return count;
}
