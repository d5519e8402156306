/* Compression: what comes out is read by the reference libraries, as one member with nothing behind it. */
#include "format/compression.h"

#include "base/buffer.h"
#include "random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

enum { MOST = 3 * 1024 * 1024 };

static void append(void *context, const void *bytes, size_t length)
{
    assert_true(length > 0);
    assert_true(buffer_append(context, bytes, length));
}

static void expand_gzip(const struct buffer *packed, char *out, size_t *length)
{
    z_stream stream = { 0 };

    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    stream.next_in = (unsigned char *)packed->data;
    stream.avail_in = (unsigned)packed->length;
    stream.next_out = (unsigned char *)out;
    stream.avail_out = MOST;
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.avail_in, 0); /* one member, and nothing behind it */
    *length = MOST - stream.avail_out;
    inflateEnd(&stream);
}

static void expand_zstd(const struct buffer *packed, char *out, size_t *length)
{
    assert_int_equal(ZSTD_findFrameCompressedSize(packed->data, packed->length), packed->length);
    assert_true((packed->data[4] & 4) != 0); /* RFC 8878, 3.1.1.1.1: the flag of the checksum */
    *length = ZSTD_decompress(out, MOST, packed->data, packed->length);
    assert_false(ZSTD_isError(*length));
}

static void expand(const struct compression *method, const struct buffer *packed, char *out, size_t *length)
{
    if (method->content_encoding && strcmp(method->content_encoding, "gzip") == 0) {
        expand_gzip(packed, out, length);
    } else if (method->content_encoding) {
        expand_zstd(packed, out, length);
    } else {
        *length = packed->length;
        memcpy(out, packed->data ? packed->data : "", packed->length);
    }
}

/* Writes length bytes in pieces of random sizes up to most_piece. */
static void write_pieces(const struct compression *method, struct compression_state *codec, const char *bytes,
                         size_t length, size_t most_piece, uint64_t *seed)
{
    for (size_t at = 0; at < length;) {
        size_t piece = random_below(seed, most_piece + 1);

        piece = piece < length - at ? piece : length - at;
        method->write(codec, bytes + at, piece);
        at += piece;
    }
    method->finish(codec);
}

/* Half of it compresses well, half not at all. */
static char *make_data(uint64_t *seed)
{
    char *bytes = malloc(MOST);

    for (size_t i = 0; i < MOST; i++)
        bytes[i] = (char)(i / 65536 % 2 ? random_next(seed) : 'a' + random_below(seed, 4));
    return bytes;
}

static void what_goes_in_comes_out(const struct compression *method)
{
    static const size_t lengths[] = { 0, 1, 600, 16383, 16384, 16385, 100000, MOST };
    static const size_t pieces[] = { 1, 700, 16384, 70000, MOST };
    uint64_t seed = 31;
    char *bytes = make_data(&seed);
    char *back = malloc(MOST);
    struct buffer packed;
    struct compression_state *codec = method->open(append, &packed);

    for (size_t i = 0; i < 8; i++) {
        for (size_t j = 0; j < 5; j++) {
            size_t length = SIZE_MAX;

            if (lengths[i] == MOST && pieces[j] < 70000)
                continue; /* too slow with sanitizers */
            buffer_init(&packed, 0);
            method->reset(codec, &packed); /* the one state makes all objects */
            write_pieces(method, codec, bytes, lengths[i], pieces[j], &seed);
            expand(method, &packed, back, &length);
            assert_int_equal(length, lengths[i]);
            assert_memory_equal(back, bytes, length);
            buffer_clear(&packed);
        }
    }
    method->free(codec);
    free(back);
    free(bytes);
}

static void every_method_comes_back(void **state)
{
    (void)state;
    for (const struct compression *const *method = compressions; *method; method++)
        what_goes_in_comes_out(*method);
}

/* An object that is given up leaves nothing in the next one. */
static void reset_forgets_what_was_not_finished(void **state)
{
    (void)state;
    for (const struct compression *const *method = compressions; *method; method++) {
        struct buffer first, second;
        struct compression_state *codec;
        uint64_t seed = 37;
        char *data = make_data(&seed), back[16];
        char *room = malloc(MOST);
        size_t length;

        buffer_init(&first, 0);
        buffer_init(&second, 0);
        codec = (*method)->open(append, &first);
        (*method)->write(codec, data, 200000);
        (*method)->write(codec, data, 100);
        (*method)->reset(codec, &second);
        (*method)->write(codec, "second", 6);
        (*method)->finish(codec);
        expand(*method, &second, room, &length);
        assert_int_equal(length, 6);
        memcpy(back, room, 6);
        assert_memory_equal(back, "second", 6);
        (*method)->free(codec);
        (*method)->free(NULL);
        buffer_clear(&first);
        buffer_clear(&second);
        free(room);
        free(data);
    }
}

static void the_same_bytes_every_time(void **state)
{
    (void)state;
    for (const struct compression *const *method = compressions; *method; method++) {
        struct buffer packed[2];
        struct compression_state *codec = NULL;
        uint64_t seed = 41;
        char *data = make_data(&seed);

        for (size_t i = 0; i < 2; i++) {
            uint64_t same = 43;

            buffer_init(&packed[i], 0);
            if (codec)
                (*method)->reset(codec, &packed[i]);
            else
                codec = (*method)->open(append, &packed[i]);
            write_pieces(*method, codec, data, 500000, 700, &same);
        }
        assert_int_equal(packed[0].length, packed[1].length);
        assert_memory_equal(packed[0].data, packed[1].data, packed[0].length);
        (*method)->free(codec);
        buffer_clear(&packed[0]);
        buffer_clear(&packed[1]);
        free(data);
    }
}

/* The memory budget counts with state_bytes, so the rows must not promise too little. */
static void state_bytes_are_honest(void **state)
{
    ZSTD_CCtx *codec = ZSTD_createCCtx();
    uint64_t seed = 47;
    char *data = make_data(&seed), *out = malloc(MOST);
    ZSTD_inBuffer in = { .src = data, .size = MOST };
    ZSTD_outBuffer to = { .dst = out, .size = MOST };

    (void)state;
    ZSTD_CCtx_setParameter(codec, ZSTD_c_compressionLevel, 1);
    ZSTD_compressStream2(codec, &to, &in, ZSTD_e_continue);
    assert_in_range(compression_find("zstd")->state_bytes, ZSTD_sizeof_CCtx(codec), 2 * ZSTD_sizeof_CCtx(codec));
    ZSTD_freeCCtx(codec);
    free(out);
    free(data);
    assert_in_range(compression_find("gzip")->state_bytes, 168000, 200000);
    assert_in_range(compression_find("gzip-small")->state_bytes, 256 * 1024, 300 * 1024);
}

static void the_table(void **state)
{
    (void)state;
    assert_null(compression_find("snappy"));
    assert_string_equal(compression_find("gzip")->extension, ".gz");
    assert_string_equal(compression_find("gzip-small")->content_encoding, "gzip");
    assert_string_equal(compression_find("none")->extension, "");
    assert_null(compression_find("none")->content_encoding);
    for (const struct compression *const *method = compressions; *method; method++)
        assert_ptr_equal(compression_find((*method)->name), *method);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_comes_back),
        cmocka_unit_test(reset_forgets_what_was_not_finished),
        cmocka_unit_test(the_same_bytes_every_time),
        cmocka_unit_test(state_bytes_are_honest),
        cmocka_unit_test(the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
