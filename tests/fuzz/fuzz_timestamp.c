/* The time parser: what it reads can be shown, and shown times read back as themselves. */
#include "fuzz.h"

#include "base/buffer.h"
#include "base/timestamp.h"

#include <string.h>

#define NOW        INT64_C(1795428000123)
#define YEAR_10000 INT64_C(253402300800000)

const char *const fuzz_pieces[] = { "2026-11-23",
                                    "T",
                                    " ",
                                    "09:43",
                                    ":30",
                                    ".123",
                                    "Z",
                                    "+02:00",
                                    "-",
                                    "15",
                                    "m",
                                    "h",
                                    "d",
                                    "s",
                                    "now",
                                    "1795428000123",
                                    "9223372036854775807",
                                    "1970-01-01",
                                    NULL };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = memory_copy_bytes(data, size);
    char shown[TIMESTAMP_TEXT_SIZE];
    timestamp_ms time = -5, back;
    struct error err;

    error_clear(&err);
    if (!timestamp_parse(text, NOW, &time, &err)) {
        FUZZ_MUST(time == -5 && err.kind == ERROR_USAGE && err.message[0]);
    } else {
        FUZZ_MUST(time >= 0);
        FUZZ_MUST(strlen(timestamp_short(shown, time, NOW)) > 0);
        FUZZ_MUST(strlen(timestamp_text(shown, time)) < sizeof(shown));
        if (time < YEAR_10000)
            FUZZ_MUST(timestamp_parse(shown, NOW, &back, NULL) && back == time);
    }
    free(text);
    return 0;
}
