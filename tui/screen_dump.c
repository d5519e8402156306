/* The screen as text. */
#include "tui/screen_dump.h"

#include "tui/theme.h"

#include <curses.h>
#include <stdio.h>
#include <wchar.h>

#include "base/utf8.h"

enum {
    CELL_CHARACTERS = CCHARW_MAX + 1,
};

/* Takes blanks off the end and begins a new line. */
static void end_line(struct buffer *out, size_t from)
{
    while (out->length > from && out->data[out->length - 1] == ' ')
        out->data[--out->length] = '\0';
    buffer_append_char(out, '\n');
}

/* The cell's characters, role and attributes. Returns how many columns it takes. */
static int read_cell(int line, int column, wchar_t characters[CELL_CHARACTERS], attr_t *attributes, short *pair)
{
    cchar_t cell;

    characters[0] = L' ';
    characters[1] = L'\0';
    *attributes = 0;
    *pair = 0;
    if (mvwin_wch(stdscr, line, column, &cell) == ERR || getcchar(&cell, characters, attributes, pair, NULL) == ERR)
        return 1;
    int cells = wcwidth(characters[0]);
    return cells > 1 ? cells : 1;
}

static char role_letter(attr_t attributes, short pair, bool blank)
{
    char letter = pair >= 0 && pair < THEME_ROLES ? theme_letter((enum theme_role)pair) : ' ';

    if (pair == 0 && (attributes & A_BOLD))
        letter = '*'; /* a terminal without colours: only weight is left */
    if (letter == theme_letter(THEME_TEXT) && blank)
        letter = ' ';
    if (!(attributes & A_REVERSE))
        return letter;
    return letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : '#';
}

static void dump_line(struct buffer *out, int line, bool roles)
{
    size_t from = out->length;
    int cells;

    for (int column = 0; column < COLS; column += cells) {
        wchar_t characters[CELL_CHARACTERS];
        attr_t attributes;
        short pair;

        cells = read_cell(line, column, characters, &attributes, &pair);
        for (int i = 0; roles && i < cells; i++)
            buffer_append_char(out, role_letter(attributes, pair, characters[0] == L' '));
        for (size_t i = 0; !roles && characters[i]; i++) {
            char bytes[4];

            buffer_append(out, bytes, utf8_write((uint32_t)characters[i], bytes));
        }
    }
    end_line(out, from);
}

void screen_line(int line, struct buffer *out)
{
    int cursor_line, cursor_column;

    if (line < 0 || line >= LINES)
        return;
    getyx(stdscr, cursor_line, cursor_column);
    dump_line(out, line, false);
    if (out->length > 0)
        out->data[--out->length] = '\0'; /* the newline */
    move(cursor_line, cursor_column);
}

void screen_dump(struct buffer *out)
{
    int cursor_line, cursor_column;

    getyx(stdscr, cursor_line, cursor_column);
    buffer_printf(out, "screen %dx%d cursor %d,%d\n", COLS, LINES, cursor_line, cursor_column);
    for (int line = 0; line < LINES; line++)
        dump_line(out, line, false);
    buffer_append_text(out, "roles\n");
    for (int line = 0; line < LINES; line++)
        dump_line(out, line, true);
    move(cursor_line, cursor_column);
}

bool screen_dump_to(const char *path, struct error *err)
{
    struct buffer text;
    FILE *file = fopen(path, "w");

    if (!file)
        return error_set_errno(err, "cannot write %s", path);
    buffer_init(&text, 0);
    screen_dump(&text);
    bool ok = fwrite(text.data, 1, text.length, file) == text.length;
    buffer_clear(&text);
    if (fclose(file) != 0 || !ok)
        return error_set_errno(err, "cannot write %s", path);
    return true;
}
