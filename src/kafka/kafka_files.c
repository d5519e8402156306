/* Four settings. The files are opened and looked at, not read. */
#include "kafka/kafka_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret_file.h"

static const struct file_row {
    const char *name;
    const char *or_word;  /* a value that is no file; NULL */
    bool folder;          /* may be a folder of files */
    const char *password; /* the setting that makes its secret safe; NULL: nothing in it is secret */
} rows[] = {
    { "ssl.ca.location",          "probe", true,  NULL               },
    { "ssl.certificate.location", NULL,    false, NULL               },
    { "ssl.key.location",         NULL,    false, "ssl.key.password" },
    { "ssl.keystore.location",    NULL,    false, NULL               }, /* always encrypted */
};

static bool check(const struct file_row *row, const char *path, bool secret, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), reason = errno;
    struct stat info;
    bool ok = false;

    if (fd < 0)
        return error_set(err, ERROR_USAGE, "%s: cannot open %s: %s; name a file that user %u can read", row->name, path,
                         strerror(reason), (unsigned)geteuid());
    if (fstat(fd, &info) != 0 || !(S_ISREG(info.st_mode) || (row->folder && S_ISDIR(info.st_mode))))
        error_set(err, ERROR_USAGE, "%s: %s is not a regular file; name the file itself", row->name, path);
    else
        ok = !secret || secret_file_check(&info, geteuid(), path, "holds a private key", err) ||
             error_prefix(err, "%s", row->name);
    close(fd);
    return ok;
}

bool kafka_files_check(const struct properties *settings, struct error *err)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *path = properties_get(settings, rows[i].name);
        bool secret = rows[i].password && !properties_get(settings, rows[i].password);

        if (!path || !path[0] || (rows[i].or_word && strcmp(path, rows[i].or_word) == 0))
            continue;
        if (!check(&rows[i], path, secret, err))
            return false;
    }
    return true;
}
