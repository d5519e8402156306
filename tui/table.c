/* A list with columns. */
#include "tui/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

void table_init(struct table *table, const struct table_rows *rows, const void *view, size_t sort_column,
                bool descending)
{
    assert(rows->column_count <= TABLE_COLUMNS);
    *table = (struct table){ .rows = rows, .view = view, .sort_column = sort_column, .descending = descending };
}

void table_clear(struct table *table)
{
    free(table->order);
    free(table->identity);
    free(table->filter);
}

static const char *identity_of(const struct table *table, size_t row, char out[64])
{
    return table->rows->identity(table->view, row, out);
}

static bool passes(const struct table *table, size_t row)
{
    char scratch[64];

    return !table->filter || strcasestr(identity_of(table, row, scratch), table->filter);
}

static const char *error_of(const struct table *table, size_t row)
{
    return table->rows->error ? table->rows->error(table->view, row) : NULL;
}

/* Order by the sort column; equal rows by the view's own order, which is stable from reading to reading. */
static int compare_rows(const void *left, const void *right, void *context)
{
    const struct table *table = context;
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    struct table_value x = table->rows->value(table->view, a, table->sort_column);
    struct table_value y = table->rows->value(table->view, b, table->sort_column);
    int order;

    if (x.rank != y.rank)
        return x.rank < y.rank ? -1 : 1;
    if (x.text && y.text)
        order = strcmp(x.text, y.text);
    else
        order = (x.number > y.number) - (x.number < y.number);
    if (order == 0)
        return a < b ? -1 : 1;
    return table->descending ? -order : order;
}

/* Cells of a text as it will be shown. Nearly every cell is plain ASCII, and there are 60,000 of them at 10,000 rows. */
static int cells_of(const char *text)
{
    const char *at = text;

    while (*at >= ' ' && *at <= '~')
        at++;
    if (*at == '\0')
        return (int)(at - text);
    char *clean = text_sanitised(text);
    int cells = (int)text_width(clean);
    free(clean);
    return cells;
}

/* The widest cell of each column, over all shown rows: columns must not jump while scrolling. */
static void measure(struct table *table)
{
    struct buffer cell;

    buffer_init(&cell, 0);
    for (size_t column = 0; column < table->rows->column_count; column++) {
        int longest = (int)strlen(table->rows->columns[column].name);

        for (size_t i = 0; i < table->count && !table->rows->columns[column].picture; i++) {
            if (column >= table->rows->error_column && error_of(table, table->order[i]))
                continue;
            buffer_reset(&cell);
            table->rows->cell(table->view, table->order[i], column, &cell);
            if (cell.length == 0)
                continue;
            int cells = cells_of(cell.data);
            longest = cells > longest ? cells : longest;
        }
        table->longest[column] = longest;
    }
    buffer_clear(&cell);
}

static void remember(struct table *table)
{
    char scratch[64];

    free(table->identity);
    table->identity = NULL;
    if (table->count > 0)
        table->identity = memory_copy_text(identity_of(table, table->order[table->selected], scratch));
}

static void keep_visible(struct table *table)
{
    if (table->selected < table->top)
        table->top = table->selected;
    if (table->height > 0 && table->selected >= table->top + table->height)
        table->top = table->selected - table->height + 1;
    if (table->height > 0 && table->top + table->height > table->count)
        table->top = table->count > table->height ? table->count - table->height : 0;
}

/* Finds the selected row again and keeps its line; where it is gone, the row now at its place is selected. */
static void follow(struct table *table)
{
    char scratch[64];
    size_t line = table->selected - table->top;
    size_t found = table->selected < table->count ? table->selected : table->count > 0 ? table->count - 1 : 0;

    if (!table->pinned)
        found = line = 0;
    for (size_t i = 0; table->pinned && table->identity && i < table->count; i++)
        if (strcmp(identity_of(table, table->order[i], scratch), table->identity) == 0) {
            found = i;
            break;
        }
    table->selected = found;
    table->top = found > line ? found - line : 0;
    keep_visible(table);
    remember(table);
}

static void sort(struct table *table)
{
    if (table->count > 1)
        qsort_r(table->order, table->count, sizeof(*table->order), compare_rows, table);
    follow(table);
}

/* Filters and sorts anew. */
static void rearrange(struct table *table)
{
    size_t total = table->rows->count(table->view);

    table->order = memory_resize(table->order, (total + 1) * sizeof(*table->order));
    table->count = 0;
    table->listed = 0;
    for (size_t row = 0; row < total; row++) {
        if (table->rows->listed && !table->rows->listed(table->view, row))
            continue;
        table->listed++;
        if (passes(table, row))
            table->order[table->count++] = row;
    }
    measure(table);
    sort(table);
}

