/* One thread is enough: questions of one operator come one at a time, and the client handles need no lock this way. */
#include "engine/engine_inspector.h"

#include "base/buffer.h"
#include "engine/engine_audit.h"
#include "engine/engine_connect.h"
#include "engine/engine_doctor.h"
#include "engine/engine_groups.h"
#include "engine/engine_launch.h"
#include "engine/engine_plan.h"
#include "engine/engine_starts.h"
#include "engine/engine_streams.h"
#include "engine/engine_survey.h"
#include "engine/engine_topics.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct engine_inspector {
    struct queue *questions; /* borrowed items */
    pthread_t thread;
    engine_stream_started started;
    void *context;
    /* inspector thread only */
    struct engine_tools tools;
    struct engine_prepared prepared;
    struct engine_question **waiting; /* came while another was being answered, and are not quick; in order */
    size_t waiting_count;
};

/* Answers that need nothing but the tools. The others have functions of their own below. */
static const struct {
    enum engine_request_kind kind;
    bool (*answer)(struct engine_tools *tools, struct engine_question *question, struct error *err);
} answers[] = {
    { ENGINE_ASK_TOPICS,         engine_topics_answer         },
    { ENGINE_ASK_GROUPS,         engine_groups_answer         },
    { ENGINE_ASK_SURVEY,         engine_survey_answer         },
    { ENGINE_ASK_PLAN,           engine_plan_answer           },
    { ENGINE_ASK_CHOICES,        engine_choices_answer        },
    { ENGINE_ASK_STARTS,         engine_starts_answer         },
    { ENGINE_ASK_RECORD,         engine_record_answer         },
    { ENGINE_ASK_CONNECTORS,     engine_connectors_answer     },
    { ENGINE_ASK_CONNECT_STATUS, engine_connect_status_answer },
    { ENGINE_ASK_CONNECT_STOP,   engine_connect_stop_answer   },
    { ENGINE_ASK_CONNECT_RESUME, engine_connect_resume_answer },
    { ENGINE_ASK_AUDIT,          engine_audit_answer          },
    { ENGINE_ASK_STREAMS,        engine_streams_answer        },
    { ENGINE_ASK_DOCTOR,         engine_doctor_answer         },
};

static bool launch(struct engine_inspector *inspector, struct engine_question *question, struct error *err)
{
    struct engine_stream *stream = NULL;

    if (!engine_launch_go(&inspector->tools, question, &inspector->prepared, &stream, err))
        return false;
    inspector->started(inspector->context, stream);
    return true;
}

static bool answer(struct engine_inspector *inspector, struct engine_question *question, struct error *err)
{
    engine_stream_free(question->ended); /* also where the launch was stopped meanwhile */
    question->ended = NULL;
    if (!engine_question_wanted(question, err))
        return false;
    if (question->kind == ENGINE_ASK_LAUNCH || question->kind == ENGINE_ASK_AUDIT ||
        question->kind == ENGINE_ASK_DOCTOR)
        engine_tools_set_bucket(&inspector->tools, question->bucket);
    if (question->kind == ENGINE_ASK_LAUNCH)
        return engine_launch_answer(&inspector->tools, question, &inspector->prepared, err);
    if (question->kind == ENGINE_QUESTION_LAUNCH)
        return launch(inspector, question, err);
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        if ((int)answers[i].kind == question->kind)
            return answers[i].answer(&inspector->tools, question, err);
    }
    return error_set(err, ERROR_INTERNAL, "a question of unknown kind %d", question->kind);
}

static void answer_and_post(struct engine_inspector *inspector, struct engine_question *question)
{
    struct error err = { 0 };

    if (!answer(inspector, question, &err)) {
        struct engine_event *event = engine_event_new(ENGINE_FAILED);

        event->final = true;
        event->error = err;
        engine_question_post(question, event);
    }
}

/* Quick questions are answered in the middle of a long answer; others wait for their turn. */
static void meanwhile(void *context)
{
    struct engine_inspector *inspector = context;
    struct engine_question *question;

    while ((question = queue_receive(inspector->questions, 0)) != NULL) {
        if (engine_starts_is_quick(&inspector->tools, question)) {
            answer_and_post(inspector, question);
            continue;
        }
        inspector->waiting =
            memory_resize(inspector->waiting, (inspector->waiting_count + 1) * sizeof(struct engine_question *));
        inspector->waiting[inspector->waiting_count++] = question;
    }
}

/* NULL: there will be none any more. */
static struct engine_question *next_question(struct engine_inspector *inspector)
{
    struct engine_question *question;

    if (inspector->waiting_count == 0)
        return queue_receive(inspector->questions, -1);
    question = inspector->waiting[0];
    inspector->waiting_count--;
    memmove(inspector->waiting, inspector->waiting + 1, inspector->waiting_count * sizeof(struct engine_question *));
    return question;
}

/* Inspector thread. Owns: client handles and what was prepared for a launch. Gets: questions. Gives: events. */
static void *inspect(void *context)
{
    struct engine_inspector *inspector = context;
    struct engine_question *question;

    while ((question = next_question(inspector)) != NULL) {
        answer_and_post(inspector, question);
        engine_tools_replace_stuck(&inspector->tools);
    }
    engine_prepared_clear(&inspector->prepared);
    engine_tools_clear(&inspector->tools);
    free(inspector->waiting);
    return NULL;
}

bool engine_inspector_new(const struct config *config, engine_stream_started started, void *context,
                          struct engine_inspector **made, struct error *err)
{
    struct engine_inspector *inspector = memory_new(sizeof(*inspector));

    inspector->questions = queue_new(NULL);
    inspector->started = started;
    inspector->context = context;
    engine_tools_init(&inspector->tools, config);
    inspector->tools.meanwhile = meanwhile;
    inspector->tools.meanwhile_context = inspector;
    if (pthread_create(&inspector->thread, NULL, inspect, inspector) != 0) {
        engine_tools_clear(&inspector->tools);
        queue_free(inspector->questions);
        free(inspector);
        return error_set(err, ERROR_SYSTEM, "cannot start a thread");
    }
    *made = inspector;
    return true;
}

void engine_inspector_ask(struct engine_inspector *inspector, struct engine_question *question)
{
    queue_send(inspector->questions, question);
}

bool engine_inspector_free(struct engine_inspector *inspector, int timeout_ms)
{
    struct timespec deadline;

    queue_close(inspector->questions);
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += timeout_ms / 1000;
    if (pthread_timedjoin_np(inspector->thread, NULL, &deadline) != 0)
        return false;
    queue_free(inspector->questions);
    free(inspector);
    return true;
}
