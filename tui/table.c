/* A list with columns. */
#include "tui/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/topic_partition.h"

static enum table_unit unit_of(const struct table_column *column)
{
    if (column->unit != TABLE_AUTO)
        return column->unit;
    return column->left ? TABLE_TEXT : TABLE_NUMBER;
}

/* "" for what filters and exports do not know. */
static const char *field_name(const struct table_column *column)
{
    return column->picture ? "" : column->field ? column->field : column->name;
}

void table_init(struct table *table, const struct table_rows *rows, const void *view, size_t sort_column,
                bool descending)
{
    assert(rows->column_count <= TABLE_COLUMNS);
    *table = (struct table){ .rows = rows, .view = view, .sort_column = sort_column, .descending = descending };
    for (size_t i = 0; i < rows->column_count; i++) {
        const struct table_column *column = &rows->columns[i];
        static const enum filter_kind kinds[] = {
            [TABLE_NUMBER] = FILTER_NUMBER,
            [TABLE_TIME] = FILTER_TIME,
            [TABLE_DURATION] = FILTER_DURATION,
            [TABLE_TEXT] = FILTER_TEXT,
        };

        table->fields[i] = (struct filter_field){ field_name(column), kinds[unit_of(column)] };
    }
}

void table_clear(struct table *table)
{
    free(table->order);
    free(table->identity);
    free(table->filter);
    filter_free(table->parsed);
    free(table->filter_error);
    for (size_t i = 0; i < table->mark_count; i++)
        free(table->marks[i]);
    free(table->marks);
}

static const char *identity_of(const struct table *table, size_t row, char out[64])
{
    return table->rows->identity(table->view, row, out);
}

struct row_context {
    const struct table *table;
    size_t row;
};

static struct table_value exact_value(const struct table *table, size_t row, size_t column)
{
    return (table->rows->exact ? table->rows->exact : table->rows->value)(table->view, row, column);
}

static struct filter_value read_field(const void *context, size_t field)
{
    const struct row_context *at = context;
    struct table_value value = exact_value(at->table, at->row, field);

    return (struct filter_value){ .known = value.rank == 0, .number = value.number, .text = value.text };
}

static enum filter_fit fit_of(const struct table *table, size_t row)
{
    struct row_context context = { table, row };
    char scratch[64];

    if (!table->filter)
        return FILTER_FITS;
    if (!table->parsed)
        return FILTER_FITS_NOT;
    return filter_fit(table->parsed, identity_of(table, row, scratch), read_field, &context);
}

static const char *error_of(const struct table *table, size_t row)
{
    return table->rows->error ? table->rows->error(table->view, row) : NULL;
}

/* A row beside what it is sorted by, which is asked of the view once. */
struct sorted_row {
    struct table_value value;
    size_t row;
};

/* Order by the sort column; equal rows by the view's own order, which is stable from reading to reading. */
static int compare_rows(const void *left, const void *right, void *context)
{
    const struct table *table = context;
    const struct sorted_row *a = left, *b = right;
    int order;

    if (a->value.rank != b->value.rank)
        return a->value.rank < b->value.rank ? -1 : 1;
    if (a->value.text && b->value.text)
        order = strcmp(a->value.text, b->value.text);
    else
        order = (a->value.number > b->value.number) - (a->value.number < b->value.number);
    if (order == 0)
        return a->row < b->row ? -1 : 1;
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
    struct sorted_row *rows = memory_new((table->count + 1) * sizeof(*rows));

    for (size_t i = 0; i < table->count; i++) {
        size_t row = table->order[i];

        rows[i] = (struct sorted_row){ table->rows->value(table->view, row, table->sort_column), row };
    }
    if (table->count > 1)
        qsort_r(rows, table->count, sizeof(*rows), compare_rows, table);
    for (size_t i = 0; i < table->count; i++)
        table->order[i] = rows[i].row;
    free(rows);
    follow(table);
}

