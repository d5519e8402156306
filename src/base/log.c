/* The one log of the process. It is the only state of the program that stands at file level: every module may write
 * to it, also where nothing was handed to it, and a lock guards all of it. */
#include "base/log.h"

#include "base/buffer.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RAW_SIZE = 512, OUTPUT_SIZE = 640 };

static struct {
    pthread_mutex_t lock;
    int fd;     /* of the file; -1: none */
    char *path; /* of it */
    off_t bytes;
    size_t missing; /* lines that could not be written since the last one that was */
    bool torn;      /* its last line is not whole */
    bool to_stderr;
    enum log_level least;
    uint64_t count;
    struct log_line ring[LOG_RING_LINES]; /* 5 MB that the system gives page by page as they are written */
} shared = { .lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1, .least = LOG_INFO };

/* What stands behind one of these is a secret, up to the next character of `until`. */
static const struct secret {
    const char *marker;
    const char *until;
} secrets[] = {
    { "signature=",        " &,;\"'" },
    { "signature:",        " &,;\"'" },
    { "security-token=",   " &,;\"'" },
    { "security-token:",   ",;\"'"   },
    { "session_token=",    " &,;\"'" },
    { "sessiontoken",      " &,;"    },
    { "secret_access_key", ",;"      },
    { "secretaccesskey",   " &,;"    },
    { "password=",         " &,;\"'" },
    { "password:",         ",;\"'"   },
    { "authorization:",    ""        },
};

void log_to_stderr(bool on, enum log_level least)
{
    pthread_mutex_lock(&shared.lock);
    shared.to_stderr = on;
    shared.least = least;
    pthread_mutex_unlock(&shared.lock);
}

/* Opens the file, and says how long it is. Below zero with the reason. */
static int open_file(const char *path, off_t *bytes, struct error *err)
{
    struct stat status;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
    bool ok = false;

    if (fd < 0) {
        error_set_errno(err, "cannot open the log file %s", path);
        return -1;
    }
    if (fstat(fd, &status) != 0)
        error_set_errno(err, "cannot look at the log file %s", path);
    else if (!S_ISREG(status.st_mode) || status.st_uid != geteuid())
        error_set(err, ERROR_USAGE, "%s cannot be the log file: it is not a regular file of your own", path);
    else if (fchmod(fd, 0600) != 0)
        error_set_errno(err, "cannot set the mode of the log file %s", path);
    else
        ok = true;
    if (!ok) {
        close(fd);
        return -1;
    }
    *bytes = status.st_size;
    return fd;
}

bool log_to_file(const char *path, struct error *err)
{
    off_t bytes = 0;
    int fd = open_file(path, &bytes, err);

    if (fd < 0)
        return false;
    log_close();
    pthread_mutex_lock(&shared.lock);
    shared.fd = fd;
    shared.path = memory_copy_text(path);
    shared.bytes = bytes;
    shared.missing = 0;
    shared.torn = false;
    pthread_mutex_unlock(&shared.lock);
    return true;
}

/* Returns how many bytes at text are a secret's marker, and what ends the secret. */
static size_t marker_at(const char *text, const char **until)
{
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        size_t length = strlen(secrets[i].marker);

        if (strncasecmp(text, secrets[i].marker, length) == 0) {
            *until = secrets[i].until;
            return length;
        }
    }
    return 0;
}

/* In place: the text never grows, because a secret is replaced only when it is at least as long as its mask. */
static void mask_secrets(char *text)
{
    char *to = text;

    while (*text) {
        const char *until = "";
        size_t marker = marker_at(text, &until);
        size_t secret;

        if (marker == 0) {
            *to++ = *text++;
            continue;
        }
        marker += strspn(text + marker, " =:\"'");
        secret = strcspn(text + marker, until);
        memmove(to, text, marker);
        to += marker;
        text += marker + secret;
        for (size_t i = 0; i < 3 && i < secret; i++)
            *to++ = '*';
    }
    *to = '\0';
}

static size_t format_line(char out[OUTPUT_SIZE], const struct log_line *line, bool date)
{
    static const char letters[] = "DIWE";
    char time[TIMESTAMP_TEXT_SIZE];
    int length;

    timestamp_text(time, line->time / 1000 * 1000);
    length = snprintf(out, OUTPUT_SIZE, "%s %c %-8s %s\n", date ? time : time + strcspn(time, "T") + 1,
                      letters[line->level], line->subsystem, line->text);
    return (size_t)length;
}

/* A pipe that nobody reads, or a stopped terminal, must not stop the program: then the line stays in the ring only. */
static void write_stderr(const struct log_line *line)
{
    struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };
    char text[OUTPUT_SIZE + 16] = "headgate: ";
    size_t length = strlen(text);

    length += format_line(text + length, line, false);
    if (poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) && write(STDERR_FILENO, text, length) < 0)
        return;
}

