/* The few steps that every Admin request shares. */
#include "kafka/kafka_admin.h"

#include "kafka/kafka_error.h"

#include <assert.h>

static bool only_looks(rd_kafka_admin_op_t operation)
{
    switch (operation) {
    case RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS:
    case RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS:
    case RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS:
    case RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS:
#if RD_KAFKA_VERSION >= 0x020300ff
    case RD_KAFKA_ADMIN_OP_DESCRIBETOPICS:
#endif
        return true;
    default: return false;
    }
}

/* Questions for a group's coordinator, which may be away when the others are there. */
static bool asks_coordinator(rd_kafka_admin_op_t operation)
{
    return operation == RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS ||
           operation == RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS;
}

/* librdkafka (2.15.1 and before, its issue 4605) aborts the process when a coordinator comes back after librdkafka itself
 * has given up a question for it. So its own limit is never reached: we stop waiting, and the client is replaced. */
void kafka_admin_begin(struct kafka_client *client, rd_kafka_admin_op_t operation, int timeout_ms,
                       struct kafka_admin *admin)
{
    enum { LONGEST_MS = 3600 * 1000 };
    char text[256];
    rd_kafka_resp_err_t code;

    assert(only_looks(operation));
    admin->options = rd_kafka_AdminOptions_new(kafka_client_handle(client), operation);
    admin->queue = rd_kafka_queue_new(kafka_client_handle(client));
    admin->timeout_ms = timeout_ms;
    admin->coordinator = asks_coordinator(operation);
    code = rd_kafka_AdminOptions_set_request_timeout(admin->options, admin->coordinator ? LONGEST_MS : timeout_ms, text,
                                                     sizeof(text));
    assert(code == RD_KAFKA_RESP_ERR_NO_ERROR); /* 0 to 3,600,000 */
    (void)code;
}

void kafka_admin_end(struct kafka_admin *admin)
{
    rd_kafka_queue_destroy(admin->queue);
    rd_kafka_AdminOptions_destroy(admin->options);
}

rd_kafka_event_t *kafka_admin_wait(struct kafka_client *client, struct kafka_admin *admin, rd_kafka_resp_err_t *code)
{
    enum { GRACE_MS = 1000 }; /* librdkafka keeps the time limit itself; this is for the case that it does not */
    rd_kafka_event_t *event =
        rd_kafka_queue_poll(admin->queue, admin->timeout_ms + (admin->coordinator ? 0 : GRACE_MS));

    if (event == NULL && admin->coordinator)
        kafka_client_give_up(client);
    kafka_client_serve(client);
    *code = event == NULL ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(event);
    if (*code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_event_destroy(event);
        return NULL;
    }
    return event;
}
