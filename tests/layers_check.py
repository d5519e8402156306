#!/usr/bin/env python3
"""Checks that the source keeps the house rules that a compiler does not know.

Which module may see which (tests/layers.txt is the list and its order), which library belongs to which folder, what the
pure core must not touch, words that are banned, functions over 80 lines, headers that do not compile alone. Prints
"file:line: what is wrong" for each offence and exits 1 if there is any.

Needs Python's standard library, universal-ctags for the lengths, and a compiler's command line for the headers.
"""

import argparse
import bisect
import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import sys

FUNCTION_LINES = 80

# What a folder may see beside itself. A module outside a folder (config, engine, main) is a row of its own. A name that
# ends in "/" is a folder, any other a module. The order of layers.txt holds in any case.
VIEWS = {
    "base/": [],
    "http/": ["base/"],
    "aws/": ["base/", "http/"],
    "format/": ["base/"],
    "s3/": ["base/", "http/", "aws/", "format/"],
    "kafka/": ["base/", "aws/"],
    "connect/": ["base/", "http/"],
    "cutover/": ["base/"],
    "delivery/": ["base/", "http/", "aws/", "format/", "s3/", "kafka/", "connect/", "cutover/"],
    "command/": ["base/", "cutover/", "delivery/delivery_progress", "config", "engine_event", "engine"],
    "tui/": ["base/", "cutover/", "delivery/delivery_progress", "config", "engine_event", "engine"],
}

# A header of this name is the folder's own business.
PRIVATE_HEADER = re.compile(r"_(internal|private)\.h$")

# Library: its headers, the names that give it away, and the folders or modules that may use it.
FENCES = [
    ("librdkafka", r"librdkafka/", r"rd_kafka_\w+", ["kafka/"]),
    ("libcurl", r"curl/", r"curl_(easy|multi|global|slist|url|share|version)\w*", ["http/"]),
    ("expat", r"expat\.h", r"XML_(Parse|Set|Get)\w+", ["base/xml"]),
    ("OpenSSL", r"openssl/", r"(EVP|HMAC|SSL|RAND)_\w+|SHA256(_\w+)?", ["aws/"]),
    ("inih", r"ini\.h", r"ini_parse\w*", ["aws/"]),
    ("cJSON", r"(cjson/)?cJSON\.h", r"cJSON\w*", ["base/json"]),
    ("ISA-L", r"isa-l", r"isal_\w+|crc32_iscsi\w*", ["format/"]),
    ("zlib", r"zlib\.h", r"(de|in)flate(Init|End|Reset)\w*", ["format/"]),
    ("zstd", r"zstd\w*\.h|zdict\.h", r"ZSTD_\w+", ["format/"]),
    ("ncurses", r"(ncursesw?/)?(n?curses|ncursesw|term|panel|menu|form)\.h", r"mvw?printw|waddn?str", ["tui/"]),
    ("pthread", r"(pthread|threads)\.h", r"pthread_\w+|(thrd|mtx|cnd)_\w+",
     ["base/queue", "base/log", "http/", "aws/credential_provider", "delivery/", "engine", "engine/engine_inspector",
      "engine/engine_look", "engine/engine_stream"]),
]

# The pure core: these system headers and no other, and of base/ and the C library nothing that knows the hour, the
# machine or another thread.
PURE_FOLDER = "cutover/"
PURE_HEADERS = {"assert.h", "inttypes.h", "limits.h", "math.h", "stdarg.h", "stdbool.h", "stddef.h", "stdint.h",
                "stdlib.h", "string.h"}
PURE_DENIED_MODULES = {"base/log", "base/queue", "base/options"}
PURE_DENIED = re.compile(r"timestamp_(now|monotonic)|time|clock\w*|gettimeofday|nanosleep|u?sleep|getpid|f?open|p?read"
                         r"|p?write|(secure_)?getenv|setenv|s?random|arc4random\w*|socket|connect|poll|select|f?printf")

