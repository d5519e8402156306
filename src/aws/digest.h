/* SHA-256 and HMAC-SHA-256, by OpenSSL. Any thread. */
#ifndef AWS_DIGEST_H
#define AWS_DIGEST_H

#include <stddef.h>

enum { DIGEST_SIZE = 32, DIGEST_HEX_SIZE = 65 };

void digest_sha256(const void *bytes, size_t length, unsigned char out[DIGEST_SIZE]);
void digest_hmac(const void *key, size_t key_length, const void *bytes, size_t length, unsigned char out[DIGEST_SIZE]);

/* Lower-case hex with NUL. */
void digest_hex(const unsigned char digest[DIGEST_SIZE], char out[DIGEST_HEX_SIZE]);
void digest_sha256_hex(const void *bytes, size_t length, char out[DIGEST_HEX_SIZE]);

/* Cryptographically random bytes; aborts when the system has none. */
void digest_random(void *out, size_t length);

/* Overwrites a secret so that the compiler cannot leave it out. */
void digest_wipe(void *secret, size_t length);

#endif
