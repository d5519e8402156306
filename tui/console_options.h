/* How the console is to run: plain values. */
#ifndef TUI_CONSOLE_OPTIONS_H
#define TUI_CONSOLE_OPTIONS_H

#include "base/buffer.h"

/* Texts are borrowed for the run. */
struct console_options {
    const char *cluster;        /* shown in row 1 */
    const char *script;         /* file (script.h); NULL: a person at a terminal */
    const char *clipboard_file; /* what is copied is written there, 0600; NULL: nowhere */
    struct buffer *report;      /* how fast keys were is appended at the end; NULL: not measured */
    bool unverified;            /* brokers are not asked who they are: said on every screen */
    bool allow_write;           /* the cluster's settings allow :arm */
    bool demo;                  /* the guided demo's cluster: armed, and it says so */
    bool guided;                /* begin with the guide, on this topic and group */
    const char *topic, *group;
    bool inside;         /* within tmux or screen */
    int signals;         /* descriptor of terminal_watch_signals; -1: signals are not watched */
    int refresh_seconds; /* 0: every 10 s */
    bool colours, ascii; /* ascii also where the locale is not UTF-8 */
    bool plain;          /* numbers in place of pictures, for screen readers */
};

#endif
