/* Text at a place, in a role, cut to cells. */
#include "tui/canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/text.h"
#include "base/utf8.h"

void canvas_start(struct canvas *canvas)
{
    erase();
    canvas->lines = LINES;
    canvas->columns = COLS;
    canvas->cursor_line = canvas->lines - 1;
    canvas->cursor_column = 0;
    canvas->reverse = false;
}

/* ncurses asks the C library for widths. Where the two disagree, or the library does not know the character, the columns
 * of a row would part; such a character is shown as its code. */
static bool can_show(const struct canvas *canvas, uint32_t code)
{
    if (code < 0x80)
        return true;
    return !canvas->ascii && wcwidth((wchar_t)code) == (int)utf8_cells(code);
}

void canvas_shown(const struct canvas *canvas, struct buffer *out, const char *text)
{
    struct buffer clean;
    size_t used;

    buffer_init(&clean, 0);
    text_sanitise(&clean, text, strlen(text));
    for (size_t at = 0; at < clean.length; at += used) {
        uint32_t code = utf8_next(clean.data + at, clean.length - at, &used);

        if (can_show(canvas, code))
            buffer_append(out, clean.data + at, used);
        else
            buffer_printf(out, "\\u{%x}", (unsigned)code);
    }
    buffer_clear(&clean);
}

/* Sets the pen and writes finished text. */
static void write_cells(const struct canvas *canvas, int line, int column, enum theme_role role, const char *text)
{
    attr_t attributes = theme_attributes(role);

    if (canvas->reverse)
        attributes |= A_REVERSE;
    attr_set(attributes, theme_pair(role), NULL);
    mvaddstr(line, column, text);
    attr_set(A_NORMAL, 0, NULL);
}

int canvas_fit(const struct canvas *canvas, int line, int column, int cells, bool left, enum theme_role role,
               const char *text)
{
    struct buffer shown, fitted;

    if (column + cells > canvas->columns)
        cells = canvas->columns - column;
    if (line < 0 || line >= canvas->lines || column < 0 || cells <= 0)
        return column;
    buffer_init(&shown, 0);
    buffer_init(&fitted, 0);
    canvas_shown(canvas, &shown, text);
    text_fit(&fitted, shown.data ? shown.data : "", (size_t)cells, left);
    write_cells(canvas, line, column, role, fitted.data);
    buffer_clear(&fitted);
    buffer_clear(&shown);
    return column + cells;
}

int canvas_text(const struct canvas *canvas, int line, int column, enum theme_role role, const char *text)
{
    struct buffer shown;

    buffer_init(&shown, 0);
    canvas_shown(canvas, &shown, text);
    int cells = shown.data ? (int)text_width(shown.data) : 0;
    buffer_clear(&shown);
    return canvas_fit(canvas, line, column, cells, true, role, text);
}

int canvas_printf(const struct canvas *canvas, int line, int column, enum theme_role role, const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return canvas_text(canvas, line, column, role, text);
}

int canvas_repeat(const struct canvas *canvas, int line, int column, int count, enum theme_role role, char c)
{
    char text[256];

    while (count > 0) {
        int part = count < (int)sizeof(text) - 1 ? count : (int)sizeof(text) - 1;

        memset(text, c, (size_t)part);
        text[part] = '\0';
        column = canvas_fit(canvas, line, column, part, true, role, text);
        count -= part;
    }
    return column;
}

/* Bytes of text that fit into cells, broken behind the last blank where there is one. At least one character. */
static size_t wrap_length(const char *text, int cells)
{
    size_t at = 0, blank = 0, used, length = strlen(text);
    int width = 0;

    while (at < length) {
        width += (int)utf8_cells(utf8_next(text + at, length - at, &used));
        if (width > cells)
            break;
        at += used;
        if (text[at - used] == ' ')
            blank = at;
    }
    if (at == length)
        return length;
    if (blank > 0)
        return blank;
    return at > 0 ? at : used;
}

int canvas_wrap(const struct canvas *canvas, int line, int last_line, int column, enum theme_role role,
                const char *text)
{
    struct buffer shown;
    int cells = canvas->columns - column - 1;

    buffer_init(&shown, 0);
    canvas_shown(canvas, &shown, text);
    for (const char *at = shown.data ? shown.data : ""; *at && line <= last_line && cells > 0; line++) {
        size_t length = wrap_length(at, cells);
        char *part = memory_copy_bytes(at, length);

        canvas_text(canvas, line, column, role, part);
        free(part);
        at += length;
    }
    buffer_clear(&shown);
    return line;
}
