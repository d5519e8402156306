/* Every partition in order, many in one cell: the sign of the worst of them.
 *
 *   ...*.....*..*.*....:......@.....................@..*........  p0-
 *   .......@..@.....@...........*@.:..*@...@............@.......  p2500-
 */
#ifndef TUI_SKEW_STRIP_H
#define TUI_SKEW_STRIP_H

#include "tui/canvas.h"
#include "tui/skew_facts.h"

enum {
    SKEW_STRIP_MOST = 4096, /* cells */
};

struct skew_strip {
    int cells_a_row, rows, cells; /* cells: in all, at most one for each partition */
    char signs[SKEW_STRIP_MOST + 1];
    uint64_t generation;
};

/* Fills at most `rows` rows of so many cells with the chosen partitions. Does nothing where nothing is different from the
 * last call. */
void skew_strip_fill(struct skew_strip *strip, const struct skew_facts *facts, int cells_a_row, int rows);

/* The chosen partitions of a cell: facts->chosen[*first] up to, and without, [*end]. */
void skew_strip_cell(const struct skew_strip *strip, const struct skew_facts *facts, int cell, size_t *first,
                     size_t *end);

/* strip->rows lines. cursor: a cell that is marked; -1 none. */
void skew_strip_draw(const struct skew_strip *strip, const struct skew_facts *facts, const struct canvas *canvas,
                     int line, int cursor);
/* The line above: what the signs mean. */
void skew_strip_draw_legend(const struct skew_strip *strip, const struct skew_facts *facts, const struct canvas *canvas,
                            int line);

#endif
