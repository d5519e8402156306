/* Posting is the only thing that both threads of a question share, and the queue does that. */
#include "engine/engine_question.h"

#include "base/buffer.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { PROGRESS_EVERY_MS = 100, PROGRESS_TEXT = 512 };

void engine_question_free(struct engine_question *question)
{
    if (!question)
        return;
    free(question->topic);
    free(question->group);
    free(question->start);
    free(question->stream);
    free(question->bucket);
    free(question->prefix);
    free(question->connector);
    free(question);
}

void engine_question_post(struct engine_question *question, struct engine_event *event)
{
    event->request = question->number;
    queue_send(question->events, event);
}

static void post_text(struct engine_question *question, int64_t done, int64_t total, bool keep, const char *text)
{
    struct engine_event *event = engine_event_new(ENGINE_PROGRESS);

    event->progress = text_sanitised(text);
    event->keep = keep;
    event->done = done;
    event->total = total;
    engine_question_post(question, event);
}

void engine_question_progress(struct engine_question *question, int64_t done, int64_t total, const char *format, ...)
{
    int64_t now = timestamp_monotonic();
    char text[PROGRESS_TEXT];
    va_list args;

    if (question->told_ms != 0 && now - question->told_ms < PROGRESS_EVERY_MS && done != total)
        return;
    question->told_ms = now;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    post_text(question, done, total, false, text);
}

void engine_question_say(struct engine_question *question, const char *format, ...)
{
    char text[PROGRESS_TEXT];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    post_text(question, 0, 0, true, text);
}

bool engine_question_wanted(struct engine_question *question, struct error *err)
{
    if (atomic_load(&question->cancelled) || atomic_load(&question->stop))
        return error_set(err, ERROR_CANCELLED, "stopped before it was done");
    return true;
}
