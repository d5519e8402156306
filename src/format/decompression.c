/* zlib reads both kinds of gzip; zstd in streaming mode, for an object may be larger plain than memory likes. */
#include "format/decompression.h"

#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum { PIECE = 256 * 1024 };

static bool inflate_all(const void *bytes, size_t length, decompression_sink sink, void *context, struct error *err)
{
    z_stream stream = { .next_in = (z_const Bytef *)bytes, .avail_in = (uInt)length };
    unsigned char *out = memory_new(PIECE);
    int code = inflateInit2(&stream, 16 + MAX_WBITS);

    while (code == Z_OK) {
        stream.next_out = out;
        stream.avail_out = PIECE;
        code = inflate(&stream, Z_NO_FLUSH);
        if (code == Z_OK || code == Z_STREAM_END)
            sink(context, out, PIECE - stream.avail_out);
        if (code == Z_STREAM_END && stream.avail_in > 0)
            code = inflateReset(&stream); /* another member */
        else if (code == Z_OK && stream.avail_in == 0 && stream.avail_out > 0)
            code = Z_BUF_ERROR; /* cut off */
    }
    inflateEnd(&stream);
    free(out);
    return code == Z_STREAM_END || error_set(err, ERROR_FORMAT, "is not whole gzip (%s)", zError(code));
}

static bool unzstd(const void *bytes, size_t length, decompression_sink sink, void *context, struct error *err)
{
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer in = { .src = bytes, .size = length };
    void *piece = memory_new(PIECE);
    size_t left = 1;
    bool ok = stream != NULL;

    while (ok) {
        ZSTD_outBuffer out = { .dst = piece, .size = PIECE };

        left = ZSTD_decompressStream(stream, &out, &in);
        ok = !ZSTD_isError(left);
        if (ok)
            sink(context, piece, out.pos);
        if (ok && in.pos == in.size && out.pos < out.size)
            break;
    }
    ok = ok && left == 0;
    if (!ok)
        error_set(err, ERROR_FORMAT, "is not whole zstd (%s)",
                  ZSTD_isError(left) ? ZSTD_getErrorName(left) : "cut off");
    free(piece);
    ZSTD_freeDStream(stream);
    return ok;
}

bool decompress(const char *method, const void *bytes, size_t length, decompression_sink sink, void *context,
                struct error *err)
{
    if (strncmp(method, "gzip", 4) == 0)
        return inflate_all(bytes, length, sink, context, err);
    if (strcmp(method, "zstd") == 0)
        return unzstd(bytes, length, sink, context, err);
    if (strcmp(method, "none") != 0)
        return error_set(err, ERROR_FORMAT, "is compressed by an unknown method, %s", method);
    sink(context, bytes, length);
    return true;
}
