/* What is typed in the message row: commands, filters, file names, answers. */
#include "tui/console_type.h"

#include <stdlib.h>
#include <string.h>

#include "tui/command_line.h"
#include "tui/console_act.h"
#include "tui/console_guide.h"
#include "tui/console_open.h"
#include "tui/table.h"

static void set_something(struct console *console, const struct command *command)
{
    if (command->setting == COMMAND_SET_ZONE)
        console->mode.local_time = command->value == COMMAND_ZONE_LOCAL;
    else
        terminal_set_clipboard(console->terminal, (enum terminal_clipboard)command->value);
}

static void do_command(struct console *console, const struct command *command)
{
    struct view_subject subject = { .topic = command->first };

    switch (command->kind) {
    case COMMAND_TOPICS: view_stack_return(&console->stack, VIEW_TOPICS); break;
    case COMMAND_GROUPS: console_open(console, VIEW_GROUPS, &subject); break;
    case COMMAND_SKEW: console_go_skew(console, command->first, command->second); break;
    case COMMAND_START: console_go_start(console, command->first); break;
    case COMMAND_LAUNCH: console_go_launch(console, command->first); break;
    case COMMAND_PIPELINE: console_go(console, VIEW_PIPELINE); break;
    case COMMAND_AUDIT: console_act_audit(console); break;
    case COMMAND_LOG: console_go(console, VIEW_LOG); break;
    case COMMAND_HELP: console_open_help(console); break;
    case COMMAND_FETCH: console_fetch_now(console); break;
    case COMMAND_REFRESH: console_set_refresh(console, command->seconds); break;
    case COMMAND_GUIDE: console_open_guide(console, NULL, NULL); break;
    case COMMAND_ARM: console_arm(console, true); break;
    case COMMAND_DISARM: console_arm(console, false); break;
    case COMMAND_EXPORT: console_export(console, command->first); break;
    case COMMAND_SET: set_something(console, command); break;
    case COMMAND_QUIT: console_leave(console); break;
    }
}

static void run_command(struct console *console, const char *line)
{
    struct command command = { 0 };
    struct error err = { 0 };

    if (command_parse(line, &command, &err))
        do_command(console, &command);
    else
        console_say(console, THEME_BAD, err.message);
    command_clear(&command);
}

/* The number-th candidate for a word of a command, or NULL behind the last. */
static const char *candidate(const struct console *console, enum command_word word, size_t number)
{
    const struct view_entry *entry;

    if (word == COMMAND_WORD_COMMAND)
        return command_name(number);
    if (word != COMMAND_WORD_TOPIC && word != COMMAND_WORD_GROUP)
        return command_word(word, number);
    entry = view_stack_find(&console->stack, word == COMMAND_WORD_TOPIC ? VIEW_TOPICS : VIEW_GROUPS);
    return entry ? entry->ops->name_at(entry->state, number) : NULL;
}

/* Tab: adds what all candidates share, and shows them where there are several. */
static void complete(struct console *console)
{
    const char *prefix, *name;
    enum command_word word = command_last_word(console->prompt.text, &prefix);
    struct buffer line, offers;
    char *shared = NULL;
    size_t fitting = 0;

    if (console->prompt.kind != PROMPT_COMMAND)
        return;
    buffer_init(&offers, 1000);
    for (size_t i = 0; (name = candidate(console, word, i)); i++)
        if (command_offer(prefix, name, &shared)) {
            buffer_printf(&offers, "%s%s", fitting > 0 ? "  " : "", name);
            fitting++;
        }
    if (shared) {
        buffer_init(&line, 0);
        buffer_append(&line, console->prompt.text, (size_t)(prefix - console->prompt.text));
        buffer_printf(&line, "%s%s", shared, fitting == 1 && word != COMMAND_WORD_GROUP ? " " : "");
        prompt_set_text(&console->prompt, line.data);
        buffer_clear(&line);
    }
    if (fitting > 1)
        console->offers = buffer_take(&offers);
    buffer_clear(&offers);
    free(shared);
}

