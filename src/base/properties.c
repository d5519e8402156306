/* Settings as name=value. Values may be secrets, so every copy made here is wiped before its memory is given back. */
#include "base/properties.h"

#include "base/buffer.h"
#include "base/secret_file.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_LIMIT = 1024 * 1024 };

static void wipe_and_free(char *text)
{
    if (!text)
        return;
    explicit_bzero(text, strlen(text));
    free(text);
}

void properties_init(struct properties *properties)
{
    *properties = (struct properties){ 0 };
}

void properties_clear(struct properties *properties)
{
    for (size_t i = 0; i < properties->count; i++) {
        free(properties->rows[i].name);
        wipe_and_free(properties->rows[i].value);
    }
    free(properties->rows);
    properties_init(properties);
}

static struct property *find_row(const struct properties *properties, const char *name)
{
    for (size_t i = 0; i < properties->count; i++) {
        if (strcmp(properties->rows[i].name, name) == 0)
            return &properties->rows[i];
    }
    return NULL;
}

void properties_set(struct properties *properties, const char *name, const char *value)
{
    struct property *row = find_row(properties, name);
    char *copy = memory_copy_text(value);

    if (row) {
        wipe_and_free(row->value);
        row->value = copy;
        return;
    }
    properties->rows = memory_resize(properties->rows, (properties->count + 1) * sizeof(*properties->rows));
    properties->rows[properties->count++] = (struct property){ .name = memory_copy_text(name), .value = copy };
}

bool properties_set_pair(struct properties *properties, const char *pair, struct error *err)
{
    const char *equals = strchr(pair, '=');
    char *name;

    if (!equals)
        return error_set(
            err, ERROR_USAGE,
            "a setting needs the form name=value, but there is no '=': write, for example, -X client.id=me");
    if (equals == pair)
        return error_set(
            err, ERROR_USAGE,
            "a setting needs the form name=value, but there is no name: write, for example, -X client.id=me");
    name = memory_copy_bytes(pair, (size_t)(equals - pair));
    properties_set(properties, name, equals + 1);
    free(name);
    return true;
}

bool properties_take(struct properties *properties, const char *prefix, char **name, char **value)
{
    for (size_t i = 0; i < properties->count; i++) {
        struct property *row = &properties->rows[i];

        if (strncmp(row->name, prefix, strlen(prefix)) != 0)
            continue;
        *name = row->name;
        *value = row->value;
        properties->count--;
        memmove(row, row + 1, (properties->count - i) * sizeof(*row));
        return true;
    }
    return false;
}

const char *properties_get(const struct properties *properties, const char *name)
{
    const struct property *row = find_row(properties, name);

    return row ? row->value : NULL;
}

void properties_merge(struct properties *properties, const struct properties *from)
{
    for (size_t i = 0; i < from->count; i++)
        properties_set(properties, from->rows[i].name, from->rows[i].value);
}

/* --- the file's syntax: java.util.Properties.load(), as its documentation describes it ---------------------------- */

struct reader {
    const char *p;
    const char *end;
    size_t line; /* of p, from 1 */
};

