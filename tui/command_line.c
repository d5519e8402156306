/* The commands behind ":". */
#include "tui/command_line.h"

#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "base/text.h"
#include "base/utf8.h"

struct command_row {
    const char *name;
    enum command_kind kind;
    enum command_word words[2]; /* what may follow */
    const char *usage;
};

static const struct command_row rows[] = {
    { "topics",   COMMAND_TOPICS,   { COMMAND_WORD_NONE, COMMAND_WORD_NONE },     ":topics"                                   },
    { "groups",   COMMAND_GROUPS,   { COMMAND_WORD_TOPIC, COMMAND_WORD_NONE },    ":groups [TOPIC]"                           },
    { "skew",     COMMAND_SKEW,     { COMMAND_WORD_TOPIC, COMMAND_WORD_GROUP },   ":skew [TOPIC [GROUP]]"                     },
    { "start",    COMMAND_START,    { COMMAND_WORD_START, COMMAND_WORD_NONE },    ":start [safe|committed|earliest|now|TIME]" },
    { "launch",
     COMMAND_LAUNCH,                { COMMAND_WORD_START, COMMAND_WORD_NONE },
     ":launch [safe|committed|earliest|now|TIME]"                                                                             },
    { "pipeline", COMMAND_PIPELINE, { COMMAND_WORD_NONE, COMMAND_WORD_NONE },     ":pipeline"                                 },
    { "audit",    COMMAND_AUDIT,    { COMMAND_WORD_NONE, COMMAND_WORD_NONE },     ":audit"                                    },
    { "log",      COMMAND_LOG,      { COMMAND_WORD_NONE, COMMAND_WORD_NONE },     ":log"                                      },
    { "help",     COMMAND_HELP,     { COMMAND_WORD_NONE, COMMAND_WORD_NONE },     ":help"                                     },
    { "fetch",    COMMAND_FETCH,    { COMMAND_WORD_NONE, COMMAND_WORD_NONE },     ":fetch"                                    },
    { "refresh",  COMMAND_REFRESH,  { COMMAND_WORD_NONE, COMMAND_WORD_NONE },     ":refresh SECONDS, 1 to 60"                 },
    { "guide",    COMMAND_GUIDE,    { COMMAND_WORD_NONE, COMMAND_WORD_NONE },     ":guide"                                    },
    { "arm",      COMMAND_ARM,      { COMMAND_WORD_NONE, COMMAND_WORD_NONE },     ":arm"                                      },
    { "disarm",   COMMAND_DISARM,   { COMMAND_WORD_NONE, COMMAND_WORD_NONE },     ":disarm"                                   },
    { "export",   COMMAND_EXPORT,   { COMMAND_WORD_FILE, COMMAND_WORD_NONE },     ":export FILE.csv or :export FILE.json"     },
    { "set",
     COMMAND_SET,                   { COMMAND_WORD_SETTING, COMMAND_WORD_VALUE },
     ":set tz utc|local or :set clipboard osc52|osc52-tmux|file|off"                                                          },
    { "q",        COMMAND_QUIT,     { COMMAND_WORD_NONE, COMMAND_WORD_NONE },     ":q"                                        },
};

enum {
    ROWS = sizeof(rows) / sizeof(rows[0]),
    LONGEST_REFRESH_SECONDS = 60,
};

/* What can be set, and to what. */
static const struct {
    const char *name;
    const char *values[5];
} settings[] = {
    [COMMAND_SET_ZONE] = { "tz",        { "utc", "local", NULL }                       },
    [COMMAND_SET_CLIPBOARD] = { "clipboard", { "osc52", "osc52-tmux", "file", "off", NULL } },
};
enum { SETTINGS = sizeof(settings) / sizeof(settings[0]) };

const char *command_word(enum command_word word, size_t number)
{
    static const char *const starts[] = { "safe", "committed", "earliest", "now" };
    static const char *const values[] = { "utc", "local", "osc52", "osc52-tmux", "file", "off" };

    switch (word) {
    case COMMAND_WORD_START: return number < sizeof(starts) / sizeof(starts[0]) ? starts[number] : NULL;
    case COMMAND_WORD_SETTING: return number < SETTINGS ? settings[number].name : NULL;
    case COMMAND_WORD_VALUE: return number < sizeof(values) / sizeof(values[0]) ? values[number] : NULL;
    default: return NULL;
    }
}

