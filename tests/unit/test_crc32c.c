/* CRC32C: the check value of the CRC catalogue and the vectors of RFC 3720, appendix B.4. */
#include "format/crc32c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void known_values(void **state)
{
    unsigned char bytes[32];

    (void)state;
    assert_int_equal(crc32c_update(0, "", 0), 0);
    assert_int_equal(crc32c_update(0, "123456789", 9), 0xe3069283);
    memset(bytes, 0, sizeof(bytes));
    assert_int_equal(crc32c_update(0, bytes, sizeof(bytes)), 0x8a9136aa);
    memset(bytes, 0xff, sizeof(bytes));
    assert_int_equal(crc32c_update(0, bytes, sizeof(bytes)), 0x62a8ab43);
    for (unsigned char i = 0; i < sizeof(bytes); i++)
        bytes[i] = i;
    assert_int_equal(crc32c_update(0, bytes, sizeof(bytes)), 0x46dd794e);
}

static void pieces_make_the_whole(void **state)
{
    (void)state;
    for (size_t cut = 0; cut <= 9; cut++)
        assert_int_equal(crc32c_update(crc32c_update(0, "123456789", cut), "123456789" + cut, 9 - cut), 0xe3069283);
}

static void as_a_header(void **state)
{
    char out[9];

    (void)state;
    crc32c_base64(0xe3069283, out);
    assert_string_equal(out, "4waSgw==");
    crc32c_base64(0, out);
    assert_string_equal(out, "AAAAAA==");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(pieces_make_the_whole),
        cmocka_unit_test(as_a_header),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
