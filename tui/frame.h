/* The rows around every view: the first, with who, where, how and when, and the message row. */
#ifndef TUI_FRAME_H
#define TUI_FRAME_H

#include "tui/canvas.h"

enum {
    FRAME_LEAST_LINES = 20,
    FRAME_LEAST_COLUMNS = 60,
};

struct frame {
    const char *cluster; /* what the operator calls it */
    const char *mode;    /* "READ-ONLY" */
    const char *remark;  /* MOVING; NULL */
    bool unverified;     /* whoever answers may be anybody */
    bool frozen;
    bool local_time;      /* times are local; the clock says by how much */
    timestamp_ms data_at; /* of what is shown; TIMESTAMP_NONE */
    bool old;             /* older than it should be */
    bool has_data;        /* the view shows data at all */
    int refresh_seconds;  /* 0: the view is not asked again by itself */
};

/* Row 1. */
void frame_draw(const struct frame *frame, const struct canvas *canvas);

/* True when there is no room for any view. */
bool frame_is_too_small(const struct canvas *canvas);

/* True, with a message instead of everything else, where the screen is too small to be of use. */
bool frame_too_small(const struct canvas *canvas);

#endif
