/* What others may read is no secret any more. */
#include "base/secret_file.h"

bool secret_file_check(const struct stat *status, uid_t uid, const char *path, const char *what, struct error *err)
{
    mode_t mode = status->st_mode & (S_IRWXU | S_IRWXG | S_IRWXO);

    if (uid == 0 || status->st_uid == uid) {
        if (mode & (S_IRWXG | S_IRWXO))
            return error_set(err, ERROR_USAGE, "%s %s and others may read it (mode %03o); type: chmod 600 %s", path,
                             what, (unsigned)mode, path);
    } else if (status->st_uid != 0) {
        return error_set(err, ERROR_USAGE, "%s %s and belongs to user %u, not to you (%u); copy it, or: chown %u %s",
                         path, what, (unsigned)status->st_uid, (unsigned)uid, (unsigned)uid, path);
    } else if (mode & (S_IWGRP | S_IXGRP | S_IRWXO)) {
        return error_set(err, ERROR_USAGE,
                         "%s %s, is root's, and more than your group may read it (mode %03o); as root: chmod 640 %s",
                         path, what, (unsigned)mode, path);
    }
    return true;
}
