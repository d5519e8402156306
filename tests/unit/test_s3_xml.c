/* S3's XML: whole, cut, hostile. */
#include "base/buffer.h"
#include "s3/s3_xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static bool parse_error(const char *text, struct s3_xml_error *found)
{
    return s3_xml_parse_error(text, strlen(text), found);
}

static void errors(void **state)
{
    struct s3_xml_error found;

    (void)state;
    assert_true(
        parse_error("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AuthorizationHeaderMalformed</Code>"
                    "<Message>wrong &lt;region&gt;</Message><Region>eu-west-1</Region><RequestId>R1</RequestId>"
                    "<HostId>H</HostId><Other><Code>inner</Code></Other></Error>",
                    &found));
    assert_string_equal(found.code, "AuthorizationHeaderMalformed");
    assert_string_equal(found.message, "wrong <region>");
    assert_string_equal(found.region, "eu-west-1");
    assert_string_equal(found.request_id, "R1");
    assert_true(parse_error("<s3:Error xmlns:s3='x'><s3:Code>SlowDown</s3:Code></s3:Error>", &found));
    assert_string_equal(found.code, "SlowDown");
    assert_string_equal(found.message, "");
}

static void what_is_no_error_document(void **state)
{
    static const char *const texts[] = {
        "",
        "<Error><Code>SlowDown</Code>",
        "<Error><Code>SlowDown</Code></Error><Error/>",
        "<html><body>login</body></html>",
        "not xml",
        "<!DOCTYPE Error [<!ENTITY a \"SlowDown\">]><Error><Code>&a;</Code></Error>",
        "<!DOCTYPE Error SYSTEM \"file:///etc/passwd\"><Error><Code>x</Code></Error>",
        "<Error><Code>\xff</Code></Error>",
        "<Error><a><a><a><a><a><a><a><a></a></a></a></a></a></a></a></a><Code>x</Code></Error>",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct s3_xml_error found;

        if (parse_error(texts[i], &found))
            fail_msg("taken: %s", texts[i]);
        assert_string_equal(found.code, "");
    }
}

static void long_fields_are_cut_and_very_long_ones_refused(void **state)
{
    struct s3_xml_error found;
    struct buffer text;

    (void)state;
    buffer_init(&text, 0);
    buffer_append_text(&text, "<Error><Code>");
    for (int i = 0; i < 300; i++)
        buffer_append_text(&text, "x");
    buffer_append_text(&text, "</Code></Error>");
    assert_true(s3_xml_parse_error(text.data, text.length, &found));
    assert_int_equal(strlen(found.code), sizeof found.code - 1);
    buffer_reset(&text);
    buffer_append_text(&text, "<Error><Code>");
    for (int i = 0; i < 20000; i++)
        buffer_append_text(&text, "x");
    buffer_append_text(&text, "</Code></Error>");
    assert_false(s3_xml_parse_error(text.data, text.length, &found));
    buffer_clear(&text);
}

static bool parse_list(const char *text, struct s3_xml_list *list)
{
    struct error err;

    return s3_xml_parse_list(text, strlen(text), list, &err);
}

static void a_page(void **state)
{
    struct s3_xml_list list;

    (void)state;
    assert_true(parse_list(
        "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>lake</Name><Prefix>a</Prefix>"
        "<IsTruncated>true</IsTruncated><NextContinuationToken>t+/=</NextContinuationToken>"
        "<Contents><Key>a/%41+b</Key><LastModified>2026-11-23T10:00:00.000Z</LastModified><Size>12</Size>"
        "<Owner><ID>1</ID><Key>not this</Key></Owner></Contents>"
        "<Contents><Size>0</Size><Key>a/c</Key></Contents>"
        "<CommonPrefixes><Prefix>x</Prefix></CommonPrefixes></ListBucketResult>",
        &list));
    assert_int_equal(list.count, 2);
    assert_true(list.truncated);
    assert_string_equal(list.token, "t+/=");
    /* without EncodingType nothing is decoded */
    assert_string_equal(list.entries[0].key, "a/%41+b");
    assert_int_equal(list.entries[0].size, 12);
    assert_string_equal(list.entries[0].modified, "2026-11-23T10:00:00.000Z");
    assert_string_equal(list.entries[1].key, "a/c");
    assert_string_equal(list.entries[1].modified, "");
    s3_xml_list_clear(&list);
    assert_true(parse_list("<ListBucketResult/>", &list));
    assert_int_equal(list.count, 0);
    assert_false(list.truncated);
    s3_xml_list_clear(&list);
}

static void encoded_keys(void **state)
{
    struct s3_xml_list list;

    (void)state;
    /* the answer may name the encoding behind the keys */
    assert_true(parse_list("<ListBucketResult><Contents><Key>dt%3D1/a+b%2Bc%20%c3%A9%1b</Key><Size>1</Size></Contents>"
                           "<EncodingType>url</EncodingType></ListBucketResult>",
                           &list));
    assert_string_equal(list.entries[0].key, "dt=1/a b+c \xc3\xa9\x1b");
    s3_xml_list_clear(&list);
    assert_false(parse_list("<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>a%4</Key><Size>1</Size>"
                            "</Contents></ListBucketResult>",
                            &list));
    s3_xml_list_clear(&list);
    assert_false(parse_list("<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>a%00b</Key><Size>1</Size>"
                            "</Contents></ListBucketResult>",
                            &list));
    s3_xml_list_clear(&list);
}

static void broken_pages(void **state)
{
    static const char *const texts[] = {
        "<ListBucketResult><Contents><Key>a</Key><Size>1</Size></Contents>",
        "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Size>1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key></Key><Size>1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        "<Error><Code>InternalError</Code></Error>",
        "",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct s3_xml_list list;

        if (parse_list(texts[i], &list))
            fail_msg("taken: %s", texts[i]);
        s3_xml_list_clear(&list);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors),
        cmocka_unit_test(what_is_no_error_document),
        cmocka_unit_test(long_fields_are_cut_and_very_long_ones_refused),
        cmocka_unit_test(a_page),
        cmocka_unit_test(encoded_keys),
        cmocka_unit_test(broken_pages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