# Banned functions: their names, where they are allowed, and why not elsewhere. A member of the same name is no offence.
BANNED = [
    (r"strn?cpy|strcat|v?sprintf|gets|strtok|ato[ilf]|sscanf|alloca|gmtime|localtime|ctime|asctime|rand|system|popen",
     [], "is banned"),
    (r"_?exit|_Exit|quick_exit", ["main"], "only main.c ends the program"),
    (r"v?printf|puts|putchar|perror", ["command/", "main"], "only command/ and main.c print"),
    (r"(secure_)?getenv", ["config", "aws/credentials"], "the environment is read in config and aws/credentials only"),
    (r"initscr|newterm|endwin", ["tui/terminal"], "only tui/terminal starts and ends ncurses"),
    (r"rd_kafka_query_watermark_offsets", [], "older releases ignore its timeout"),
    (r"rd_kafka_(commit(?!ted\b)\w*|Alter\w*|Delete\w*)", ["kafka/kafka_commit"],
     "groups and offsets are written in kafka_commit only"),
]

# As above, but the word alone offends, called or not.
BANNED_NAMES = [
    (r"stdout|stderr", ["command/", "main", "base/log", "tui/"], "only command/ and main.c print"),
]

# Where file-level variables may change: the program's own, and the log, which every module writes to without a handle.
MUTABLE_ALLOWED = ["main", "base/log"]

# <curses.h> makes macros of these. In tui/ they may be called, and be the name of nothing; clear() flickers.
CURSES_MACROS = re.compile(r"erase|move|refresh|timeout|box|border|scroll|standout")
CURSES_CLEAR = re.compile(r"clear")

WORD = re.compile(r"[A-Za-z_]\w*")
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*([<\"])([^>\"\n]+)[>\"]", re.M)
ATTRIBUTE = re.compile(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)")
COMMENT_OR_TEXT = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)


def blank(text):
    """As many lines, and nothing in them."""
    return re.sub(r"[^\n]", " ", text)


class Source:
    """One file: what it includes, and its text without comments, strings and preprocessor lines."""

    def __init__(self, root, path):
        self.path = path
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            text = file.read()
        self.newlines = [match.start() for match in re.finditer("\n", text)]
        without_comments = COMMENT_OR_TEXT.sub(
            lambda match: match[0] if match[0][0] in "\"'" else blank(match[0]), text)
        self.includes = [(self.line_of(match.start(1)), match[1] == '"', match[2])
                         for match in INCLUDE.finditer(without_comments)]
        code = COMMENT_OR_TEXT.sub(lambda match: match[0][0] + blank(match[0][1:-1]) + match[0][-1], without_comments)
        # Words inside macros count too; only the includes and what is said to the compiler are gone.
        self.words_text = ATTRIBUTE.sub(lambda match: blank(match[0]), INCLUDE.sub(lambda match: blank(match[0]), code))
        self.code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda match: blank(match[0]), self.words_text, flags=re.M)

    def line_of(self, position):
        return bisect.bisect_left(self.newlines, position) + 1

    def words(self):
        for match in WORD.finditer(self.words_text):
            yield self.line_of(match.start()), match[0], match


def module_of(path):
    """src/base/error.h is base/error; tui/view.h is tui/view."""
    name = path[len("src/"):] if path.startswith("src/") else path
    return name.rsplit(".", 1)[0]


def folder_of(module):
    return module.split("/")[0] + "/" if "/" in module else module


def belongs(module, names):
    """Whether module is one of names, or in one of its folders."""
    return any(module.startswith(name) if name.endswith("/") else module == name for name in names)


