#!/usr/bin/env python3
"""Tests layers_check.py on a small tree that is right, and on the same tree with one thing wrong at a time."""

import os
import subprocess
import sys
import tempfile
import unittest

CHECK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "layers_check.py")
COMPILE = os.environ.get("CC", "cc") + " -std=c11"
CTAGS = os.environ.get("CTAGS", "ctags")

LAYERS = """\
base/error
base/json
base/xml
base/log
base/queue
aws/digest
format/crc32c
http/http_client
s3/s3_client
kafka/kafka_internal
kafka/kafka_reader
kafka/kafka_commit
connect/connect_client
cutover/cutover_plan
delivery/delivery_progress
delivery/delivery
config
engine_event
engine
command/command_plan
tui/terminal
tui/view
main
"""

GOOD = {
    "tests/layers.txt": LAYERS,
    "src/base/error.h": "#include <stdbool.h>\nstruct error;\n"
                        "bool error_set(struct error *err, const char *format, ...)"
                        " __attribute__((format(printf, 2, 3)));\n",
    "src/base/error.c": '#include "base/error.h"\n'
                        "/* exit(1), getenv() and rand() in a comment are no offence */\n"
                        'static const char *const names[] = {"exit(1)", "a\\"system(x)"};\n'
                        "static int length(void)\n{\n    static const int table[] = {1, 2};\n"
                        "    return table[0] + (int)sizeof names;\n}\n",
    "src/base/json.c": "#include <cjson/cJSON.h>\n",
    "src/base/log.c": "#include <pthread.h>\n#include <stdio.h>\n"
                      "static struct {\n    pthread_mutex_t lock;\n} shared;\n",
    "src/base/log.h": "struct log_line;\n",
    "src/base/queue.h": "struct queue;\nstruct queue *queue_new(void (*free_item)(void *item));\n",
    "src/aws/digest.h": "struct digest;\n",
    "src/aws/digest.c": "#include <openssl/evp.h>\n",
    "src/format/crc32c.c": "#include <isa-l.h>\n#include <zlib.h>\n#include <zstd.h>\n",
    "src/http/http_client.h": '#include "base/error.h"\n',
    "src/http/http_client.c": "#include <curl/curl.h>\n#include <pthread.h>\n"
                            "struct timing { int time; };\n"
                            "int f(struct timing *timing);\nint f(struct timing *timing)\n{\n"
                            "    return timing->time + curl_easy_cleanup;\n}\n",
    "src/base/xml.c": "#include <expat.h>\n",
    "src/s3/s3_client.c": '#include "http/http_client.h"\n',
    "src/kafka/kafka_internal.h": "#include <stddef.h>\n",
    "src/kafka/kafka_reader.c": '#include "kafka/kafka_internal.h"\n#include <librdkafka/rdkafka.h>\n',
    "src/kafka/kafka_commit.c": "void f(void)\n{\n    rd_kafka_commit(0);\n}\n",
    "src/connect/connect_client.c": '#include "http/http_client.h"\n',
    "src/cutover/cutover_plan.h": '#pragma once\n#include "base/error.h"\n#include <stdint.h>\n'
                                  "struct plan {\n    int64_t time;\n};\n",
    "src/delivery/delivery_progress.h": "#pragma once\nstruct delivery_progress {\n    int rate;\n};\n",
    "src/delivery/delivery.h": '#include "cutover/cutover_plan.h"\n',
    "src/config.c": "char *getenv(const char *);\n",
    "src/engine_event.h": '#pragma once\n#include "cutover/cutover_plan.h"\n#include "delivery/delivery_progress.h"\n',
    "src/engine.h": '#pragma once\n#include "engine_event.h"\n',
    "src/engine.c": '#include "engine.h"\n#include "delivery/delivery.h"\n',
    "src/command/command_plan.h": "struct config;\n",
    "src/command/command_plan.c": '#include "engine.h"\n#include "cutover/cutover_plan.h"\n#include <stdio.h>\n'
                                  'void f(void)\n{\n    printf("x");\n}\n',
    "tui/terminal.c": "#include <curses.h>\nvoid f(void)\n{\n    initscr();\n    endwin();\n}\n",
    "tui/view.h": "struct view;\n",
    "tui/view.c": '#include "tui/view.h"\n#include "engine.h"\n#include <curses.h>\n'
                  "static void draw(void)\n{\n    erase();\n    move(0, 0);\n}\n",
    "src/main.c": '#include "engine.h"\n#include "tui/view.h"\nstatic int count;\n'
                  "int main(void)\n{\n    count++;\n    exit(1);\n}\n",
}

