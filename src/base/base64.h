/* Base64 with the standard alphabet and padding (RFC 4648, section 4): checksums in S3's headers, binary values in JSON. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stddef.h>

/* Characters that length bytes become, without a NUL. */
#define BASE64_LENGTH(length) (((length) + 2) / 3 * 4)

/* Writes BASE64_LENGTH(length) characters to out and no NUL; returns how many. Pieces of a longer text can be written
 * one after another as long as each but the last is a multiple of three bytes. */
size_t base64_encode(const void *bytes, size_t length, char *out);

#endif
