/* Settings: the syntax of Java's properties files, order, and what is refused. */
#include "base/properties.h"

#include "base/buffer.h"
#include "random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Parses text and compares with "name=value|name=value|". */
static void assert_parsed(const char *text, const char *expected)
{
    struct properties properties;
    struct buffer got;
    struct error err;

    properties_init(&properties);
    buffer_init(&got, 0);
    if (!properties_parse(&properties, text, strlen(text), "f", &err))
        fail_msg("%s", err.message);
    for (size_t i = 0; i < properties.count; i++)
        buffer_printf(&got, "%s=%s|", properties.rows[i].name, properties.rows[i].value);
    buffer_append_text(&got, "");
    assert_string_equal(got.data, expected);
    buffer_clear(&got);
    properties_clear(&properties);
}

static void syntax_by_example(void **state)
{
    (void)state;
    assert_parsed("", "");
    assert_parsed("\n\n  \t\n", "");
    assert_parsed("a=1", "a=1|");
    assert_parsed("a=1\nb=2\r\nc=3\rd=4", "a=1|b=2|c=3|d=4|");
    assert_parsed("# x=1\n! y=2\n  # z=3\na=1", "a=1|");
    assert_parsed("a = 1\nb:2\nc : 3\nd 4\ne\t5\nf=:6", "a=1|b=2|c=3|d=4|e=5|f=:6|");
    assert_parsed("a", "a=|");
    assert_parsed("a=\nb=1", "a=|b=1|");
    assert_parsed("a=x y  ", "a=x y  |"); /* blanks at the end count, as in Java */
    assert_parsed("a=1\\\n   2\\\r\n\t3\nb=4", "a=123|b=4|");
    assert_parsed("a\\\n b=1", "ab=1|");
    assert_parsed("a \\\n = 1", "a=1|");
    assert_parsed("a=1\\", "a=1|");
    assert_parsed("a=1\\\n# no comment", "a=1# no comment|");
    assert_parsed("a\\=b\\:c\\ d=\\#1\\!\\\\", "a=b:c d=#1!\\|");
    assert_parsed("a=\\t\\n\\r\\f\\q", "a=\t\n\r\fq|");
    assert_parsed("a=\\u0041\\u00e9\\u65E5\\ud83d\\ude00", "a=A\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80|");
    assert_parsed("a=\xc3\xa9", "a=\xc3\xa9|");
    assert_parsed("a=1\nb=2\na=3", "a=3|b=2|");
    assert_parsed("sasl.jaas.config=org.x.PlainLoginModule required \\\n  username=\"u\" \\\n  password=\"p=;\";",
                  "sasl.jaas.config=org.x.PlainLoginModule required username=\"u\" password=\"p=;\";|");
}

