/* The table of commands: each can be found, is documented with an example and its exit codes, and fits a terminal. */
#include "command/command.h"

#include "base/text.h"
#include "command/command_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check_width(const char *name, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");

        if (length > 80)
            fail_msg("%s: wider than 80: %.*s", name, (int)length, text);
        text += length + (text[length] == '\n');
    }
}

static void test_every_command_is_documented(void **state)
{
    int documented = 0;

    (void)state;
    for (unsigned bit = 1; bit != 0; bit <<= 1) {
        const char *name = config_command_name((enum config_command)bit);
        struct error err;
        const struct command *command = name[0] ? command_find(name, &err) : NULL;
        char *usage, *example;

        if (!name[0])
            continue; /* the console, or no command at all */
        assert_non_null(command);
        documented++;
        assert_int_equal(command->bit, bit);
        assert_true(command->in_console ? !command->run : command->run != NULL);
        assert_true(strlen(command->summary) <= 68);
        example = memory_printf("\n  headgate %s ", name);
        usage = memory_printf("usage: headgate %s %s", name, command->usage);
        assert_non_null(strstr(command->text, example));
        check_width(name, command->text);
        check_width(name, usage);
        free(example);
        free(usage);
    }
    assert_true(documented > 0);
}

static void test_unknown_command_names_the_nearest(void **state)
{
    struct error err;

    (void)state;
    assert_null(command_find("surve", &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_non_null(strstr(err.message, "survey"));
    assert_null(command_find("xyzzyx", &err));
    assert_non_null(strstr(err.message, "headgate --help"));
}

/* What `safe` holds back begins at its commit; without one, at its log start. */
static void test_notes_on_where_safe_begins(void **state)
{
    static const struct {
        size_t clamped, uncommitted;
        const char *says, *says_not;
    } rows[] = {
        { 2, 0, "2 partitions where",           "without a commit"    },
        { 1, 1, "1 partition without a commit", "start at the commit" },
        { 3, 1, "2 partitions where",           "none of these"       },
        { 3, 1, "1 partition without a commit", "none of these"       },
        { 0, 0, "counts",                       "partition"           },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cutover_plan plan = {
            .totals = { .clamped = rows[i].clamped, .clamped_uncommitted = rows[i].uncommitted }
        };
        struct buffer out;

        buffer_init(&out, 0);
        command_report_plan_notes(&out, &plan);
        print_message("%s\n", out.data);
        assert_non_null(strstr(out.data, rows[i].says));
        assert_null(strstr(out.data, rows[i].says_not));
        buffer_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_command_is_documented),
        cmocka_unit_test(test_unknown_command_names_the_nearest),
        cmocka_unit_test(test_notes_on_where_safe_begins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
