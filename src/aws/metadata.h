/* Credentials from where the program runs: a container's endpoint (ECS, EKS Pod Identity) and instance metadata (IMDSv2 only). */
#ifndef AWS_METADATA_H
#define AWS_METADATA_H

#include "aws/credential_http.h"

/* AWS_CONTAINER_CREDENTIALS_RELATIVE_URI (on 169.254.170.2) or _FULL_URI: HTTPS, or plain HTTP to this host and the three
 * fixed addresses. Authorization from AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, read anew each time, or _TOKEN. 2 s, 3 attempts. */
enum credentials_outcome metadata_from_container(struct credential_search *search, struct credentials *credentials,
                                                 struct error *err);

/* AWS_EC2_METADATA_DISABLED, AWS_EC2_METADATA_SERVICE_ENDPOINT, _ENDPOINT_MODE (or the profile's settings of that name);
 * AWS_METADATA_SERVICE_TIMEOUT (1 s) and _NUM_ATTEMPTS (2). Not on EC2, or no role: ABSENT, with search's note. Credentials
 * past their end, which the service hands out when it cannot get new ones, are taken for ten more minutes with a warning. */
enum credentials_outcome metadata_from_instance(struct credential_search *search, struct credentials *credentials,
                                                struct error *err);

/* The first line of a file with a token, without blanks around it. ERROR_CREDENTIALS when it cannot be read, is empty or over 16
 * KiB, or has a control character. what: for the text. Caller wipes and frees. */
char *metadata_read_token(const char *path, const char *what, struct error *err);

#endif