static void assert_refused(const char *text, size_t length, const char *message)
{
    struct properties properties;
    struct error err;

    properties_init(&properties);
    assert_false(properties_parse(&properties, text, length, "file.properties", &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_string_equal(err.message, message);
    properties_clear(&properties);
}

#define ASSERT_REFUSED(text, line) \
    assert_refused(text, sizeof(text) - 1, "file.properties, line " line ": not a setting of the form name=value")

static void refusals_name_the_line_and_no_value(void **state)
{
    (void)state;
    ASSERT_REFUSED("=secret", "1");
    ASSERT_REFUSED("a=1\n\n# c\n: secret", "4");
    ASSERT_REFUSED("a=1\\\n\n  2\nb=\\u00g0", "4");
    ASSERT_REFUSED("b=\\u00", "1");
    ASSERT_REFUSED("b=\\u0000", "1");
    ASSERT_REFUSED("b=\\ud83d", "1");
    ASSERT_REFUSED("b=\\ud83d\\u0041", "1");
    ASSERT_REFUSED("b=\\ude00", "1");
    ASSERT_REFUSED("a=1\r\nb=\0secret", "2");
    ASSERT_REFUSED("b=\\\0x", "1");
}

static void random_text_is_read_or_refused(void **state)
{
    static const char *const pieces[] = {
        "a", "=", ":", " ", "\\", "\n", "\r\n", "#", "\\u", "0041", "d83d", "\xc3\xa9"
    };
    uint64_t seed = 11;
    char text[64];

    (void)state;
    for (int round = 0; round < 100000; round++) {
        struct properties properties;
        size_t length = 0;
        char *exact;

        while (length < sizeof(text) - 8 && random_below(&seed, 20) > 0) {
            const char *piece = pieces[random_below(&seed, sizeof(pieces) / sizeof(pieces[0]))];

            memcpy(text + length, piece, strlen(piece));
            length += strlen(piece);
        }
        exact = malloc(length > 0 ? length : 1); /* no NUL behind it, so that a sanitizer sees a read too far */
        memcpy(exact, text, length);
        properties_init(&properties);
        if (properties_parse(&properties, exact, length, "f", NULL)) {
            for (size_t i = 0; i < properties.count; i++) {
                assert_true(properties.rows[i].name[0] != '\0');
                assert_ptr_equal(properties_get(&properties, properties.rows[i].name), properties.rows[i].value);
            }
        }
        properties_clear(&properties);
        free(exact);
    }
}

static void pairs_and_merging(void **state)
{
    struct properties first, second;
    struct error err;

    (void)state;
    properties_init(&first);
    properties_init(&second);
    assert_true(properties_set_pair(&first, "a=1=2", &err));
    assert_true(properties_set_pair(&first, "b=", &err));
    assert_false(properties_set_pair(&first, "secret", &err));
    assert_null(strstr(err.message, "secret"));
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_false(properties_set_pair(&first, "=secret", &err));
    assert_string_equal(properties_get(&first, "a"), "1=2");
    assert_string_equal(properties_get(&first, "b"), "");
    assert_null(properties_get(&first, "c"));
    properties_set(&second, "c", "3");
    properties_set(&second, "a", "4");
    properties_merge(&first, &second);
    assert_int_equal(first.count, 3);
    assert_string_equal(first.rows[0].name, "a");
    assert_string_equal(first.rows[0].value, "4");
    assert_string_equal(first.rows[2].name, "c");
    properties_set(&first, "a", properties_get(&first, "a"));
    assert_string_equal(properties_get(&first, "a"), "4");
    properties_clear(&first);
    properties_clear(&second);
    properties_clear(&second);
}

static void write_file(const char *path, const char *text, size_t length)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void files(void **state)
{
    char folder[] = "/tmp/headgate-test-XXXXXX";
    char *path, *big;
    struct properties properties;
    struct error err;

    (void)state;
    assert_non_null(mkdtemp(folder));
    path = memory_printf("%s/client.properties", folder);
    properties_init(&properties);
    assert_false(properties_load(&properties, path, &err));
    assert_non_null(strstr(err.message, path));
    assert_int_equal(err.kind, ERROR_SYSTEM);
    write_file(path, "a=1\n", 4);
    assert_true(properties_load(&properties, path, &err));
    assert_string_equal(properties_get(&properties, "a"), "1");

    big = memory_new(1024 * 1024 + 1);
    memset(big, '#', 1024 * 1024 + 1);
    write_file(path, big, 1024 * 1024);
    assert_true(properties_load(&properties, path, &err));
    write_file(path, big, 1024 * 1024 + 1);
    assert_false(properties_load(&properties, path, &err));
    assert_int_equal(unlink(path), 0);

    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(properties_load(&properties, path, &err)); /* and does not wait for a writer */
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_false(properties_load(&properties, folder, &err));
    unlink(path);
    rmdir(folder);
    free(big);
    free(path);
    properties_clear(&properties);
}

/* A password that others can read is refused with the command that closes the file; what is no secret may be open. */
static void files_with_secrets(void **state)
{
    static const struct {
        const char *text, *name;
    } cases[] = {
        { "sasl.password=HUSH\n",                                                   "sasl.password"             },
        { "a=1\nsasl.jaas.config=x.PlainLoginModule required password=\"HUSH\";\n", "sasl.jaas.config"          },
        { "ssl.keystore.password=HUSH\n",                                           "ssl.keystore.password"     },
        { "headgate.connect.password=HUSH\n",                                       "headgate.connect.password" },
        { "ssl.key.pem=HUSH\n",                                                     "ssl.key.pem"               },
        { "sasl.oauthbearer.client.secret=HUSH\n",                                  "client.secret"             },
        { "headgate.connect=http://u:HUSH@connect:8083\n",                          "headgate.connect"          },
        { "sasl.jaas.config=x.IAMLoginModule required;\nsasl.username=u\n",         NULL                        },
        { "ssl.truststore.password=changeit\nssl.key.password=\n",                  NULL                        },
        { "headgate.connect=http://connect:8083\n",                                 NULL                        },
    };
    static const mode_t open_modes[] = { 0644, 0640, 0604, 0620 };
    char path[] = "/tmp/headgate-test-XXXXXX";
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct properties properties;
        struct error err;

        properties_init(&properties);
        write_file(path, cases[i].text, strlen(cases[i].text));
        for (size_t m = 0; cases[i].name && m < sizeof(open_modes) / sizeof(open_modes[0]); m++) {
            assert_int_equal(chmod(path, open_modes[m]), 0);
            assert_false(properties_load(&properties, path, &err));
            assert_int_equal(err.kind, ERROR_USAGE);
            assert_non_null(strstr(err.message, cases[i].name));
            assert_non_null(strstr(err.message, "chmod 600 /tmp/headgate-test-"));
            assert_null(strstr(err.message, "HUSH"));
            assert_int_equal(properties.count, 0);
        }
        assert_int_equal(chmod(path, cases[i].name ? 0600 : 0644), 0);
        assert_true(properties_load(&properties, path, &err));
        properties_clear(&properties);
    }
    unlink(path);
}

static void settings_are_taken_by_prefix(void **state)
{
    struct properties properties;
    char *name = NULL, *value = NULL;

    (void)state;
    properties_init(&properties);
    properties_set(&properties, "a", "1");
    properties_set(&properties, "our.b", "2");
    properties_set(&properties, "c", "3");
    assert_true(properties_take(&properties, "our.", &name, &value));
    assert_string_equal(name, "our.b");
    assert_string_equal(value, "2");
    free(name);
    free(value);
    assert_false(properties_take(&properties, "our.", &name, &value));
    assert_int_equal(properties.count, 2);
    assert_string_equal(properties_get(&properties, "a"), "1");
    assert_string_equal(properties_get(&properties, "c"), "3");
    properties_clear(&properties);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syntax_by_example),
        cmocka_unit_test(refusals_name_the_line_and_no_value),
        cmocka_unit_test(random_text_is_read_or_refused),
        cmocka_unit_test(pairs_and_merging),
        cmocka_unit_test(files),
        cmocka_unit_test(files_with_secrets),
        cmocka_unit_test(settings_are_taken_by_prefix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
