/* One row per code that an operator meets; everything else gets librdkafka's own words. About 50 rows, looked through
 * only when something failed. */
#include "kafka/kafka_error.h"

#include "kafka/kafka_symptom.h"

#include <string.h>

enum { FRESH_MS = 60000 }; /* librdkafka repeats a standing error only every 30 s */

struct error_row {
    rd_kafka_resp_err_t code;
    enum kafka_error_class class;
    const char *words;  /* NULL: librdkafka's */
    const char *remedy; /* NULL: none known */
};

static const struct error_row rows[] = {
    /* --- passing --- */
    { RD_KAFKA_RESP_ERR__TRANSPORT,                            KAFKA_ERROR_PASSING,    "no broker could be reached",                      "check the brokers' addresses" },
    { RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,                     KAFKA_ERROR_PASSING,    "all brokers are down",                            NULL                           },
    { RD_KAFKA_RESP_ERR__RESOLVE,                              KAFKA_ERROR_PASSING,    "a broker's name cannot be resolved",              "check the host name"          },
    { RD_KAFKA_RESP_ERR__TIMED_OUT,                            KAFKA_ERROR_PASSING,    "no answer in time",                               NULL                           },
    { RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,                      KAFKA_ERROR_PASSING,    "no answer in time",                               NULL                           },
    { RD_KAFKA_RESP_ERR__WAIT_COORD,                           KAFKA_ERROR_PASSING,    "the group's coordinator is not known yet",        NULL                           },
    { RD_KAFKA_RESP_ERR__WAIT_CACHE,                           KAFKA_ERROR_PASSING,    NULL,                                              NULL                           },
    { RD_KAFKA_RESP_ERR__PARTIAL,                              KAFKA_ERROR_PASSING,    "not all brokers answered",                        NULL                           },
    { RD_KAFKA_RESP_ERR__RETRY,                                KAFKA_ERROR_PASSING,    NULL,                                              NULL                           },
    { RD_KAFKA_RESP_ERR__IN_PROGRESS,                          KAFKA_ERROR_PASSING,    NULL,                                              NULL                           },
    { RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,                  KAFKA_ERROR_PASSING,    "the partition has no leader",                     NULL                           },
    { RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,              KAFKA_ERROR_PASSING,    "the partition's leader is moving",                NULL                           },
    { RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,                     KAFKA_ERROR_PASSING,    "the broker did not finish in time",               NULL                           },
    { RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,                  KAFKA_ERROR_PASSING,    NULL,                                              NULL                           },
    { RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE,                 KAFKA_ERROR_PASSING,    NULL,                                              NULL                           },
    { RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,                     KAFKA_ERROR_PASSING,    NULL,                                              NULL                           },
    { RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,          KAFKA_ERROR_PASSING,    NULL,                                              NULL                           },
    { RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,             KAFKA_ERROR_PASSING,    NULL,                                              NULL                           },
    { RD_KAFKA_RESP_ERR_NOT_COORDINATOR,                       KAFKA_ERROR_PASSING,    NULL,                                              NULL                           },
    { RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH,                   KAFKA_ERROR_PASSING,    NULL,                                              NULL                           },
    { RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH,                  KAFKA_ERROR_PASSING,    NULL,                                              NULL                           },
    { RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,                  KAFKA_ERROR_PASSING,    NULL,                                              NULL                           },
    { RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,                   KAFKA_ERROR_PASSING,    NULL,                                              NULL                           },
    { RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT,                KAFKA_ERROR_PASSING,    NULL,                                              NULL                           },
    { RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,                 KAFKA_ERROR_PASSING,    "the group is rebalancing",                        NULL                           },
    { (rd_kafka_resp_err_t)113,                                KAFKA_ERROR_PASSING,    "the member's epoch is stale",                     NULL                           }, /* STALE_MEMBER_EPOCH */
    /* --- membership --- */
    { RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,                     KAFKA_ERROR_MEMBERSHIP, "the group has members, and this is none of them",
     NULL                                                                                                                                                                },
    { RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,                    KAFKA_ERROR_MEMBERSHIP, NULL,                                              NULL                           },
    { RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST,                      KAFKA_ERROR_MEMBERSHIP, NULL,                                              NULL                           },
    { RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED,                    KAFKA_ERROR_MEMBERSHIP, NULL,                                              NULL                           },
    /* --- one partition --- */
    { RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET,                    KAFKA_ERROR_PARTITION,  "the offset is not in the log",                    NULL                           },
    { RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,                   KAFKA_ERROR_PARTITION,  "the offset is not in the log",                    NULL                           },
    { (rd_kafka_resp_err_t)-139,                               KAFKA_ERROR_PARTITION,  "the log was truncated",                           NULL                           }, /* _LOG_TRUNCATION, >= 2.1 */
    { RD_KAFKA_RESP_ERR__BAD_MSG,                              KAFKA_ERROR_PARTITION,  "a record is corrupt",                             NULL                           },
    { RD_KAFKA_RESP_ERR__BAD_COMPRESSION,                      KAFKA_ERROR_PARTITION,  "a batch cannot be decompressed",                  NULL                           },
    { RD_KAFKA_RESP_ERR_INVALID_MSG,                           KAFKA_ERROR_PARTITION,  "a record is corrupt",                             NULL                           },
    { RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,                 KAFKA_ERROR_PARTITION,  "there is no such topic or partition",             NULL                           },
    { (rd_kafka_resp_err_t)100,                                KAFKA_ERROR_PARTITION,  "the topic was deleted or made again",
     NULL                                                                                                                                                                }, /* UNKNOWN_TOPIC_ID */
    { RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,                        KAFKA_ERROR_PARTITION,  "there is no such topic",                          NULL                           },
    { RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,                    KAFKA_ERROR_PARTITION,  "there is no such partition",                      NULL                           },
    /* --- rights and identity --- */
    { RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,            KAFKA_ERROR_RIGHTS,     "not allowed on the topic",
     "the user needs Describe and Read on it"                                                                                                                            },
    { RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,            KAFKA_ERROR_RIGHTS,     "not allowed on the group",
     "the user needs Describe on a group to look at it, and Read on headgate-* groups to deliver"                                                                        },
    { RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,          KAFKA_ERROR_RIGHTS,     "not allowed on the cluster",
     "the user needs Describe on the cluster"                                                                                                                            },
    { RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, KAFKA_ERROR_RIGHTS,     NULL,                                              NULL                           },
    { RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,            KAFKA_ERROR_RIGHTS,     "authentication failed",
     "check sasl.mechanism, sasl.username and sasl.password"                                                                                                             },
    { RD_KAFKA_RESP_ERR__AUTHENTICATION,                       KAFKA_ERROR_RIGHTS,     "authentication failed",
     "check sasl.mechanism, sasl.username and sasl.password"                                                                                                             },
    { RD_KAFKA_RESP_ERR__SSL,                                  KAFKA_ERROR_RIGHTS,     "the TLS handshake failed",
     "check security.protocol, ssl.ca.location and the host name"                                                                                                        },
    /* --- fatal --- */
    { RD_KAFKA_RESP_ERR__FATAL,                                KAFKA_ERROR_FATAL,      NULL,                                              NULL                           },
    { RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID,                    KAFKA_ERROR_FATAL,      "another member has taken this one's place",       NULL                           },
};

