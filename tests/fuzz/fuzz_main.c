/* Runs a fuzz target without libFuzzer: random inputs made of the target's pieces, and changed a little. Coverage is
 * not looked at, so libFuzzer finds more.
 *
 * fuzz_TARGET [-s SECONDS] [-r SEED] [FILE...]     default: 10 seconds, a seed from the clock; files are run first
 *
 * The target runs in a child. Its input stands in memory that is shared, so that after a crash, whatever kind it is,
 * the parent still has the input and writes it to a file. Exit code 1 then, and the file can be given as FILE. */
#include "fuzz.h"

#include "tests/unit/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    INPUT_SIZE = 64 * 1024,
    MADE_SIZE = 512, /* of a random input; short ones find more in the same time */
    CHECK_CLOCK = 256,
};

struct shared {
    uint64_t runs;
    size_t length;
    uint8_t input[INPUT_SIZE];
};

/* The target gets a copy of exactly this size on the heap, so that a sanitizer sees a read too far. */
static void run(const struct shared *shared)
{
    uint8_t *exact = malloc(shared->length > 0 ? shared->length : 1);

    if (!exact)
        abort();
    memcpy(exact, shared->input, shared->length);
    (void)LLVMFuzzerTestOneInput(exact, shared->length);
    free(exact);
}

static void append_piece(struct shared *shared, const char *piece, size_t length)
{
    if (shared->length + length > MADE_SIZE)
        return;
    memcpy(shared->input + shared->length, piece, length);
    shared->length += length;
}

static void make_input(struct shared *shared, uint64_t *seed, size_t pieces)
{
    shared->length = 0;
    for (size_t count = random_below(seed, 1 + random_below(seed, 40)); count > 0; count--) {
        size_t choice = random_below(seed, pieces + 2);

        if (choice < pieces) {
            append_piece(shared, fuzz_pieces[choice], strlen(fuzz_pieces[choice]));
        } else {
            char byte = (char)random_next(seed);

            append_piece(shared, &byte, 1);
        }
    }
}

/* A few bytes changed, doubled or taken out. */
static void change_input(struct shared *shared, uint64_t *seed)
{
    for (size_t edits = 1 + random_below(seed, 3); edits > 0 && shared->length > 0; edits--) {
        size_t at = random_below(seed, shared->length);

        switch (random_below(seed, 6)) {
        case 0: shared->length = at; break;
        case 1:
        case 2: shared->input[at] = (uint8_t)random_next(seed); break;
        default:
            if (shared->length < MADE_SIZE) {
                memmove(shared->input + at + 1, shared->input + at, shared->length - at);
                shared->length++;
            }
        }
    }
}

static void run_random(struct shared *shared, uint64_t seed, int seconds)
{
    time_t end = time(NULL) + seconds;
    size_t pieces = 0;

    while (fuzz_pieces[pieces])
        pieces++;
    while (shared->runs % CHECK_CLOCK != 0 || time(NULL) < end) {
        if (random_below(&seed, 2) == 0)
            make_input(shared, &seed, pieces);
        else
            change_input(shared, &seed);
        run(shared);
        shared->runs++;
    }
}

static int run_file(struct shared *shared, const char *path)
{
    FILE *file = fopen(path, "rb");

    if (!file) {
        fprintf(stderr, "cannot open %s\n", path);
        return 2;
    }
    shared->length = fread(shared->input, 1, INPUT_SIZE, file);
    fclose(file);
    run(shared);
    return 0;
}

static int report(const struct shared *shared, const char *program, uint64_t seed, int status)
{
    char path[] = "crash-XXXXXX";
    int fd;

    if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 2)) {
        printf("%s: %llu inputs, seed %llu\n", program, (unsigned long long)shared->runs, (unsigned long long)seed);
        return WEXITSTATUS(status);
    }
    fd = mkstemp(path);
    if (fd < 0 || write(fd, shared->input, shared->length) != (ssize_t)shared->length)
        perror("cannot keep the input");
    fprintf(stderr, "%s: broken by input %llu of seed %llu; it is kept in %s\n", program,
            (unsigned long long)shared->runs, (unsigned long long)seed, path);
    return 1;
}

int main(int argc, char **argv)
{
    struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    uint64_t seed = (uint64_t)time(NULL);
    int seconds = 10, option, status = 0;
    pid_t child;

    while ((option = getopt(argc, argv, "s:r:")) != -1) {
        if (option == '?')
            return 2;
        if (option == 's')
            seconds = (int)strtol(optarg, NULL, 10);
        else
            seed = strtoull(optarg, NULL, 10);
    }
    if (shared == MAP_FAILED || (child = fork()) < 0) {
        perror(argv[0]);
        return 2;
    }
    if (child == 0) {
        for (int i = optind; i < argc && status == 0; i++)
            status = run_file(shared, argv[i]);
        if (status == 0)
            run_random(shared, seed | 1, seconds);
        return status;
    }
    if (waitpid(child, &status, 0) != child) {
        perror(argv[0]);
        return 2;
    }
    return report(shared, argv[0], seed, status);
}
