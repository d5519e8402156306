/* Words of a verdict. */
#include "tui/audit_verdict.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const char *audit_verdict_word(const struct coverage *coverage)
{
    return coverage->verdict == COVERAGE_PASS ? "PASS" : coverage->verdict == COVERAGE_OPEN ? "OPEN" : "FAIL";
}

/* "nothing delivered yet": no finding, and no proof of anything either. */
static void append_nothing_yet(int64_t to_end, int64_t gap, struct buffer *out)
{
    char text[TEXT_NUMBER_SIZE];

    buffer_append_text(out, "nothing delivered yet; ");
    if (to_end != OFFSET_NONE)
        buffer_printf(out, "%s offsets to read", text_count(text, to_end));
    else
        buffer_append_text(out, "tail not checked");
    if (gap > 0)
        buffer_printf(out, "; gap of %s as planned", text_count(text, gap));
}

void audit_verdict_append(const struct coverage *coverage, const struct engine_audit *audit, struct buffer *out)
{
    char gap[TEXT_NUMBER_SIZE];

    buffer_printf(out, "%s: ", audit_verdict_word(coverage));
    if (audit && audit->deep)
        buffer_printf(out, "%zu objects read, %zu not as they say; ", audit->deep_read, audit->deep_wrong);
    bool skips = coverage->cutover_known && coverage->found.gap > 0;
    if (coverage->reason && coverage->reason[0])
        buffer_append_text(out, coverage->reason);
    else if (coverage_is_empty(coverage))
        append_nothing_yet(coverage->to_end, skips ? coverage->found.gap : 0, out);
    else if (skips) /* before all else: the line may be cut */
        buffer_printf(out, "as planned, with its gap%s %s%s; no hole, no overlap", audit && audit->deep ? "" : " of",
                      text_count(gap, coverage->found.gap), audit && audit->deep ? "" : " offsets");
    else if (audit && audit->deep)
        buffer_printf(out, "no hole, no overlap%s", coverage->cutover_known ? "; as planned" : "");
    else
        buffer_printf(out, "no hole, no overlap from start to new end%s",
                      coverage->cutover_known ? "; the cutover is as planned" : "");
    if (skips && coverage->reason && coverage->reason[0])
        buffer_printf(out, "; its gap of %s offsets beside", text_count(gap, coverage->found.gap));
}

size_t audit_verdict_head(const char *verdict, int cells)
{
    size_t head = 0;

    if ((int)text_width(verdict) <= cells)
        return 0;
    for (const char *at = strchr(verdict, ' '); at; at = strchr(at + 1, ' ')) {
        char *part = memory_copy_bytes(verdict, (size_t)(at - verdict));
        bool fits = (int)text_width(part) <= cells;

        free(part);
        if (!fits)
            break;
        head = (size_t)(at - verdict) + 1;
    }
    return head;
}
