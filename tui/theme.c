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
    for (short role = 0; role < THEME_ROLES; role++)
        init_pair((short)(role + 1), colours ? roles[role].colour : -1, -1);
}

attr_t theme_attributes(enum theme_role role)
{
    return roles[role].attributes;
}

short theme_pair(enum theme_role role)
{
    /* Pairs start at 1: pair 0 cannot be redefined. Without colours ncurses wants 0. */
    return has_colors() ? (short)(role + 1) : 0;
}

char theme_letter(enum theme_role role)
{
    return roles[role].letter;
}

const char *theme_name(enum theme_role role)
{
    return roles[role].name;
}
