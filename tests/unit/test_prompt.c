/* What is typed: the line editor, the commands behind ":", and scripts that type instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tui/command_line.h"
#include "tui/keymap.h"
#include "tui/paste.h"
#include "tui/prompt.h"
#include "tui/script.h"
#include "tui/start_choices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void type(struct prompt *prompt, const char *text)
{
    for (; *text; text++)
        assert_int_equal(prompt_key(prompt, *text), PROMPT_CHANGED);
}

static void test_editing(void **state)
{
    struct prompt prompt;

    (void)state;
    prompt_open(&prompt, PROMPT_FILTER, NULL);
    type(&prompt, "ab");
    assert_int_equal(prompt_key(&prompt, 0xe9), PROMPT_CHANGED);
    assert_string_equal(prompt.text, "ab\xc3\xa9");
    prompt_key(&prompt, KEYMAP_BACKSPACE); /* one character, not one byte */
    assert_string_equal(prompt.text, "ab");
    assert_int_equal(prompt_key(&prompt, 'U' - '@'), PROMPT_CHANGED);
    assert_string_equal(prompt.text, "");
    assert_int_equal(prompt_key(&prompt, KEYMAP_BACKSPACE), PROMPT_CANCELLED);
    assert_int_equal(prompt_key(&prompt, 1), PROMPT_GOES_ON);    /* a control character is not text */
    assert_int_equal(prompt_key(&prompt, 0x9b), PROMPT_GOES_ON); /* nor is a C1 one */
    assert_int_equal(prompt_key(&prompt, KEYMAP_SPECIAL + 1), PROMPT_GOES_ON);
    assert_int_equal(prompt_key(&prompt, KEYMAP_ENTER), PROMPT_DONE);
    assert_int_equal(prompt_key(&prompt, KEYMAP_ESCAPE), PROMPT_CANCELLED);
}

static void test_length_is_bounded(void **state)
{
    struct prompt prompt;

    (void)state;
    prompt_open(&prompt, PROMPT_COMMAND, NULL);
    for (int i = 0; i < 3 * PROMPT_BYTES; i++)
        prompt_key(&prompt, 0x6ce8);
    assert_true(prompt.length < PROMPT_BYTES);
    assert_int_equal(prompt.length % 3, 0);
}

static void test_only_yes_leaves(void **state)
{
    struct prompt prompt;

    (void)state;
    prompt_open(&prompt, PROMPT_LEAVE, NULL);
    assert_int_equal(prompt_key(&prompt, KEYMAP_ENTER), PROMPT_CANCELLED);
    assert_int_equal(prompt_key(&prompt, 'n'), PROMPT_CANCELLED);
    assert_int_equal(prompt_key(&prompt, 'y'), PROMPT_DONE);
}

static void test_commands(void **state)
{
    struct command command;
    struct error err = { 0 };

    (void)state;
    assert_true(command_parse(" skew  orders  group with blanks ", &command, &err));
    assert_int_equal(command.kind, COMMAND_SKEW);
    assert_string_equal(command.first, "orders");
    assert_string_equal(command.second, "group with blanks");
    command_clear(&command);
    assert_true(command_parse("refresh 30", &command, &err));
    assert_int_equal(command.seconds, 30);
    command_clear(&command);
    assert_false(command_parse("refresh 61", &command, &err));
    command_clear(&command);
    assert_false(command_parse("topics orders", &command, &err));
    assert_string_equal(err.message, "say :topics");
    command_clear(&command);
    assert_false(command_parse("grups", &command, &err));
    assert_non_null(strstr(err.message, "did you mean :groups?"));
    command_clear(&command);
    assert_false(command_parse("", &command, &err));
    command_clear(&command);
}

/* What an operator has to read fits the message row of 80 columns, with what to do in it. */
static void test_refusals_fit_the_message_row(void **state)
{
    enum { ROW = 78 };
    static const struct {
        const char *text, *says;
    } starts[] = {
        { "2026-11-23T10:00:00.001Z", "future"                           },
        { "23:59Z",                   "future"                           },
        { "9:44",                     "say 09:43Z, 2026-11-23T09:43:30Z" },
        { "-5",                       "say 09:43Z, 2026-11-23T09:43:30Z" },
        { "saef",                     "say 09:43Z, 2026-11-23T09:43:30Z" },
        { "1969-12-31T23:59:59Z",     "before 1970"                      },
    };
    timestamp_ms now;

    (void)state;
    assert_true(timestamp_parse("2026-11-23T10:00:00Z", 0, &now, NULL));
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        struct cutover_start start;
        char why[80];

        assert_false(start_typed(starts[i].text, now, &start, why));
        assert_non_null(strstr(why, starts[i].says));
        assert_true(strlen(why) + 20 + 2 <= ROW); /* behind what was typed */
    }
    for (size_t i = 0; command_name(i); i++) {
        static const char *const tails[] = { "", " nonsense", " a b", " tz mars",
                                             "nonsensenonsensenonsensenonsensenonsense" };

        for (size_t tail = 0; tail < sizeof(tails) / sizeof(tails[0]); tail++) {
            struct command command;
            struct error err = { 0 };
            char line[120];

            snprintf(line, sizeof(line), "%s%s", command_name(i), tails[tail]);
            assert_true(command_parse(line, &command, &err) || strlen(err.message) <= ROW);
            command_clear(&command);
        }
    }
}

static enum command_word last_word(const char *line, const char *wanted_prefix)
{
    const char *prefix;
    enum command_word word = command_last_word(line, &prefix);

    assert_string_equal(prefix, wanted_prefix);
    return word;
}

