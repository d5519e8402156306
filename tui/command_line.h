/* What is typed behind ":": a table of commands, their parsing, and Tab completion. Pure. */
#ifndef TUI_COMMAND_LINE_H
#define TUI_COMMAND_LINE_H

#include "base/buffer.h"

enum command_kind {
    COMMAND_TOPICS,
    COMMAND_GROUPS, /* [topic] */
    COMMAND_SKEW,   /* [topic [group]] */
    COMMAND_START,  /* [start] */
    COMMAND_LAUNCH, /* [start] */
    COMMAND_PIPELINE,
    COMMAND_AUDIT,
    COMMAND_LOG,
    COMMAND_HELP,
    COMMAND_FETCH,
    COMMAND_REFRESH, /* seconds */
    COMMAND_ARM,
    COMMAND_DISARM,
    COMMAND_GUIDE,
    COMMAND_EXPORT, /* file */
    COMMAND_SET,    /* setting, value */
    COMMAND_QUIT,
};

/* What a word of a command may be, for completion. */
enum command_word {
    COMMAND_WORD_NONE,
    COMMAND_WORD_COMMAND,
    COMMAND_WORD_TOPIC,
    COMMAND_WORD_GROUP,
    COMMAND_WORD_START,   /* safe, committed, ..., or a TIME */
    COMMAND_WORD_FILE,    /* not completed */
    COMMAND_WORD_SETTING, /* tz, clipboard */
    COMMAND_WORD_VALUE,   /* of either */
};

enum command_setting {
    COMMAND_SET_ZONE,      /* value: COMMAND_ZONE_UTC, COMMAND_ZONE_LOCAL */
    COMMAND_SET_CLIPBOARD, /* value: 0 osc52, 1 osc52-tmux, 2 file, 3 off */
};
enum { COMMAND_ZONE_UTC, COMMAND_ZONE_LOCAL };

struct command {
    enum command_kind kind;
    char *first, *second;         /* words behind the command; NULL when not typed; owned */
    int seconds;                  /* of COMMAND_REFRESH */
    enum command_setting setting; /* of COMMAND_SET */
    int value;
};

/* Reads a line. Fails with ERROR_USAGE: what is wrong, and what would be right. Free with command_clear. */
bool command_parse(const char *line, struct command *command, struct error *err) MUST_CHECK;
void command_clear(struct command *command);

/* What the last word of the line is; *prefix points at it inside line. */
enum command_word command_last_word(const char *line, const char **prefix);

/* Offers a candidate for the word that begins with prefix. *shared, NULL at first, becomes the longest text that all
 * candidates offered so far begin with; owned by the caller. Returns whether the candidate fits. */
bool command_offer(const char *prefix, const char *candidate, char **shared);

/* The number-th text a word of this kind may be, other than names of the cluster; NULL behind the last. */
const char *command_word(enum command_word word, size_t number);

/* Name of the number-th command (0 is the first), or NULL. */
const char *command_name(size_t number);

#endif
