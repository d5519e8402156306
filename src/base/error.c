/* What went wrong, in words. Nothing is allocated here, so that failing works when memory is out. */
#include "base/error.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Every character's harmless form is at least as long as its bytes, so raw text that was cut at this size fills a
 * message to its end, and the cut is never seen. */
enum { RAW_SIZE = ERROR_MESSAGE_SIZE + 8 };

static bool set_formatted(struct error *err, enum error_kind kind, bool retriable, const char *format, va_list values)
{
    char raw[RAW_SIZE];

    if (!err)
        return false;
    (void)vsnprintf(raw, sizeof(raw), format, values);
    err->kind = kind;
    err->retriable = retriable;
    utf8_harmless_text(raw, err->message, sizeof(err->message));
    return false;
}

bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    set_formatted(err, kind, false, format, values);
    va_end(values);
    return false;
}

bool error_set_retriable(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    set_formatted(err, kind, true, format, values);
    va_end(values);
    return false;
}

/* Appends in place; what does not fit is cut. */
static void append_cut(char *raw, size_t size, const char *text)
{
    size_t length = strlen(raw);

    (void)snprintf(raw + length, size - length, "%s", text);
}

bool error_set_errno(struct error *err, const char *format, ...)
{
    int number = errno;
    char raw[RAW_SIZE], reason[128];
    va_list values;

    if (!err)
        return false;
    va_start(values, format);
    (void)vsnprintf(raw, sizeof(raw), format, values);
    va_end(values);
    append_cut(raw, sizeof(raw), ": ");
    append_cut(raw, sizeof(raw), strerror_r(number, reason, sizeof(reason)));
    err->kind = ERROR_SYSTEM;
    err->retriable = false;
    utf8_harmless_text(raw, err->message, sizeof(err->message));
    errno = number;
    return false;
}

bool error_prefix(struct error *err, const char *format, ...)
{
    char raw[RAW_SIZE];
    va_list values;

    if (!err)
        return false;
    va_start(values, format);
    (void)vsnprintf(raw, sizeof(raw), format, values);
    va_end(values);
    append_cut(raw, sizeof(raw), ": ");
    append_cut(raw, sizeof(raw), err->message);
    utf8_harmless_text(raw, err->message, sizeof(err->message));
    return false;
}

void error_clear(struct error *err)
{
    if (!err)
        return;
    err->kind = ERROR_NONE;
    err->retriable = false;
    err->message[0] = '\0';
}

const char *error_kind_name(enum error_kind kind)
{
    static const char *const names[] = {
        [ERROR_NONE] = "none",
        [ERROR_USAGE] = "usage",
        [ERROR_SYSTEM] = "system",
        [ERROR_KAFKA] = "kafka",
        [ERROR_S3] = "s3",
        [ERROR_CREDENTIALS] = "credentials",
        [ERROR_CONNECT] = "connect",
        [ERROR_FORMAT] = "format",
        [ERROR_REFUSED] = "refused",
        [ERROR_CANCELLED] = "cancelled",
        [ERROR_INTERNAL] = "internal",
    };

    if ((unsigned)kind >= sizeof(names) / sizeof(names[0]))
        return "internal";
    return names[kind];
}
