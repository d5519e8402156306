/* Lines of text and a window on them. */
#include "tui/pager.h"

static size_t last_top(const struct pager *pager)
{
    return pager->count > pager->height ? pager->count - pager->height : 0;
}

static void go(struct pager *pager, size_t lines, bool down)
{
    if (down)
        pager->top += lines;
    else
        pager->top = pager->top > lines ? pager->top - lines : 0;
    if (pager->top > last_top(pager))
        pager->top = last_top(pager);
}

bool pager_action(struct pager *pager, enum action action)
{
    size_t page = pager->height > 1 ? pager->height - 1 : 1;

    switch (action) {
    case ACTION_DOWN: go(pager, 1, true); return true;
    case ACTION_UP: go(pager, 1, false); return true;
    case ACTION_TEXT_PAGE:
    case ACTION_PAGE_DOWN: go(pager, page, true); return true;
    case ACTION_PAGE_UP: go(pager, page, false); return true;
    case ACTION_HALF_DOWN: go(pager, (page + 1) / 2, true); return true;
    case ACTION_HALF_UP: go(pager, (page + 1) / 2, false); return true;
    case ACTION_TOP: pager->top = 0; return true;
    case ACTION_BOTTOM: pager->top = last_top(pager); return true;
    default: return false;
    }
}

void pager_resize(struct pager *pager, size_t count, size_t height)
{
    pager->count = count;
    pager->height = height;
    go(pager, 0, true);
}

void pager_reveal(struct pager *pager, size_t line)
{
    if (line < pager->top || line >= pager->top + pager->height)
        pager->top = line;
    go(pager, 0, true);
}

bool pager_at_end(const struct pager *pager)
{
    return pager->top >= last_top(pager);
}
