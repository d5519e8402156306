/* credential_process: a program that prints credentials. Run without a shell; what it prints is never logged. */
#ifndef AWS_CREDENTIAL_PROCESS_H
#define AWS_CREDENTIAL_PROCESS_H

#include "aws/credential_http.h"

#include <stddef.h>

/* Runs command, with standard input closed, and reads its answer (JSON, version 1). It is killed, with its process group,
 * when search's time is over. Fails with ERROR_CREDENTIALS: not to be started, exit code with the last line of its standard
 * error, no answer in time, or one that is not right. profile: for texts. credentials is cleared by the caller. */
bool credential_process_run(const struct credential_search *search, const char *command, const char *profile,
                            struct credentials *credentials, struct error *err) MUST_CHECK;

/* Takes a command line apart as the AWS command line does: blanks divide; '...' keeps all, "..." keeps all but \" and \\,
 * elsewhere a backslash keeps the next character. NULL-terminated, freed with credential_process_free_words; NULL with
 * ERROR_CREDENTIALS when a quote is not closed or there is no word. Pure. */
char **credential_process_words(const char *command, struct error *err);
void credential_process_free_words(char **words);

#endif
