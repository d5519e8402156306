/* The AWS command line's files: any text can be read and asked for its settings, and long lines survive inih. */
#include "fuzz.h"

#include "aws/profile_file.h"
#include "base/text.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUNDRED "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"

const char *const fuzz_pieces[] = { "[default]\n",
                                    "[profile lake]\n",
                                    "[" HUNDRED "]\n",
                                    "aws_session_token = " HUNDRED HUNDRED HUNDRED "\n",
                                    "aws_access_key_id=A\n",
                                    "s3 =\n",
                                    "  endpoint_url = http://h\n",
                                    "  " HUNDRED HUNDRED " = x\n",
                                    HUNDRED HUNDRED "=x\n",
                                    "# " HUNDRED HUNDRED "\n",
                                    "; c\n",
                                    "\x01"
                                    "0",
                                    "\x01"
                                    "99999999999999999999",
                                    "[\"a  b\"]\n",
                                    "=\n",
                                    "]",
                                    "[",
                                    "=",
                                    " ",
                                    "\r\n",
                                    "\n",
                                    "\xef\xbb\xbf",
                                    NULL };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("profile", 0);
    struct profile_file *file;
    char *path;

    FUZZ_MUST(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    path = memory_printf("/proc/self/fd/%d", fd);
    if (profile_file_read(path, false, &file, NULL)) {
        const char *token = profile_file_get(file, "default", "aws_session_token");

        FUZZ_MUST(file);
        FUZZ_MUST(!token || *token);
        (void)profile_file_has(file, "profile lake");
        (void)profile_file_get(file, "default", "s3.endpoint_url");
    }
    profile_file_free(file);
    free(path);
    close(fd);
    return 0;
}
