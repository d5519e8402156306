/* The names of Kafka's Java clients, as they stand in a client.properties, in librdkafka's words. Private to kafka/.
 *
 * Most names are the same on both sides and pass unchanged. The others are translated (sasl.jaas.config becomes a user
 * and a password, a PEM truststore becomes ssl.ca.location, MSK's AWS_MSK_IAM becomes OAUTHBEARER), left out where they
 * mean nothing outside a JVM, or refused with the name of what to set instead. Settings that headgate decides itself (group.id, enable.auto.commit, ...) are
 * refused too: silently ignoring them would mislead. Pure: tables and text, no librdkafka.
 */
#ifndef KAFKA_KAFKA_JAVA_H
#define KAFKA_KAFKA_JAVA_H

#include "base/properties.h"

/* Appends from's settings to `to` under librdkafka's names. ERROR_USAGE names the setting that cannot be used and the
 * remedy; values are never repeated, they may be secrets. Names known to neither side pass: librdkafka refuses them. */
bool kafka_java_translate(const struct properties *from, struct properties *to, struct error *err) MUST_CHECK;

/* The AWS profile that MSK's IAM login names in sasl.jaas.config (awsProfileName), or NULL. Caller frees. */
char *kafka_java_profile(const struct properties *from);

#endif
