/* Askers of one provider at the same time, over an environment that can be made to answer slowly and to change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <pthread.h>

#include "aws/credential_provider.h"

struct world {
    struct credential_provider *provider;
    struct credentials refused;
    atomic_bool changed; /* the source has others now */
    atomic_bool slow;    /* what is read is handed out only when this is false again */
    atomic_int reads;    /* of the source */
};

static void rest(int ms)
{
    nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000L }, NULL);
}

static const char *look_up(void *context, const char *name)
{
    struct world *world = context;

    if (strcmp(name, "AWS_ACCESS_KEY_ID") == 0) {
        const char *read = atomic_load(&world->changed) ? "new-key" : "old-key";

        atomic_fetch_add(&world->reads, 1);
        while (atomic_load(&world->slow))
            rest(1);
        return read;
    }
    return strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0 ? "somethinglong" : NULL;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    struct credentials_settings settings = { .lookup = look_up, .context = world };
    struct error err;

    assert_non_null(world);
    world->provider = credential_provider_new(&settings);
    assert_true(credential_provider_get(world->provider, &world->refused, &err));
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    credential_provider_free(world->provider);
    credentials_clear(&world->refused);
    free(world);
    return 0;
}

/* Returns NULL where the refusal brought no others. */
static void *refuse(void *argument)
{
    struct world *world = argument;

    return credential_provider_refused(world->provider, &world->refused) ? world : NULL;
}

static void start_refusal(struct world *world, pthread_t *thread)
{
    assert_int_equal(pthread_create(thread, NULL, refuse, world), 0);
}

/* Begins an attempt that has read the old ones and not come back yet. */
static void start_slow_attempt(struct world *world, pthread_t *thread)
{
    int before = atomic_load(&world->reads);

    atomic_store(&world->slow, true);
    start_refusal(world, thread);
    while (atomic_load(&world->reads) == before)
        rest(1);
}

static void test_a_refusal_is_not_content_with_what_was_read_before_it(void **state)
{
    struct world *world = *state;
    pthread_t first, second;
    void *helped = NULL;

    start_slow_attempt(world, &first);
    atomic_store(&world->changed, true);
    start_refusal(world, &second);
    rest(200); /* it waits by now */
    atomic_store(&world->slow, false);
    pthread_join(first, NULL);
    pthread_join(second, &helped);
    assert_non_null(helped);
}

static void test_whoever_has_none_takes_what_comes_next(void **state)
{
    struct world *world = *state;
    struct credentials_settings settings = { .lookup = look_up, .context = world };
    struct credential_provider *provider = credential_provider_new(&settings);
    struct credentials got;
    struct error err;
    int before = atomic_load(&world->reads);

    credential_provider_begin(provider);
    credential_provider_begin(provider);
    assert_true(credential_provider_get(provider, &got, &err));
    rest(50);
    assert_int_equal(atomic_load(&world->reads) - before, 1);
    credentials_clear(&got);
    credential_provider_free(provider);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_refusal_is_not_content_with_what_was_read_before_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_whoever_has_none_takes_what_comes_next, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
