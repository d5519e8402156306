/* The strip: partitions in order, the worst of each cell. */
#include "tui/skew_strip.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

void skew_strip_cell(const struct skew_strip *strip, const struct skew_facts *facts, int cell, size_t *first,
                     size_t *end)
{
    *first = (size_t)cell * facts->count / (size_t)strip->cells;
    *end = ((size_t)cell + 1) * facts->count / (size_t)strip->cells;
}

static char worst_of(const struct skew_facts *facts, size_t first, size_t end)
{
    char worst = ' ';

    for (size_t i = first; i < end; i++) {
        char sign = skew_sign(&facts->survey->partitions[facts->chosen[i]], facts->times.median);

        if (skew_rank(sign) > skew_rank(worst))
            worst = sign;
    }
    return worst;
}

void skew_strip_fill(struct skew_strip *strip, const struct skew_facts *facts, int cells_a_row, int rows)
{
    int cells, most;

    if (cells_a_row < 1)
        cells_a_row = 1;
    most = cells_a_row * (rows > 0 ? rows : 1);
    if (most > SKEW_STRIP_MOST)
        most = SKEW_STRIP_MOST / cells_a_row * cells_a_row;
    cells = facts->count < (size_t)most ? (int)facts->count : most;
    if (strip->generation == facts->generation && strip->cells == cells && strip->cells_a_row == cells_a_row)
        return;
    *strip = (struct skew_strip){ .cells_a_row = cells_a_row, .cells = cells, .generation = facts->generation };
    strip->rows = (cells + cells_a_row - 1) / cells_a_row;
    for (int cell = 0; cell < cells; cell++) {
        size_t first, end;

        skew_strip_cell(strip, facts, cell, &first, &end);
        strip->signs[cell] = worst_of(facts, first, end);
    }
}

/* Signs in their roles, equal neighbours at once. */
static void draw_signs(const struct skew_strip *strip, const struct canvas *canvas, int line, int from, int to)
{
    int after;

    for (int cell = from; cell < to; cell = after) {
        for (after = cell + 1; after < to && strip->signs[after] == strip->signs[cell]; after++)
            continue;
        canvas_repeat(canvas, line, 1 + cell - from, after - cell, skew_role(strip->signs[cell]), strip->signs[cell]);
    }
}

void skew_strip_draw(const struct skew_strip *strip, const struct skew_facts *facts, const struct canvas *canvas,
                     int line, int cursor)
{
    for (int row = 0; row < strip->rows; row++) {
        int from = row * strip->cells_a_row, to = from + strip->cells_a_row;
        size_t first, end;

        if (to > strip->cells)
            to = strip->cells;
        draw_signs(strip, canvas, line + row, from, to);
        if (cursor >= from && cursor < to) {
            struct canvas marked = *canvas;

            marked.reverse = true;
            canvas_repeat(&marked, line + row, 1 + cursor - from, 1, skew_role(strip->signs[cursor]),
                          strip->signs[cursor]);
        }
        skew_strip_cell(strip, facts, from, &first, &end);
        if (strip->rows > 1)
            canvas_printf(canvas, line + row, strip->cells_a_row + 3, THEME_DIM, "p%d-", (int)facts->chosen[first]);
    }
}

void skew_strip_draw_legend(const struct skew_strip *strip, const struct skew_facts *facts, const struct canvas *canvas,
                            int line)
{
    static const char signs[] = ". <=5m  : <=15m  * <=30m  @ more  =?<o>! state";
    size_t cells = strip->cells > 0 ? (size_t)strip->cells : 1;
    char text[96];

    if (facts->count > cells)
        snprintf(text, sizeof(text), "strip, worst of about %zu a cell: %s", (facts->count + cells / 2) / cells, signs);
    else if (facts->count > 0)
        snprintf(text, sizeof(text), "strip p%d..p%d, behind p50: %s", (int)facts->chosen[0],
                 (int)facts->chosen[facts->count - 1], signs);
    else
        snprintf(text, sizeof(text), "strip: no partition matches");
    canvas_fit(canvas, line, 1, canvas->columns - 1, true, THEME_DIM, text);
}
