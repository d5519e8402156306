/* The only file that writes an answer to standard output. */
#include "command/command_print.h"

#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_CELLS = 80, NOTE_LIMIT = 8192 };

int command_fail(const struct error *err)
{
    fprintf(stderr, "headgate: %s\n", err->message);
    return err->kind == ERROR_USAGE ? COMMAND_USAGE : COMMAND_FAILED;
}

void command_warn(const char *warning)
{
    if (warning)
        fprintf(stderr, "headgate: warning: %s\n", warning);
}

int command_finish(struct buffer *out, int code)
{
    bool ok = out->length == 0 || fwrite(out->data, 1, out->length, stdout) == out->length;

    buffer_clear(out);
    if (fflush(stdout) == 0 && ok)
        return code;
    fprintf(stderr, "headgate: cannot write to standard output: %s\n", strerror(errno));
    return COMMAND_FAILED;
}

void command_json(struct buffer *out, struct json *document)
{
    json_write(document, true, out);
    json_free(document);
    if (out->length > 0 && out->data[out->length - 1] != '\n')
        buffer_append_char(out, '\n');
}

void command_outside(struct buffer *out, const char *text)
{
    if (text)
        text_sanitise(out, text, strlen(text));
}

/* Appends words, breaking lines so that none is wider than the terminal; later lines are indented. */
static void wrap(struct buffer *out, const char *text, size_t indent)
{
    size_t used = 0;

    while (*text) {
        size_t length = strcspn(text, " ");
        char *word = memory_copy_bytes(text, length);
        size_t cells = text_width(word);

        if (used > 0 && used + 1 + cells > LINE_CELLS) {
            buffer_printf(out, "\n%*s", (int)indent, "");
            used = indent;
        } else if (used > 0) {
            buffer_append_char(out, ' ');
            used++;
        }
        buffer_append_text(out, word);
        used += cells;
        free(word);
        text += length;
        text += strspn(text, " ");
    }
    buffer_append_char(out, '\n');
}

void command_note(struct buffer *out, const char *format, ...)
{
    char text[NOTE_LIMIT];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    wrap(out, text, 2);
}
