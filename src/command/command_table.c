/* All cells are kept until printing, because the widths depend on all of them: 10,000 rows of 8 cells are 3 MB. */
#include "command/command_table.h"

#include "base/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_CELLS = 80, COLUMNS_MOST = 12, TEXT_LEAST = 8 };

struct table_cell {
    char *text; /* NULL: a count */
    int64_t count;
};

struct table_column {
    char *heading;
    enum command_column kind;
    bool shortened; /* counts as 1.23G */
    bool left_out;
    size_t width;
};

struct command_table {
    struct table_column columns[COLUMNS_MOST];
    size_t column_count;
    struct table_cell *cells;
    size_t cell_count, cell_size;
};

struct command_table *command_table_new(void)
{
    return memory_new(sizeof(struct command_table));
}

void command_table_free(struct command_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->column_count; i++)
        free(table->columns[i].heading);
    for (size_t i = 0; i < table->cell_count; i++)
        free(table->cells[i].text);
    free(table->cells);
    free(table);
}

void command_table_column(struct command_table *table, const char *heading, enum command_column kind)
{
    struct table_column *column = &table->columns[table->column_count++];

    assert(table->column_count <= COLUMNS_MOST && table->cell_count == 0);
    column->heading = memory_copy_text(heading);
    column->kind = kind;
}

static struct table_cell *add_cell(struct command_table *table)
{
    struct table_cell *cell;

    if (table->cell_count == table->cell_size) {
        table->cell_size = table->cell_size > 0 ? table->cell_size * 2 : 256;
        table->cells = memory_resize(table->cells, table->cell_size * sizeof(table->cells[0]));
    }
    cell = &table->cells[table->cell_count++];
    memset(cell, 0, sizeof(*cell));
    return cell;
}

void command_table_text(struct command_table *table, const char *text)
{
    add_cell(table)->text = text_sanitised(text);
}

void command_table_count(struct command_table *table, int64_t count)
{
    add_cell(table)->count = count;
}

/* The text of a cell as its column shows it now; number is room for it. */
static const char *cell_text(const struct table_cell *cell, const struct table_column *column,
                             char number[TEXT_NUMBER_SIZE])
{
    if (cell->text)
        return cell->text;
    if (cell->count < 0)
        return "?";
    return column->shortened ? text_short_count(number, cell->count) : text_count(number, cell->count);
}

static void measure(struct command_table *table, size_t index)
{
    struct table_column *column = &table->columns[index];
    char number[TEXT_NUMBER_SIZE];

    column->width = text_width(column->heading);
    for (size_t i = index; i < table->cell_count; i += table->column_count) {
        size_t width = text_width(cell_text(&table->cells[i], column, number));

        if (width > column->width)
            column->width = width;
    }
}

static size_t total_width(const struct command_table *table, size_t space)
{
    size_t width = 0;

    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].left_out)
            width += table->columns[i].width + (i > 0 ? space : 0);
    }
    return width;
}

/* The widest column of a kind that can still give something, or NULL. */
static struct table_column *widest(struct command_table *table, enum command_column kind)
{
    struct table_column *found = NULL;

    for (size_t i = 0; i < table->column_count; i++) {
        struct table_column *column = &table->columns[i];
        bool spent = kind == COMMAND_COLUMN_COUNT ? column->shortened : column->width <= TEXT_LEAST;

        if (column->kind == kind && !spent && (!found || column->width > found->width))
            found = column;
    }
    return found;
}

static struct table_column *last_spare(struct command_table *table)
{
    for (size_t i = table->column_count; i > 0; i--) {
        if (table->columns[i - 1].kind == COMMAND_COLUMN_SPARE && !table->columns[i - 1].left_out)
            return &table->columns[i - 1];
    }
    return NULL;
}

/* Makes the table fit; returns the blanks between columns. */
static size_t fit(struct command_table *table)
{
    struct table_column *column;
    size_t space = 2;

    for (size_t i = 0; i < table->column_count; i++)
        measure(table, i);
    if (total_width(table, space) > TABLE_CELLS)
        space = 1;
    while (total_width(table, space) > TABLE_CELLS && (column = widest(table, COMMAND_COLUMN_COUNT)) != NULL) {
        column->shortened = true;
        measure(table, (size_t)(column - table->columns));
    }
    while (total_width(table, space) > TABLE_CELLS && (column = last_spare(table)) != NULL)
        column->left_out = true;
    while (total_width(table, space) > TABLE_CELLS && (column = widest(table, COMMAND_COLUMN_TEXT)) != NULL) {
        size_t over = total_width(table, space) - TABLE_CELLS;

        column->width = column->width - TEXT_LEAST > over ? column->width - over : TEXT_LEAST;
    }
    return space;
}

static void trim_line(struct buffer *out)
{
    while (out->length > 0 && out->data[out->length - 1] == ' ')
        out->data[--out->length] = '\0';
    buffer_append_char(out, '\n');
}

static void print_cell(struct buffer *out, const struct command_table *table, size_t index, size_t space,
                       const char *text)
{
    const struct table_column *column = &table->columns[index];

    if (column->left_out)
        return;
    buffer_printf(out, "%*s", index > 0 ? (int)space : 0, "");
    text_fit(out, text, column->width, column->kind == COMMAND_COLUMN_TEXT || column->kind == COMMAND_COLUMN_SPARE);
}

void command_table_print(struct command_table *table, struct buffer *out)
{
    size_t space = fit(table);

    for (size_t i = 0; i < table->column_count; i++)
        print_cell(out, table, i, space, table->columns[i].heading);
    trim_line(out);
    for (size_t i = 0; i < table->cell_count; i++) {
        size_t index = i % table->column_count;
        char number[TEXT_NUMBER_SIZE];

        print_cell(out, table, index, space, cell_text(&table->cells[i], &table->columns[index], number));
        if ((i + 1) % table->column_count == 0)
            trim_line(out);
    }
}
