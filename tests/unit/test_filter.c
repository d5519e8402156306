/* Filter expressions: what fits, what does not, and what is no filter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tui/filter.h"

#include <string.h>

#include "random.h"

#define NOW INT64_C(1795428000000) /* 2026-11-23T10:00:00Z */

enum { PART, COMMIT, BEHIND, BEHIND_P50, TO_END, SIGN, FIELDS };

static const struct filter_field fields[FIELDS] = {
    [PART] = { "part",       FILTER_NUMBER   },
      [COMMIT] = { "commit",     FILTER_TIME     },
    [BEHIND] = { "behind",     FILTER_DURATION },
      [BEHIND_P50] = { "behind p50", FILTER_DURATION },
    [TO_END] = { "to end",     FILTER_NUMBER   },
      [SIGN] = { "state",      FILTER_TEXT     },
};

struct row {
    const char *name;
    int64_t numbers[FIELDS];
    const char *state;
    bool unknown;
};

static struct filter_value read_field(const void *context, size_t field)
{
    const struct row *row = context;

    return (struct filter_value){ .known = !row->unknown || field == PART,
                                  .number = row->numbers[field],
                                  .text = row->state };
}

/* p3195: committed at 09:06:22, 49m42s behind, 225,260 to the end. */
static const struct row straggler = {
    "p3195", { 3195, NOW - 3218000, 2982000, 2738000, 225260 },
     "ok", false
};
static const struct row unknown = { "p7", { 7 }, "no_commit", true };

static bool fits(const char *text, const struct row *row)
{
    struct filter *filter = NULL;
    struct error err = { 0 };

    if (!filter_parse(text, fields, FIELDS, NOW, &filter, &err))
        fail_msg("%s: %s", text, err.message);
    enum filter_fit fit = filter_fit(filter, row->name, read_field, row);
    filter_free(filter);
    return fit == FILTER_FITS;
}

static void test_comparisons(void **state)
{
    static const char *const yes[] = {
        "",
        "  ",
        "p3195",
        "P31 95",
        "p>=2500 behind>5m",
        "part=3,195",
        "p>3k",
        "toend<226k",
        "to>225259",
        "to<=225,260",
        "behind>=49m42s",
        "behind<=2982",
        "behind>2981999ms",
        "behindp50<46m",
        "commit<09:10",
        "commit>=09:06:22Z",
        "commit>-1h",
        "c>2026-11-23T09:00:00Z",
        "state=OK",
        "state!=error",
        "p!=3194",
        "behind > 5m",
        "behind >5m p3195",
        "p3195  behind>   5m  state = ok ",
        "p >= 2500 behind > 5",
        "p>=2500 behind>5",
        "behind>-1m",
    };
    static const char *const no[] = {
        "x",       "p31 x",         "p<3195", "p>=2500 behind>50m", "to<225260",    "commit<09:06:22",
        "state=o", "behindp50>46m", "p=1",    "behind<1d p<3",      "behind > 50m", "p < 3195",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        if (!fits(yes[i], &straggler))
            fail_msg("\"%s\" should fit", yes[i]);
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        if (fits(no[i], &straggler))
            fail_msg("\"%s\" should not fit", no[i]);
}

static void test_unknown_fits_no_comparison(void **state)
{
    (void)state;
    assert_true(fits("p=7", &unknown));
    assert_false(fits("behind<5m", &unknown));
    assert_false(fits("behind>=5m", &unknown));
    assert_false(fits("state!=ok", &unknown));
    assert_true(fits("p7", &unknown));
}

/* What cannot be compared is told from what does not fit. */
static void test_unknown_is_told_apart(void **state)
{
    static const struct {
        const char *text;
        enum filter_fit fit;
        bool time;
    } rows[] = {
        { "behind>5m",       FILTER_UNKNOWN,  true  },
        { "behind>5m p=7",   FILTER_UNKNOWN,  true  },
        { "p=7 toend>5",     FILTER_UNKNOWN,  false },
        { "behind>5m p=8",   FILTER_FITS_NOT, true  },
        { "behind>5m other", FILTER_FITS_NOT, true  },
        { "p=7",             FILTER_FITS,     false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct filter *filter = NULL;
        struct error err = { 0 };

        assert_true(filter_parse(rows[i].text, fields, FIELDS, NOW, &filter, &err));
        assert_int_equal(filter_fit(filter, unknown.name, read_field, &unknown), rows[i].fit);
        assert_int_equal(filter_asks_time(filter), rows[i].time);
        filter_free(filter);
    }
}

static void test_refusals(void **state)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        { "speed>5",                           "no \"speed\" in part commit behind behindp50 toend state" },
        { "end > 5",                           "no \"end\" in part"                                       },
        { ">1m",                               "which column? part commit behind behindp50 toend"         },
        { "p3 > 1m",                           "no \"p3\" in part"                                        },
        { "p=1 = 2",                           "which column? part"                                       },
        { "behind>",                           "\"behind>\" needs a value; say 5m, 90s or 1h30m"          },
        { "p31 p >= ",                         "\"p>=\" needs a value; say 2500, 12k or 3M"               },
        { "state=",                            "\"state=\" needs a value; say a word"                     },
        { "p>x",                               "\"x\" is no number"                                       },
        { "p>5kk",                             "is no number"                                             },
        { "p>99999999999999999999",            "is no number"                                             },
        { "behind>5x",                         "\"5x\" is no duration"                                    },
        { "behind>m",                          "is no duration"                                           },
        { "commit<yesterday",                  "is no time"                                               },
        { "a b c d e f g h i j k l m n o p q", "more than 16 words"                                       },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct filter *filter = NULL;
        struct error err = { 0 };

        assert_false(filter_parse(rows[i].text, fields, FIELDS, NOW, &filter, &err));
        assert_int_equal(err.kind, ERROR_USAGE);
        if (!strstr(err.message, rows[i].says))
            fail_msg("%s: %s", rows[i].text, err.message);
    }
}

/* Whatever is typed is read or refused, and never more. */
static void test_random_text(void **state)
{
    static const char letters[] = "p>=<!5m09:k,- -stateZ";
    uint64_t random = 7;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[24];
        size_t length = (size_t)(random_below(&random, sizeof(text) - 1));
        struct filter *filter = NULL;
        struct error err = { 0 };

        for (size_t i = 0; i < length; i++)
            text[i] = letters[random_below(&random, sizeof(letters) - 1)];
        text[length] = '\0';
        if (filter_parse(text, fields, FIELDS, NOW, &filter, &err))
            filter_fit(filter, straggler.name, read_field, &straggler);
        else
            assert_true(err.message[0] != '\0');
        filter_free(filter);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comparisons),           cmocka_unit_test(test_unknown_fits_no_comparison),
        cmocka_unit_test(test_unknown_is_told_apart), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_random_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