# What is added at the end of a file (or what file is new), and what the check must say: the line counts from 1 in what
# was added.
BAD = [
    ("src/base/colour.c", "", 1, "module base/colour is not listed in tests/layers.txt"),
    ("tui/view_skew.c", "", 1, "module tui/view_skew is not listed in tests/layers.txt"),
    ("tests/layers.txt", "base/nothing\n", 1, "module base/nothing does not exist"),
    ("tests/layers.txt", "\nbase/error\n", 2, "module base/error is listed twice"),
    ("src/base/error.c", '#include "nothing.h"\n', 1, '"nothing.h" is no header of ours by its path from src/'),
    ("src/base/error.c", '\n#include "base/queue.h"\n', 2,
     "base/error includes base/queue, which stands after it in tests/layers.txt"),
    ("src/engine_event.h", '#include "engine.h"\n', 1,
     "engine_event includes engine, which stands after it in tests/layers.txt"),
    # the narrower views
    ("src/format/crc32c.c", '#include "aws/digest.h"\n', 1, "format/ may not see aws/digest"),
    ("src/kafka/kafka_reader.c", '#include "http/http_client.h"\n', 1, "kafka/ may not see http/http_client"),
    ("src/connect/connect_client.c", '#include "aws/digest.h"\n', 1, "connect/ may not see aws/digest"),
    ("src/cutover/cutover_plan.h", '#include "http/http_client.h"\n', 1, "cutover/ may not see http/http_client"),
    ("src/command/command_plan.c", '#include "delivery/delivery.h"\n', 1, "command/ may not see delivery/delivery"),
    ("tui/view.c", '#include "http/http_client.h"\n', 1, "tui/ may not see http/http_client"),
    ("tui/view.c", '#include "command/command_plan.h"\n', 1, "tui/ may not see command/command_plan"),
    ("src/engine.c", '#include "kafka/kafka_internal.h"\n', 1, "kafka/kafka_internal.h is private to kafka/"),
    # libraries
    ("src/engine.c", "#include <librdkafka/rdkafka.h>\n", 1, "librdkafka belongs to kafka/"),
    ("src/engine.c", "rd_kafka_t *handle(void);\n", 1, "rd_kafka_t: librdkafka belongs to kafka/"),
    ("src/s3/s3_client.c", "#include <curl/curl.h>\n", 1, "libcurl belongs to http/"),
    ("src/s3/s3_client.c", "#include <expat.h>\n", 1, "expat belongs to base/xml"),
    ("src/s3/s3_client.c", "#include <openssl/sha.h>\n", 1, "OpenSSL belongs to aws/"),
    ("src/config.c", "#include <ini.h>\n", 1, "inih belongs to aws/"),
    ("src/config.c", "#include <cjson/cJSON.h>\n", 1, "cJSON belongs to base/json"),
    ("src/s3/s3_client.c", "#include <isa-l/crc.h>\n", 1, "ISA-L belongs to format/"),
    ("src/s3/s3_client.c", "#include <zlib.h>\n", 1, "zlib belongs to format/"),
    ("src/s3/s3_client.c", "#include <zstd.h>\n", 1, "zstd belongs to format/"),
    ("src/command/command_plan.c", "#include <ncurses.h>\n", 1, "ncurses belongs to tui/"),
    ("src/kafka/kafka_reader.c", "#include <pthread.h>\n", 1, "pthread belongs to base/queue"),
    ("tui/view.c", "void g(void)\n{\n    pthread_create(0, 0, 0, 0);\n}\n", 3, "pthread_create: pthread belongs to"),
    # the pure core
    ("src/cutover/cutover_plan.h", "#include <time.h>\n", 1, "cutover/ is pure: it may not include <time.h>"),
    ("src/cutover/cutover_plan.h", '#include "base/log.h"\n', 1, "cutover/ is pure: it may not see base/log"),
    ("src/cutover/cutover_plan.h", '#include "base/queue.h"\n', 1, "cutover/ is pure: it may not see base/queue"),
    ("src/cutover/cutover_plan.h", "static long f(void)\n{\n    return timestamp_now();\n}\n", 3,
     "timestamp_now: cutover/ is pure"),
    ("src/cutover/cutover_plan.h", "#define NOW time(0)\n", 1, "time: cutover/ is pure"),
    # banned words
    ("src/engine.c", "void f(void)\n{\n    strcpy(0, 0);\n}\n", 3, "strcpy: is banned"),
    ("src/engine.c", "#define COPY(a, b) \\\n    strcat(a, b)\n", 2, "strcat: is banned"),
    ("src/main.c", "int f(void)\n{\n    return atoi(0);\n}\n", 3, "atoi: is banned"),
    ("src/engine.c", "void f(void)\n{\n    exit(1);\n}\n", 3, "exit: only main.c ends the program"),
    ("src/engine.c", 'void f(void)\n{\n    printf("x");\n}\n', 3, "printf: only command/ and main.c print"),
    ("src/engine.c", 'void f(void)\n{\n    fprintf(stderr, "x");\n}\n', 3, "stderr: only command/ and main.c print"),
    ("src/engine.c", 'void f(void)\n{\n    getenv ("HOME");\n}\n', 3, "getenv: the environment is read in config"),
    ("src/kafka/kafka_reader.c", "void f(void)\n{\n    rd_kafka_query_watermark_offsets();\n}\n", 3,
     "rd_kafka_query_watermark_offsets: older releases"),
    ("src/kafka/kafka_reader.c", "void f(void)\n{\n    rd_kafka_commit_queue();\n}\n", 3,
     "rd_kafka_commit_queue: groups and offsets are written in kafka_commit only"),
    ("src/kafka/kafka_reader.c", "void f(void)\n{\n    rd_kafka_DeleteGroups();\n}\n", 3, "rd_kafka_DeleteGroups: groups"),
    # variables
    ("src/engine.c", "\nstatic int count;\n", 2, "a mutable file-level variable"),
    ("src/engine.c", "static const char *names[] = {\n    0,\n};\n", 1, "a mutable file-level variable"),
    ("src/engine.c", "struct { int x; } shared;\n", 1, "a mutable file-level variable"),
    ("src/engine.c", "void (*hook)(void);\n", 1, "a mutable file-level variable"),
    ("src/engine.c", "int f(void)\n{\n    static int calls = 0;\n    return calls++;\n}\n", 3, "a mutable static variable"),
    # ncurses
    ("tui/view.c", "void f(void)\n{\n    clear();\n}\n", 3, "clear: ncurses' clear() repaints everything"),
    ("tui/view.c", "static void refresh(void);\n", 1, "refresh: <curses.h> makes a macro of this name"),
    ("tui/view.h", "struct meter { int timeout; };\n", 1, "timeout: <curses.h> makes a macro of this name"),
    ("tui/view.c", "void f(void)\n{\n    endwin();\n}\n", 3, "endwin: only tui/terminal starts and ends ncurses"),
    # length and headers
    ("src/engine.c", "\nvoid f(void)\n{\n" + "    ;\n" * 78 + "}\n", 2, "f() has 81 lines, more than 80"),
    ("src/engine.h", "bool engine_ready(size_t count);\n", None, "does not compile alone: "),
]


