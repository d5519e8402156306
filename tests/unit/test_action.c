/* Keys, footer and help come from one list: nothing may be bound twice in a view, and nothing may be missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tui/keymap.h"

#include <string.h>

enum {
    LINES = 96,
    LEFT_HELP_CELLS = 23, /* what the help view has room for at 80 columns, beside the keys */
    RIGHT_HELP_CELLS = 25,
};

static const unsigned scopes[] = { IN_TOPICS, IN_GROUPS, IN_SKEW,   IN_START, IN_LAUNCH,  IN_PIPELINE, IN_AUDIT,
                                   IN_LOG,    IN_HELP,   IN_RECORD, IN_GUIDE, IN_STREAMS, IN_STREAM };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_no_key_means_two_things_in_a_view(void **state)
{
    struct keymap keymap;
    struct error err = { 0 };

    (void)state;
    if (!keymap_init(&keymap, &err))
        fail_msg("%s", err.message);
}

static void test_a_key_bound_twice_is_refused(void **state)
{
    const struct action_row clash = { ACTION_NONE, IN_LOG, IN_NONE, "CLASH", "Delete j", "", "nothing" };
    const struct action_row apart = { ACTION_NONE, IN_TOPICS, IN_NONE, "APART", "w", "", "w is the log's elsewhere" };
    const struct action_row unknown = { ACTION_NONE, IN_LOG, IN_NONE, "UNKNOWN", "F99", "", "nothing" };
    struct keymap keymap;
    struct error err = { 0 };

    (void)state;
    assert_true(keymap_init(&keymap, &err));
    assert_true(keymap_add(&keymap, &apart, &err));
    assert_false(keymap_add(&keymap, &clash, &err));
    assert_non_null(strstr(err.message, "key j means both DOWN and CLASH"));
    assert_false(keymap_add(&keymap, &unknown, &err));
    assert_non_null(strstr(err.message, "F99"));
}

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = words; (at = strstr(at, word)); at++)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

static bool help_has(unsigned scope, const struct action_row *row)
{
    struct action_line lines[LINES];
    size_t count = action_help(scope, lines, LINES);

    for (size_t i = 0; i < count; i++) {
        char key[16];
        bool all = strcmp(lines[i].help, row->help) == 0;

        for (size_t number = 0; all && action_key(row, number, key); number++)
            all = has_word(lines[i].keys, key);
        if (all)
            return true;
    }
    return false;
}

static void test_every_action_is_in_the_help_of_its_views(void **state)
{
    (void)state;
    for (enum action action = 1; action < ACTION_COUNT; action++)
        for (size_t i = 0; i < COUNT(scopes); i++) {
            const struct action_row *row = action_row(action);

            if ((row->where & scopes[i]) && !help_has(scopes[i], row))
                fail_msg("%s is missing from a help", row->name);
        }
}

static void test_help_fits(void **state)
{
    struct action_line lines[LINES];

    (void)state;
    for (size_t i = 0; i < COUNT(scopes); i++) {
        size_t count = action_help(scopes[i], lines, LINES);

        assert_in_range(count, scopes[i] == IN_GUIDE ? 5 : 10, LINES - 1);
        for (size_t line = 0; line < count; line++) {
            size_t room = lines[line].here ? LEFT_HELP_CELLS : RIGHT_HELP_CELLS;

            if (strlen(lines[line].help) == 0 || strlen(lines[line].help) > room || strlen(lines[line].keys) > 14)
                fail_msg("\"%s %s\" does not fit into its column", lines[line].keys, lines[line].help);
        }
    }
}

static void test_neighbours_share_a_line(void **state)
{
    struct action_line lines[LINES];
    size_t count = action_help(IN_SKEW, lines, LINES), found = 0;

    (void)state;
    for (size_t i = 0; i < count; i++)
        if (strcmp(lines[i].help, "move") == 0) {
            assert_string_equal(lines[i].keys, "j k Down Up");
            assert_false(lines[i].here);
            found++;
        }
    assert_int_equal(found, 1);
}

static void test_footer_ends_in_help(void **state)
{
    struct action_entry entries[LINES];

    (void)state;
    for (size_t i = 0; i < COUNT(scopes); i++) {
        size_t count = action_footer(scopes[i], entries, LINES);

        assert_true(count > 0);
        assert_string_equal(entries[count - 1].keys, "?");
        assert_string_equal(entries[count - 1].word, "help");
    }
}

/* What a footer shows must be a key of the view. */
static void test_footer_shows_what_is_bound(void **state)
{
    (void)state;
    for (enum action action = 1; action < ACTION_COUNT; action++) {
        const struct action_row *row = action_row(action);

        assert_int_equal(row->footer & ~row->where, 0);
        assert_int_equal(row->footer != IN_NONE, row->word[0] != '\0');
    }
}

static void test_keys_by_name(void **state)
{
    struct keymap keymap;
    struct error err = { 0 };

    (void)state;
    assert_int_equal(keymap_key("Ctrl-U"), 21);
    assert_int_equal(keymap_key("j"), 'j');
    assert_int_equal(keymap_key("Enter"), KEYMAP_ENTER);
    assert_int_equal(keymap_key("\xc3\xa9"), 0xe9);
    assert_int_equal(keymap_key("jj"), 0);
    assert_int_equal(keymap_key(""), 0);
    assert_int_equal(keymap_key("\xff"), 0);
    assert_true(keymap_init(&keymap, &err));
    assert_int_equal(keymap_action(&keymap, IN_TOPICS, KEYMAP_ENTER), ACTION_OPEN_GROUPS);
    assert_int_equal(keymap_action(&keymap, IN_GROUPS, KEYMAP_ENTER), ACTION_OPEN_SKEW);
    assert_int_equal(keymap_action(&keymap, IN_HELP, KEYMAP_ENTER), ACTION_NONE);
    assert_int_equal(keymap_action(&keymap, IN_SKEW, keymap_key("PgDn")), ACTION_PAGE_DOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_key_means_two_things_in_a_view),
        cmocka_unit_test(test_a_key_bound_twice_is_refused),
        cmocka_unit_test(test_every_action_is_in_the_help_of_its_views),
        cmocka_unit_test(test_help_fits),
        cmocka_unit_test(test_neighbours_share_a_line),
        cmocka_unit_test(test_footer_ends_in_help),
        cmocka_unit_test(test_footer_shows_what_is_bound),
        cmocka_unit_test(test_keys_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