const char *command_name(size_t number)
{
    return number < ROWS ? rows[number].name : NULL;
}

void command_clear(struct command *command)
{
    free(command->first);
    free(command->second);
}

/* The word at *text, which moves behind it; NULL at the end. The last word may hold blanks: groups may. */
static char *take_word(const char **text, bool last)
{
    const char *start = *text + strspn(*text, " ");
    size_t length = last ? strlen(start) : strcspn(start, " ");

    while (last && length > 0 && start[length - 1] == ' ')
        length--;
    *text = start + length;
    return length > 0 ? memory_copy_bytes(start, length) : NULL;
}

static const struct command_row *find_row(const char *name, struct error *err)
{
    const char *names[ROWS];

    for (size_t i = 0; i < ROWS; i++) {
        names[i] = rows[i].name;
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    }
    const char *nearest = options_nearest(name, names, ROWS);
    if (nearest)
        error_set(err, ERROR_USAGE, "no command \"%.30s\"; did you mean :%s?", name, nearest);
    else
        error_set(err, ERROR_USAGE, "no command \"%.30s\"; Tab lists them", name);
    return NULL;
}

static bool read_seconds(struct command *command, struct error *err)
{
    int64_t seconds;

    if (!command->first || !text_parse_uint(command->first, LONGEST_REFRESH_SECONDS, &seconds) || seconds < 1)
        return error_set(err, ERROR_USAGE, "say :refresh SECONDS, 1 to %d", LONGEST_REFRESH_SECONDS);
    command->seconds = (int)seconds;
    return true;
}

static bool read_setting(struct command *command, const char *usage, struct error *err)
{
    for (size_t i = 0; i < SETTINGS && command->first && command->second; i++)
        for (int value = 0; strcmp(settings[i].name, command->first) == 0 && settings[i].values[value]; value++)
            if (strcmp(settings[i].values[value], command->second) == 0) {
                command->setting = (enum command_setting)i;
                command->value = value;
                return true;
            }
    return error_set(err, ERROR_USAGE, "say %s", usage);
}

bool command_parse(const char *line, struct command *command, struct error *err)
{
    char *name = take_word(&line, false);
    const struct command_row *row;

    *command = (struct command){ 0 };
    row = find_row(name ? name : "", err);
    free(name);
    if (!row)
        return false;
    command->kind = row->kind;
    command->first = take_word(&line, row->words[1] == COMMAND_WORD_NONE);
    command->second = take_word(&line, true);
    if (row->kind == COMMAND_REFRESH)
        return read_seconds(command, err);
    if (row->kind == COMMAND_SET)
        return read_setting(command, row->usage, err);
    if (row->kind == COMMAND_EXPORT && !command->first)
        return error_set(err, ERROR_USAGE, "say %s", row->usage);
    if ((command->first && row->words[0] == COMMAND_WORD_NONE) ||
        (command->second && row->words[1] == COMMAND_WORD_NONE))
        return error_set(err, ERROR_USAGE, "say %s", row->usage);
    return true;
}

enum command_word command_last_word(const char *line, const char **prefix)
{
    const char *at = line;
    char *name = take_word(&at, false);
    enum command_word word = COMMAND_WORD_COMMAND;

    *prefix = line + strspn(line, " ");
    for (size_t i = 0; i < ROWS && name && *at == ' '; i++) {
        if (strcmp(rows[i].name, name) != 0)
            continue;
        *prefix = at + strspn(at, " ");
        word = rows[i].words[0];
        const char *blank = strchr(*prefix, ' ');
        if (blank && rows[i].words[1] != COMMAND_WORD_NONE) {
            *prefix = blank + strspn(blank, " ");
            word = rows[i].words[1];
        }
    }
    free(name);
    return word;
}

bool command_offer(const char *prefix, const char *candidate, char **shared)
{
    size_t same = 0;

    if (!text_starts_with(candidate, prefix))
        return false;
    if (!*shared) {
        *shared = memory_copy_text(candidate);
        return true;
    }
    while ((*shared)[same] && (*shared)[same] == candidate[same])
        same++;
    same -= utf8_cut_tail(*shared, same);
    (*shared)[same] = '\0';
    return true;
}
