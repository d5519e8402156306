/* When a certificate ends: a server that refuses one does not say why. Here because OpenSSL is. */
#ifndef AWS_CERTIFICATE_H
#define AWS_CERTIFICATE_H

#include "base/timestamp.h"

#include <stdbool.h>

/* The end of the first certificate of a PEM file. False: no such file, or no certificate in it. Reads the file; any thread. */
bool certificate_file_ends(const char *path, timestamp_ms *ends);

#endif
