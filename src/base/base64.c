/* Base64. Only writing: nothing that headgate reads is in Base64. */
#include "base/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void write_four(uint32_t three_bytes, char *out)
{
    out[0] = alphabet[three_bytes >> 18];
    out[1] = alphabet[three_bytes >> 12 & 63];
    out[2] = alphabet[three_bytes >> 6 & 63];
    out[3] = alphabet[three_bytes & 63];
}

size_t base64_encode(const void *bytes, size_t length, char *out)
{
    const unsigned char *p = bytes;
    size_t rest = length % 3;
    char *to = out;

    for (size_t i = 0; i < length / 3; i++, p += 3, to += 4)
        write_four((uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2], to);
    if (rest > 0) {
        write_four((uint32_t)p[0] << 16 | (rest == 2 ? (uint32_t)p[1] << 8 : 0), to);
        to[3] = '=';
        if (rest == 1)
            to[2] = '=';
        to += 4;
    }
    return (size_t)(to - out);
}