static const struct error_row *row_of(rd_kafka_resp_err_t code)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].code == code)
            return &rows[i];
    return NULL;
}

enum kafka_error_class kafka_error_classify(rd_kafka_resp_err_t code)
{
    const struct error_row *row = row_of(code);

    return row == NULL ? KAFKA_ERROR_OTHER : row->class;
}

const char *kafka_error_words(rd_kafka_resp_err_t code)
{
    const struct error_row *row = row_of(code);

    return row == NULL || row->words == NULL ? rd_kafka_err2str(code) : row->words;
}

const char *kafka_error_remedy(rd_kafka_resp_err_t code)
{
    const struct error_row *row = row_of(code);

    return row == NULL ? NULL : row->remedy;
}

bool kafka_error_is_right(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
           code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
           code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
}

/* Copies at most length bytes that fit. */
static void copy_cut(char *to, size_t size, const char *from, size_t length)
{
    if (length >= size)
        length = size - 1;
    memcpy(to, from, length);
    to[length] = '\0';
}

/* The broker's row, a free one, or the oldest. */
static struct kafka_note *note_for(struct kafka_notes *notes, const char *broker)
{
    struct kafka_note *oldest = &notes->rows[0];

    for (size_t i = 0; i < notes->count; i++) {
        if (strcmp(notes->rows[i].broker, broker) == 0)
            return &notes->rows[i];
        if (notes->rows[i].when < oldest->when)
            oldest = &notes->rows[i];
    }
    return notes->count < KAFKA_NOTES ? &notes->rows[notes->count++] : oldest;
}

