/* Command-line options from a table. */
#include "base/options.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum {
    LINE_CELLS = 80,
    LEFT_MOST = 32,  /* the column of help texts is never further right */
    WORD_LIMIT = 64, /* no option is longer */
};

/* The state of one walk. */
struct walk {
    const struct option_row *rows;
    size_t count;
    char **argv;
    int argc;
    int at; /* the argument being read */
    option_setter set;
    void *context;
};

static size_t edits_between(const char *a, const char *b)
{
    size_t row[WORD_LIMIT + 1];
    size_t width = strlen(b);

    for (size_t i = 0; i <= width; i++)
        row[i] = i;
    for (size_t y = 1; a[y - 1]; y++) {
        size_t diagonal = row[0];

        row[0] = y;
        for (size_t x = 1; x <= width; x++) {
            size_t changed = diagonal + (a[y - 1] != b[x - 1]);
            size_t shorter = (row[x] < row[x - 1] ? row[x] : row[x - 1]) + 1;

            diagonal = row[x];
            row[x] = changed < shorter ? changed : shorter;
        }
    }
    return row[width];
}

const char *options_nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    size_t least = strlen(word) > 3 ? 3 : strlen(word); /* fewer edits than this; never all letters */

    if (strlen(word) > WORD_LIMIT)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t edits = strlen(candidates[i]) > WORD_LIMIT ? SIZE_MAX : edits_between(word, candidates[i]);

        if (edits < least) {
            least = edits;
            nearest = candidates[i];
        }
    }
    return nearest;
}

/* word: without dashes, without a value. */
static bool fail_unknown(const struct walk *walk, const char *word, struct error *err)
{
    const char *nearest = NULL;
    const char **names = memory_new(walk->count * sizeof(*names));

    for (size_t i = 0; i < walk->count; i++)
        names[i] = walk->rows[i].name;
    nearest = options_nearest(word, names, walk->count);
    free(names);
    if (nearest)
        return error_set(err, ERROR_USAGE, "unknown option '--%s': did you mean --%s?", word, nearest);
    return error_set(err, ERROR_USAGE, "unknown option '--%s': --help lists them", word);
}

/* The next argument, as the value of row. */
static bool take_value(struct walk *walk, const struct option_row *row, const char **value, struct error *err)
{
    if (walk->at + 1 >= walk->argc)
        return error_set(err, ERROR_USAGE, "option --%s needs a value: %s", row->name, row->argument);
    *value = walk->argv[++walk->at];
    return true;
}

static const struct option_row *find_name(const struct walk *walk, const char *name)
{
    for (size_t i = 0; i < walk->count; i++) {
        if (strcmp(walk->rows[i].name, name) == 0)
            return &walk->rows[i];
    }
    return NULL;
}

static const struct option_row *find_letter(const struct walk *walk, char letter)
{
    for (size_t i = 0; i < walk->count; i++) {
        if (walk->rows[i].letter == letter)
            return &walk->rows[i];
    }
    return NULL;
}

/* text: behind the two dashes. */
static bool read_long(struct walk *walk, const char *text, struct error *err)
{
    const char *equals = strchr(text, '=');
    char *name = equals ? memory_copy_bytes(text, (size_t)(equals - text)) : memory_copy_text(text);
    const struct option_row *row = find_name(walk, name);
    const char *value = equals ? equals + 1 : NULL;
    bool ok = false;

    if (!row)
        fail_unknown(walk, name, err);
    else if (equals && !row->argument)
        error_set(err, ERROR_USAGE, "option --%s takes no value", name);
    else if (equals || !row->argument || take_value(walk, row, &value, err))
        ok = walk->set(walk->context, row->id, value, err);
    free(name);
    return ok;
}

/* letters: behind the dash; flags, the last of them perhaps with a value. */
static bool read_letters(struct walk *walk, const char *letters, struct error *err)
{
    for (const char *p = letters; *p; p++) {
        const struct option_row *row = find_letter(walk, *p);
        const char *value = NULL;

        if (!row)
            return error_set(err, ERROR_USAGE, "unknown option '-%c' in '-%s': --help lists them", *p, letters);
        if (row->argument && p[1])
            value = p + 1;
        else if (row->argument && !take_value(walk, row, &value, err))
            return false;
        if (!walk->set(walk->context, row->id, value, err))
            return false;
        if (value)
            break;
    }
    return true;
}

bool options_parse(const struct option_row *rows, size_t count, char **argv, int argc, option_setter set, void *context,
                   int *words, struct error *err)
{
    struct walk walk = { .rows = rows, .count = count, .argv = argv, .argc = argc, .set = set, .context = context };
    bool only_words = false;

    *words = 0;
    for (; walk.at < argc; walk.at++) {
        char *argument = argv[walk.at];

        if (only_words || argument[0] != '-' || argument[1] == '\0') {
            argv[(*words)++] = argument;
        } else if (strcmp(argument, "--") == 0) {
            only_words = true;
        } else if (argument[1] == '-') {
            if (!read_long(&walk, argument + 2, err))
                return false;
        } else if (!read_letters(&walk, argument + 1, err)) {
            return false;
        }
    }
    return true;
}

static void append_left(const struct option_row *row, struct buffer *out)
{
    if (row->letter)
        buffer_printf(out, "  -%c, --%s", row->letter, row->name);
    else
        buffer_printf(out, "      --%s", row->name);
    if (row->argument)
        buffer_printf(out, " %s", row->argument);
}

static void append_blanks(struct buffer *out, size_t count)
{
    buffer_printf(out, "%*s", (int)count, "");
}

/* The help text from column on, broken between words so that no line is wider than LINE_CELLS. */
static void append_wrapped(struct buffer *out, const char *text, size_t column)
{
    size_t cells = column;

    while (*text) {
        size_t length = strcspn(text, " ");
        char *word = memory_copy_bytes(text, length);
        size_t width = text_width(word);

        if (cells > column && cells + 1 + width > LINE_CELLS) {
            buffer_append_char(out, '\n');
            append_blanks(out, column);
            cells = column;
        } else if (cells > column) {
            buffer_append_char(out, ' ');
            cells++;
        }
        buffer_append_text(out, word);
        cells += width;
        free(word);
        text += length;
        text += strspn(text, " ");
    }
    buffer_append_char(out, '\n');
}

void options_help(const struct option_row *rows, size_t count, struct buffer *out)
{
    struct buffer left;
    size_t column = 0;

    buffer_init(&left, 0);
    for (size_t i = 0; i < count; i++) {
        buffer_reset(&left);
        append_left(&rows[i], &left);
        if (left.length + 2 > column && left.length + 2 <= LEFT_MOST)
            column = left.length + 2;
    }
    for (size_t i = 0; i < count; i++) {
        buffer_reset(&left);
        append_left(&rows[i], &left);
        buffer_append(out, left.data, left.length);
        if (left.length + 2 > column)
            buffer_append_char(out, '\n');
        append_blanks(out, left.length + 2 > column ? column : column - left.length);
        append_wrapped(out, rows[i].help, column);
    }
    buffer_clear(&left);
}
