/* What a fuzz target is: one function that is given any bytes and must survive them. libFuzzer calls it (clang
 * -fsanitize=fuzzer), and so does fuzz_main.c, which needs nothing but a C compiler. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Pieces that inputs of this target are made of, so that random ones get past the first byte. NULL-terminated; only
 * fuzz_main.c reads it. */
extern const char *const fuzz_pieces[];

/* A promise that has to hold for every input. */
#define FUZZ_MUST(condition) \
    do {                     \
        if (!(condition))    \
            abort();         \
    } while (0)

#endif
