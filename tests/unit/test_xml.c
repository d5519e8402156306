/* The XML of services' answers: what is handed over of an element, and what is refused. What S3 makes of it: test_s3_xml. */
#include "aws/credential_answer.h"
#include "base/buffer.h"
#include "base/xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* "2 parent/name=text; " of each element. */
static void note(void *context, const struct xml_element *element)
{
    buffer_printf(context, "%d %s/%s=%s; ", element->depth, element->parent, element->name, element->text);
}

static bool read_text(const char *text, const char *root, struct buffer *seen)
{
    buffer_reset(seen);
    return xml_read(text, strlen(text), root, note, seen);
}

static void elements_know_their_place(void **state)
{
    struct buffer seen;

    (void)state;
    buffer_init(&seen, 0);
    assert_true(read_text("<a:R xmlns:a='u'>x<b>1&lt;2</b><c><d/>y</c><e></e></a:R>", "R", &seen));
    assert_string_equal(seen.data, "2 R/b=1<2; 3 c/d=; 2 R/c=y; 2 R/e=; ");
    assert_false(read_text("<S><b>1</b></S>", "R", &seen));
    assert_false(read_text("", "R", &seen));
    assert_false(read_text("<R><b>1</b>", "R", &seen));
    assert_false(read_text("<R/><R/>", "R", &seen));
    assert_false(read_text("<!DOCTYPE R><R/>", "R", &seen));
    buffer_clear(&seen);
}

static void long_texts_are_refused(void **state)
{
    enum { MOST = 16 * 1024 };
    struct buffer text, seen;

    (void)state;
    buffer_init(&text, 0);
    buffer_init(&seen, 0);
    for (int more = 0; more <= 1; more++) {
        buffer_reset(&text);
        buffer_append_text(&text, "<R><b>");
        for (int i = 0; i < MOST + more; i++)
            buffer_append_char(&text, i % 1000 ? 'x' : '\n');
        buffer_append_text(&text, "</b></R>");
        assert_true(read_text(text.data, "R", &seen) == (more == 0));
        assert_int_equal(seen.length, more == 0 ? strlen("2 R/b=; ") + MOST : 0);
    }
    buffer_clear(&text);
    buffer_clear(&seen);
}

static void an_empty_element_takes_nothing_back(void **state)
{
    static const char refused[] = "<ErrorResponse><Error><Code>Denied</Code><Code/></Error><RequestId>1</RequestId>"
                                  "<RequestId/></ErrorResponse>";
    static const char known[] = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>a</Arn><Arn/>"
                                "</GetCallerIdentityResult></GetCallerIdentityResponse>";
    struct credential_refusal refusal;
    struct credential_identity identity;

    (void)state;
    assert_true(credential_answer_sts_refusal(refused, strlen(refused), &refusal));
    assert_string_equal(refusal.code, "Denied");
    assert_string_equal(refusal.request_id, "1");
    assert_true(credential_answer_identity(known, strlen(known), &identity));
    assert_string_equal(identity.arn, "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_know_their_place),
        cmocka_unit_test(long_texts_are_refused),
        cmocka_unit_test(an_empty_element_takes_nothing_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
