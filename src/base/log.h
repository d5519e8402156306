/* What happened, for people: a ring of the last lines and, where wanted, a file of mode 0600 or standard error.
 *
 * One log per process, safe from any thread, never blocks on anything but its own short lock. Lines are sanitised on
 * entry. Secrets and record values never go in; the writer also masks what looks like an AWS signature or token.
 * Each line: 10:00:59Z I kafka    6 offsets committed. In the file the date stands in front of the time.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/timestamp.h"

enum log_level {
    LOG_DEBUG,   /* 'D': only with -v */
    LOG_INFO,    /* 'I' */
    LOG_WARNING, /* 'W' */
    LOG_ERROR,   /* 'E' */
};

struct log_line {
    timestamp_ms time;
    enum log_level level;
    char subsystem[12]; /* "kafka", "s3", "delivery", "action", ... */
    char text[480];
};

enum { LOG_RING_LINES = 10000 };

/* Lines at or above this level also go to standard error, with a prefix; one that cannot be written at once is not.
 * Off by default. Debug lines are kept (in the ring as well) only while least is LOG_DEBUG, on or off. */
void log_to_stderr(bool on, enum log_level least);

enum { LOG_FILE_BYTES = 8 * 1024 * 1024 };

/* Appends to a file, created 0600 with O_NOFOLLOW; refuses anything but a regular file of our own. When it is larger than
 * LOG_FILE_BYTES it becomes path.1, in place of an older one, and a new file is begun. Where it cannot be written (a full
 * disk) the program goes on: a warning stands in the ring, and in the file how many lines are missing, once it can be. */
bool log_to_file(const char *path, struct error *err) MUST_CHECK;

void log_write(enum log_level level, const char *subsystem, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Lines ever written; the ring holds the newest LOG_RING_LINES of them. */
uint64_t log_count(void);

/* Copies line number n (0 = first ever). False when it was overwritten or not yet written. */
bool log_get(uint64_t number, struct log_line *line);

/* Closes the file. */
void log_close(void);

#endif
