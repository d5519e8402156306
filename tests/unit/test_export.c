/* Rows for a file: exact numbers, harmless cells, and never over a file that exists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tui/export.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct export *sample(void)
{
    struct export *export = export_new();

    export_column(export, "name");
    export_column(export, "offset");
    export_column(export, "time");
    export_text(export, "plain");
    export_number(export, INT64_C(-9007199254740993));
    export_time(export, INT64_C(1795428002000));
    export_text(export, "=1+1, \"quoted\"");
    export_null(export);
    export_time(export, TIMESTAMP_NONE);
    export_text(export, "-\x1b[31m\n");
    export_number(export, 7);
    export_text(export, NULL);
    return export;
}

static void test_csv(void **state)
{
    struct export *export = sample();
    struct buffer out;

    (void)state;
    buffer_init(&out, 0);
    assert_int_equal(export_rows(export), 3);
    export_csv(export, &out);
    assert_string_equal(out.data, "name,offset,time\n"
                                  "plain,-9007199254740993,2026-11-23T10:00:02Z\n"
                                  "\"'=1+1, \"\"quoted\"\"\",,\n"
                                  "'-\\x1b[31m\\x0a,7,\n");
    buffer_clear(&out);
    export_free(export);
}

static void test_json(void **state)
{
    struct export *export = sample();
    struct buffer out;

    (void)state;
    buffer_init(&out, 0);
    export_json(export, &out);
    assert_non_null(strstr(out.data, "-9007199254740993"));
    assert_non_null(strstr(out.data, "\"=1+1, \\\"quoted\\\"\"")); /* as it is: no spreadsheet reads this */
    assert_non_null(strstr(out.data, "null"));
    buffer_clear(&out);
    export_free(export);
}

static void test_files(void **state)
{
    char folder[] = "/tmp/headgate-export-XXXXXX";
    struct export *export = sample();
    struct error err = { 0 };
    struct stat status;

    (void)state;
    assert_non_null(mkdtemp(folder));
    char *path = memory_printf("%s/rows.csv", folder), *other = memory_printf("%s/rows.txt", folder);
    umask(0);
    assert_true(export_write(export, path, &err));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_false(export_write(export, path, &err));
    assert_non_null(strstr(err.message, "exists already"));
    assert_false(export_write(export, other, &err));
    assert_non_null(strstr(err.message, ".csv or .json"));
    unlink(path);
    export_null(export); /* a view that names a column less than it fills */
    assert_false(export_write(export, path, &err));
    assert_int_equal(err.kind, ERROR_INTERNAL);
    assert_int_not_equal(stat(path, &status), 0);
    export_free(export);
    export = sample();
    unlink(path);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_false(export_write(export, path, &err));
    unlink(path);
    rmdir(folder);
    free(path);
    free(other);
    export_free(export);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