static void test_completion_knows_where_it_is(void **state)
{
    (void)state;
    assert_int_equal(last_word("", ""), COMMAND_WORD_COMMAND);
    assert_int_equal(last_word("sk", "sk"), COMMAND_WORD_COMMAND);
    assert_int_equal(last_word("skew ", ""), COMMAND_WORD_TOPIC);
    assert_int_equal(last_word("skew or", "or"), COMMAND_WORD_TOPIC);
    assert_int_equal(last_word("skew orders con", "con"), COMMAND_WORD_GROUP);
    assert_int_equal(last_word("log x", "x"), COMMAND_WORD_NONE);
}

static void test_completion_adds_what_is_shared(void **state)
{
    char *shared = NULL;

    (void)state;
    assert_false(command_offer("or", "events", &shared));
    assert_null(shared);
    assert_true(command_offer("or", "orders-\xc3\xa9", &shared));
    assert_true(command_offer("or", "orders-\xc3\xa8", &shared));
    assert_string_equal(shared, "orders-"); /* not half a character */
    assert_true(command_offer("or", "or", &shared));
    assert_string_equal(shared, "or");
    free(shared);
}

static struct script *load(const char *text, struct error *err)
{
    char path[] = "/tmp/headgate-script-XXXXXX";
    int descriptor = mkstemp(path);
    struct script *script = NULL;

    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), strlen(text));
    close(descriptor);
    if (!script_load(path, &script, err))
        script = NULL;
    unlink(path);
    return script;
}

static void test_script(void **state)
{
    struct error err = { 0 };
    struct script *script = load("# a comment\n\nclock 2026-11-23T10:00:02Z\nsize 80 24\nkey Enter j\ntype /\xc3\xa9\n"
                                 "dump a file.txt\n",
                                 &err);
    const struct script_step *step;

    (void)state;
    assert_non_null(script);
    assert_true(script_begins_with_clock(script));
    assert_int_equal(script_next(script)->clock, INT64_C(1795428002000));
    step = script_next(script);
    assert_int_equal(step->columns, 80);
    assert_int_equal(step->lines, 24);
    assert_int_equal(script_next(script)->key, KEYMAP_ENTER);
    assert_int_equal(script_next(script)->key, 'j');
    assert_int_equal(script_next(script)->key, '/');
    assert_int_equal(script_next(script)->key, 0xe9);
    assert_string_equal(script_next(script)->path, "a file.txt");
    assert_null(script_next(script));
    script_free(script);
}

static void test_script_errors_name_the_line(void **state)
{
    static const char *const bad[] = { "key Entr\n", "size 80\n", "size 80 0\n", "clock soon\n",
                                       "dump\n",     "wait\n",    "type \xff\n" };
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[64];

        snprintf(text, sizeof(text), "# first\n%s", bad[i]);
        err = (struct error){ 0 };
        assert_null(load(text, &err));
        assert_int_equal(err.kind, ERROR_USAGE);
        assert_non_null(strstr(err.message, ":2: "));
    }
}

static void test_only_the_first_pasted_line_is_text(void **state)
{
    struct paste paste = { 0 };

    (void)state;
    assert_int_equal(paste_key(&paste, 'a', 0), PASTE_IS_KEY);
    assert_int_equal(paste_key(&paste, KEYMAP_PASTE_BEGINS, 0), PASTE_NOTHING);
    assert_int_equal(paste_key(&paste, KEYMAP_ENTER, 10), PASTE_NOTHING);
    assert_int_equal(paste_key(&paste, 'a', 10), PASTE_TEXT);
    assert_int_equal(paste_key(&paste, 'U' - '@', 10), PASTE_NOTHING);
    assert_int_equal(paste_key(&paste, KEYMAP_BACKSPACE, 10), PASTE_NOTHING);
    assert_int_equal(paste_key(&paste, KEYMAP_SPECIAL + 1, 10), PASTE_NOTHING);
    assert_int_equal(paste_key(&paste, 0xe9, 900), PASTE_TEXT);
    assert_int_equal(paste_key(&paste, KEYMAP_ENTER, 1800), PASTE_NOTHING);
    assert_int_equal(paste_key(&paste, 'b', 1800), PASTE_NOTHING);
    assert_int_equal(paste_key(&paste, KEYMAP_PASTE_ENDS, 1800), PASTE_OVER);
    assert_int_equal(paste_key(&paste, KEYMAP_ENTER, 1800), PASTE_IS_KEY);
    assert_int_equal(paste_key(&paste, KEYMAP_PASTE_BEGINS, 1800), PASTE_NOTHING);
    assert_int_equal(paste_key(&paste, 'b', 1800), PASTE_TEXT);
}

static void test_a_lost_end_mark_does_not_lock_the_keyboard(void **state)
{
    struct paste paste = { 0 };

    (void)state;
    assert_int_equal(paste_key(&paste, KEYMAP_PASTE_BEGINS, 0), PASTE_NOTHING);
    assert_int_equal(paste_key(&paste, 'a', 5000), PASTE_TEXT);
    assert_int_equal(paste_key(&paste, 'C' - '@', 9000), PASTE_NOTHING); /* so that pressing it on and on helps */
    assert_int_equal(paste_key(&paste, 'C' - '@', 10001), PASTE_IS_KEY);
    assert_int_equal(paste_key(&paste, 'y', 10002), PASTE_IS_KEY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_editing),
        cmocka_unit_test(test_length_is_bounded),
        cmocka_unit_test(test_only_yes_leaves),
        cmocka_unit_test(test_only_the_first_pasted_line_is_text),
        cmocka_unit_test(test_a_lost_end_mark_does_not_lock_the_keyboard),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_refusals_fit_the_message_row),
        cmocka_unit_test(test_completion_knows_where_it_is),
        cmocka_unit_test(test_completion_adds_what_is_shared),
        cmocka_unit_test(test_script),
        cmocka_unit_test(test_script_errors_name_the_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