static bool at_line_end(const struct reader *reader)
{
    return reader->p == reader->end || *reader->p == '\n' || *reader->p == '\r';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

static void skip_line_end(struct reader *reader)
{
    if (reader->p == reader->end)
        return;
    if (*reader->p++ == '\r' && reader->p < reader->end && *reader->p == '\n')
        reader->p++;
    reader->line++;
}

/* A backslash right before the end of a line joins the next line, without the blanks it begins with. */
static bool skip_continuation(struct reader *reader)
{
    struct reader next = *reader;

    if (next.p == next.end || *next.p != '\\')
        return false;
    next.p++;
    if (!at_line_end(&next))
        return false;
    skip_line_end(&next);
    while (next.p < next.end && is_blank(*next.p))
        next.p++;
    *reader = next;
    return true;
}

static void skip_blanks(struct reader *reader)
{
    for (;;) {
        if (reader->p < reader->end && is_blank(*reader->p))
            reader->p++;
        else if (!skip_continuation(reader))
            return;
    }
}

/* Moves to the first character of the next setting; false at the end of the text. */
static bool skip_to_setting(struct reader *reader)
{
    for (;;) {
        skip_blanks(reader);
        if (reader->p == reader->end)
            return false;
        if (*reader->p == '#' || *reader->p == '!') {
            while (!at_line_end(reader))
                reader->p++;
        } else if (!at_line_end(reader)) {
            return true;
        }
        skip_line_end(reader);
    }
}

static bool read_four_hex(struct reader *reader, uint32_t *unit)
{
    static const char digits[] = "0123456789abcdef";

    *unit = 0;
    if (reader->end - reader->p < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = *reader->p++;
        const char *digit = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;

        if (!digit)
            return false;
        *unit = *unit << 4 | (uint32_t)(digit - digits);
    }
    return true;
}

/* Behind "\u". Two surrogates in a row make one character; one alone, or U+0000, is an error. */
static bool read_unicode(struct reader *reader, char **out)
{
    uint32_t code, low;

    if (!read_four_hex(reader, &code) || code == 0)
        return false;
    if (code >= 0xd800 && code <= 0xdbff) {
        if (reader->end - reader->p < 6 || reader->p[0] != '\\' || reader->p[1] != 'u')
            return false;
        reader->p += 2;
        if (!read_four_hex(reader, &low) || low < 0xdc00 || low > 0xdfff)
            return false;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code <= 0xdfff) {
        return false;
    }
    *out += utf8_write(code, *out);
    return true;
}

static char escaped_char(char c)
{
    switch (c) {
    case 't': return '\t';
    case 'n': return '\n';
    case 'r': return '\r';
    case 'f': return '\f';
    default: return c;
    }
}

/* Reads a name (up to a separator) or a value (up to the end of the line) into out, which has room for all that is
 * left: no escape is shorter than what it stands for. */
static bool read_part(struct reader *reader, bool is_name, char *out)
{
    while (!at_line_end(reader)) {
        char c = *reader->p;

        if (is_name && (c == '=' || c == ':' || is_blank(c)))
            break;
        if (c == '\0')
            return false;
        if (skip_continuation(reader))
            continue;
        reader->p++;
        if (c == '\\') {
            c = *reader->p++; /* not the end: that was a continuation */
            if (c == '\0' || (c == 'u' && !read_unicode(reader, &out)))
                return false;
            if (c == 'u')
                continue;
            c = escaped_char(c);
        }
        *out++ = c;
    }
    *out = '\0';
    return true;
}

static bool read_setting(struct reader *reader, char *name, char *value)
{
    if (!read_part(reader, true, name))
        return false;
    skip_blanks(reader);
    if (!at_line_end(reader) && (*reader->p == '=' || *reader->p == ':')) {
        reader->p++;
        skip_blanks(reader);
    }
    return read_part(reader, false, value) && *name != '\0';
}

bool properties_parse(struct properties *properties, const char *text, size_t length, const char *what,
                      struct error *err)
{
    struct reader reader = { .p = text, .end = text + length, .line = 1 };
    char *name = memory_new(length + 1);
    char *value = memory_new(length + 1);
    bool ok = true;

    while (ok && skip_to_setting(&reader)) {
        size_t line = reader.line;

        if (read_setting(&reader, name, value))
            properties_set(properties, name, value);
        else
            ok = error_set(err, ERROR_USAGE, "%s, line %zu: not a setting of the form name=value", what, line);
    }
    explicit_bzero(value, length);
    explicit_bzero(name, length);
    free(value);
    free(name);
    return ok;
}

/* Reads all of a file of at most FILE_LIMIT bytes into text, which has room for one more. */
static bool read_all(int fd, const char *path, char *text, size_t *length, struct error *err)
{
    *length = 0;
    for (;;) {
        ssize_t got = read(fd, text + *length, FILE_LIMIT + 1 - *length);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(err, "cannot read %s", path);
        if (got == 0)
            return true;
        *length += (size_t)got;
        if (*length > FILE_LIMIT)
            return error_set(err, ERROR_USAGE, "%s is larger than 1 MiB: not a file of settings", path);
    }
}

bool properties_url_has_login(const char *urls)
{
    for (const char *at = strstr(urls, "://"); at; at = strstr(at, "://")) {
        at += 3;
        if (memchr(at, '@', strcspn(at, "/,")))
            return true;
    }
    return false;
}

bool properties_is_secret(const char *name, const char *value)
{
    static const char *const parts[] = { "password", "secret", "ssl.key.pem", "ssl.keystore.key" };

    /* A truststore holds what everybody may see; its password only tells that nobody changed it. */
    if (value[0] == '\0' || strcmp(name, "ssl.truststore.password") == 0)
        return false;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strstr(name, parts[i]))
            return true;
    }
    return (strstr(name, "jaas.config") && strstr(value, "password")) || properties_url_has_login(value);
}

static bool check_private(const struct properties *properties, const struct stat *status, const char *path,
                          struct error *err)
{
    for (size_t i = 0; i < properties->count; i++) {
        const struct property *row = &properties->rows[i];
        char what[200];

        if (!properties_is_secret(row->name, row->value))
            continue;
        snprintf(what, sizeof(what), "holds a secret (%.150s)", row->name);
        return secret_file_check(status, geteuid(), path, what, err);
    }
    return true;
}

bool properties_load(struct properties *properties, const char *path, struct error *err)
{
    bool ok = false;
    char *text = NULL;
    size_t length = 0;
    struct properties found;
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return error_set_errno(err, "cannot open %s", path);
    properties_init(&found);
    if (fstat(fd, &status) != 0) {
        error_set_errno(err, "cannot look at %s", path);
        goto out;
    }
    if (!S_ISREG(status.st_mode)) {
        error_set(err, ERROR_USAGE, "%s is not a regular file", path);
        goto out;
    }
    text = memory_new(FILE_LIMIT + 1);
    ok = read_all(fd, path, text, &length, err) && properties_parse(&found, text, length, path, err) &&
         check_private(&found, &status, path, err);
    if (ok)
        properties_merge(properties, &found);
out:
    properties_clear(&found);
    if (text)
        explicit_bzero(text, length);
    free(text);
    close(fd);
    return ok;
}
