/* The log: what is kept, what is masked, which files are refused, and that nobody ever waits for it. */
#include "base/log.h"

#include "base/buffer.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct log_line last_line(void)
{
    struct log_line line;

    assert_true(log_count() > 0);
    assert_true(log_get(log_count() - 1, &line));
    return line;
}

static void lines_are_kept(void **state)
{
    uint64_t before = log_count();
    struct log_line line;

    (void)state;
    log_write(LOG_WARNING, "kafka", "%d offsets committed", 6);
    assert_int_equal(log_count(), before + 1);
    line = last_line();
    assert_int_equal(line.level, LOG_WARNING);
    assert_string_equal(line.subsystem, "kafka");
    assert_string_equal(line.text, "6 offsets committed");
    assert_true(line.time <= timestamp_now() && line.time > timestamp_now() - 60000);
    assert_false(log_get(log_count(), &line));
}

static void debug_only_when_asked_for(void **state)
{
    uint64_t before = log_count();

    (void)state;
    log_write(LOG_DEBUG, "kafka", "x");
    assert_int_equal(log_count(), before);
    log_to_stderr(false, LOG_DEBUG);
    log_write(LOG_DEBUG, "kafka", "x");
    assert_int_equal(log_count(), before + 1);
    log_to_stderr(false, LOG_INFO);
}

static void lines_are_harmless_and_cut(void **state)
{
    char text[2000];

    (void)state;
    log_write(LOG_INFO, "a subsystem of great length", "a\x1b[2J\nb%s", "\xff");
    assert_string_equal(last_line().text, "a\\x1b[2J\\x0ab\\xff");
    assert_string_equal(last_line().subsystem, "a subsystem");
    memset(text, 'x', sizeof(text));
    for (size_t i = 0; i + 3 < sizeof(text); i += 3)
        memcpy(text + i, "\xe6\x97\xa5", 3);
    text[sizeof(text) - 1] = '\0';
    log_write(LOG_INFO, "s", "%s", text);
    assert_int_equal(strlen(last_line().text), sizeof(last_line().text) / 3 * 3 - 3);
    assert_null(strstr(last_line().text, "\\x"));
}

static void secrets_are_masked(void **state)
{
    static const char *const cases[][2] = {
        { "GET /b?X-Amz-Signature=0a1b2c&x=1",                                    "GET /b?X-Amz-Signature=***&x=1"                 },
        { "AWS4-HMAC Credential=AK/2026, SignedHeaders=host, Signature=0a1b2c3d",
         "AWS4-HMAC Credential=AK/2026, SignedHeaders=host, Signature=***"                                                         },
        { "Authorization: AWS4-HMAC-SHA256 Credential=x, y z",                    "Authorization: ***"                             },
        { "x-amz-security-token: FwoGZXIvYXdzEA, next",                           "x-amz-security-token: ***, next"                },
        { "&X-Amz-Security-Token=Fwo%2B/==&b",                                    "&X-Amz-Security-Token=***&b"                    },
        { "sasl.password=hunter2 and ssl.key.password=\"other\"",                 "sasl.password=*** and ssl.key.password=\"***\"" },
        { "aws_secret_access_key = abcdef/+",                                     "aws_secret_access_key = ***"                    },
        { "\"SecretAccessKey\" : \"abc\", 1",                                     "\"SecretAccessKey\" : \"***, 1"                 },
        { "password=",                                                            "password="                                      },
        { "password=a b",                                                         "password=* b"                                   },
        { "no secret here",                                                       "no secret here"                                 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        log_write(LOG_INFO, "s3", "%s", cases[i][0]);
        assert_string_equal(last_line().text, cases[i][1]);
    }
}

static void the_ring_keeps_the_newest(void **state)
{
    struct log_line line;
    uint64_t first = log_count();
    char expected[32];

    (void)state;
    for (int i = 0; i < LOG_RING_LINES + 5; i++)
        log_write(LOG_INFO, "s", "line %d", i);
    assert_int_equal(log_count(), first + LOG_RING_LINES + 5);
    assert_false(log_get(first + 4, &line));
    for (int i = 5; i < LOG_RING_LINES + 5; i += 500) {
        assert_true(log_get(first + (uint64_t)i, &line));
        (void)snprintf(expected, sizeof(expected), "line %d", i);
        assert_string_equal(line.text, expected);
    }
}

static void read_file(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY);
    ssize_t length;

    assert_true(fd >= 0);
    length = read(fd, text, size - 1);
    assert_true(length >= 0);
    text[length] = '\0';
    close(fd);
}

static void files_of_our_own_only(void **state)
{
    char folder[] = "/tmp/headgate-test-XXXXXX", text[500] = "";
    char *path, *other;
    struct error err;
    struct stat status;

    (void)state;
    assert_non_null(mkdtemp(folder));
    path = memory_printf("%s/log", folder);
    other = memory_printf("%s/other", folder);
    assert_true(log_to_file(path, &err));
    log_write(LOG_ERROR, "s3", "first");
    assert_int_equal(chmod(path, 0644), 0);
    assert_true(log_to_file(path, &err)); /* again: appends, and closes to others */
    log_write(LOG_INFO, "kafka", "second");
    log_close();
    log_write(LOG_INFO, "kafka", "third");
    read_file(path, text, sizeof(text));
    assert_int_equal(strlen(text), strlen("2026-11-23T10:00:59Z E s3       first\n") * 2 + 1);
    assert_non_null(strstr(text, "Z E s3       first\n2"));
    assert_non_null(strstr(text, "Z I kafka    second\n"));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);

    assert_int_equal(symlink(path, other), 0);
    assert_false(log_to_file(other, &err));
    unlink(other);
    assert_int_equal(mkfifo(other, 0600), 0);
    assert_false(log_to_file(other, &err));
    assert_non_null(strstr(err.message, other));
    assert_false(log_to_file(folder, &err));
    unlink(other);
    unlink(path);
    rmdir(folder);
    free(path);
    free(other);
}

