/* The terminal, taken over and given back on every way out. */
#include "tui/terminal.h"

#include "tui/keymap.h"
#include "tui/theme.h"

#include <curses.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <term.h> /* makes macros of `lines` and `columns` */
#include <termios.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/buffer.h"

enum {
    ESCAPE_DELAY_MS = 25,
    NCURSES_ESCAPE_DELAY_MS = 1000, /* what ncurses starts with when ESCDELAY does not say otherwise */
    RESCUE_BYTES = 256,
    CLIPBOARD_BYTES = 74994, /* what the strictest of the known terminals takes */
    /* Numbers for define_key: far behind KEY_MAX, where ncurses numbers the keys that only some terminals have. */
    MARK_PASTE_BEGINS = KEY_MAX + 0x4000,
    MARK_PASTE_ENDS,
};

/* Bracketed paste. Terminals that do not know this mode ignore it. */
#define PASTE_MARKS_ON  "\033[?2004h"
#define PASTE_MARKS_OFF "\033[?2004l"

struct terminal {
    SCREEN *screen;
    FILE *null_in, *null_out; /* headless only */
    struct termios saved;     /* of standard input; on a real terminal */
    enum terminal_clipboard clipboard;
};

/* What the handler of a fault needs: prepared while all is well, for it may call hardly anything. A handler takes no
 * argument, so this has to stand at file level; it is written by terminal_open and terminal_close alone. */
struct rescue {
    volatile sig_atomic_t armed;
    struct termios saved;
    char bytes[RESCUE_BYTES];
    size_t length;
};
static struct rescue *const rescue = &(struct rescue){ 0 };

/* QUIT is no fault, but ends the process as one: what it interrupts is not to be made good. */
static const int fault_signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT };
static const int watched_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void watched_set(sigset_t *set)
{
    sigemptyset(set);
    for (size_t i = 0; i < COUNT(watched_signals); i++)
        sigaddset(set, watched_signals[i]);
}

