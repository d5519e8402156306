/* What was compressed comes back; what is damaged does not. */
#include "cutover_testing.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "format/compression.h"
#include "format/decompression.h"

static void gather(void *context, const void *bytes, size_t length)
{
    buffer_append(context, bytes, length);
}

static void compress_with(const char *method, const struct buffer *plain, struct buffer *packed)
{
    const struct compression *compression = compression_find(method);
    struct compression_state *state = compression->open(gather, packed);

    compression->write(state, plain->data, plain->length);
    compression->finish(state);
    compression->free(state);
}

static void fill(struct buffer *plain)
{
    for (int i = 0; i < 200000; i++)
        buffer_printf(plain, "record %d of a stream\n", i * 7919);
}

static void every_method_comes_back(void **state)
{
    static const char *const methods[] = { "gzip", "gzip-small", "zstd", "none" };
    struct buffer plain, packed, again;

    (void)state;
    buffer_init(&plain, 0);
    fill(&plain);
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        buffer_init(&packed, 0);
        buffer_init(&again, 0);
        compress_with(methods[i], &plain, &packed);
        assert_true(decompress(methods[i], packed.data, packed.length, gather, &again, NULL));
        assert_int_equal(again.length, plain.length);
        assert_memory_equal(again.data, plain.data, plain.length);
        buffer_clear(&packed);
        buffer_clear(&again);
    }
    buffer_clear(&plain);
}

static void damage_is_seen(void **state)
{
    static const char *const methods[] = { "gzip", "zstd" };
    struct buffer plain, packed, again;

    (void)state;
    buffer_init(&plain, 0);
    fill(&plain);
    for (size_t i = 0; i < 2; i++) {
        buffer_init(&packed, 0);
        buffer_init(&again, 0);
        compress_with(methods[i], &plain, &packed);
        assert_false(decompress(methods[i], packed.data, packed.length - 9, gather, &again, NULL));
        assert_false(decompress(methods[i], packed.data, packed.length / 2, gather, &again, NULL));
        assert_false(decompress(methods[i], plain.data, plain.length, gather, &again, NULL));
        if (i == 0) { /* a checksum is part of gzip only here */
            packed.data[packed.length - 6] ^= 1;
            assert_false(decompress(methods[i], packed.data, packed.length, gather, &again, NULL));
        }
        buffer_clear(&packed);
        buffer_clear(&again);
    }
    buffer_clear(&plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_comes_back),
        cmocka_unit_test(damage_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
