/* Colours by meaning. */
#include "tui/theme.h"

struct theme_row {
    const char *name;
    char letter;
    short colour; /* -1: the terminal's own */
    attr_t attributes;
};

static const struct theme_row roles[THEME_ROLES] = {
    [THEME_TEXT] = { "text",     '.', -1,            A_NORMAL },
    [THEME_TITLE] = { "title",    't', -1,            A_BOLD   },
    [THEME_DIM] = { "dim",      'd', COLOR_CYAN,    A_NORMAL },
    [THEME_KEY] = { "key",      'k', COLOR_CYAN,    A_BOLD   },
    [THEME_CLUSTER] = { "cluster",  'c', COLOR_MAGENTA, A_BOLD   },
    [THEME_MODE] = { "mode",     'm', COLOR_GREEN,   A_BOLD   },
    [THEME_GOOD] = { "good",     'g', COLOR_GREEN,   A_NORMAL },
    [THEME_WARNING] = { "warning",  'w', COLOR_YELLOW,  A_BOLD   },
    [THEME_BAD] = { "bad",      'b', COLOR_RED,     A_BOLD   },
    [THEME_OLD_SINK] = { "old sink", 'o', COLOR_BLUE,    A_NORMAL },
    [THEME_COMMIT] = { "commit",   'h', COLOR_YELLOW,  A_BOLD   },
    [THEME_WAITING] = { "waiting",  'n', -1,            A_NORMAL },
};

void theme_start(bool colours)
{
    if (!has_colors())
        return;
    start_color();
    use_default_colors();
    for (short role = THEME_TEXT + 1; role < THEME_ROLES; role++)
        init_pair(role, colours ? roles[role].colour : -1, -1);
}

attr_t theme_attributes(enum theme_role role)
{
    return roles[role].attributes;
}

short theme_pair(enum theme_role role)
{
    /* Plain text is pair 0, as the blanks between it are: another pair of the same colours would cost a change at each
     * gap. Without colours ncurses wants 0 for all. */
    return has_colors() ? (short)role : 0;
}

char theme_letter(enum theme_role role)
{
    return roles[role].letter;
}

const char *theme_name(enum theme_role role)
{
    return roles[role].name;
}