int terminal_watch_signals(struct error *err)
{
    sigset_t set;

    watched_set(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int descriptor = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (descriptor < 0) {
        error_set_errno(err, "cannot watch for signals");
        sigprocmask(SIG_UNBLOCK, &set, NULL);
    }
    return descriptor;
}

void terminal_unwatch_signals(int descriptor)
{
    sigset_t set;

    /* What is still waiting was for the console, which is gone: a second TERM must not look like a failure. */
    while (terminal_next_signal(descriptor) != 0)
        continue;
    close(descriptor);
    watched_set(&set);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int terminal_next_signal(int descriptor)
{
    struct signalfd_siginfo info;

    return read(descriptor, &info, sizeof(info)) == (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}

/* Async-signal-safe calls only. SA_RESETHAND has put the default back, so raising again ends the process. */
static void fault_handler(int number)
{
    if (rescue->armed) {
        rescue->armed = 0;
        ssize_t ignored = write(STDOUT_FILENO, rescue->bytes, rescue->length);
        (void)ignored;
        tcsetattr(STDIN_FILENO, TCSANOW, &rescue->saved);
    }
    raise(number);
}

/* Adds a terminfo string without its padding marks ($<5>). */
static void rescue_add(const char *capability)
{
    const char *text = tigetstr(capability);

    if (!text || text == (const char *)-1)
        return;
    for (; *text && rescue->length < RESCUE_BYTES; text++) {
        if (text[0] == '$' && text[1] == '<') {
            const char *end = strchr(text, '>');
            if (end) {
                text = end;
                continue;
            }
        }
        rescue->bytes[rescue->length++] = *text;
    }
}

static void rescue_add_bytes(const char *text)
{
    size_t length = strlen(text);

    if (rescue->length + length > RESCUE_BYTES)
        return;
    memcpy(rescue->bytes + rescue->length, text, length);
    rescue->length += length;
}

static void rescue_arm(const struct termios *saved)
{
    struct rlimit none = { 0, 0 };
    struct sigaction action;

    rescue->length = 0;
    rescue->saved = *saved;
    rescue_add_bytes(PASTE_MARKS_OFF);
    rescue_add("sgr0");
    rescue_add("rmkx");
    rescue_add("cnorm");
    rescue_add("rmcup");
    if (getrlimit(RLIMIT_CORE, &none) == 0) {
        none.rlim_cur = 0;
        setrlimit(RLIMIT_CORE, &none);
    }
    memset(&action, 0, sizeof(action));
    action.sa_handler = fault_handler;
    action.sa_flags = (int)(SA_RESETHAND | SA_NODEFER);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < COUNT(fault_signals); i++)
        sigaction(fault_signals[i], &action, NULL);
    rescue->armed = 1;
}

static void rescue_disarm(void)
{
    rescue->armed = 0;
    for (size_t i = 0; i < COUNT(fault_signals); i++)
        signal(fault_signals[i], SIG_DFL);
}

/* Whether this is a terminal that can be drawn on; says what to do where it is not. */
static bool check_terminal(struct error *err)
{
    int status;

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return error_set(err, ERROR_USAGE,
                         "the console needs a terminal; the commands do not: see headgate --help, "
                         "and --json for programs");
    if (setupterm(NULL, STDOUT_FILENO, &status) != OK)
        return error_set(err, ERROR_USAGE,
                         "this kind of terminal is unknown here (TERM); the commands with --json "
                         "need none");
    const char *cursor = tigetstr("cup");
    bool usable = cursor && cursor != (const char *)-1;
    del_curterm(cur_term);
    if (!usable)
        return error_set(err, ERROR_USAGE,
                         "this terminal cannot place its cursor (TERM=dumb?); use the commands, with "
                         "--json for programs");
    return true;
}

/* Whether what is pasted comes between marks. */
static void mark_pastes(const struct terminal *terminal, bool on)
{
    if (terminal->null_in)
        return;
    fputs(on ? PASTE_MARKS_ON : PASTE_MARKS_OFF, stdout);
    fflush(stdout);
}

/* Settings that both kinds of screen share. */
static void prepare_screen(bool colours)
{
    if (get_escdelay() == NCURSES_ESCAPE_DELAY_MS)
        set_escdelay(ESCAPE_DELAY_MS);
    raw();
    noecho();
    nonl();
    intrflush(stdscr, FALSE);
    keypad(stdscr, TRUE);
    define_key("\033[200~", MARK_PASTE_BEGINS);
    define_key("\033[201~", MARK_PASTE_ENDS);
    nodelay(stdscr, TRUE);
    curs_set(1);
    theme_start(colours);
}

bool terminal_open(bool colours, struct terminal **terminal, struct error *err)
{
    struct terminal *made;

    if (!check_terminal(err))
        return false;
    made = memory_new(sizeof(*made));
    if (tcgetattr(STDIN_FILENO, &made->saved) != 0) {
        free(made);
        return error_set_errno(err, "cannot read the terminal's settings");
    }
    made->screen = newterm(NULL, stdout, stdin);
    if (!made->screen) {
        free(made);
        return error_set(err, ERROR_SYSTEM, "cannot take over the terminal");
    }
    rescue_arm(&made->saved);
    prepare_screen(colours);
    mark_pastes(made, true);
    *terminal = made;
    return true;
}

bool terminal_open_headless(int height, int width, bool colours, struct terminal **terminal, struct error *err)
{
    struct terminal *made = memory_new(sizeof(*made));

    made->null_in = fopen("/dev/null", "r");
    made->null_out = fopen("/dev/null", "w");
    if (made->null_in && made->null_out)
        made->screen = newterm("xterm-256color", made->null_out, made->null_in);
    if (!made->screen) {
        if (made->null_in)
            fclose(made->null_in);
        if (made->null_out)
            fclose(made->null_out);
        free(made);
        return error_set(err, ERROR_SYSTEM, "cannot make a screen: is terminfo's xterm-256color installed?");
    }
    prepare_screen(colours);
    resizeterm(height, width);
    *terminal = made;
    return true;
}

void terminal_close(struct terminal *terminal)
{
    if (!terminal)
        return;
    mark_pastes(terminal, false);
    endwin();
    if (!terminal->null_in) {
        rescue_disarm();
        tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal->saved);
    }
    delscreen(terminal->screen);
    if (terminal->null_in)
        fclose(terminal->null_in);
    if (terminal->null_out)
        fclose(terminal->null_out);
    free(terminal);
}

int terminal_fd(const struct terminal *terminal)
{
    return terminal->null_in ? -1 : STDIN_FILENO;
}

int terminal_key(struct terminal *terminal)
{
    wint_t code;

    if (terminal->null_in)
        return 0;
    for (;;) {
        int kind = get_wch(&code);

        if (kind == ERR)
            return 0;
        if (kind == KEY_CODE_YES && code == KEY_RESIZE)
            continue;
        if (kind == KEY_CODE_YES && (code == MARK_PASTE_BEGINS || code == MARK_PASTE_ENDS))
            return code == MARK_PASTE_BEGINS ? KEYMAP_PASTE_BEGINS : KEYMAP_PASTE_ENDS;
        if (kind == KEY_CODE_YES && code == KEY_MOUSE) {
            MEVENT event;

            if (getmouse(&event) != OK)
                continue;
            return KEYMAP_SPECIAL + (event.bstate & BUTTON4_PRESSED ? KEY_UP : KEY_DOWN);
        }
        return keymap_normal(kind == KEY_CODE_YES, (uint32_t)code);
    }
}

bool terminal_adopt_size(struct terminal *terminal)
{
    struct winsize size;

    if (terminal->null_in || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
        return false;
    if (size.ws_row == LINES && size.ws_col == COLS)
        return false;
    resizeterm(size.ws_row, size.ws_col);
    return true;
}

void terminal_set_size(struct terminal *terminal, int height, int width)
{
    (void)terminal;
    resizeterm(height, width);
}

/* --- clipboard and mouse --- */

void terminal_set_clipboard(struct terminal *terminal, enum terminal_clipboard clipboard)
{
    terminal->clipboard = clipboard;
}

bool terminal_copy(struct terminal *terminal, const char *text, size_t length)
{
    bool tmux = terminal->clipboard == TERMINAL_OSC52_TMUX;
    struct buffer sequence;
    bool sent;

    if (terminal->clipboard >= TERMINAL_FILE_ONLY || BASE64_LENGTH(length) > CLIPBOARD_BYTES)
        return false;
    char *encoded = memory_new(BASE64_LENGTH(length) + 1);
    base64_encode(text, length, encoded);
    buffer_init(&sequence, 0);
    buffer_printf(&sequence, "%s]52;c;%s\a%s", tmux ? "\033Ptmux;\033\033" : "\033", encoded, tmux ? "\033\\" : "");
    sent =
        terminal->null_in != NULL || write(STDOUT_FILENO, sequence.data, sequence.length) == (ssize_t)sequence.length;
    buffer_clear(&sequence);
    free(encoded);
    return sent;
}

void terminal_mouse(bool on)
{
    mousemask(on ? BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
}

void terminal_suspend(struct terminal *terminal)
{
    struct sigaction stop, before;
    sigset_t set;

    if (terminal->null_in)
        return;
    mark_pastes(terminal, false);
    endwin();
    memset(&stop, 0, sizeof(stop));
    stop.sa_handler = SIG_DFL;
    sigemptyset(&stop.sa_mask);
    sigaction(SIGTSTP, &stop, &before);
    sigemptyset(&set);
    sigaddset(&set, SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    kill(0, SIGTSTP); /* the whole group, as the terminal itself does for Ctrl-Z; returns when continued */
    sigprocmask(SIG_BLOCK, &set, NULL);
    sigaction(SIGTSTP, &before, NULL);
    terminal_show(terminal, true);
}

void terminal_show(struct terminal *terminal, bool repaint)
{
    if (repaint) {
        clearok(curscr, TRUE);
        mark_pastes(terminal, true); /* a shell that had the terminal meanwhile switched them off */
    }
    wnoutrefresh(stdscr);
    doupdate();
}
