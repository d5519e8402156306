/* Options: what reaches the setter, which words remain, and what a mistake is told. */
#include "base/options.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { BROKERS = 1, VERBOSE, JSON, SIZE };

static const struct option_row rows[] = {
    { "brokers",                            'b', "HOST:PORT,...", "where the cluster is",                                                    BROKERS },
    { "verbose",                            'v', NULL,            "say more, which is a help text so long that it does not fit on one line", VERBOSE },
    { "json",                               0,   NULL,            "print one document",                                                      JSON    },
    { "size-of-every-object-in-the-bucket", 's', "MiB",           "uncompressed size",                                                       SIZE    },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* Notes "id=value " for each option; refuses the value "bad". */
static bool note(void *context, int id, const char *value, struct error *err)
{
    if (value && strcmp(value, "bad") == 0)
        return error_set(err, ERROR_USAGE, "a bad value");
    return buffer_printf(context, "%d=%s ", id, value ? value : "-");
}

/* Parses up to seven arguments and notes the options and then the words. */
static bool parse(const char *const arguments[8], struct buffer *noted, struct error *err)
{
    char *argv[8];
    int argc = 0, words;

    buffer_init(noted, 0);
    for (; arguments[argc]; argc++)
        argv[argc] = (char *)(uintptr_t)arguments[argc];
    if (!options_parse(rows, ROWS, argv, argc, note, noted, &words, err))
        return false;
    buffer_append_char(noted, '|');
    for (int i = 0; i < words; i++)
        buffer_printf(noted, " %s", argv[i]);
    return true;
}

static void every_way_to_write_them(void **state)
{
    static const struct {
        const char *arguments[8];
        const char *noted;
    } cases[] = {
        { { NULL },                                        "|"                       },
        { { "deliver", "x", NULL },                        "| deliver x"             },
        { { "--brokers", "a:1", "--json", NULL },          "1=a:1 3=- |"             },
        { { "--brokers=a:1=2", "w", NULL },                "1=a:1=2 | w"             },
        { { "--brokers=", NULL },                          "1= |"                    },
        { { "-b", "a:1", "-v", NULL },                     "1=a:1 2=- |"             },
        { { "-ba:1", NULL },                               "1=a:1 |"                 },
        { { "-vvb", "a:1", NULL },                         "2=- 2=- 1=a:1 |"         },
        { { "-vba:1", NULL },                              "2=- 1=a:1 |"             },
        { { "one", "-v", "two", "--json", "three", NULL }, "2=- 3=- | one two three" },
        { { "-v", "--", "-v", "--json", "--", NULL },      "2=- | -v --json --"      },
        { { "-b", "-v", NULL },                            "1=-v |"                  },
        { { "-b", "--", "-v", NULL },                      "1=-- 2=- |"              },
        { { "-", "-v", NULL },                             "2=- | -"                 },
        { { "--brokers", "", NULL },                       "1= |"                    },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buffer noted;
        struct error err;

        if (!parse(cases[i].arguments, &noted, &err))
            fail_msg("%s", err.message);
        assert_string_equal(noted.data, cases[i].noted);
        buffer_clear(&noted);
    }
}

static void mistakes_name_the_thing(void **state)
{
    static const struct {
        const char *arguments[8];
        const char *message;
    } cases[] = {
        { { "--brokrs", "a", NULL }, "unknown option '--brokrs': did you mean --brokers?" },
        { { "--broker=a", NULL },    "unknown option '--broker': did you mean --brokers?" },
        { { "--xyz", NULL },         "unknown option '--xyz': --help lists them"          },
        { { "-vx", NULL },           "unknown option '-x' in '-vx': --help lists them"    },
        { { "--brokers", NULL },     "option --brokers needs a value: HOST:PORT,..."      },
        { { "-vb", NULL },           "option --brokers needs a value: HOST:PORT,..."      },
        { { "--json=yes", NULL },    "option --json takes no value"                       },
        { { "--brokers=bad", NULL }, "a bad value"                                        },
        { { "-bbad", NULL },         "a bad value"                                        },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buffer noted;
        struct error err;

        assert_false(parse(cases[i].arguments, &noted, &err));
        assert_int_equal(err.kind, ERROR_USAGE);
        assert_string_equal(err.message, cases[i].message);
        buffer_clear(&noted);
    }
}

static void help_is_aligned(void **state)
{
    struct buffer out;

    (void)state;
    buffer_init(&out, 0);
    options_help(rows, ROWS, &out);
    assert_string_equal(out.data, "  -b, --brokers HOST:PORT,...  where the cluster is\n"
                                  "  -v, --verbose                say more, which is a help text so long that it\n"
                                  "                               does not fit on one line\n"
                                  "      --json                   print one document\n"
                                  "  -s, --size-of-every-object-in-the-bucket MiB\n"
                                  "                               uncompressed size\n");
    buffer_clear(&out);
}

static void nearest(void **state)
{
    static const char *const words[] = { "topics", "groups", "survey", "plan", "deliver", "audit", "demo" };
    static const char *const cases[][2] = {
        { "topics", "topics"  },
        { "topic",  "topics"  },
        { "tpoics", "topics"  },
        { "delivr", "deliver" },
        { "paln",   "plan"    },
        { "serve",  "survey"  },
        { "xyz",    NULL      },
        { "",       NULL      },
        { "p",      NULL      },
        { "xx",     NULL      },
    };
    char longer[200];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *found = options_nearest(cases[i][0], words, sizeof(words) / sizeof(words[0]));

        if (!cases[i][1])
            assert_null(found);
        else
            assert_string_equal(found, cases[i][1]);
    }
    memset(longer, 'a', sizeof(longer));
    longer[199] = '\0';
    assert_null(options_nearest(longer, words, 7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_to_write_them),
        cmocka_unit_test(mistakes_name_the_thing),
        cmocka_unit_test(help_is_aligned),
        cmocka_unit_test(nearest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
