/* Random numbers for property tests: the same ones in every run, so that a failure can be repeated. */
#ifndef TESTS_UNIT_RANDOM_H
#define TESTS_UNIT_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Any number but 0 to begin with; never 0 afterwards (Marsaglia's xorshift, 64 bits). */
static inline uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* 0 to below - 1; below at least 1. */
static inline size_t random_below(uint64_t *state, size_t below)
{
    return (size_t)(random_next(state) >> 16) % below;
}

/* Fills bytes with what is hard on a reader of text: controls, lead bytes without their rest, sequences that are cut,
 * wide and combining and invisible characters, and some plain letters. Returns the length, at most size. */
static inline size_t random_hard_text(uint64_t *state, char *bytes, size_t size)
{
    static const char *const pieces[] = {
        "a",
        "Z",
        "9",
        " ",
        "\x1b[31m",
        "\n",
        "\t",
        "\x7f",
        "\xc2\x85",
        "\xc2\xad",
        "\xe2\x80\xae",
        "\xe2\x80\x8b",
        "\xef\xbb\xbf",
        "\xcc\x81",
        "\xe6\x97\xa5",
        "\xf0\x9f\x98\x80",
        "\xe2\x82",
        "\xf0\x9f\x98",
        "\xc0\x80",
        "\xed\xa0\x80",
        "\xf4\x90\x80\x80",
        "\xff",
        "\x80",
        "\xe1\x85\xa0",
        "\xef\xbf\xbf",
        "\xc3\xa9",
    };
    size_t count = random_below(state, size + 1);
    size_t length = 0;

    while (length < count) {
        const char *piece = pieces[random_below(state, sizeof(pieces) / sizeof(pieces[0]))];

        if (random_below(state, 4) == 0)
            bytes[length++] = (char)random_next(state);
        for (; *piece && length < count; piece++)
            bytes[length++] = *piece;
    }
    return length;
}

#endif
