/* The methods of compression. Each has a struct that begins with struct compression_state. Records come in pieces of
 * some hundred bytes, for which a call of a codec costs more than the compression (ISA-L: half the speed), so input is
 * gathered first; output is made in a piece on the stack. A codec can only fail when it is misused: that is a bug, and
 * the program stops before it stores a broken object. */
#include "format/compression.h"

#include "base/buffer.h"

#include <isa-l.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum {
    PIECE = 32 * 1024,    /* of output */
    GATHERED = 16 * 1024, /* of input */
};

struct compression_state {
    compression_sink sink;
    void *context;
    void (*consume)(struct compression_state *state, const void *bytes, size_t length); /* the codec takes it all */
    size_t gathered;
    char input[GATHERED];
};

static void begin_state(struct compression_state *state, compression_sink sink, void *context)
{
    state->sink = sink;
    state->context = context;
    state->gathered = 0;
}

static void consume_gathered(struct compression_state *state)
{
    if (state->gathered > 0)
        state->consume(state, state->input, state->gathered);
    state->gathered = 0;
}

static void gather(struct compression_state *state, const void *bytes, size_t length)
{
    if (length > GATHERED - state->gathered)
        consume_gathered(state);
    if (length >= GATHERED) {
        state->consume(state, bytes, length);
    } else if (length > 0) {
        memcpy(state->input + state->gathered, bytes, length);
        state->gathered += length;
    }
}

static void reset_plain(struct compression_state *state, void *context)
{
    begin_state(state, state->sink, context);
}

static void free_plain(struct compression_state *state)
{
    free(state);
}

/* --- gzip: ISA-L level 1 ------------------------------------------------------------------------------------------ */

/* The small buffer of level 1: as fast as the large one at half of its memory; the smallest costs a third of the
 * speed. */
struct isal_state {
    struct compression_state state;
    struct isal_zstream stream;
    uint8_t level_buffer[ISAL_DEF_LVL1_SMALL];
};

static void isal_begin(struct isal_state *isal)
{
    isal->stream.level = 1;
    isal->stream.level_buf = isal->level_buffer;
    isal->stream.level_buf_size = sizeof(isal->level_buffer);
    isal->stream.gzip_flag = IGZIP_GZIP;
    isal->stream.flush = NO_FLUSH;
    isal->stream.end_of_stream = 0;
}

/* One call of the codec; what came out goes to the sink. Returns whether it may have more to give. */
static bool isal_step(struct isal_state *isal)
{
    uint8_t piece[PIECE];

    isal->stream.next_out = piece;
    isal->stream.avail_out = sizeof(piece);
    if (isal_deflate(&isal->stream) != COMP_OK)
        abort();
    if (isal->stream.avail_out < sizeof(piece))
        isal->state.sink(isal->state.context, piece, sizeof(piece) - isal->stream.avail_out);
    return isal->stream.avail_in > 0 || isal->stream.avail_out == 0;
}

static void isal_consume(struct compression_state *state, const void *bytes, size_t length)
{
    struct isal_state *isal = (struct isal_state *)state;
    const uint8_t *p = bytes;

    while (length > 0) {
        size_t part = length < UINT32_MAX / 2 ? length : UINT32_MAX / 2;

        isal->stream.next_in = (uint8_t *)(uintptr_t)p;
        isal->stream.avail_in = (uint32_t)part;
        while (isal_step(isal))
            ;
        p += part;
        length -= part;
    }
}

static struct compression_state *isal_open(compression_sink sink, void *context)
{
    struct isal_state *isal = memory_new(sizeof(*isal));

    begin_state(&isal->state, sink, context);
    isal->state.consume = isal_consume;
    isal_deflate_init(&isal->stream);
    isal_begin(isal);
    return &isal->state;
}

static void isal_finish(struct compression_state *state)
{
    struct isal_state *isal = (struct isal_state *)state;

    consume_gathered(state);
    isal->stream.next_in = NULL;
    isal->stream.avail_in = 0;
    isal->stream.end_of_stream = 1;
    while (isal->stream.internal_state.state != ZSTATE_END)
        isal_step(isal);
}