/* Filters and sorts anew. */
static void rearrange(struct table *table)
{
    size_t total = table->rows->count(table->view);

    table->order = memory_resize(table->order, (total + 1) * sizeof(*table->order));
    table->count = 0;
    table->listed = 0;
    table->left_out = 0;
    for (size_t row = 0; row < total; row++) {
        if (table->rows->listed && !table->rows->listed(table->view, row))
            continue;
        table->listed++;
        enum filter_fit fit = fit_of(table, row);
        if (fit == FILTER_FITS)
            table->order[table->count++] = row;
        table->left_out += fit == FILTER_UNKNOWN;
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

static void parse_filter(struct table *table)
{
    timestamp_ms now = table->now > 0 ? table->now : timestamp_now();
    struct error err = { 0 };

    filter_free(table->parsed);
    free(table->filter_error);
    table->parsed = NULL;
    table->filter_error = NULL;
    if (table->filter &&
        !filter_parse(table->filter, table->fields, table->rows->column_count, now, &table->parsed, &err))
        table->filter_error = memory_copy_text(err.message);
}

void table_set_filter(struct table *table, const char *filter)
{
    char *before = memory_copy_text(table->identity);

    free(table->filter);
    table->filter = filter && *filter ? memory_copy_text(filter) : NULL;
    parse_filter(table);
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

/* Where the mark of a row is; mark_count: it has none. */
static size_t mark_of(const struct table *table, size_t row)
{
    char scratch[64];
    size_t i = 0;

    while (i < table->mark_count && strcmp(table->marks[i], identity_of(table, row, scratch)) != 0)
        i++;
    return i;
}

static void toggle_mark(struct table *table)
{
    char scratch[64];
    size_t row;

    if (!table_selected(table, &row))
        return;
    size_t at = mark_of(table, row);
    if (at < table->mark_count) {
        free(table->marks[at]);
        table->marks[at] = table->marks[--table->mark_count];
        return;
    }
    table->marks = memory_resize(table->marks, (table->mark_count + 1) * sizeof(*table->marks));
    table->marks[table->mark_count++] = memory_copy_text(identity_of(table, row, scratch));
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
    case ACTION_MARK:
        toggle_mark(table);
        step(table, 1, true);
        return true;
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

/* Room left: pictures first, in steps of ten cells, then the first column as far as its contents go, then the last one where
 * it is text. */
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
    size_t last = table->rows->column_count - 1;
    spare = cells - sum_cells(table, width);
    if (spare > 0 && width[last] > 0 && columns[last].left && width[last] < table->longest[last])
        width[last] = at_most(width[last] + spare, table->longest[last]);
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

/* In the selected row only the text stands in its colour: reversed blanks would be blocks of it. */
static void draw_cell(const struct canvas *canvas, int line, int start, int width, bool left, enum theme_role role,
                      const char *text)
{
    struct buffer shown;

    if (text[strspn(text, " ")] == '\0')
        role = THEME_TEXT;
    buffer_init(&shown, 0);
    canvas_shown(canvas, &shown, text); /* as wide as it is drawn, without UTF-8 too */
    int cells = shown.data ? (int)text_width(shown.data) : 0;
    if (canvas->reverse && cells < width) {
        start += left ? 0 : width - cells;
        width = cells;
    }
    buffer_clear(&shown);
    canvas_fit(canvas, line, start, width, left, role, text);
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
            draw_cell(canvas, line, start[i], width[i], table->rows->columns[i].left, role, cell.data);
    }
    buffer_clear(&cell);
}

void table_draw_why_empty(const struct table *table, const struct canvas *canvas, int line, int last)
{
    if (table->filter_error)
        canvas_wrap(canvas, line, last, 1, THEME_WARNING, table->filter_error);
    else if (table->count == 0 && table->listed > 0)
        canvas_text(canvas, line, 1, THEME_DIM, "no row matches the filter; Esc clears it");
}

void table_draw(struct table *table, struct canvas *canvas, int first, int last)
{
    int start[TABLE_COLUMNS], width[TABLE_COLUMNS];

    table->now = canvas->now;
    table->height = last > first ? (size_t)(last - first) : 0;
    keep_visible(table);
    table_layout(table, canvas->columns, start, width);
    draw_heading(table, canvas, first, start, width);
    table_draw_why_empty(table, canvas, first + 1, last);
    for (size_t i = 0; i < table->height && table->top + i < table->count; i++) {
        int line = first + 1 + (int)i;

        canvas->reverse = table->top + i == table->selected;
        if (canvas->reverse) {
            canvas->cursor_line = line;
            canvas->cursor_column = 0;
        }
        draw_row(table, canvas, line, table->order[table->top + i], start, width);
        if (mark_of(table, table->order[table->top + i]) < table->mark_count)
            canvas_text(canvas, line, 0, THEME_KEY, "*");
        canvas->reverse = false;
    }
}

void table_counts(const struct table *table, struct buffer *out)
{
    char number[TEXT_NUMBER_SIZE];

    if (table->filter)
        buffer_printf(out, "%s of ", text_count(number, (int64_t)table->count));
    buffer_append_text(out, text_count(number, (int64_t)table->listed));
    if (table->mark_count > 0)
        buffer_printf(out, ", %s marked", text_count(number, (int64_t)table->mark_count));
}

void table_filter_forms(const struct table *table, struct buffer *out)
{
    buffer_append_text(out, "name; < > = on ");
    filter_columns(table->fields, table->rows->column_count, " ", out);
}

void table_left_out(const struct table *table, struct buffer *out)
{
    char number[TEXT_COUNTED_SIZE];

    if (table->left_out > 0)
        buffer_printf(out, "%s without a %s left out   ", text_counted(number, (int64_t)table->left_out, "row"),
                      filter_asks_time(table->parsed) ? "time" : "value");
}

void table_range(const struct table *table, struct buffer *out)
{
    char first[TEXT_NUMBER_SIZE], last[TEXT_NUMBER_SIZE], all[TEXT_NUMBER_SIZE];
    size_t shown = table->top + table->height < table->count ? table->top + table->height : table->count;

    if (table->count > table->height)
        buffer_printf(out, "rows %s-%s of %s", text_count(first, (int64_t)table->top + 1),
                      text_count(last, (int64_t)shown), text_count(all, (int64_t)table->count));
}

void table_sorting(const struct table *table, struct buffer *out)
{
    buffer_printf(out, "%s %s", table->rows->columns[table->sort_column].name, table->descending ? "down" : "up");
}

/* --- copy and export --- */

static void copy_cell(const char *text, struct buffer *out)
{
    text += strspn(text, " ");
    if (*text == '\0')
        return;
    buffer_append_text(out, out->length > 0 ? "  " : "");
    text_sanitise(out, text, strlen(text));
}

void table_append_count(struct buffer *out, int64_t count)
{
    char text[TEXT_NUMBER_SIZE];

    buffer_append_text(out, count == OFFSET_NONE ? "-" : text_count(text, count));
}

void table_copy(const struct table *table, struct buffer *out)
{
    struct buffer cell;
    const char *error;
    size_t row;

    if (!table_selected(table, &row))
        return;
    error = error_of(table, row);
    buffer_init(&cell, 0);
    for (size_t i = 0; i < table->rows->column_count && !(error && i >= table->rows->error_column); i++) {
        if (table->rows->columns[i].picture || table->rows->columns[i].most == 0) /* drawn by the view, or by nobody */
            continue;
        buffer_reset(&cell);
        table->rows->cell(table->view, row, i, &cell);
        copy_cell(cell.data ? cell.data : "", out);
    }
    if (error) {
        buffer_reset(&cell);
        buffer_printf(&cell, "! %s", error);
        copy_cell(cell.data, out);
    }
    buffer_clear(&cell);
}

/* "to end" becomes to_end, a duration behind_ms. */
static void export_heading(const struct table_column *column, struct export *out)
{
    struct buffer name;

    buffer_init(&name, 0);
    for (const char *at = field_name(column); *at; at++)
        buffer_append_char(&name, *at == ' ' || *at == '/' ? '_' : *at);
    buffer_append_text(&name, unit_of(column) == TABLE_DURATION ? "_ms" : "");
    export_column(out, name.data);
    buffer_clear(&name);
}

static void export_cell(const struct table *table, size_t row, size_t column, struct export *out)
{
    struct table_value value = exact_value(table, row, column);
    enum table_unit unit = unit_of(&table->rows->columns[column]);
    struct buffer cell;

    if (value.rank != 0) {
        export_null(out);
    } else if (value.text) {
        export_text(out, value.text);
    } else if (unit == TABLE_TIME) {
        export_time(out, value.number);
    } else if (unit != TABLE_TEXT) {
        export_number(out, value.number);
    } else { /* a word that has no value to sort by */
        buffer_init(&cell, 0);
        table->rows->cell(table->view, row, column, &cell);
        export_text(out, cell.data);
        buffer_clear(&cell);
    }
}

/* Whether a shown row is marked, which makes the export one of marked rows. */
static bool any_marked(const struct table *table)
{
    for (size_t i = 0; i < table->count && table->mark_count > 0; i++)
        if (mark_of(table, table->order[i]) < table->mark_count)
            return true;
    return false;
}

void table_export(const struct table *table, struct export *out)
{
    bool marked = any_marked(table);

    for (size_t i = 0; i < table->rows->column_count; i++)
        if (field_name(&table->rows->columns[i])[0])
            export_heading(&table->rows->columns[i], out);
    if (table->rows->error)
        export_column(out, "error");
    for (size_t i = 0; i < table->count; i++) {
        size_t row = table->order[i];

        if (marked && mark_of(table, row) == table->mark_count)
            continue;
        for (size_t column = 0; column < table->rows->column_count; column++)
            if (field_name(&table->rows->columns[column])[0])
                export_cell(table, row, column, out);
        if (table->rows->error)
            export_text(out, error_of(table, row));
    }
}

bool table_is_exported(const struct table *table, size_t index)
{
    return !any_marked(table) || mark_of(table, table->order[index]) < table->mark_count;
}
