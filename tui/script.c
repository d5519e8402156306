/* Keys from a file. */
#include "tui/script.h"

#include "tui/keymap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"

enum {
    MOST_CELLS = 1000, /* lines or columns of a screen */
    MOST_BYTES = 1 << 20,
};

struct script {
    struct script_step *steps;
    size_t count, size;
    size_t next;
};

static struct script_step *add_step(struct script *script, enum script_step_kind kind)
{
    if (script->count == script->size) {
        script->size = script->size ? 2 * script->size : 64;
        script->steps = memory_resize(script->steps, script->size * sizeof(*script->steps));
    }
    struct script_step *step = &script->steps[script->count++];
    *step = (struct script_step){ .kind = kind };
    return step;
}

static bool read_clock(struct script *script, const char *text, struct error *err)
{
    timestamp_ms clock;

    if (!timestamp_parse(text, timestamp_now(), &clock, err))
        return false;
    add_step(script, SCRIPT_CLOCK)->clock = clock;
    return true;
}

static bool read_size(struct script *script, const char *text, struct error *err)
{
    int64_t columns = 0, lines = 0;
    size_t length = strcspn(text, " ");
    char *first = memory_copy_bytes(text, length);
    bool ok = text_parse_uint(first, MOST_CELLS, &columns) && text[length] == ' ' &&
              text_parse_uint(text + length + 1, MOST_CELLS, &lines) && columns > 0 && lines > 0;

    free(first);
    if (!ok)
        return error_set(err, ERROR_USAGE, "say size COLUMNS LINES");
    struct script_step *step = add_step(script, SCRIPT_SIZE);
    step->columns = (int)columns;
    step->lines = (int)lines;
    return true;
}

static bool read_keys(struct script *script, const char *text, struct error *err)
{
    while (*text) {
        size_t length = strcspn(text, " ");
        char *name = memory_copy_bytes(text, length);
        int key = keymap_key(name);

        if (key == 0)
            error_set(err, ERROR_USAGE, "no key is called \"%s\"", name);
        free(name);
        if (key == 0)
            return false;
        add_step(script, SCRIPT_KEY)->key = key;
        text += length + strspn(text + length, " ");
    }
    return true;
}

static bool read_typed(struct script *script, const char *text, struct error *err)
{
    size_t length = strlen(text), used;

    for (size_t at = 0; at < length; at += used) {
        uint32_t code = utf8_next(text + at, length - at, &used);

        if (code == UTF8_INVALID)
            return error_set(err, ERROR_USAGE, "what is typed must be UTF-8");
        add_step(script, SCRIPT_KEY)->key = (int)code;
    }
    return true;
}

static bool read_dump(struct script *script, const char *text, struct error *err)
{
    if (!*text)
        return error_set(err, ERROR_USAGE, "say dump FILE");
    add_step(script, SCRIPT_DUMP)->path = memory_copy_text(text);
    return true;
}

static bool read_wait(struct script *script, const char *text, struct error *err)
{
    if (!*text)
        return error_set(err, ERROR_USAGE, "say wait TEXT");
    add_step(script, SCRIPT_WAIT)->path = memory_copy_text(text);
    return true;
}

static const struct {
    const char *word;
    bool (*read)(struct script *script, const char *text, struct error *err);
} words[] = {
    { "clock", read_clock },
    { "size",  read_size  },
    { "key",   read_keys  },
    { "type",  read_typed },
    { "dump",  read_dump  },
    { "wait",  read_wait  },
};

static bool read_line(struct script *script, const char *line, struct error *err)
{
    size_t length = strcspn(line, " ");

    if (*line == '\0' || *line == '#')
        return true;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strlen(words[i].word) == length && strncmp(words[i].word, line, length) == 0)
            return words[i].read(script, line + length + (line[length] == ' '), err);
    return error_set(err, ERROR_USAGE, "a line begins with clock, size, key, type, dump or wait, not with \"%s\"",
                     line);
}

static bool read_file(struct script *script, FILE *file, const char *path, struct error *err)
{
    char *line = NULL;
    size_t size = 0, number = 0, bytes = 0;
    ssize_t length;
    bool ok = true;

    while (ok && (length = getline(&line, &size, file)) >= 0) {
        number++;
        bytes += (size_t)length;
        if (length > 0 && line[length - 1] == '\n')
            line[length - 1] = '\0';
        ok = bytes <= MOST_BYTES ? read_line(script, line, err) : error_set(err, ERROR_USAGE, "more than a mebibyte");
    }
    free(line);
    if (!ok)
        return error_prefix(err, "%s:%zu", path, number);
    if (ferror(file))
        return error_set_errno(err, "cannot read %s", path);
    return true;
}

bool script_load(const char *path, struct script **script, struct error *err)
{
    struct script *made;
    FILE *file = fopen(path, "r");

    if (!file) {
        error_set_errno(err, "cannot open the script %s", path);
        if (err)
            err->kind = ERROR_USAGE;
        return false;
    }
    made = memory_new(sizeof(*made));
    bool ok = read_file(made, file, path, err);
    fclose(file);
    if (!ok) {
        script_free(made);
        return false;
    }
    *script = made;
    return true;
}

void script_free(struct script *script)
{
    if (!script)
        return;
    for (size_t i = 0; i < script->count; i++)
        free(script->steps[i].path);
    free(script->steps);
    free(script);
}

bool script_begins_with_clock(const struct script *script)
{
    return script->count > 0 && script->steps[0].kind == SCRIPT_CLOCK;
}

const struct script_step *script_next(struct script *script)
{
    return script->next < script->count ? &script->steps[script->next++] : NULL;
}
