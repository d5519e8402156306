/* S3's XML: whatever a store sends, fields stay within their size, a page's rows are whole, and nothing is read twice. */
#include "fuzz.h"

#include "s3/s3_xml.h"

#include <string.h>

const char *const fuzz_pieces[] = { "<Error><Code>SlowDown</Code><Message>no</Message></Error>",
                                    "<ListBucketResult>",
                                    "</ListBucketResult>",
                                    "<Contents><Key>a%2Fb+c</Key><Size>12</Size></Contents>",
                                    "<Contents>",
                                    "</Contents>",
                                    "<Key>a</Key>",
                                    "<Size>1</Size>",
                                    "<LastModified>x</LastModified>",
                                    "<IsTruncated>true</IsTruncated>",
                                    "<NextContinuationToken>t</NextContinuationToken>",
                                    "<EncodingType>url</EncodingType>",
                                    "<Error>",
                                    "</Error>",
                                    "<Code>",
                                    "</Code>",
                                    "<a><a><a><a>",
                                    "</a></a></a></a>",
                                    "<!DOCTYPE x [<!ENTITY a \"b\">]>",
                                    "&a;",
                                    "&lt;&#27;",
                                    "<![CDATA[%41]]>",
                                    "%00",
                                    "%zz",
                                    "\xff",
                                    NULL };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct s3_xml_error found;
    struct s3_xml_list list;
    bool is_error = s3_xml_parse_error((const char *)data, size, &found);
    bool is_list = s3_xml_parse_list((const char *)data, size, &list, NULL);

    FUZZ_MUST(!is_error || !is_list);
    FUZZ_MUST(memchr(found.code, '\0', sizeof found.code) && memchr(found.message, '\0', sizeof found.message));
    FUZZ_MUST(is_error || !*found.code);
    for (size_t i = 0; is_list && i < list.count; i++)
        FUZZ_MUST(list.entries[i].key && *list.entries[i].key && list.entries[i].size >= 0 && list.entries[i].modified);
    FUZZ_MUST(!is_list || !list.truncated || list.token);
    s3_xml_list_clear(&list);
    return 0;
}
