/* Partitions by time of their commit. */
#include "tui/skew_histogram.h"

#include <string.h>

#include "base/text.h"

enum {
    COUNT_CELLS = 20, /* beside the bars: the last label and the numbers of the scale */
    LEAST_CELLS = 30,
};

static bool same_axis(const struct timeline_axis *a, const struct timeline_axis *b)
{
    return a->start == b->start && a->cell_ms == b->cell_ms && a->cells == b->cells && a->until == b->until;
}

void skew_histogram_fill(struct skew_histogram *histogram, const struct skew_facts *facts,
                         const struct timeline_axis *axis)
{
    if (histogram->generation == facts->generation && same_axis(&histogram->axis, axis))
        return;
    *histogram = (struct skew_histogram){ .axis = *axis, .generation = facts->generation };
    for (size_t i = 0; i < facts->count; i++) {
        const struct cutover_partition *partition = &facts->survey->partitions[facts->chosen[i]];
        int cell;

        if (partition->state == CUTOVER_ERROR || partition->committed_time < 0)
            continue;
        cell = timeline_cell(axis, partition->committed_time);
        if (cell < 0)
            histogram->before++;
        else if (cell >= axis->cells)
            histogram->after++;
        else if (++histogram->counts[cell] > histogram->most)
            histogram->most = histogram->counts[cell];
    }
}

/* x to the power of n, for 1 <= x <= 10,000 and n <= 40: far inside a double. */
static double power(double x, int n)
{
    double result = 1;

    for (; n > 0; n--)
        result *= x;
    return result;
}

/* 1 + round((rows - 1) log count / log most), without logarithms: count^(2 (rows - 1)) >= most^(2 height - 3). */
int skew_histogram_height(int count, int most, int rows)
{
    int height = 1;

    if (count <= 0 || rows <= 0)
        return 0;
    if (count >= most)
        return most > 1 ? rows : 1;
    while (height < rows && power(count, 2 * (rows - 1)) >= power(most, 2 * height - 1))
        height++;
    return height;
}

int skew_histogram_cells(int columns)
{
    int cells = (columns - COUNT_CELLS) / 15 * 15;

    if (cells < LEAST_CELLS)
        return LEAST_CELLS;
    return cells < TIMELINE_MOST_CELLS ? cells : TIMELINE_MOST_CELLS / 15 * 15;
}

static void draw_row(const struct skew_histogram *histogram, const struct canvas *canvas, int line, int height,
                     int rows, int cursor, bool through)
{
    char text[TIMELINE_MOST_CELLS + 1];
    int cells = histogram->axis.cells;

    for (int cell = 0; cell < cells; cell++)
        text[cell] = skew_histogram_height(histogram->counts[cell], histogram->most, rows) >= height ? '#' : ' ';
    text[cells] = '\0';
    canvas_text(canvas, line, 1, THEME_OLD_SINK, text);
    if (cursor < 0 || cursor >= cells)
        return;
    if (text[cursor] == '#') {
        struct canvas marked = *canvas;

        marked.reverse = !through;
        canvas_repeat(&marked, line, 1 + cursor, 1, THEME_KEY, '#');
    } else if (through) {
        canvas_repeat(canvas, line, 1 + cursor, 1, THEME_KEY, '|');
    }
}

static void draw_rule(const struct skew_histogram *histogram, const struct canvas *canvas, int line, int cursor)
{
    int cells = histogram->axis.cells;

    canvas_repeat(canvas, line, 1, cells, THEME_DIM, '-');
    if (cursor >= 0 && cursor < cells)
        canvas_repeat(canvas, line, 1 + cursor, 1, THEME_KEY, '^');
    if (histogram->before > 0)
        canvas_repeat(canvas, line, 1, 1, THEME_COMMIT, '<');
    if (histogram->after > 0)
        canvas_repeat(canvas, line, cells, 1, THEME_COMMIT, '>');
}

void skew_histogram_draw(const struct skew_histogram *histogram, const struct canvas *canvas, int line, int rows,
                         int cursor, bool through)
{
    int cells = histogram->axis.cells;
    char number[TEXT_NUMBER_SIZE];

    for (int height = rows; height >= 1; height--)
        draw_row(histogram, canvas, line + rows - height, height, rows, cursor, through);
    if (histogram->most > 1)
        canvas_text(canvas, line, cells + 3, THEME_DIM, text_count(number, histogram->most));
    if (histogram->most > 0 && rows > 1)
        canvas_text(canvas, line + rows - 1, cells + 3, THEME_DIM, "1");
    draw_rule(histogram, canvas, line + rows, cursor);
    timeline_draw_labels(&histogram->axis, canvas, line + rows + 1, 1, true);
}
