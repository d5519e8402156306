/* Who may read a file with a secret in it: every owner, every bit. */
#include "base/secret_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ROOT = 0, WE = 1000, OTHER = 1001 };

static void test_owners_and_modes(void **state)
{
    static const struct {
        uid_t we, owner;
        mode_t mode;
        const char *remedy; /* NULL: may hold one */
    } cases[] = {
        { WE,   WE,    0600, NULL                                       },
        { WE,   WE,    0400, NULL                                       },
        { WE,   WE,    0640, "(mode 640); type: chmod 600 /x/secret"    },
        { WE,   WE,    0604, "(mode 604); type: chmod 600 /x/secret"    },
        { WE,   WE,    0620, "chmod 600"                                },
        { WE,   ROOT,  0640, NULL                                       }, /* root:ssl-cert, a mounted secret */
        { WE,   ROOT,  0440, NULL                                       },
        { WE,   ROOT,  0644, "(mode 644); as root: chmod 640 /x/secret" },
        { WE,   ROOT,  0660, "as root: chmod 640"                       },
        { WE,   OTHER, 0640, "belongs to user 1001, not to you (1000)"  },
        { WE,   OTHER, 0644, "chown 1000 /x/secret"                     },
        { ROOT, WE,    0600, NULL                                       },
        { ROOT, OTHER, 0640, "chmod 600"                                },
        { ROOT, ROOT,  0640, "chmod 600"                                },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stat status = { .st_uid = cases[i].owner, .st_mode = S_IFREG | cases[i].mode };
        struct error err = { 0 };
        bool good = secret_file_check(&status, cases[i].we, "/x/secret", "holds a private key", &err);

        if (good != !cases[i].remedy || (!good && !strstr(err.message, cases[i].remedy)))
            fail_msg("case %zu: %s", i, good ? "taken" : err.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_owners_and_modes) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
