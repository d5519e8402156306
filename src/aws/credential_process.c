/* Two pipes and a deadline. An answer has a few kilobytes; of standard error only the end is kept. */
#include "aws/credential_process.h"

#include "aws/credential_answer.h"
#include "aws/digest.h"
#include "base/buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SLICE_MS = 50,
    PIECE = 4096,
    STDERR_KEPT = 300,
};

extern char **environ;

/* A program under way. */
struct child {
    pid_t pid;
    int out, err; /* our ends; -1 when closed */
    struct buffer said, complaint;
    bool too_long;
    int status; /* of waitpid */
};

/* --- words --- */

void credential_process_free_words(char **words)
{
    for (size_t i = 0; words && words[i]; i++)
        free(words[i]);
    free(words);
}

/* Appends one word from *at to word and moves *at behind it; false: a quote is not closed. */
static bool take_word(const char **at, struct buffer *word)
{
    char quote = '\0';

    for (; **at && (quote || !strchr(" \t\r\n", **at)); (*at)++) {
        if (quote == '\0' && (**at == '\'' || **at == '"'))
            quote = **at;
        else if (quote != '\0' && **at == quote)
            quote = '\0';
        else if (**at == '\\' && quote != '\'' && (*at)[1] && (!quote || strchr("\"\\", (*at)[1])))
            buffer_append_char(word, *++*at);
        else
            buffer_append_char(word, **at);
    }
    return quote == '\0';
}

char **credential_process_words(const char *command, struct error *err)
{
    char **words = memory_new(sizeof *words);
    size_t count = 0;
    struct buffer word;

    buffer_init(&word, 0);
    for (;;) {
        command += strspn(command, " \t\r\n");
        if (!*command)
            break;
        buffer_append(&word, "", 0);
        if (!take_word(&command, &word)) {
            buffer_clear(&word);
            credential_process_free_words(words);
            error_set(err, ERROR_CREDENTIALS, "credential_process has a quote that is not closed");
            return NULL;
        }
        words = memory_resize(words, (count + 2) * sizeof *words);
        words[count++] = buffer_take(&word);
        words[count] = NULL;
    }
    buffer_clear(&word);
    if (count > 0)
        return words;
    credential_process_free_words(words);
    error_set(err, ERROR_CREDENTIALS, "credential_process is empty");
    return NULL;
}

/* --- running it --- */

static bool is_secret(const char *variable)
{
    static const char *const names[] = {
        "AWS_ACCESS_KEY_ID",  "AWS_SECRET_ACCESS_KEY",     "AWS_SESSION_TOKEN",
        "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    };
    size_t length = strcspn(variable, "=");

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strlen(names[i]) == length && strncmp(variable, names[i], length) == 0)
            return true;
    }
    return false;
}

/* Ours without what is secret in it: the program is asked for credentials, it does not need others, and /proc shows a child's
 * environment. Borrowed texts; the caller frees the list. */
