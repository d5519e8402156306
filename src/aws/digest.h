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

/* SHA-256 of a body that comes in pieces. finish fills out and frees the stream; free gives up without a result (NULL is
 * fine). A stream is used by one thread at a time. */
struct digest_stream;
struct digest_stream *digest_stream_new(void);
void digest_stream_update(struct digest_stream *stream, const void *bytes, size_t length);
void digest_stream_finish(struct digest_stream *stream, unsigned char out[DIGEST_SIZE]);
void digest_stream_free(struct digest_stream *stream);

/* Cryptographically random bytes; aborts when the system has none. */
void digest_random(void *out, size_t length);

/* Overwrites a secret so that the compiler cannot leave it out. */
void digest_wipe(void *secret, size_t length);

#endif