void table_changed(struct table *table, bool settled)
{
    rearrange(table);
    table->pinned = table->pinned || (settled && table->count > 0);
}

static void select_row(struct table *table, size_t index)
{
    table->selected = table->count == 0 ? 0 : index < table->count ? index : table->count - 1;
    keep_visible(table);
    remember(table);
}

void table_set_filter(struct table *table, const char *filter)
{
    char *before = memory_copy_text(table->identity);

    free(table->filter);
    table->filter = filter && *filter ? memory_copy_text(filter) : NULL;
    rearrange(table);
    /* Where the selected row is filtered away, what is wanted is most likely the first of what is left. */
    if (table->identity && before && strcmp(before, table->identity) != 0)
        select_row(table, 0);
    free(before);
}

static void step(struct table *table, size_t rows, bool down)
{
    table->pinned = true;
    if (down)
        select_row(table, table->selected + rows);
    else
        select_row(table, table->selected > rows ? table->selected - rows : 0);
}

static void sort_by_neighbour(struct table *table, bool right)
{
    size_t count = table->rows->column_count;

    do
        table->sort_column = (table->sort_column + (right ? 1 : count - 1)) % count;
    while (table->rows->columns[table->sort_column].unsorted);
    sort(table);
}

bool table_action(struct table *table, enum action action)
{
    size_t page = table->height > 1 ? table->height - 1 : 1;

    switch (action) {
    case ACTION_DOWN: step(table, 1, true); return true;
    case ACTION_UP: step(table, 1, false); return true;
    case ACTION_PAGE_DOWN: step(table, page, true); return true;
    case ACTION_PAGE_UP: step(table, page, false); return true;
    case ACTION_HALF_DOWN: step(table, (page + 1) / 2, true); return true;
    case ACTION_HALF_UP: step(table, (page + 1) / 2, false); return true;
    case ACTION_TOP: select_row(table, 0); return true;
    case ACTION_BOTTOM: select_row(table, table->count); return true;
    case ACTION_SORT_LEFT: sort_by_neighbour(table, false); return true;
    case ACTION_SORT_RIGHT: sort_by_neighbour(table, true); return true;
    case ACTION_SORT_REVERSE:
        table->descending = !table->descending;
        sort(table);
        return true;
    default: return false;
    }
}

bool table_select(struct table *table, size_t row)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->order[i] != row)
            continue;
        table->pinned = true;
        select_row(table, i);
        return true;
    }
    return false;
}

bool table_selected(const struct table *table, size_t *row)
{
    if (table->count == 0)
        return false;
    *row = table->order[table->selected];
    return true;
}

static int sum_cells(const struct table *table, const int width[TABLE_COLUMNS])
{
    int sum = 0;

    for (size_t i = 0; i < table->rows->column_count; i++)
        if (width[i] > 0)
            sum += table->rows->columns[i].gap + width[i];
    return sum;
}

static int at_most(int value, int most)
{
    return value < most ? value : most;
}

static int at_least(int value, int least)
{
    return value > least ? value : least;
}

/* Too wide: first what a column has beyond need, then whole columns from the right, then the first column. */
static void narrow(const struct table *table, int cells, int width[TABLE_COLUMNS])
{
    const struct table_column *columns = table->rows->columns;
    size_t count = table->rows->column_count;

    for (size_t i = count; i-- > 0;) {
        int spare = width[i] - at_least(columns[i].least, at_most(table->longest[i], columns[i].most));
        int over = sum_cells(table, width) - cells;

        if (over > 0 && spare > 0 && !columns[i].picture)
            width[i] -= at_most(over, spare);
    }
    for (size_t i = count; i-- > 1 && sum_cells(table, width) > cells;)
        if (!columns[i].keep)
            width[i] = 0;
    int over = sum_cells(table, width) - cells;
    if (over > 0)
        width[0] = at_least(width[0] - over, columns[0].least);
}

/* Room left: pictures first, in steps of ten cells, then the first column as far as its contents go. */
static void widen(const struct table *table, int cells, int width[TABLE_COLUMNS])
{
    const struct table_column *columns = table->rows->columns;

    for (size_t i = 0; i < table->rows->column_count; i++) {
        if (!columns[i].picture || width[i] == 0)
            continue;
        int spare = cells - sum_cells(table, width);
        width[i] = at_most(width[i] + spare / 10 * 10, columns[i].most);
    }
    int spare = cells - sum_cells(table, width);
    if (spare > 0 && width[0] < table->longest[0])
        width[0] = at_most(width[0] + spare, table->longest[0]);
}

