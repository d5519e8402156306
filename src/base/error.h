/* What went wrong, in words that an operator can act on.
 *
 * Every function that may fail returns bool and takes `struct error *err` last. A failing function returns
 * error_set(...), which is false. Messages are lower case, have no full stop, and name the thing and, where there is
 * one, the remedy. Text from outside passes text_sanitise() before it enters a message (see error_set).
 * A struct error is a plain value: no ownership, may be copied. err may be NULL where the caller does not care.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

enum error_kind {
    ERROR_NONE,        /* nothing went wrong */
    ERROR_USAGE,       /* the command line or a setting is wrong: exit code 2 */
    ERROR_SYSTEM,      /* the operating system refused: file, memory, thread */
    ERROR_KAFKA,       /* a broker, or librdkafka */
    ERROR_S3,          /* the store, or the way to it */
    ERROR_CREDENTIALS, /* AWS credentials missing, unreadable or expired */
    ERROR_CONNECT,     /* Kafka Connect's REST interface */
    ERROR_FORMAT,      /* bytes that do not parse: JSON, XML, metadata, a stream object */
    ERROR_REFUSED,     /* headgate will not do it: a promise would be broken */
    ERROR_CANCELLED,   /* the operator changed their mind */
    ERROR_INTERNAL,    /* a bug in headgate */
};

enum { ERROR_MESSAGE_SIZE = 1024 };

struct error {
    enum error_kind kind;
    bool retriable; /* trying the same again can help */
    char message[ERROR_MESSAGE_SIZE];
};

/* Fills err (which may be NULL) and returns false, so that failing takes one line. The finished message is sanitised:
 * control characters, invalid UTF-8 and escape sequences come out as visible escapes. */
bool error_set(struct error *err, enum error_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* As error_set, and says that trying again can help. */
bool error_set_retriable(struct error *err, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As error_set with ERROR_SYSTEM, and appends ": " and the text of errno. */
bool error_set_errno(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "<formatted>: " in front of the message err already has; keeps kind and retriable. Returns false. */
bool error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Empties err. */
void error_clear(struct error *err);

/* The field's word for a kind, for logs and JSON: "usage", "kafka", "s3", ... Static text. */
const char *error_kind_name(enum error_kind kind);

/* A function that may fail and whose answer must be looked at. */
#define MUST_CHECK __attribute__((warn_unused_result))

#endif