/* A full file becomes path.1. Where that cannot be done, lines go on into the old one. */
static void rotate_locked(void)
{
    char *old = memory_printf("%s.1", shared.path);
    off_t bytes = 0;

    shared.bytes = 0; /* tried once for each LOG_FILE_BYTES */
    if (rename(shared.path, old) == 0) {
        int fd = open_file(shared.path, &bytes, NULL);

        if (fd >= 0) {
            close(shared.fd);
            shared.fd = fd;
            shared.bytes = bytes;
        }
    }
    free(old);
}

static void ring_locked(const struct log_line *line)
{
    shared.ring[shared.count++ % LOG_RING_LINES] = *line;
}

/* The whole line or nothing; a part of one is ended, so that what follows begins on a line of its own. */
static bool write_locked(const char *text, size_t length)
{
    ssize_t written = write(shared.fd, text, length);

    if (written > 0)
        shared.bytes += written;
    if (written == (ssize_t)length)
        return true;
    if (written > 0)
        shared.torn = true;
    if (written >= 0)
        errno = ENOSPC; /* a short write says no reason */
    return false;
}

/* A line of our own about the file, for the ring. */
static struct log_line about_file(const char *format, ...) __attribute__((format(printf, 1, 2)));

static struct log_line about_file(const char *format, ...)
{
    struct log_line line = { .level = LOG_WARNING, .time = timestamp_now() };
    va_list values;

    snprintf(line.subsystem, sizeof(line.subsystem), "log");
    va_start(values, format);
    (void)vsnprintf(line.text, sizeof(line.text), format, values);
    va_end(values);
    return line;
}

/* A full disk must not stop a delivery: it is said once, and the ring goes on. */
static void tell_missing_locked(void)
{
    if (shared.missing++ == 0) {
        struct log_line line = about_file("cannot write %.200s: %s; lines are on the screen only until it can",
                                          shared.path, strerror(errno));
        ring_locked(&line);
    }
}

/* Where lines are missing the file says so, before it goes on. */
static bool mark_gap_locked(void)
{
    char text[OUTPUT_SIZE + 1] = "\n";
    struct log_line line = about_file("%zu lines are missing here: the file could not be written", shared.missing);
    size_t length = format_line(text + 1, &line, true);

    if (!(shared.torn ? write_locked(text, length + 1) : write_locked(text + 1, length)))
        return false;
    shared.torn = false;
    ring_locked(&line);
    return true;
}

static void keep_locked(const struct log_line *line)
{
    char text[OUTPUT_SIZE];
    size_t length;

    ring_locked(line);
    if (shared.fd < 0)
        return;
    length = format_line(text, line, true);
    if (shared.bytes + (off_t)length > LOG_FILE_BYTES)
        rotate_locked();
    if (shared.missing > 0 && !mark_gap_locked())
        shared.missing++;
    else if (write_locked(text, length))
        shared.missing = 0;
    else
        tell_missing_locked();
}

void log_write(enum log_level level, const char *subsystem, const char *format, ...)
{
    struct log_line line = { .level = level };
    char raw[RAW_SIZE];
    bool wanted, to_stderr;
    va_list values;

    pthread_mutex_lock(&shared.lock);
    wanted = level > LOG_DEBUG || shared.least == LOG_DEBUG;
    to_stderr = shared.to_stderr && level >= shared.least;
    pthread_mutex_unlock(&shared.lock);
    if (!wanted)
        return;

    va_start(values, format);
    (void)vsnprintf(raw, sizeof(raw), format, values);
    va_end(values);
    mask_secrets(raw);
    utf8_harmless_text(raw, line.text, sizeof(line.text));
    utf8_harmless_text(subsystem, line.subsystem, sizeof(line.subsystem));

    pthread_mutex_lock(&shared.lock);
    line.time = timestamp_now();
    keep_locked(&line);
    pthread_mutex_unlock(&shared.lock);
    if (to_stderr)
        write_stderr(&line);
}

uint64_t log_count(void)
{
    uint64_t count;

    pthread_mutex_lock(&shared.lock);
    count = shared.count;
    pthread_mutex_unlock(&shared.lock);
    return count;
}

bool log_get(uint64_t number, struct log_line *line)
{
    bool there;

    pthread_mutex_lock(&shared.lock);
    there = number < shared.count && shared.count - number <= LOG_RING_LINES;
    if (there)
        *line = shared.ring[number % LOG_RING_LINES];
    pthread_mutex_unlock(&shared.lock);
    return there;
}

void log_close(void)
{
    pthread_mutex_lock(&shared.lock);
    if (shared.fd >= 0)
        close(shared.fd);
    free(shared.path);
    shared.path = NULL;
    shared.fd = -1;
    pthread_mutex_unlock(&shared.lock);
}