def write_tree(root, tree):
    for path, text in tree.items():
        os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
        with open(os.path.join(root, path), "w", encoding="utf-8") as file:
            file.write(text)


def check(tree, compile_headers=True, measure=True):
    with tempfile.TemporaryDirectory() as root:
        write_tree(root, tree)
        command = [sys.executable, CHECK, "--root", root]
        command += ["--compile", COMPILE] if compile_headers else []
        command += ["--ctags", CTAGS] if measure else []
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        return result.returncode, result.stdout


class LayersTest(unittest.TestCase):
    def test_a_good_tree_passes(self):
        self.assertEqual((0, ""), check(GOOD))

    def test_a_function_of_80_lines_passes(self):
        tree = dict(GOOD)
        tree["src/engine.c"] += "void f(void)\n{\n" + "    ;\n" * 77 + "}\n"
        self.assertEqual((0, ""), check(tree))

    def test_a_listed_module_that_went_away_is_refused(self):
        tree = dict(GOOD)
        del tree["src/format/crc32c.c"]
        self.assertEqual((1, "tests/layers.txt:7: module format/crc32c does not exist\n"), check(tree))


def bad_test(path, added, line, message):
    def test(self):
        tree = dict(GOOD)
        before = tree.get(path, "").count("\n")
        tree[path] = tree.get(path, "") + added
        code, output = check(tree, compile_headers="compile" in message, measure="lines" in message)
        self.assertEqual(1, code)
        where = f"{path}:{before + line if line else 1}: "
        self.assertTrue(any(row.startswith(where) and message in row for row in output.splitlines()),
                        f"expected {where}...{message}, found:\n{output}")
        self.assertEqual(1, len(output.splitlines()), f"more than the one offence:\n{output}")

    return test


for number, case in enumerate(BAD):
    setattr(LayersTest, f"test_bad_{number:02}_{case[0].replace('/', '_').replace('.', '_')}", bad_test(*case))


if __name__ == "__main__":
    unittest.main()
