/* Text for people: what comes from outside can never reach a terminal as anything but visible cells. */
#include "base/text.h"

#include "base/utf8.h"
#include "random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Valid UTF-8 without a control character of any kind, and without what hides or turns text around. */
static void assert_harmless(const char *text, size_t length)
{
    size_t used;

    assert_true(utf8_is_valid(text, length));
    for (size_t at = 0; at < length; at += used) {
        uint32_t code = utf8_next(text + at, length - at, &used);

        assert_false(code < 0x20 || (code >= 0x7f && code < 0xa0));
        assert_false(code == 0xad || code == 0x61c || code == 0xfeff || (code >= 0x200b && code <= 0x200f));
        assert_false((code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f));
        assert_false(at == 0 && utf8_cells(code) == 0);
    }
}

static void sanitised_by_example(void **state)
{
    char *text = text_sanitised("p\x1b[1m\xe6\x97\xa5\xff\r\n\xe2\x80\xae"
                                "e\xcc\x81");

    (void)state;
    assert_string_equal(text, "p\\x1b[1m\xe6\x97\xa5\\xff\\x0d\\x0a\\u{202e}e\xcc\x81");
    free(text);
    text = text_sanitised(NULL);
    assert_string_equal(text, "");
    free(text);
}

static void sanitise_random_bytes(void **state)
{
    uint64_t seed = 42;
    char bytes[200];

    (void)state;
    for (int round = 0; round < 10000; round++) {
        size_t length = random_hard_text(&seed, bytes, sizeof(bytes));
        struct buffer once, twice;

        buffer_init(&once, 0);
        buffer_init(&twice, 0);
        text_sanitise(&once, bytes, length);
        assert_int_equal(strlen(once.data ? once.data : ""), once.length);
        assert_harmless(once.data, once.length);
        text_sanitise(&twice, once.data, once.length);
        assert_int_equal(once.length, twice.length);
        assert_memory_equal(once.data ? once.data : "", twice.data ? twice.data : "", once.length);
        buffer_clear(&once);
        buffer_clear(&twice);
    }
}

static void sanitise_respects_a_limit(void **state)
{
    struct buffer out;

    (void)state;
    buffer_init(&out, 6);
    text_sanitise(&out, "ab\x01\x01", 4);
    assert_string_equal(out.data, "ab\\x01");
    assert_true(out.overflow);
    buffer_clear(&out);
}

static void fit_random_bytes(void **state)
{
    uint64_t seed = 43;
    char bytes[60];

    (void)state;
    for (int round = 0; round < 10000; round++) {
        size_t length = random_hard_text(&seed, bytes, sizeof(bytes) - 1);
        size_t cells = random_below(&seed, 40);
        struct buffer out;
        char *text;

        bytes[length] = '\0';
        text = text_sanitised(bytes);
        buffer_init(&out, 0);
        text_fit(&out, text, cells, round % 2 == 0);
        buffer_append_text(&out, "");
        assert_harmless(out.data, out.length);
        assert_int_equal(text_width(out.data), cells);
        if (text_width(text) > cells && cells > 0)
            assert_int_equal(out.data[out.length - 1], '>');
        else if (cells > 0)
            assert_non_null(strstr(out.data, text));
        buffer_clear(&out);
        free(text);
    }
}

static void assert_fit(const char *text, size_t cells, bool left, const char *expected)
{
    struct buffer out;

    buffer_init(&out, 0);
    text_fit(&out, text, cells, left);
    buffer_append_text(&out, "");
    assert_string_equal(out.data, expected);
    buffer_clear(&out);
}

static void fit_by_example(void **state)
{
    (void)state;
    assert_fit("abc", 5, true, "abc  ");
    assert_fit("abc", 5, false, "  abc");
    assert_fit("abc", 3, true, "abc");
    assert_fit("abcd", 3, true, "ab>");
    assert_fit("abcd", 1, true, ">");
    assert_fit("abcd", 0, true, "");
    assert_fit("", 2, true, "  ");
    assert_fit("\xe6\x97\xa5\xe6\x9c\xac", 4, true, "\xe6\x97\xa5\xe6\x9c\xac");
    assert_fit("\xe6\x97\xa5\xe6\x9c\xac", 3, true, "\xe6\x97\xa5>");
    assert_fit("\xe6\x97\xa5\xe6\x9c\xac", 2, true, ">>");
    assert_fit("e\xcc\x81"
               "e\xcc\x81"
               "e",
               2, true, "e\xcc\x81>");
}

