/* Words, each a comparison or a piece of a name. Rows are asked for only what is compared. */
#include "tui/filter.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

enum {
    WORDS_MOST = 16,
};

enum comparison { LESS, LESS_OR_EQUAL, MORE, MORE_OR_EQUAL, EQUAL, NOT_EQUAL };

static const struct {
    const char *text; /* the longer ones first */
    enum comparison comparison;
} operators[] = {
    { "<=", LESS_OR_EQUAL },
    { ">=", MORE_OR_EQUAL },
    { "!=", NOT_EQUAL     },
    { "<",  LESS          },
    { ">",  MORE          },
    { "=",  EQUAL         },
};

struct filter_word {
    char *text; /* what is searched for in the name, or compared with a text */
    bool compares;
    size_t field;
    enum comparison comparison;
    int64_t number;
};

struct filter {
    const struct filter_field *fields;
    size_t field_count;
    struct filter_word words[WORDS_MOST];
    size_t count;
};

void filter_free(struct filter *filter)
{
    if (!filter)
        return;
    for (size_t i = 0; i < filter->count; i++)
        free(filter->words[i].text);
    free(filter);
}

/* Whether name, without its blanks and in either case, begins with the length bytes typed. */
static bool begins(const char *name, const char *typed, size_t length, bool *whole)
{
    size_t at = 0;

    for (; *name; name++) {
        if (*name == ' ')
            continue;
        if (at == length) {
            *whole = false;
            return true;
        }
        if (strncasecmp(name, typed + at, 1) != 0)
            return false;
        at++;
    }
    *whole = true;
    return at == length;
}

/* The field that is called so, else the first whose name begins so. */
static bool find_field(const struct filter *filter, const char *typed, size_t length, size_t *field)
{
    bool found = false;

    for (size_t i = 0; i < filter->field_count; i++) {
        bool whole;

        if (!filter->fields[i].name[0] || !begins(filter->fields[i].name, typed, length, &whole))
            continue;
        if (whole || !found)
            *field = i;
        found = true;
        if (whole)
            break;
    }
    return found;
}

void filter_columns(const struct filter_field *fields, size_t count, const char *separator, struct buffer *out)
{
    const char *apart = "";

    for (size_t i = 0; i < count; i++) {
        if (!fields[i].name[0])
            continue;
        buffer_append_text(out, apart);
        for (const char *at = fields[i].name; *at; at++)
            if (*at != ' ')
                buffer_append_char(out, *at);
        apart = separator;
    }
}

/* A word without a column in front of its operator is no name: taken for one, it would only ever match nothing. */
static bool no_such_field(const struct filter *filter, const char *typed, size_t length, struct error *err)
{
    struct buffer names;

    buffer_init(&names, 400);
    filter_columns(filter->fields, filter->field_count, " ", &names);
    if (length == 0)
        error_set(err, ERROR_USAGE, "which column? %s", names.data ? names.data : "none");
    else
        error_set(err, ERROR_USAGE, "no \"%.*s\" in %s", (int)length, typed, names.data ? names.data : "none");
    buffer_clear(&names);
    return false;
}

/* "12k" 12,000, "1,204", "-3". */
static bool read_number(const char *text, int64_t *number)
{
    static const char units[] = "kMG";
    int64_t unit = 1, digits = 0;
    bool negative = *text == '-', any = false;

    for (text += negative; *text; text++) {
        const char *at = strchr(units, *text);

        if (*text == ',')
            continue;
        if (at && text[1] == '\0' && any) {
            for (const char *each = units; each <= at; each++)
                unit *= 1000;
            break;
        }
        if (*text < '0' || *text > '9' || digits > INT64_MAX / 10 - 10)
            return false;
        digits = 10 * digits + (*text - '0');
        any = true;
    }
    if (!any || digits > INT64_MAX / unit)
        return false;
    *number = negative ? -digits * unit : digits * unit;
    return true;
}

/* "1h30m", "250ms", "90": seconds. */
static bool read_duration(const char *text, int64_t *number)
{
    static const struct {
        const char *text;
        int64_t ms;
    } units[] = {
        { "ms", 1        },
        { "s",  1000     },
        { "m",  60000    },
        { "h",  3600000  },
        { "d",  86400000 }
    };
    int64_t sum = 0;
    bool negative = *text == '-', any = false;

    for (text += negative; *text; any = true) {
        size_t digits = strspn(text, "0123456789");
        int64_t value = 0, ms = 0;

        if (digits == 0 || digits > 12)
            return false;
        for (size_t i = 0; i < digits; i++)
            value = 10 * value + (text[i] - '0');
        text += digits;
        if (*text == '\0' && !any)
            ms = 1000;
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && ms == 0; i++)
            if (text_starts_with(text, units[i].text)) {
                ms = units[i].ms;
                text += strlen(units[i].text);
            }
        if (ms == 0 || value > INT64_MAX / 2 / ms)
            return false;
        sum += value * ms;
    }
    *number = negative ? -sum : sum;
    return any;
}

static bool read_time(const char *text, timestamp_ms now, int64_t *number)
{
    char *with_zone = memory_printf("%sZ", text);
    bool ok = timestamp_parse(text, now, number, NULL) || timestamp_parse(with_zone, now, number, NULL);

    free(with_zone);
    return ok;
}

