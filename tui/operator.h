/* Who is at the terminal, for the log: "ana on pts/3". */
#ifndef TUI_OPERATOR_H
#define TUI_OPERATOR_H

enum { OPERATOR_SIZE = 128 };

/* Fills out and returns it. "uid 1000 on a script" where there is no name and no terminal. */
const char *operator_name(char out[OPERATOR_SIZE]);

#endif
