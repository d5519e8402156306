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

/* Codes that the oldest librdkafka has no name for. */
#define STALE_MEMBER_EPOCH ((rd_kafka_resp_err_t)113)
#define UNKNOWN_TOPIC_ID   ((rd_kafka_resp_err_t)100)
#define LOG_TRUNCATION     ((rd_kafka_resp_err_t)(-139))

/* A list for each class: _(code, words, remedy). */
#define PASSING_ERRORS(_)                                                                         \
    _(RD_KAFKA_RESP_ERR__TRANSPORT, "no broker could be reached", "check the brokers' addresses") \
    _(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "all brokers are down", NULL)                          \
    _(RD_KAFKA_RESP_ERR__RESOLVE, "a broker's name cannot be resolved", "check the host name")    \
    _(RD_KAFKA_RESP_ERR__TIMED_OUT, "no answer in time", NULL)                                    \
    _(RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, "no answer in time", NULL)                              \
    _(RD_KAFKA_RESP_ERR__WAIT_COORD, "the group's coordinator is not known yet", NULL)            \
    _(RD_KAFKA_RESP_ERR__WAIT_CACHE, NULL, NULL)                                                  \
    _(RD_KAFKA_RESP_ERR__PARTIAL, "not all brokers answered", NULL)                               \
    _(RD_KAFKA_RESP_ERR__RETRY, NULL, NULL)                                                       \
    _(RD_KAFKA_RESP_ERR__IN_PROGRESS, NULL, NULL)                                                 \
    _(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, "the partition has no leader", NULL)                \
    _(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, "the partition's leader is moving", NULL)       \
    _(RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, "the broker did not finish in time", NULL)             \
    _(RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, NULL, NULL)                                         \
    _(RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, NULL, NULL)                                        \
    _(RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, NULL, NULL)                                            \
    _(RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, NULL, NULL)                                 \
    _(RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, NULL, NULL)                                    \
    _(RD_KAFKA_RESP_ERR_NOT_COORDINATOR, NULL, NULL)                                              \
    _(RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH, NULL, NULL)                                          \
    _(RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH, NULL, NULL)                                         \
    _(RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, NULL, NULL)                                         \
    _(RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, NULL, NULL)                                          \
    _(RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT, NULL, NULL)                                       \
    _(RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, "the group is rebalancing", NULL)                  \
    _(STALE_MEMBER_EPOCH, "the member's epoch is stale", NULL)

#define MEMBERSHIP_ERRORS(_)                                                                        \
    _(RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, "the group has members, and this is none of them", NULL) \
    _(RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, NULL, NULL)                                             \
    _(RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST, NULL, NULL)                                               \
    _(RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED, NULL, NULL)

#define PARTITION_ERRORS(_)                                                                 \
    _(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, "the offset is not in the log", NULL)           \
    _(RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, "the offset is not in the log", NULL)          \
    _(LOG_TRUNCATION, "the log was truncated", NULL)                                        \
    _(RD_KAFKA_RESP_ERR__BAD_MSG, "a record is corrupt", NULL)                              \
    _(RD_KAFKA_RESP_ERR__BAD_COMPRESSION, "a batch cannot be decompressed", NULL)           \
    _(RD_KAFKA_RESP_ERR_INVALID_MSG, "a record is corrupt", NULL)                           \
    _(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "there is no such topic or partition", NULL) \
    _(UNKNOWN_TOPIC_ID, "the topic was deleted or made again", NULL)                        \
    _(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, "there is no such topic", NULL)                     \
    _(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, "there is no such partition", NULL)

#define RIGHTS_ERRORS(_)                                                                            \
    _(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "not allowed on the topic",                     \
      "the user needs Describe and Read on it")                                                     \
    _(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, "not allowed on the group",                     \
      "the user needs Describe on a group to look at it, and Read on headgate-* groups to deliver") \
    _(RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, "not allowed on the cluster",                 \
      "the user needs Describe on the cluster")                                                     \
    _(RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, NULL, NULL)                          \
    _(RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, "authentication failed",                        \
      "check sasl.mechanism, sasl.username and sasl.password")                                      \
    _(RD_KAFKA_RESP_ERR__AUTHENTICATION, "authentication failed",                                   \
      "check sasl.mechanism, sasl.username and sasl.password")                                      \
    _(RD_KAFKA_RESP_ERR__SSL, "the TLS handshake failed", "check security.protocol, ssl.ca.location and the host name")

#define FATAL_ERRORS(_)                     \
    _(RD_KAFKA_RESP_ERR__FATAL, NULL, NULL) \
    _(RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, "another member has taken this one's place", NULL)

#define PASSING_ROW(code, words, remedy)    { code, KAFKA_ERROR_PASSING, words, remedy },
#define MEMBERSHIP_ROW(code, words, remedy) { code, KAFKA_ERROR_MEMBERSHIP, words, remedy },
#define PARTITION_ROW(code, words, remedy)  { code, KAFKA_ERROR_PARTITION, words, remedy },
#define RIGHTS_ROW(code, words, remedy)     { code, KAFKA_ERROR_RIGHTS, words, remedy },
#define FATAL_ROW(code, words, remedy)      { code, KAFKA_ERROR_FATAL, words, remedy },

/* The empty comments keep each list on a line of its own. */
static const struct error_row rows[] = {
    PASSING_ERRORS(PASSING_ROW)       //
    MEMBERSHIP_ERRORS(MEMBERSHIP_ROW) //
    PARTITION_ERRORS(PARTITION_ROW)   //
    RIGHTS_ERRORS(RIGHTS_ROW)         //
    FATAL_ERRORS(FATAL_ROW)           //
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