/* What a view asked for has been typed, or not. */
static void give_typed(struct console *console, const struct prompt *typed, bool done)
{
    struct view_entry *entry = view_stack_top(&console->stack);
    const char *text = typed->kind == PROMPT_CONFIRM ? "y" : typed->text;

    if (!entry->ops->typed)
        return;
    struct view_outcome outcome = entry->ops->typed(entry->state, typed->tag, done ? text : NULL);
    console_outcome(console, &outcome);
}

static void prompt_finished(struct console *console, bool done)
{
    struct view_entry *entry = view_stack_top(&console->stack);
    struct prompt typed = console->prompt;
    bool empty = typed.text[strspn(typed.text, " ")] == '\0';

    prompt_close(&console->prompt);
    free(console->offers); /* said of this text, not of what the next prompt asks for */
    console->offers = NULL;
    switch (typed.kind) {
    case PROMPT_FILTER:
        if (!done)
            entry->ops->filter(entry->state, "");
        break;
    case PROMPT_SEARCH:
        if (done)
            entry->ops->filter(entry->state, typed.text);
        break;
    case PROMPT_COMMAND:
        if (done && !empty)
            run_command(console, typed.text);
        break;
    case PROMPT_EXPORT:
        if (done && !empty)
            console_export(console, typed.text);
        break;
    case PROMPT_LEAVE:
    case PROMPT_DRAIN:
        if (done)
            console_end(console);
        break;
    case PROMPT_TEXT:
    case PROMPT_CONFIRM: give_typed(console, &typed, done); break;
    case PROMPT_NONE: break;
    }
}

/* Beside a filter: what may be said while nothing is, and what is wrong with it. False: it is none. */
static bool remark_on_filter(struct console *console, const struct view_entry *entry)
{
    const struct table *table = entry->ops->table ? entry->ops->table(entry->state) : NULL;
    struct buffer forms;

    if (!table)
        return true;
    free(console->offers);
    console->offers = NULL;
    if (table->filter_error) {
        console->offers = memory_copy_text(table->filter_error);
    } else if (console->prompt.text[strspn(console->prompt.text, " ")] == '\0') {
        buffer_init(&forms, 0);
        table_filter_forms(table, &forms);
        console->offers = buffer_take(&forms);
        buffer_clear(&forms);
    }
    return !table->filter_error;
}

/* What acts at once, at each key: true where the key is dealt with. */
static bool filter_takes(struct console *console, const struct view_entry *entry, enum prompt_result result)
{
    if (console->prompt.kind != PROMPT_FILTER || result == PROMPT_CANCELLED)
        return false;
    if (result == PROMPT_CHANGED)
        entry->ops->filter(entry->state, console->prompt.text);
    return !remark_on_filter(console, entry) || result != PROMPT_DONE;
}

void console_type_key(struct console *console, int key)
{
    struct view_entry *entry = view_stack_top(&console->stack);
    enum prompt_result result = prompt_key(&console->prompt, key);

    free(console->offers);
    console->offers = NULL;
    if (console->prompt.kind == PROMPT_TEXT && result != PROMPT_CANCELLED && !console_would_take(console))
        return;
    if (filter_takes(console, entry, result))
        return;
    if (result == PROMPT_COMPLETE)
        complete(console);
    else if (result == PROMPT_DONE || result == PROMPT_CANCELLED)
        prompt_finished(console, result == PROMPT_DONE);
}

void console_open_prompt(struct console *console, enum prompt_kind kind)
{
    const struct view_entry *entry = view_stack_top(&console->stack);

    prompt_open(&console->prompt, kind, kind == PROMPT_FILTER ? entry->ops->filtered(entry->state) : NULL);
    if (kind == PROMPT_FILTER)
        (void)remark_on_filter(console, entry);
}
