/* The files that TLS settings name, looked at before librdkafka does: of one that it cannot open it tells OpenSSL's number
 * only, not which file and why. */
#ifndef KAFKA_KAFKA_FILES_H
#define KAFKA_KAFKA_FILES_H

#include "base/error.h"
#include "base/properties.h"

/* False with ERROR_USAGE, the setting, the file and what to do: one that is not there, is closed to us or is no file, or a
 * private key without a password that others may read. settings have librdkafka's names. Any thread. */
bool kafka_files_check(const struct properties *settings, struct error *err) MUST_CHECK;

#endif
