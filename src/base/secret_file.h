/* May a file hold a secret? PostgreSQL's rule for private keys: it is ours alone, or it is root's and our group may read it, as
 * services and mounted secrets have it. Root itself may read anybody's, and then nobody else may. */
#ifndef BASE_SECRET_FILE_H
#define BASE_SECRET_FILE_H

#include <sys/stat.h>

#include "base/error.h"

/* Pure. what: "holds a private key", for the message, which says what to type. uid: the effective one of whoever asks. Fails
 * with ERROR_USAGE. */
bool secret_file_check(const struct stat *status, uid_t uid, const char *path, const char *what,
                       struct error *err) MUST_CHECK;

#endif