class Check:
    def __init__(self, root, layers):
        self.root = root
        self.layers = layers
        self.offences = []
        self.order = {}
        self.sources = [Source(root, path) for path in self.find_files()]

    def refuse(self, path, line, what):
        self.offences.append((path, line, what))

    def find_files(self):
        for top in ("src", "tui"):
            for folder, _, names in sorted(os.walk(os.path.join(self.root, top))):
                for name in sorted(names):
                    if name.endswith((".c", ".h")):
                        yield os.path.relpath(os.path.join(folder, name), self.root)

    def run(self, compile_command, ctags):
        self.read_layers()
        for source in self.sources:
            module = module_of(source.path)
            if module not in self.order:
                self.refuse(source.path, 1, f"module {module} is not listed in {self.layers}")
                continue
            self.check_includes(source, module)
            self.check_words(source, module)
            self.check_variables(source, module)
            if source.path.startswith("tui/"):
                self.check_curses_names(source)
        if ctags:
            self.check_lengths(ctags)
        if compile_command:
            self.check_headers(compile_command)
        return sorted(set(self.offences))

    # --- the list -----------------------------------------------------------------------------------------------------

    def read_layers(self):
        present = {module_of(source.path) for source in self.sources}
        with open(os.path.join(self.root, self.layers), encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                name = line.split("#")[0].strip()
                if not name:
                    continue
                if name in self.order:
                    self.refuse(self.layers, number, f"module {name} is listed twice")
                if name not in present:
                    self.refuse(self.layers, number, f"module {name} does not exist")
                self.order.setdefault(name, number)

    # --- who sees whom ------------------------------------------------------------------------------------------------

    def check_includes(self, source, module):
        for line, quoted, name in source.includes:
            if quoted:
                self.check_own_include(source, module, line, name)
            else:
                self.check_library(source, module, line, name)

    def check_own_include(self, source, module, line, name):
        path = name if name.startswith("tui/") else "src/" + name
        if not os.path.isfile(os.path.join(self.root, path)):
            self.refuse(source.path, line, f'"{name}" is no header of ours by its path from src/')
            return
        target = module_of(path)
        if target == module:
            return
        if target not in self.order:
            self.refuse(source.path, line, f"includes {target}, which is not listed in {self.layers}")
            return
        if self.order[target] > self.order[module]:
            self.refuse(source.path, line, f"{module} includes {target}, which stands after it in {self.layers}")
        folder = folder_of(module)
        view = VIEWS.get(folder)
        if view is not None and folder_of(target) != folder and not belongs(target, view):
            self.refuse(source.path, line, f"{folder} may not see {target}")
        if PRIVATE_HEADER.search(name) and folder_of(target) != folder:
            self.refuse(source.path, line, f"{name} is private to {folder_of(target)}")
        if folder == PURE_FOLDER and target in PURE_DENIED_MODULES:
            self.refuse(source.path, line, f"{PURE_FOLDER} is pure: it may not see {target}")

    def check_library(self, source, module, line, name):
        for library, headers, _, allowed in FENCES:
            if re.match(headers, name) and not belongs(module, allowed):
                self.refuse(source.path, line, f"<{name}>: {library} belongs to {', '.join(allowed)}")
        if module.startswith(PURE_FOLDER) and name not in PURE_HEADERS:
            self.refuse(source.path, line, f"{PURE_FOLDER} is pure: it may not include <{name}>")

    # --- words --------------------------------------------------------------------------------------------------------

    def check_words(self, source, module):
        calls = [(re.compile(words), why) for words, allowed, why in BANNED if not belongs(module, allowed)]
        names = [(re.compile(words), why) for words, allowed, why in BANNED_NAMES if not belongs(module, allowed)]
        names += [(re.compile(words), f"{library} belongs to {', '.join(allowed)}")
                  for library, _, words, allowed in FENCES if not belongs(module, allowed)]
        if module.startswith(PURE_FOLDER):
            calls.append((PURE_DENIED, f"{PURE_FOLDER} is pure: no clock, thread, file, environment"))
        for line, word, match in source.words():
            if is_member(source.words_text, match.start()):
                continue
            called = re.match(r"\s*\(", source.words_text[match.end():match.end() + 20])
            for rule, why in names + calls if called else names:
                if rule.fullmatch(word):
                    self.refuse(source.path, line, f"{word}: {why}")

    def check_curses_names(self, source):
        for line, word, match in source.words():
            if CURSES_CLEAR.fullmatch(word):
                self.refuse(source.path, line, f"{word}: ncurses' clear() repaints everything; use erase()")
            elif CURSES_MACROS.fullmatch(word) and not is_call(source.words_text, match):
                self.refuse(source.path, line, f"{word}: <curses.h> makes a macro of this name")

    def check_variables(self, source, module):
        if belongs(module, MUTABLE_ALLOWED):
            return
        for position, statement in file_statements(source.code):
            if is_mutable_variable(statement):
                self.refuse(source.path, source.line_of(position), "a mutable file-level variable")
        for match in re.finditer(r"(?<=[;{}])\s*(static\b[^;={]*)[;=]", source.code):
            if not is_constant(match[1]) and match[1].count("(") == 0:
                self.refuse(source.path, source.line_of(match.start(1)), "a mutable static variable")

    # --- lengths, headers ---------------------------------------------------------------------------------------------

    def check_lengths(self, ctags):
        paths = [source.path for source in self.sources if source.path.endswith(".c")]
        if not paths:
            return
        command = [ctags, "--output-format=json", "--fields=+ne", "--c-kinds=f", "-f", "-", *paths]
        output = subprocess.run(command, cwd=self.root, check=True, capture_output=True, text=True).stdout
        for row in output.splitlines():
            tag = json.loads(row)
            if tag.get("_type") != "tag" or "end" not in tag:
                continue
            lines = tag["end"] - tag["line"] + 1
            if lines > FUNCTION_LINES:
                self.refuse(tag["path"], tag["line"], f"{tag['name']}() has {lines} lines, more than {FUNCTION_LINES}")

    def check_headers(self, compile_command):
        headers = [source.path for source in self.sources if source.path.endswith(".h")]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for path, complaint in zip(headers, pool.map(lambda path: self.compile_alone(compile_command, path), headers)):
                if complaint:
                    self.refuse(path, 1, "does not compile alone: " + complaint)

    def compile_alone(self, compile_command, path):
        name = path[len("src/"):] if path.startswith("src/") else path
        command = [*shlex.split(compile_command), "-I", "src", "-I", ".", "-fsyntax-only", "-x", "c", "-"]
        result = subprocess.run(command, cwd=self.root, input=f'#include "{name}"\n', capture_output=True, text=True,
                                check=False)
        if result.returncode == 0:
            return None
        errors = [line for line in result.stderr.splitlines() if "error:" in line]
        return (errors or result.stderr.splitlines() or ["no message"])[0]


def is_member(text, position):
    """Whether the word at position is a member: behind "." or "->"."""
    return bool(re.search(r"(\.|->)\s*$", text[max(0, position - 40):position]))


def is_call(text, match):
    """Whether the word is called where it stands: name( with no type before it."""
    if not re.match(r"\s*\(", text[match.end():]):
        return False
    return bool(re.search(r"([;{}(),&|!?:]|\b(return|else))\s*$", text[:match.start()]))


def file_statements(code):
    """Yields (position, text) of each statement outside functions, with every {...} inside it emptied."""
    depth, start, parts = 0, 0, []
    for match in re.finditer(r"[{};]|[^{};]+", code):
        token = match[0]
        if token == "{":
            if depth == 0:
                if re.search(r"\)\s*$", "".join(parts)) and "=" not in strip_groups("".join(parts)):
                    parts = ["function"]
                parts.append("{")
            depth += 1
        elif token == "}":
            depth -= 1
            if depth == 0:
                parts.append("}")
                if parts[0] == "function":
                    parts = []
        elif depth > 0:
            continue
        elif token == ";":
            yield start, "".join(parts).strip()
            parts = []
        else:
            if not "".join(parts).strip():
                start = match.start() + len(token) - len(token.lstrip())
            parts.append(token)


def strip_groups(text):
    """Text without what stands in parentheses, which may be nested."""
    before = None
    while before != text:
        before, text = text, re.sub(r"\([^()]*\)", " ", text)
    return text


def is_mutable_variable(statement):
    if not statement or re.match(r"(typedef|extern|_Static_assert|static_assert)\b", statement):
        return False
    head = statement.split("=")[0].strip()
    if re.fullmatch(r"(struct|union|enum)\b\s*\w*\s*(\{\s*\})?", head):
        return False
    function_pointer = re.match(r"[^(]*\(\s*\*([^()]*)\)", head)
    if function_pointer:
        return not re.search(r"\bconst\b", function_pointer[1])
    if "(" in head:
        return False  # a prototype
    return not is_constant(head)


def is_constant(head):
    """const, and where it is a pointer: a pointer that itself is const. Signal flags count as constant."""
    if re.search(r"\bsig_atomic_t\b", head):
        return True
    return bool(re.search(r"\bconst\b", head.rsplit("*", 1)[-1]))


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", default=os.path.dirname(here), help="top of the tree to check")
    parser.add_argument("--compile", help="compiler and flags, to compile each header alone")
    parser.add_argument("--ctags", help="universal-ctags, to find long functions")
    options = parser.parse_args()

    offences = Check(options.root, "tests/layers.txt").run(options.compile, options.ctags)
    for path, line, what in offences:
        print(f"{path}:{line}: {what}")
    print(f"layers: {len(offences)} offence{'' if len(offences) == 1 else 's'}", file=sys.stderr)
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
