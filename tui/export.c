/* Rows for a file: all cells are kept as they come, since only the end of the file name says what becomes of them. */
#include "tui/export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"

enum cell_kind { CELL_NULL, CELL_TEXT, CELL_NUMBER };

struct cell {
    enum cell_kind kind;
    char *text;
    int64_t number;
};

struct export
{
    char **columns;
    size_t column_count;
    struct cell *cells; /* row by row */
    size_t count, size;
};

struct export *export_new(void)
{
    return memory_new(sizeof(struct export));
}

void export_free(struct export *export)
{
    if (!export)
        return;
    for (size_t i = 0; i < export->column_count; i++)
        free(export->columns[i]);
    for (size_t i = 0; i < export->count; i++)
        free(export->cells[i].text);
    free(export->columns);
    free(export->cells);
    free(export);
}

void export_column(struct export *export, const char *name)
{
    export->columns = memory_resize(export->columns, (export->column_count + 1) * sizeof(*export->columns));
    export->columns[export->column_count++] = memory_copy_text(name);
}

static struct cell *add_cell(struct export *export, enum cell_kind kind)
{
    if (export->count == export->size) {
        export->size = export->size ? 2 * export->size : 256;
        export->cells = memory_resize(export->cells, export->size * sizeof(*export->cells));
    }
    struct cell *cell = &export->cells[export->count++];
    *cell = (struct cell){ .kind = kind };
    return cell;
}

void export_text(struct export *export, const char *text)
{
    struct cell *cell = add_cell(export, text ? CELL_TEXT : CELL_NULL);

    cell->text = text ? memory_copy_text(text) : NULL;
}

void export_number(struct export *export, int64_t number)
{
    add_cell(export, CELL_NUMBER)->number = number;
}

void export_time(struct export *export, timestamp_ms time)
{
    char text[TIMESTAMP_TEXT_SIZE];

    export_text(export, time >= 0 ? timestamp_text(text, time) : NULL);
}

void export_null(struct export *export)
{
    add_cell(export, CELL_NULL);
}

size_t export_rows(const struct export *export)
{
    return export->column_count > 0 ? export->count / export->column_count : 0;
}

bool export_is_empty(const struct export *export)
{
    return export->column_count == 0;
}

/* Text in CSV: sanitised as on screen (names may hold control characters), harmless to a spreadsheet, quoted if need be. */
static void csv_text(const char *text, struct buffer *out)
{
    struct buffer clean;

    buffer_init(&clean, 0);
    if (*text && strchr("=+-@", *text))
        buffer_append_char(&clean, '\'');
    text_sanitise(&clean, text, strlen(text));
    const char *cell = clean.data ? clean.data : "";
    if (!strpbrk(cell, ",\"")) {
        buffer_append_text(out, cell);
    } else {
        buffer_append_char(out, '"');
        for (; *cell; cell++)
            buffer_append(out, *cell == '"' ? "\"\"" : cell, *cell == '"' ? 2 : 1);
        buffer_append_char(out, '"');
    }
    buffer_clear(&clean);
}

void export_csv(const struct export *export, struct buffer *out)
{
    for (size_t i = 0; i < export->column_count; i++) {
        buffer_append_text(out, i > 0 ? "," : "");
        csv_text(export->columns[i], out);
    }
    buffer_append_char(out, '\n');
    for (size_t i = 0; i < export->column_count * export_rows(export); i++) {
        const struct cell *cell = &export->cells[i];

        if (cell->kind == CELL_NUMBER)
            buffer_printf(out, "%lld", (long long)cell->number);
        else if (cell->kind == CELL_TEXT)
            csv_text(cell->text, out);
        buffer_append_text(out, (i + 1) % export->column_count == 0 ? "\n" : ",");
    }
}

void export_json(const struct export *export, struct buffer *out)
{
    struct json *array = json_array_new();

    for (size_t row = 0; row < export_rows(export); row++) {
        struct json *object = json_object_new();

        for (size_t i = 0; i < export->column_count; i++) {
            const struct cell *cell = &export->cells[row * export->column_count + i];

            if (cell->kind == CELL_NUMBER)
                json_set_int(object, export->columns[i], cell->number);
            else
                json_set_text(object, export->columns[i], cell->text);
        }
        json_append(array, object);
    }
    json_write(array, true, out);
    json_free(array);
}

/* Writes all of it, or says why not. */
static bool write_all(int file, const struct buffer *text, const char *path, struct error *err)
{
    for (size_t done = 0; done < text->length;) {
        ssize_t written = write(file, text->data + done, text->length - done);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return error_set_errno(err, "cannot write %s", path);
        done += (size_t)written;
    }
    return true;
}

static bool ends_with(const char *path, const char *ending)
{
    size_t length = strlen(path), tail = strlen(ending);

    return length > tail && strcasecmp(path + length - tail, ending) == 0;
}

bool export_write(const struct export *export, const char *path, struct error *err)
{
    struct buffer text;
    bool ok;

    if (export->column_count > 0 && export->count % export->column_count != 0)
        return error_set(err, ERROR_INTERNAL, "the rows are not whole, so nothing is written: %s", path);
    if (!ends_with(path, ".csv") && !ends_with(path, ".json"))
        return error_set(err, ERROR_USAGE, "the name has to end in .csv or .json: %s", path);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0 && errno == EEXIST)
        return error_set(err, ERROR_USAGE, "give another name; this one exists already: %s", path);
    if (file < 0)
        return error_set_errno(err, "cannot create %s", path);
    buffer_init(&text, 0);
    if (ends_with(path, ".csv"))
        export_csv(export, &text);
    else
        export_json(export, &text);
    ok = write_all(file, &text, path, err);
    if (close(file) != 0 && ok)
        ok = error_set_errno(err, "cannot write %s", path);
    buffer_clear(&text);
    return ok;
}

bool export_text_file(const char *path, const struct buffer *text, struct error *err)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok;

    if (file < 0)
        return error_set_errno(err, "cannot write %s", path);
    ok = fchmod(file, 0600) == 0 ? write_all(file, text, path, err)
                                 : error_set_errno(err, "cannot set the mode of %s", path);
    if (close(file) != 0 && ok)
        ok = error_set_errno(err, "cannot write %s", path);
    return ok;
}