static void isal_reset(struct compression_state *state, void *context)
{
    struct isal_state *isal = (struct isal_state *)state;

    reset_plain(state, context);
    isal_deflate_reset(&isal->stream);
    isal_begin(isal);
}

/* --- gzip-small: zlib level 6 ------------------------------------------------------------------------------------- */

enum {
    ZLIB_LEVEL = 6,
    ZLIB_GZIP_WINDOW = 15 + 16, /* 32 KiB; 16 more asks for gzip's frame */
    ZLIB_MEMORY = 8,
};

struct zlib_state {
    struct compression_state state;
    z_stream stream;
};

static int zlib_step(struct zlib_state *zlib, int flush)
{
    unsigned char piece[PIECE];
    int result;

    zlib->stream.next_out = piece;
    zlib->stream.avail_out = sizeof(piece);
    result = deflate(&zlib->stream, flush);
    if (result == Z_STREAM_ERROR)
        abort();
    if (zlib->stream.avail_out < sizeof(piece))
        zlib->state.sink(zlib->state.context, piece, sizeof(piece) - zlib->stream.avail_out);
    return result;
}

static void zlib_consume(struct compression_state *state, const void *bytes, size_t length)
{
    struct zlib_state *zlib = (struct zlib_state *)state;
    const unsigned char *p = bytes;

    while (length > 0) {
        size_t part = length < UINT32_MAX / 2 ? length : UINT32_MAX / 2;

        zlib->stream.next_in = (unsigned char *)(uintptr_t)p;
        zlib->stream.avail_in = (uInt)part;
        do
            zlib_step(zlib, Z_NO_FLUSH);
        while (zlib->stream.avail_in > 0 || zlib->stream.avail_out == 0);
        p += part;
        length -= part;
    }
}

static struct compression_state *zlib_open(compression_sink sink, void *context)
{
    struct zlib_state *zlib = memory_new(sizeof(*zlib));