void table_layout(const struct table *table, int cells, int start[TABLE_COLUMNS], int width[TABLE_COLUMNS])
{
    const struct table_column *columns = table->rows->columns;
    int at = 0;

    for (size_t i = 0; i < table->rows->column_count; i++) {
        width[i] = columns[i].want;
        if (!columns[i].picture)
            width[i] = at_most(at_least(table->longest[i], columns[i].want), columns[i].most);
    }
    narrow(table, cells, width);
    widen(table, cells, width);
    for (size_t i = 0; i < table->rows->column_count; i++) {
        start[i] = at + (width[i] > 0 ? columns[i].gap : 0);
        at = start[i] + width[i];
    }
}

/* A heading may reach over the column behind it where that one has none. */
static int heading_cells(const struct table *table, size_t column, const int *start, const int *width)
{
    const struct table_column *columns = table->rows->columns;

    if (column + 1 < table->rows->column_count && width[column + 1] > 0 && !columns[column + 1].name[0] &&
        !columns[column + 1].picture && columns[column].left)
        return at_most(at_least((int)strlen(columns[column].name), width[column]),
                       start[column + 1] + width[column + 1] - start[column]);
    return width[column];
}

static void draw_heading(const struct table *table, struct canvas *canvas, int line, const int *start, const int *width)
{
    for (size_t i = 0; i < table->rows->column_count; i++) {
        const struct table_column *column = &table->rows->columns[i];
        enum theme_role role = i == table->sort_column ? THEME_KEY : THEME_TITLE;

        if (width[i] == 0 || (!column->name[0] && !column->picture))
            continue;
        if (column->picture)
            table->rows->paint_heading(table->view, canvas, line, start[i], width[i]);
        else
            canvas_fit(canvas, line, start[i], heading_cells(table, i, start, width), column->left, role, column->name);
    }
}

static void draw_error(const struct canvas *canvas, int line, int column, const char *error)
{
    column = canvas_text(canvas, line, column, THEME_BAD, "! ");
    if (column < canvas->columns)
        canvas_fit(canvas, line, column, canvas->columns - column, true, THEME_BAD, error);
}

static void draw_row(const struct table *table, const struct canvas *canvas, int line, size_t row, const int *start,
                     const int *width)
{
    const char *error = error_of(table, row);
    struct buffer cell;

    buffer_init(&cell, 0);
    if (canvas->reverse)
        canvas_repeat(canvas, line, 0, canvas->columns, THEME_TEXT, ' ');
    for (size_t i = 0; i < table->rows->column_count; i++) {
        if (width[i] == 0)
            continue;
        if (error && i >= table->rows->error_column) {
            draw_error(canvas, line, start[i], error);
            break;
        }
        if (table->rows->columns[i].picture) {
            table->rows->paint(table->view, row, canvas, line, start[i], width[i]);
            continue;
        }
        buffer_reset(&cell);
        enum theme_role role = table->rows->cell(table->view, row, i, &cell);
        if (cell.length > 0)
            canvas_fit(canvas, line, start[i], width[i], table->rows->columns[i].left, role, cell.data);
    }
    buffer_clear(&cell);
}

void table_draw(struct table *table, struct canvas *canvas, int first, int last)
{
    int start[TABLE_COLUMNS], width[TABLE_COLUMNS];

    table->height = last > first ? (size_t)(last - first) : 0;
    keep_visible(table);
    table_layout(table, canvas->columns, start, width);
    draw_heading(table, canvas, first, start, width);
    if (table->count == 0 && table->listed > 0)
        canvas_text(canvas, first + 1, 1, THEME_DIM, "no row matches the filter; Esc clears it");
    for (size_t i = 0; i < table->height && table->top + i < table->count; i++) {
        int line = first + 1 + (int)i;

        canvas->reverse = table->top + i == table->selected;
        if (canvas->reverse) {
            canvas->cursor_line = line;
            canvas->cursor_column = 0;
        }
        draw_row(table, canvas, line, table->order[table->top + i], start, width);
        canvas->reverse = false;
    }
}

void table_counts(const struct table *table, struct buffer *out)
{
    char number[TEXT_NUMBER_SIZE];

    if (table->filter)
        buffer_printf(out, "%s of ", text_count(number, (int64_t)table->count));
    buffer_append_text(out, text_count(number, (int64_t)table->listed));
}

void table_sorting(const struct table *table, struct buffer *out)
{
    buffer_printf(out, "%s %s", table->rows->columns[table->sort_column].name, table->descending ? "down" : "up");
}
