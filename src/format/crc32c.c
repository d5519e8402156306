/* CRC32C by ISA-L, which picks the processor's instructions: 12 to 22 GB/s on one core. */
#include "format/crc32c.h"

#include "base/base64.h"

#include <isa-l.h>

/* ISA-L counts in int, and leaves the inversion before and after to its caller. */
enum { PIECE = 1 << 30 };

uint32_t crc32c_update(uint32_t crc, const void *bytes, size_t length)
{
    unsigned char *p = (unsigned char *)(uintptr_t)bytes; /* only read, though ISA-L's prototype does not say so */

    crc = ~crc;
    while (length > 0) {
        size_t piece = length < PIECE ? length : PIECE;

        crc = crc32_iscsi(p, (int)piece, crc);
        p += piece;
        length -= piece;
    }
    return ~crc;
}

void crc32c_base64(uint32_t crc, char out[9])
{
    const unsigned char big_endian[4] = { (unsigned char)(crc >> 24), (unsigned char)(crc >> 16),
                                          (unsigned char)(crc >> 8), (unsigned char)crc };

    out[base64_encode(big_endian, sizeof(big_endian), out)] = '\0';
}
