/* What the words of brokers, OpenSSL and librdkafka point to when nobody lets us in. Private to kafka/. Pure tables.
 *
 * librdkafka tries a refused connection again for ever, and its code for most refusals is that of a broken network. Only
 * the words tell that trying again is of no use, and what to change.
 */
#ifndef KAFKA_KAFKA_SYMPTOM_H
#define KAFKA_KAFKA_SYMPTOM_H

#include <stdbool.h>

enum kafka_symptom_kind {
    KAFKA_SYMPTOM_PLAIN,       /* the remedy in the row is all there is to say */
    KAFKA_SYMPTOM_LOGIN,       /* user, password or token refused */
    KAFKA_SYMPTOM_CERTIFICATE, /* the broker's certificate: see kafka_symptom_certificate */
    KAFKA_SYMPTOM_OURS,        /* this client's certificate: refused, or missing */
};

struct kafka_symptom {
    const char *text; /* what the words contain */
    const char *remedy;
    enum kafka_symptom_kind kind;
    bool sure; /* false: a broker that is just restarting can look the same */
};

/* The first row that fits, or NULL. text may be NULL. */
const struct kafka_symptom *kafka_symptom_find(const char *text);

/* Why a broker's certificate was refused and what to do, by OpenSSL's X509_V_ERR number; 0: not known. Static. */
const char *kafka_symptom_certificate(int number);

/* What to do about settings that librdkafka does not take, by what it says of them; NULL where nothing is to be added. Static. */
const char *kafka_symptom_setting(const char *text);

#endif