/* The broker's "host:port" of "sasl_ssl://host:port/1"; "" where there is a blank, so no broker's name stands there. */
static void broker_name(char *out, size_t size, const char *name, size_t length)
{
    const char *scheme = memmem(name, length, "://", 3);
    const char *slash;

    if (scheme != NULL) {
        length -= (size_t)(scheme + 3 - name);
        name = scheme + 3;
    }
    slash = memchr(name, '/', length); /* before the id, or "bootstrap" */
    if (slash != NULL)
        length = (size_t)(slash - name);
    copy_cut(out, size, name, memchr(name, ' ', length) == NULL ? length : 0);
}

/* Which of two errors tells an operator more. */
static int weight(rd_kafka_resp_err_t code, const char *text)
{
    const struct kafka_symptom *symptom = kafka_symptom_find(text);
    enum kafka_error_class class = kafka_error_classify(code);

    if (class == KAFKA_ERROR_RIGHTS || class == KAFKA_ERROR_FATAL)
        return 3;
    if (symptom != NULL && symptom->sure)
        return 3;                                  /* librdkafka's code is the network's, its words say more */
    if (strstr(text, "security.protocol") != NULL) /* librdkafka's guess when it is just cut off */
        return 2;
    return code == RD_KAFKA_RESP_ERR__TIMED_OUT ? 0 : 1;
}

void kafka_notes_add(struct kafka_notes *notes, rd_kafka_resp_err_t code, const char *reason, int64_t now)
{
    const char *text = strstr(reason, ": "), *tail = NULL;
    char broker[sizeof(notes->rows[0].broker)] = "";
    struct kafka_note *note;

    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        return; /* follows from the others, and would hide them */
    if (text != NULL)
        broker_name(broker, sizeof(broker), reason, (size_t)(text - reason));
    text = broker[0] == '\0' ? reason : text + 2;
    for (const char *next = strstr(text, " (after "); next != NULL; next = strstr(next + 1, " (after "))
        tail = next; /* the last one: how long it took, in which state */

    note = note_for(notes, broker);
    if (note->text[0] != '\0' && strcmp(note->broker, broker) == 0 && now - note->when <= FRESH_MS &&
        weight(note->code, note->text) > weight(code, text))
        return; /* "authentication failed" must not be hidden by the "broken pipe" that follows from it */
    memcpy(note->broker, broker, sizeof(broker));
    copy_cut(note->text, sizeof(note->text), text, tail == NULL ? strlen(text) : (size_t)(tail - text));
    note->code = code;
    note->when = now;
}

int kafka_notes_refused(const struct kafka_notes *notes)
{
    int most = 0;

    for (size_t i = 0; i < notes->count; i++) {
        if (weight(notes->rows[i].code, notes->rows[i].text) == 3)
            return 2;
        if (kafka_symptom_find(notes->rows[i].text) != NULL)
            most = 1;
    }
    return most;
}

bool kafka_notes_text(const struct kafka_notes *notes, int64_t now, struct buffer *out, rd_kafka_resp_err_t *worst)
{
    int heaviest = -1;

    for (size_t i = 0; i < notes->count; i++) {
        const struct kafka_note *note = &notes->rows[i];

        if (now - note->when > FRESH_MS)
            continue;
        buffer_printf(out, "%s%s%s%s", heaviest < 0 ? "" : "; ", note->broker, note->broker[0] == '\0' ? "" : ": ",
                      note->text);
        if (weight(note->code, note->text) > heaviest) {
            heaviest = weight(note->code, note->text);
            *worst = note->code;
        }
    }
    return heaviest >= 0;
}
