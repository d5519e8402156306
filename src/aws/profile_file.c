/* Reading the AWS command line's files.
 *
 * inih cuts lines at 200 bytes and names and sections at 50 without a word, and a session token is five times longer.
 * So what is long never reaches inih: its reader gets a line in which the long text stands as a marker byte and a
 * number, and the handler puts the text back.
 */
#include "aws/profile_file.h"

#include "aws/digest.h"
#include "base/buffer.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_LIMIT = 1024 * 1024,
    LONG_LINE = 150,   /* inih's limit is 200 with the line's end */
    LONG_SECTION = 40, /* and 50 for a section's name */
    MARKER = '\x01',   /* a control character, which neither file can hold */
};

struct row {
    char *section; /* as profile_file_has wants it */
    char *name;
    char *value;
};

struct profile_file {
    char *path;
    mode_t mode;
    uid_t owner;
    struct row *rows;
    size_t count, size;
};

/* What inih's reader and handler share during one profile_file_read. */
struct reading {
    struct profile_file *file;
    const char *at, *end;
    char **shelf; /* the texts too long for inih */
    size_t shelved;
};

static void wipe_free(char *text)
{
    if (text)
        digest_wipe(text, strlen(text));
    free(text);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* A copy of [from, to) without blanks around it. */
static char *trimmed(const char *from, const char *to)
{
    while (from < to && is_blank(*from))
        from++;
    while (to > from && is_blank(to[-1]))
        to--;
    return memory_copy_bytes(from, (size_t)(to - from));
}

static size_t shelve(struct reading *reading, char *text)
{
    reading->shelf = memory_resize(reading->shelf, (reading->shelved + 1) * sizeof *reading->shelf);
    reading->shelf[reading->shelved] = text;
    return reading->shelved++;
}

/* The text that inih handed over, put back where it was too long. Borrowed. */
static const char *unshelved(const struct reading *reading, const char *text)
{
    int64_t number;

    if (*text != MARKER || !text_parse_uint(text + 1, (int64_t)reading->shelved - 1, &number))
        return text;
    return reading->shelf[number];
}

/* Appends the line [from, to) as inih can take it. */
static void shorten(struct reading *reading, const char *from, const char *to, struct buffer *line)
{
    const char *equals = memchr(from, '=', (size_t)(to - from));
    const char *close = memchr(from, ']', (size_t)(to - from));

    if (*from == '#' || *from == ';')
        return;
    if (*from == '[' && close)
        buffer_printf(line, "[%c%zu]", MARKER, shelve(reading, trimmed(from + 1, close)));
    else if (is_blank(*from))
        buffer_printf(line, "  %c%zu", MARKER, shelve(reading, trimmed(from, to)));
    else if (equals && equals - from < LONG_SECTION) {
        buffer_append(line, from, (size_t)(equals - from));
        buffer_printf(line, "=%c%zu", MARKER, shelve(reading, trimmed(equals + 1, to)));
    }
}

/* inih's reader: fills out with the next line, its end included. */
static char *next_line(char *out, int size, void *context)
{
    struct reading *reading = context;
    const char *from = reading->at, *to;
    struct buffer line;

    if (from >= reading->end)
        return NULL;
    to = memchr(from, '\n', (size_t)(reading->end - from));
    if (!to)
        to = reading->end;
    reading->at = to + 1;
    buffer_init(&line, (size_t)size - 2);
    if (to - from > (*from == '[' ? LONG_SECTION : LONG_LINE))
        shorten(reading, from, to, &line);
    else
        buffer_append(&line, from, (size_t)(to - from));
    buffer_append_char(&line, '\n');
    memcpy(out, line.data, line.length + 1);
    if (line.data)
        digest_wipe(line.data, line.length);
    buffer_clear(&line);
    return out;
}

/* profile "my  lake"  ->  profile my  lake; blanks between the words become one outside of quotes. */
static char *section_name(const char *raw)
{
    struct buffer out;
    char quote = 0;

    buffer_init(&out, 0);
    buffer_append_text(&out, "");
    for (; *raw; raw++) {
        if (quote ? *raw == quote : (*raw == '"' || *raw == '\'')) {
            quote = quote ? 0 : *raw;
            continue;
        }
        if (quote || !is_blank(*raw))
            buffer_append_char(&out, *raw);
        else if (out.length > 0 && raw[1] && !is_blank(raw[1]))
            buffer_append_char(&out, ' ');
    }
    return buffer_take(&out);
}

/* inih repeats the name for each indented line; such a line below an empty setting is "name = value" itself. */
static bool is_nested(const struct profile_file *file, const char *section, const char *name, const char *value)
{
    size_t length = strlen(name);

    if (file->count == 0 || !strchr(value, '='))
        return false;
    const struct row *before = &file->rows[file->count - 1];

    return strcmp(before->section, section) == 0 && strncasecmp(before->name, name, length) == 0 &&
           ((before->name[length] == '\0' && !*before->value) || before->name[length] == '.');
}

static int take_row(void *context, const char *raw_section, const char *name, const char *raw_value)
{
    struct reading *reading = context;
    struct profile_file *file = reading->file;
    const char *value = unshelved(reading, raw_value ? raw_value : "");
    struct row row;

    row.section = section_name(unshelved(reading, raw_section));
    if (is_nested(file, row.section, name, value)) {
        const char *equals = strchr(value, '=');
        char *inner = trimmed(value, equals);

        row.name = memory_printf("%s.%s", name, inner);
        row.value = trimmed(equals + 1, value + strlen(value));
        free(inner);
    } else {
        row.name = memory_copy_text(name);
        row.value = memory_copy_text(value);
    }
    if (file->count == file->size) {
        file->size = file->size ? 2 * file->size : 32;
        file->rows = memory_resize(file->rows, file->size * sizeof *file->rows);
    }
    file->rows[file->count++] = row;
    return 1;
}

/* The file is there and closed to us: whose it is decides who can open it. */
static bool refuse_closed(const char *path, const char *variable, struct error *err)
{
    unsigned we = (unsigned)geteuid();
    struct stat info;

    if (stat(path, &info) != 0)
        return error_set(err, ERROR_CREDENTIALS,
                         "cannot open %s: Permission denied: a directory on the way is closed to user %u (namei -l %s "
                         "shows which); open it, or name another file in %s",
                         path, we, path, variable);
    if (info.st_uid == geteuid())
        return error_set(err, ERROR_CREDENTIALS, "cannot open %s: Permission denied (mode %03o); type: chmod 600 %s",
                         path, (unsigned)info.st_mode & 0777, path);
    return error_set(
        err, ERROR_CREDENTIALS,
        "cannot open %s: Permission denied: it belongs to user %u, and headgate runs as user %u; run it as "
        "that user, or name a file of your own in %s",
        path, (unsigned)info.st_uid, we, variable);
}

static bool refuse_open(const char *path, const char *variable, int reason, struct error *err)
{
    if (reason == EACCES)
        return refuse_closed(path, variable, err);
    if (reason == ELOOP)
        return error_set(err, ERROR_CREDENTIALS,
                         "%s is a symbolic link, which could lead to a file of somebody else; put "
                         "the file itself there, or name it in %s",
                         path, variable);
    return error_set(err, ERROR_CREDENTIALS, "cannot open %s: %s; name another file in %s", path, strerror(reason),
                     variable);
}

/* Opens and reads the file whole into text. *missing: there is none. */
static bool slurp(struct profile_file *file, bool no_links, struct buffer *text, bool *missing, struct error *err)
{
    const char *variable = no_links ? "AWS_SHARED_CREDENTIALS_FILE" : "AWS_CONFIG_FILE";
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (no_links ? O_NOFOLLOW : 0));
    struct stat info;
    char chunk[4096];
    ssize_t got = 0;
    bool ok = false;

    *missing = fd < 0 && (errno == ENOENT || errno == ENOTDIR);
    if (*missing)
        return true;
    if (fd < 0)
        return refuse_open(file->path, variable, errno, err);
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        error_set(err, ERROR_CREDENTIALS, "%s is not a regular file; name one in %s", file->path, variable);
        goto out;
    }
    file->mode = info.st_mode;
    file->owner = info.st_uid;
    while ((got = read(fd, chunk, sizeof chunk)) > 0 && buffer_append(text, chunk, (size_t)got))
        ;
    ok = got == 0 && !memchr(text->data ? text->data : "", '\0', text->length);
    if (!ok)
        error_set(err, ERROR_CREDENTIALS, "cannot read %s: %s; name another file in %s", file->path,
                  got < 0 ? strerror(errno) : "it is no text, or larger than 1 MiB", variable);