static char **child_environment(void)
{
    size_t count = 0, kept = 0;
    char **list;

    while (environ && environ[count])
        count++;
    list = memory_new((count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        if (!is_secret(environ[i]))
            list[kept++] = environ[i];
    }
    return list;
}

static bool spawn(struct child *child, char **words, int out[2], int complaints[2])
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, pipes;
    char **environment = child_environment();
    int failed;

    sigemptyset(&none);
    sigemptyset(&pipes);
    sigaddset(&pipes, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, complaints[1], STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &pipes);
    failed = posix_spawnp(&child->pid, words[0], &actions, &attributes, words, environment);
    free(environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    errno = failed;
    return failed == 0;
}

static bool start(struct child *child, char **words, const char *profile, struct error *err)
{
    int out[2] = { -1, -1 }, complaints[2] = { -1, -1 };
    bool ok = pipe2(out, O_CLOEXEC) == 0 && pipe2(complaints, O_CLOEXEC) == 0 && spawn(child, words, out, complaints);

    if (!ok) {
        error_set_errno(err, "profile %s: cannot start credential_process %s", profile, words[0]);
        if (err)
            err->kind = ERROR_CREDENTIALS;
    }
    child->out = out[0];
    child->err = complaints[0];
    if (out[1] >= 0)
        close(out[1]);
    if (complaints[1] >= 0)
        close(complaints[1]);
    return ok;
}

static void close_pipe(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Keeps the end of what is said on standard error. */
static void keep_complaint(struct child *child, const char *bytes, size_t length)
{
    struct buffer *kept = &child->complaint;

    buffer_append(kept, bytes, length);
    if (kept->length > STDERR_KEPT) {
        memmove(kept->data, kept->data + kept->length - STDERR_KEPT, STDERR_KEPT + 1);
        kept->length = STDERR_KEPT;
    }
}

static void take_bytes(struct child *child, int *fd)
{
    char bytes[PIECE];
    ssize_t got = read(*fd, bytes, sizeof bytes);

    if (got < 0 && errno == EINTR)
        return;
    if (got <= 0)
        close_pipe(fd);
    else if (fd == &child->err)
        keep_complaint(child, bytes, (size_t)got);
    else if (!buffer_append(&child->said, bytes, (size_t)got))
        child->too_long = true;
    digest_wipe(bytes, sizeof bytes);
}

/* Reads until both pipes are closed and the program has ended. False when the time was over first. */
static bool listen_to(const struct credential_search *search, struct child *child)
{
    const volatile bool *cancel = search->settings->cancel;
    pid_t ended = 0;

    while (timestamp_monotonic() < search->until && !(cancel && __atomic_load_n(cancel, __ATOMIC_RELAXED)) &&
           !child->too_long) {
        struct pollfd waits[2] = {
            { child->out, POLLIN, 0 },
            { child->err, POLLIN, 0 }
        };

        /* What it leaves running in the background may hold the pipes; its own end is what counts. */
        if (ended == 0)
            ended = waitpid(child->pid, &child->status, WNOHANG);
        if (poll(waits, 2, ended != 0 ? 0 : SLICE_MS) > 0) {
            if (waits[0].revents)
                take_bytes(child, &child->out);
            if (waits[1].revents)
                take_bytes(child, &child->err);
        } else if (ended != 0) {
            return true;
        }
    }
    if (ended == 0) {
        kill(-child->pid, SIGKILL);
        while (waitpid(child->pid, &child->status, 0) < 0 && errno == EINTR)
            ;
    }
    return false;
}

/* The last line that is not empty. Borrowed. */
static const char *last_line(struct buffer *text)
{
    char *end;

    while (text->length > 0 && strchr("\r\n ", text->data[text->length - 1]))
        text->data[--text->length] = '\0';
    end = text->length > 0 ? strrchr(text->data, '\n') : NULL;
    return end ? end + 1 : (text->length > 0 ? text->data : "nothing on standard error; run it by hand to see why");
}

static bool judge(struct child *child, bool in_time, const char *program, const char *profile,
                  struct credentials *credentials, struct error *err)
{
    char *what;
    bool ok;

    if (child->too_long)
        return error_set(
            err, ERROR_CREDENTIALS,
            "profile %s: credential_process %s prints more than 64 KiB, so it is another program; look at that "
            "line of the profile",
            profile, program);
    if (!in_time)
        return error_set_retriable(
            err, ERROR_CREDENTIALS,
            "profile %s: credential_process %s has not ended in time and was killed; does it wait for "
            "an answer?",
            profile, program);
    if (!WIFEXITED(child->status) || WEXITSTATUS(child->status) != 0)
        return error_set(err, ERROR_CREDENTIALS, "profile %s: credential_process %s %s %d: %s", profile, program,
                         WIFEXITED(child->status) ? "ends with exit code" : "was killed by signal",
                         WIFEXITED(child->status) ? WEXITSTATUS(child->status) : WTERMSIG(child->status),
                         last_line(&child->complaint));
    what = memory_printf("profile %s: the answer of credential_process %s", profile, program);
    ok = credential_answer_json(child->said.data ? child->said.data : "", child->said.length, true, what, credentials,
                                err);
    free(what);
    return ok;
}

bool credential_process_run(const struct credential_search *search, const char *command, const char *profile,
                            struct credentials *credentials, struct error *err)
{
    char **words = credential_process_words(command, err);
    struct child child = { .out = -1, .err = -1 };
    bool ok;

    if (!words)
        return error_prefix(err, "profile %s", profile);
    buffer_init(&child.said, CREDENTIAL_ANSWER_MOST);
    buffer_init(&child.complaint, 0);
    ok = start(&child, words, profile, err);
    if (ok)
        ok = judge(&child, listen_to(search, &child), words[0], profile, credentials, err);
    if (ok)
        credentials->source = memory_printf("profile %s, credential_process %s", profile, words[0]);
    close_pipe(&child.out);
    close_pipe(&child.err);
    if (child.said.data)
        digest_wipe(child.said.data, child.said.size);
    buffer_clear(&child.said);
    buffer_clear(&child.complaint);
    credential_process_free_words(words);
    return ok;
}