/* Standard error becomes a pipe that nobody reads: writing goes on until it is full, and the program goes on after. */
static void a_full_pipe_stops_nobody(void **state)
{
    int ends[2], saved = dup(STDERR_FILENO);
    uint64_t before = log_count();
    char text[200];
    ssize_t length;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    log_to_stderr(true, LOG_WARNING);
    log_write(LOG_INFO, "s3", "not this");
    for (int i = 0; i < 5000; i++)
        log_write(LOG_ERROR, "s3",
                  "a line that is written to a pipe which holds sixteen pages, not five thousand lines");
    log_to_stderr(false, LOG_INFO);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    assert_int_equal(log_count(), before + 5001);
    length = read(ends[0], text, sizeof(text) - 1);
    assert_true(length > 100);
    text[length] = '\0';
    assert_memory_equal(text, "headgate: ", 10);
    assert_memory_equal(text + 18, "Z E s3       a line that is written", 35);
    close(ends[0]);
    close(ends[1]);
    close(saved);
}

static void *write_many(void *name)
{
    for (int i = 0; i < 1000; i++)
        log_write(LOG_INFO, name, "%s %s %s", (const char *)name, (const char *)name, (const char *)name);
    return NULL;
}

static void lines_of_threads_stay_whole(void **state)
{
    static char names[3][4] = { "aaa", "bbb", "ccc" };
    pthread_t threads[3];
    uint64_t first = log_count();
    int seen[3] = { 0 };

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, names[i]), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(log_count(), first + 3000);
    for (uint64_t number = first; number < first + 3000; number++) {
        struct log_line line;
        char expected[64];

        assert_true(log_get(number, &line));
        (void)snprintf(expected, sizeof(expected), "%s %s %s", line.subsystem, line.subsystem, line.subsystem);
        assert_string_equal(line.text, expected);
        seen[line.subsystem[0] - 'a']++;
    }
    assert_true(seen[0] == 1000 && seen[1] == 1000 && seen[2] == 1000);
}

/* A full file makes room for a new one, and the lines before are beside it. */
static void a_full_file_is_rotated(void **state)
{
    char folder[] = "/tmp/headgate-test-XXXXXX", filler[400];
    struct error err;
    struct stat status;

    (void)state;
    assert_non_null(mkdtemp(folder));
    char *path = memory_printf("%s/log", folder), *old = memory_printf("%s/log.1", folder);
    memset(filler, 'x', sizeof(filler) - 1);
    filler[sizeof(filler) - 1] = '\0';
    assert_true(log_to_file(path, &err));
    for (int i = 0; i < LOG_FILE_BYTES / 400 + 10; i++)
        log_write(LOG_INFO, "test", "%s", filler);
    log_close();
    assert_int_equal(stat(old, &status), 0);
    assert_in_range(status.st_size, LOG_FILE_BYTES - 1000, LOG_FILE_BYTES);
    assert_int_equal(stat(path, &status), 0);
    assert_in_range(status.st_size, 1, LOG_FILE_BYTES / 2);
    assert_int_equal(status.st_mode & 0777, 0600);
    unlink(path);
    unlink(old);
    rmdir(folder);
    free(path);
    free(old);
}

/* As on a full disk: a line is cut, others are not written, and then there is room again. */
static void a_full_disk_is_said(void **state)
{
    char folder[] = "/tmp/test_log.XXXXXX", text[4096];
    char *path = mkdtemp(folder) ? memory_printf("%s/log", folder) : NULL;
    struct rlimit before, narrow;
    struct log_line line;

    (void)state;
    assert_non_null(path);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_true(log_to_file(path, NULL));
    log_write(LOG_INFO, "test", "first");
    narrow = (struct rlimit){ .rlim_cur = 60, .rlim_max = before.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &narrow), 0);
    log_write(LOG_INFO, "test", "cut in the middle of it");
    log_write(LOG_INFO, "test", "not written");
    assert_true(log_get(log_count() - 2, &line));
    assert_int_equal(line.level, LOG_WARNING);
    assert_non_null(strstr(line.text, "cannot write"));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    log_write(LOG_INFO, "test", "there is room again");
    log_close();
    read_file(path, text, sizeof(text));
    assert_null(strstr(text, "not written\n"));
    assert_non_null(strstr(text, " W log      2 lines are missing here"));
    assert_non_null(strstr(strstr(text, "missing here"), "there is room again\n"));
    for (char *at = text; *at; at = strchr(at, '\n') + 1) /* each begins on a line of its own */
        assert_true(at[0] == '2');
    unlink(path);
    rmdir(folder);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_kept),
        cmocka_unit_test(debug_only_when_asked_for),
        cmocka_unit_test(lines_are_harmless_and_cut),
        cmocka_unit_test(secrets_are_masked),
        cmocka_unit_test(the_ring_keeps_the_newest),
        cmocka_unit_test(files_of_our_own_only),
        cmocka_unit_test(a_full_file_is_rotated),
        cmocka_unit_test(a_full_disk_is_said),
        cmocka_unit_test(a_full_pipe_stops_nobody),
        cmocka_unit_test(lines_of_threads_stay_whole),
    };

    (void)alarm(60); /* waiting would be the mistake that these tests look for */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