static const char *examples(enum filter_kind kind)
{
    switch (kind) {
    case FILTER_NUMBER: return "2500, 12k or 3M";
    case FILTER_DURATION: return "5m, 90s or 1h30m";
    case FILTER_TIME: return "09:44Z, 2026-11-23T09:44:00Z or -15m";
    case FILTER_TEXT: break;
    }
    return "a word";
}

/* The value of a comparison; word->text is what was typed. */
static bool read_value(const struct filter *filter, struct filter_word *word, timestamp_ms now, struct error *err)
{
    const struct filter_field *field = &filter->fields[word->field];

    switch (field->kind) {
    case FILTER_NUMBER:
        return read_number(word->text, &word->number) ||
               error_set(err, ERROR_USAGE, "\"%s\" is no number; say %s", word->text, examples(field->kind));
    case FILTER_DURATION:
        return read_duration(word->text, &word->number) ||
               error_set(err, ERROR_USAGE, "\"%s\" is no duration; say %s", word->text, examples(field->kind));
    case FILTER_TIME:
        return read_time(word->text, now, &word->number) ||
               error_set(err, ERROR_USAGE, "\"%s\" is no time; say %s", word->text, examples(field->kind));
    case FILTER_TEXT: break;
    }
    return true;
}

/* The bytes of an operator at the beginning of a text; 0: there is none. */
static size_t operator_at(const char *text, enum comparison *comparison)
{
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
        if (text_starts_with(text, operators[i].text)) {
            *comparison = operators[i].comparison;
            return strlen(operators[i].text);
        }
    return 0;
}

/* The bytes of a word without blanks, up to its first operator. */
static size_t before_operator(const char *text)
{
    enum comparison comparison;
    size_t length = 0;

    while (text[length] && text[length] != ' ' && operator_at(text + length, &comparison) == 0)
        length++;
    return length;
}

/* Takes a word off the text: with an operator, that is what stands before and behind it, blanks between or not. */
static bool add_word(struct filter *filter, const char **text, timestamp_ms now, struct error *err)
{
    struct filter_word *word = &filter->words[filter->count];
    const char *typed = *text, *sign, *value;
    size_t length = before_operator(typed), used, cells;

    if (filter->count == WORDS_MOST)
        return error_set(err, ERROR_USAGE, "more than %d words in a filter", WORDS_MOST);
    *word = (struct filter_word){ 0 };
    sign = typed + length + strspn(typed + length, " ");
    used = operator_at(sign, &word->comparison);
    if (used == 0) {
        *text = typed + length;
        word->text = memory_copy_bytes(typed, length);
        filter->count++;
        return true;
    }
    if (length == 0 || !find_field(filter, typed, length, &word->field))
        return no_such_field(filter, typed, length, err);
    value = sign + used + strspn(sign + used, " ");
    cells = strcspn(value, " ");
    if (cells == 0)
        return error_set(err, ERROR_USAGE, "\"%.*s%.*s\" needs a value; say %s", (int)length, typed, (int)used, sign,
                         examples(filter->fields[word->field].kind));
    *text = value + cells;
    word->compares = true;
    word->text = memory_copy_bytes(value, cells);
    filter->count++;
    return read_value(filter, word, now, err);
}

bool filter_parse(const char *text, const struct filter_field *fields, size_t count, timestamp_ms now,
                  struct filter **filter, struct error *err)
{
    struct filter *made = memory_new(sizeof(*made));

    made->fields = fields;
    made->field_count = count;
    for (text += strspn(text, " "); *text; text += strspn(text, " "))
        if (!add_word(made, &text, now, err)) {
            filter_free(made);
            return false;
        }
    *filter = made;
    return true;
}

static bool holds(enum comparison comparison, int order)
{
    switch (comparison) {
    case LESS: return order < 0;
    case LESS_OR_EQUAL: return order <= 0;
    case MORE: return order > 0;
    case MORE_OR_EQUAL: return order >= 0;
    case EQUAL: return order == 0;
    case NOT_EQUAL: return order != 0;
    }
    return false;
}

enum filter_fit filter_fit(const struct filter *filter, const char *name,
                           struct filter_value (*read)(const void *context, size_t field), const void *context)
{
    enum filter_fit fit = FILTER_FITS;

    for (size_t i = 0; i < filter->count; i++) {
        const struct filter_word *word = &filter->words[i];

        if (!word->compares) {
            if (!strcasestr(name, word->text))
                return FILTER_FITS_NOT;
            continue;
        }
        struct filter_value value = read(context, word->field);
        bool text = filter->fields[word->field].kind == FILTER_TEXT;
        if (!value.known || (text && !value.text)) {
            fit = FILTER_UNKNOWN;
            continue;
        }
        int order =
            text ? strcasecmp(value.text, word->text) : (value.number > word->number) - (value.number < word->number);
        if (!holds(word->comparison, order))
            return FILTER_FITS_NOT;
    }
    return fit;
}

bool filter_asks_time(const struct filter *filter)
{
    for (size_t i = 0; i < filter->count; i++) {
        enum filter_kind kind = filter->fields[filter->words[i].field].kind;

        if (filter->words[i].compares && (kind == FILTER_TIME || kind == FILTER_DURATION))
            return true;
    }
    return false;
}
