/* Files that TLS settings name: missing, closed, no files, and keys that others can read. */
#include "base/text.h"
#include "kafka/kafka_files.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/test_kafka_files.XXXXXX";
static char *path;

static int begin(void **state)
{
    int fd;

    (void)state;
    assert_non_null(mkdtemp(folder));
    path = memory_printf("%s/file", folder);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    close(fd);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    unlink(path);
    rmdir(folder);
    free(path);
    return 0;
}

/* A setting, and what the refusal says; NULL: none. */
static void expect(const char *name, const char *value, const char *password, const char *words)
{
    struct properties settings;
    struct error err = { .message = "" };
    bool ok;

    properties_init(&settings);
    properties_set(&settings, name, value);
    if (password)
        properties_set(&settings, password, "pw");
    ok = kafka_files_check(&settings, &err);
    if (ok != !words || (words && (!strstr(err.message, words) || !strstr(err.message, name))))
        fail_msg("%s=%s: %s", name, value, ok ? "taken" : err.message);
    if (!ok)
        assert_int_equal(err.kind, ERROR_USAGE);
    properties_clear(&settings);
}

static void files_that_cannot_be_read(void **state)
{
    static const char *const names[] = { "ssl.ca.location", "ssl.certificate.location", "ssl.key.location",
                                         "ssl.keystore.location" };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        expect(names[i], "/nowhere/at/all.pem", NULL,
               "cannot open /nowhere/at/all.pem: No such file or directory; name a file");
        expect(names[i], "/dev/null", NULL, "/dev/null is not a regular file");
        expect(names[i], folder, NULL, i == 0 ? NULL : "is not a regular file");
        expect(names[i], path, NULL, NULL);
        expect(names[i], "", NULL, NULL);
    }
    expect("ssl.ca.location", "probe", NULL, NULL);
    expect("ssl.key.location", "probe", NULL, "cannot open probe");
}

static void keys_that_others_can_read(void **state)
{
    (void)state;
    assert_int_equal(chmod(path, 0640), 0);
    expect("ssl.key.location", path, NULL, "others may read it (mode 640); type: chmod 600 /tmp/test_kafka_files.");
    expect("ssl.key.location", path, "ssl.key.password", NULL);
    expect("ssl.keystore.location", path, NULL, NULL);
    expect("ssl.certificate.location", path, NULL, NULL);
    expect("ssl.ca.location", path, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_that_cannot_be_read),
        cmocka_unit_test(keys_that_others_can_read),
    };

    return cmocka_run_group_tests(tests, begin, finish);
}