static void counts(void **state)
{
    static const struct {
        int64_t value;
        const char *count, *shortened, *bytes;
    } rows[] = {
        { 0,            "0",                          "0",       "0 B"      },
        { 999,          "999",                        "999",     "999 B"    },
        { 1000,         "1,000",                      "1,000",   "1.0 kB"   },
        { 999999,       "999,999",                    "999,999", "999 kB"   },
        { 1000000,      "1,000,000",                  "1.00M",   "1.0 MB"   },
        { 1239999,      "1,239,999",                  "1.23M",   "1.2 MB"   },
        { 1230000000,   "1,230,000,000",              "1.23G",   "1.2 GB"   },
        { 21600000000,  "21,600,000,000",             "21.6G",   "21.6 GB"  },
        { 999999999999, "999,999,999,999",            "999G",    "999 GB"   },
        { -99999,       "-99,999",                    "-99,999", "-99.9 kB" },
        { -100000,      "-100,000",                   "-100K",   "-100 kB"  },
        { INT64_MAX,    "9,223,372,036,854,775,807",  "9.22E",   "9.2 EB"   },
        { INT64_MIN,    "-9,223,372,036,854,775,808", "-9.22E",  "-9.2 EB"  },
    };
    char out[TEXT_NUMBER_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_string_equal(text_count(out, rows[i].value), rows[i].count);
        assert_string_equal(text_short_count(out, rows[i].value), rows[i].shortened);
        assert_true(strlen(out) <= 7);
        assert_string_equal(text_bytes(out, rows[i].value), rows[i].bytes);
    }
}

static void durations_are_cut(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        { 0,         "0m00s"             },
        { 999,       "0m00s"             },
        { -999,      "0m00s"             },
        { 1928999,   "32m08s"            },
        { 3599999,   "59m59s"            },
        { 3600000,   "1h00m"             },
        { 86399999,  "23h59m"            },
        { 356400000, "4d03h"             },
        { -90000,    "-1m30s"            },
        { INT64_MAX, "106751991167d07h"  },
        { INT64_MIN, "-106751991167d07h" },
    };
    char out[TEXT_NUMBER_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(text_duration(out, rows[i].ms), rows[i].text);
}

static void parsing_is_strict(void **state)
{
    static const char *const wrong[] = { "",
                                         "-",
                                         "+1",
                                         " 1",
                                         "1 ",
                                         "1a",
                                         "0x1",
                                         "1.0",
                                         "--1",
                                         "9223372036854775808",
                                         "-9223372036854775809",
                                         "99999999999999999999999" };
    int64_t value = 77;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(text_parse_int64(wrong[i], &value));
        assert_false(text_parse_uint(wrong[i], INT64_MAX, &value));
    }
    assert_int_equal(value, 77);
    assert_true(text_parse_int64("9223372036854775807", &value) && value == INT64_MAX);
    assert_true(text_parse_int64("-9223372036854775808", &value) && value == INT64_MIN);
    assert_true(text_parse_int64("-0", &value) && value == 0);
    assert_true(text_parse_int64("007", &value) && value == 7);
    assert_true(text_parse_uint("100", 100, &value) && value == 100);
    assert_false(text_parse_uint("101", 100, &value));
    assert_false(text_parse_uint("-0", 100, &value));
}

static void beginnings(void **state)
{
    (void)state;
    assert_true(text_starts_with("headgate-x", "headgate-"));
    assert_true(text_starts_with("x", ""));
    assert_false(text_starts_with("head", "headgate-"));
    assert_false(text_starts_with("Headgate-x", "headgate-"));
}

static void counted_things(void **state)
{
    char out[TEXT_COUNTED_SIZE];

    (void)state;
    assert_string_equal(text_counted(out, 1, "partition"), "1 partition");
    assert_string_equal(text_counted(out, 0, "partition"), "0 partitions");
    assert_string_equal(text_counted(out, 1204, "offset"), "1,204 offsets");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sanitised_by_example),
        cmocka_unit_test(sanitise_random_bytes),
        cmocka_unit_test(sanitise_respects_a_limit),
        cmocka_unit_test(fit_random_bytes),
        cmocka_unit_test(fit_by_example),
        cmocka_unit_test(counts),
        cmocka_unit_test(counted_things),
        cmocka_unit_test(durations_are_cut),
        cmocka_unit_test(parsing_is_strict),
        cmocka_unit_test(beginnings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
