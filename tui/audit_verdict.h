/* What an audit says in the end, as a sentence for the message row, and for the row above it where it is long. */
#ifndef TUI_AUDIT_VERDICT_H
#define TUI_AUDIT_VERDICT_H

#include "engine_event.h"

const char *audit_verdict_word(const struct coverage *coverage); /* "PASS" */

/* "PASS: no hole, no overlap ...". audit may be NULL. */
void audit_verdict_append(const struct coverage *coverage, const struct engine_audit *audit, struct buffer *out);

/* Bytes of a verdict that the row above the message row takes, cut behind a blank; 0: the message row, of so many cells, has
 * room for all. */
size_t audit_verdict_head(const char *verdict, int cells);

#endif