out:
    digest_wipe(chunk, sizeof chunk);
    close(fd);
    return ok;
}

static bool parse(struct profile_file *file, const struct buffer *text, struct error *err)
{
    struct reading reading = { .file = file, .at = text->data, .end = text->data + text->length };
    int line = text->length ? ini_parse_stream(next_line, &reading, take_row, &reading) : 0;

    for (size_t i = 0; i < reading.shelved; i++)
        wipe_free(reading.shelf[i]);
    free(reading.shelf);
    if (line != 0)
        return error_set(err, ERROR_CREDENTIALS, "line %d of %s is neither a [section] nor a name = value", line,
                         file->path);
    return true;
}

bool profile_file_read(const char *path, bool no_links, struct profile_file **result, struct error *err)
{
    struct profile_file *file = memory_new(sizeof *file);
    struct buffer text;
    bool missing = false;
    bool ok = false;

    *result = NULL;
    file->path = memory_copy_text(path);
    buffer_init(&text, FILE_LIMIT);
    if (!slurp(file, no_links, &text, &missing, err))
        goto out;
    ok = missing || parse(file, &text, err);
    if (ok && !missing) {
        *result = file;
        file = NULL;
    }
out:
    if (text.data)
        digest_wipe(text.data, text.length);
    buffer_clear(&text);
    profile_file_free(file);
    return ok;
}

