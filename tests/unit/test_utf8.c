/* UTF-8: which sequences are well-formed is counted over all of them; widths and harmless forms by example. */
#include "base/utf8.h"

#include "random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void every_code_point_comes_back(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        char bytes[4];
        size_t length, used;

        if (code >= 0xd800 && code <= 0xdfff)
            continue;
        length = utf8_write(code, bytes);
        assert_int_equal(utf8_next(bytes, length, &used), code);
        assert_int_equal(used, length);
        if (length > 1)
            assert_true(utf8_next(bytes, length - 1, &used) == UTF8_INVALID);
    }
}

/* Sequences of exactly this length that are one character, counted over every second and later byte. */
static size_t count_well_formed(size_t length)
{
    size_t count = 0;
    uint32_t all = 1u << (8 * (length - 1));

    for (unsigned lead = 0; lead < 256; lead++) {
        for (uint32_t rest = 0; rest < all; rest++) {
            char bytes[3] = { (char)lead, (char)rest, (char)(rest >> 8) };
            size_t used;

            count += utf8_next(bytes, length, &used) != UTF8_INVALID && used == length;
        }
    }
    return count;
}

static void nothing_else_is_well_formed(void **state)
{
    (void)state;
    assert_int_equal(count_well_formed(1), 0x80);
    assert_int_equal(count_well_formed(2), 0x800 - 0x80);
    assert_int_equal(count_well_formed(3), 0x10000 - 0x800 - 0x800); /* without the surrogates */
}

static void four_bytes_end_at_10ffff(void **state)
{
    size_t count = 0;

    (void)state;
    for (unsigned lead = 0xf0; lead < 256; lead++) {
        for (unsigned second = 0; second < 256; second++) {
            static const unsigned char thirds[] = { 0x7f, 0x80, 0xbf, 0xc0 };

            for (size_t i = 0; i < 16; i++) {
                char bytes[4] = { (char)lead, (char)second, (char)thirds[i / 4], (char)thirds[i % 4] };
                size_t used;

                count += utf8_next(bytes, 4, &used) != UTF8_INVALID;
            }
        }
    }
    assert_int_equal(count, (0x100000 >> 12) * 4); /* 4 of the 16 tails, for each 4,096 code points */
}

static void validity_does_not_depend_on_place(void **state)
{
    uint64_t seed = 1;
    char bytes[64];

    (void)state;
    for (int round = 0; round < 100000; round++) {
        size_t length = random_hard_text(&seed, bytes, sizeof(bytes));
        bool valid = true;
        size_t used;

        for (size_t at = 0; at < length && valid; at += used)
            valid = utf8_next(bytes + at, length - at, &used) != UTF8_INVALID;
        assert_int_equal(utf8_is_valid(bytes, length), valid);
    }
    assert_true(utf8_is_valid("", 0));
    assert_true(utf8_is_valid("12345678\xc3\xa9", 10));
    assert_false(utf8_is_valid("1234567\xff", 8));
}

static void cut_tail_is_what_is_missing(void **state)
{
    static const char *const texts[] = { "\xc3\xa9", "\xe6\x97\xa5", "\xf0\x9f\x98\x80" };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char text[8] = "ab";
        size_t whole = strlen(texts[i]);

        memcpy(text + 2, texts[i], whole);
        assert_int_equal(utf8_cut_tail(text, 2 + whole), 0);
        for (size_t cut = 1; cut < whole; cut++)
            assert_int_equal(utf8_cut_tail(text, 2 + cut), cut);
    }
    assert_int_equal(utf8_cut_tail("", 0), 0);
    assert_int_equal(utf8_cut_tail("\x80\x80\x80\x80", 4), 0);
    assert_int_equal(utf8_cut_tail("\xe0\x80", 2), 0); /* no character begins like this */
}

static void cells_by_example(void **state)
{
    static const struct {
        uint32_t code;
        unsigned cells;
    } rows[] = {
        { 'a',      1 },
        { 0xe9,     1 },
        { 0x301,    0 },
        { 0x20dd,   0 },
        { 0x3042,   2 },
        { 0x65e5,   2 },
        { 0xac00,   2 },
        { 0x1161,   0 },
        { 0x1100,   2 },
        { 0xff21,   2 },
        { 0xff71,   1 },
        { 0x1f600,  2 },
        { 0x2588,   1 },
        { 0x2026,   1 },
        { 0xe000,   1 },
        { 0x20000,  2 },
        { 0x3fffd,  2 },
        { 0x10fffd, 1 },
        { 0xe0100,  0 },
        { 0x231a,   2 },
        { 0x303f,   1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (utf8_cells(rows[i].code) != rows[i].cells)
            fail_msg("U+%04X takes %u cells, not %u", rows[i].code, utf8_cells(rows[i].code), rows[i].cells);
    }
}

static void harmless_forms(void **state)
{
    static const struct {
        const char *bytes;
        const char *first; /* at the beginning of a text */
        const char *later;
        size_t used;
    } rows[] = {
        { "a",                "a",            "a",            1 },
        { "\\",               "\\",           "\\",           1 },
        { "\x1b[",            "\\x1b",        "\\x1b",        1 },
        { "\x7f",             "\\x7f",        "\\x7f",        1 },
        { "\xc2\x85",         "\\x85",        "\\x85",        2 },
        { "\x85",             "\\x85",        "\\x85",        1 },
        { "\xe6\x97",         "\\xe6",        "\\xe6",        1 },
        { "\xe2\x80\xae",     "\\u{202e}",    "\\u{202e}",    3 },
        { "\xe2\x80\x8d",     "\\u{200d}",    "\\u{200d}",    3 },
        { "\xef\xb8\x8f",     "\\u{fe0f}",    "\\u{fe0f}",    3 },
        { "\xf4\x8f\xbf\xbf", "\\u{10ffff}",  "\\u{10ffff}",  4 },
        { "\xcc\x81",         "\\u{301}",     "\xcc\x81",     2 },
        { "\xe6\x97\xa5",     "\xe6\x97\xa5", "\xe6\x97\xa5", 3 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char form[UTF8_HARMLESS_SIZE];
        size_t used, length;

        length = utf8_harmless(rows[i].bytes, strlen(rows[i].bytes), true, &used, form);
        assert_string_equal(form, rows[i].first);
        assert_int_equal(length, strlen(form));
        assert_int_equal(used, rows[i].used);
        assert_true(length >= used);
        utf8_harmless(rows[i].bytes, strlen(rows[i].bytes), false, &used, form);
        assert_string_equal(form, rows[i].later);
    }
}

/* Only what is between the controls may come out as it went in. */
static void no_control_passes(void **state)
{
    (void)state;
    for (uint32_t code = 1; code <= 0xff; code++) {
        char bytes[4], form[UTF8_HARMLESS_SIZE];
        size_t length = utf8_write(code, bytes), used;
        bool same;

        same = utf8_harmless(bytes, length, false, &used, form) == length && memcmp(form, bytes, length) == 0;
        assert_int_equal(same, (code >= 0x20 && code < 0x7f) || (code >= 0xa0 && code != 0xad));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_comes_back),
        cmocka_unit_test(nothing_else_is_well_formed),
        cmocka_unit_test(four_bytes_end_at_10ffff),
        cmocka_unit_test(validity_does_not_depend_on_place),
        cmocka_unit_test(cut_tail_is_what_is_missing),
        cmocka_unit_test(cells_by_example),
        cmocka_unit_test(harmless_forms),
        cmocka_unit_test(no_control_passes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