    begin_state(&zlib->state, sink, context);
    zlib->state.consume = zlib_consume;
    if (deflateInit2(&zlib->stream, ZLIB_LEVEL, Z_DEFLATED, ZLIB_GZIP_WINDOW, ZLIB_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    return &zlib->state;
}

static void zlib_finish(struct compression_state *state)
{
    struct zlib_state *zlib = (struct zlib_state *)state;

    consume_gathered(state);
    zlib->stream.next_in = NULL;
    zlib->stream.avail_in = 0;
    while (zlib_step(zlib, Z_FINISH) != Z_STREAM_END)
        ;
}

static void zlib_reset(struct compression_state *state, void *context)
{
    struct zlib_state *zlib = (struct zlib_state *)state;

    reset_plain(state, context);
    if (deflateReset(&zlib->stream) != Z_OK)
        abort();
}

static void zlib_free(struct compression_state *state)
{
    if (state)
        (void)deflateEnd(&((struct zlib_state *)state)->stream);
    free(state);
}

/* --- zstd: level 1 with checksum ---------------------------------------------------------------------------------- */

struct zstd_state {
    struct compression_state state;
    ZSTD_CCtx *codec;
};

static void zstd_must(size_t result)
{
    if (ZSTD_isError(result))
        abort();
}

/* One call; returns what ZSTD_compressStream2 returns: 0 when there is nothing left to give. */
static size_t zstd_step(struct zstd_state *zstd, ZSTD_inBuffer *in, ZSTD_EndDirective directive)
{
    char piece[PIECE];
    ZSTD_outBuffer out = { .dst = piece, .size = sizeof(piece) };
    size_t left = ZSTD_compressStream2(zstd->codec, &out, in, directive);

    zstd_must(left);
    if (out.pos > 0)
        zstd->state.sink(zstd->state.context, piece, out.pos);
    return left;
}

static void zstd_consume(struct compression_state *state, const void *bytes, size_t length)
{
    ZSTD_inBuffer in = { .src = bytes, .size = length };

    while (in.pos < in.size)
        zstd_step((struct zstd_state *)state, &in, ZSTD_e_continue);
}

static struct compression_state *zstd_open(compression_sink sink, void *context)
{
    struct zstd_state *zstd = memory_new(sizeof(*zstd));

    begin_state(&zstd->state, sink, context);
    zstd->state.consume = zstd_consume;
    zstd->codec = ZSTD_createCCtx();
    if (!zstd->codec)
        abort();
    zstd_must(ZSTD_CCtx_setParameter(zstd->codec, ZSTD_c_compressionLevel, 1));
    zstd_must(ZSTD_CCtx_setParameter(zstd->codec, ZSTD_c_checksumFlag, 1));
    return &zstd->state;
}

static void zstd_finish(struct compression_state *state)
{
    ZSTD_inBuffer in = { 0 };

    consume_gathered(state);
    while (zstd_step((struct zstd_state *)state, &in, ZSTD_e_end) > 0)
        ;
}

static void zstd_reset(struct compression_state *state, void *context)
{
    reset_plain(state, context);
    zstd_must(ZSTD_CCtx_reset(((struct zstd_state *)state)->codec, ZSTD_reset_session_only));
}

static void zstd_free(struct compression_state *state)
{
    if (state)
        ZSTD_freeCCtx(((struct zstd_state *)state)->codec);
    free(state);
}

/* --- none --------------------------------------------------------------------------------------------------------- */

static void plain_consume(struct compression_state *state, const void *bytes, size_t length)
{
    if (length > 0)
        state->sink(state->context, bytes, length);
}

static struct compression_state *plain_open(compression_sink sink, void *context)
{
    struct compression_state *state = memory_new(sizeof(*state));

    begin_state(state, sink, context);
    state->consume = plain_consume;
    return state;
}

static void plain_finish(struct compression_state *state)
{
    consume_gathered(state);
}

/* --- the table ---------------------------------------------------------------------------------------------------- */

static const struct compression gzip = {
    .name = "gzip",
    .help = "fast: ISA-L level 1, about 15 % larger than gzip-small",
    .firehose_name = "GZIP",
    .extension = ".gz",
    .content_encoding = "gzip",
    .state_bytes = sizeof(struct isal_state),
    .open = isal_open,
    .write = gather,
    .finish = isal_finish,
    .reset = isal_reset,
    .free = free_plain,
};

static const struct compression gzip_small = {
    .name = "gzip-small",
    .help = "small: zlib level 6, about ten times the work of gzip",
    .firehose_name = "GZIP",
    .extension = ".gz",
    .content_encoding = "gzip",
    .state_bytes = sizeof(struct zlib_state) + 268 * 1024, /* zconf.h: 2^(15 + 2) + 2^(8 + 9), and some more */
    .open = zlib_open,
    .write = gather,
    .finish = zlib_finish,
    .reset = zlib_reset,
    .free = zlib_free,
};

static const struct compression zstd = {
    .name = "zstd",
    .help = "fast and small: zstd level 1 with a checksum",
    .firehose_name = NULL,
    .extension = ".zst",
    .content_encoding = "zstd",
    .state_bytes = sizeof(struct zstd_state) + 1340 * 1024, /* ZSTD_sizeof_CCtx() of 1.5.4 in use */
    .open = zstd_open,
    .write = gather,
    .finish = zstd_finish,
    .reset = zstd_reset,
    .free = zstd_free,
};

static const struct compression none = {
    .name = "none",
    .help = "as it is",
    .firehose_name = "UNCOMPRESSED",
    .extension = "",
    .content_encoding = NULL,
    .state_bytes = sizeof(struct compression_state),
    .open = plain_open,
    .write = gather,
    .finish = plain_finish,
    .reset = reset_plain,
    .free = free_plain,
};

const struct compression *const compressions[] = { &gzip, &gzip_small, &zstd, &none, NULL };

const struct compression *compression_find(const char *name)
{
    for (const struct compression *const *method = compressions; *method; method++) {
        if (strcmp((*method)->name, name) == 0)
            return *method;
    }
    return NULL;
}
