/* One line being typed. */
#include "tui/prompt.h"

#include "tui/keymap.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

void prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *text)
{
    *prompt = (struct prompt){ .kind = kind };
    if (text)
        prompt_set_text(prompt, text);
}

void prompt_open_labelled(struct prompt *prompt, enum prompt_kind kind, const char *label, int tag, const char *text)
{
    prompt_open(prompt, kind, text);
    prompt->tag = tag;
    snprintf(prompt->label, sizeof(prompt->label), "%s", label);
}

void prompt_close(struct prompt *prompt)
{
    *prompt = (struct prompt){ .kind = PROMPT_NONE };
}

void prompt_set_text(struct prompt *prompt, const char *text)
{
    size_t length = strlen(text);

    if (length >= PROMPT_BYTES)
        return;
    memcpy(prompt->text, text, length + 1);
    prompt->length = length;
}

/* Takes the last character off, whatever its bytes. */
static void drop_character(struct prompt *prompt)
{
    while (prompt->length > 0) {
        unsigned char byte = (unsigned char)prompt->text[--prompt->length];

        prompt->text[prompt->length] = '\0';
        if ((byte & 0xC0) != 0x80)
            return;
    }
}

static bool add_character(struct prompt *prompt, int key)
{
    char bytes[4];

    if (key < ' ' || key == KEYMAP_BACKSPACE || key >= KEYMAP_SPECIAL || (key >= 0x80 && key < 0xA0))
        return false;
    size_t count = utf8_write((uint32_t)key, bytes);
    if (prompt->length + count >= PROMPT_BYTES)
        return false;
    memcpy(prompt->text + prompt->length, bytes, count);
    prompt->length += count;
    prompt->text[prompt->length] = '\0';
    return true;
}

static enum prompt_result edit(struct prompt *prompt, int key)
{
    enum { CTRL_U = 'U' - '@' };

    if (key == KEYMAP_BACKSPACE) {
        if (prompt->length == 0)
            return PROMPT_CANCELLED;
        drop_character(prompt);
        return PROMPT_CHANGED;
    }
    if (key == CTRL_U) {
        prompt_set_text(prompt, "");
        return PROMPT_CHANGED;
    }
    return add_character(prompt, key) ? PROMPT_CHANGED : PROMPT_GOES_ON;
}

enum prompt_result prompt_key(struct prompt *prompt, int key)
{
    enum { CTRL_C = 'C' - '@' };

    if (prompt->kind == PROMPT_DRAIN)
        return key == 'd' || key == 'D' ? PROMPT_DONE : PROMPT_CANCELLED;
    if (prompt->kind == PROMPT_CONFIRM)
        return key == 'y' || key == 'Y' ? PROMPT_DONE : PROMPT_CANCELLED;
    if (prompt->kind == PROMPT_LEAVE)
        return key == 'y' || key == 'Y' || key == CTRL_C ? PROMPT_DONE : PROMPT_CANCELLED;
    switch (key) {
    case KEYMAP_ENTER: return PROMPT_DONE;
    case KEYMAP_ESCAPE:
    case CTRL_C: return PROMPT_CANCELLED;
    case KEYMAP_TAB: return PROMPT_COMPLETE;
    default: return edit(prompt, key);
    }
}

bool prompt_takes_text(const struct prompt *prompt)
{
    switch (prompt->kind) {
    case PROMPT_FILTER:
    case PROMPT_SEARCH:
    case PROMPT_COMMAND:
    case PROMPT_EXPORT:
    case PROMPT_TEXT: return true;
    case PROMPT_NONE:
    case PROMPT_LEAVE:
    case PROMPT_CONFIRM:
    case PROMPT_DRAIN: break;
    }
    return false;
}

const char *prompt_label(const struct prompt *prompt)
{
    switch (prompt->kind) {
    case PROMPT_FILTER:
    case PROMPT_SEARCH: return "/";
    case PROMPT_COMMAND: return ":";
    case PROMPT_EXPORT: return "export to: ";
    case PROMPT_TEXT:
    case PROMPT_CONFIRM: return prompt->label;
    case PROMPT_DRAIN: return "a delivery runs: d drains, commits and leaves, any other key stays";
    case PROMPT_LEAVE: return "leave headgate? y/n";
    case PROMPT_NONE: break;
    }
    return "";
}
