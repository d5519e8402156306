/* CRC32C (Castagnoli), as S3 checks it: crc32c("123456789") is 0xe3069283. By ISA-L. */
#ifndef FORMAT_CRC32C_H
#define FORMAT_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Continues crc (0 to begin) over more bytes. */
uint32_t crc32c_update(uint32_t crc, const void *bytes, size_t length);

/* Base64 of the four big-endian bytes, as in x-amz-checksum-crc32c; out has room for 9 bytes. */
void crc32c_base64(uint32_t crc, char out[9]);

#endif