void profile_file_free(struct profile_file *file)
{
    if (!file)
        return;
    for (size_t i = 0; i < file->count; i++) {
        free(file->rows[i].section);
        free(file->rows[i].name);
        wipe_free(file->rows[i].value);
    }
    free(file->rows);
    free(file->path);
    free(file);
}

bool profile_file_has(const struct profile_file *file, const char *section)
{
    for (size_t i = 0; file && i < file->count; i++) {
        if (strcmp(file->rows[i].section, section) == 0)
            return true;
    }
    return false;
}

const char *profile_file_get(const struct profile_file *file, const char *section, const char *name)
{
    const char *value = NULL;

    for (size_t i = 0; file && i < file->count; i++) {
        if (strcmp(file->rows[i].section, section) == 0 && strcasecmp(file->rows[i].name, name) == 0)
            value = file->rows[i].value;
    }
    return value && *value ? value : NULL;
}

bool profile_file_private(const struct profile_file *file, struct error *err)
{
    if (file->owner != geteuid())
        return error_set(err, ERROR_CREDENTIALS,
                         "%s holds secrets and belongs to user %u, not to you (%u); copy it, or: "
                         "chown %u %s",
                         file->path, (unsigned)file->owner, (unsigned)geteuid(), (unsigned)geteuid(), file->path);
    if (file->mode & (S_IRWXG | S_IRWXO))
        return error_set(err, ERROR_CREDENTIALS,
                         "%s holds secrets and others may read it (mode %03o); type: chmod 600 %s", file->path,
                         (unsigned)file->mode & 0777, file->path);
    return true;
}
