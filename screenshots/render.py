#!/usr/bin/env python3
"""Draws the console's golden screens (tests/screens/*.txt) as SVG pictures beside this file.

The pictures show what the tests compare, so they cannot show what the program does not draw. They follow the reader's
light or dark colours, and need nothing but Python. --check only says whether they are as they should be.
"""

import argparse
import html
import itertools
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SCREENS = os.path.join(os.path.dirname(HERE), "tests", "screens")

# Picture: the screen it shows. Each is drawn at 80x24, and with WIDE behind both names at 120x40.
VIEWS = {
    "topics": "topics",
    "groups": "groups",
    "skew": "skew",
    "skew-10000": "ten-thousand",
    "signs": "states",
    "start": "start",
    "start-10000": "start-ten-thousand",
    "launch": "launch",
    "pipeline": "pipeline",
    "audit": "audit",
    "guide": "guide-start",
    "help": "help-start",
}
WIDE = "-120x40"
PICTURES = {picture + size: screen + size for picture, screen in VIEWS.items() for size in ("", WIDE)}

CELL_WIDTH, CELL_HEIGHT, MARGIN, FONT = 8.4, 17, 12, 14

# Role letters of tui/theme.c: (light, dark, bold).
ROLES = {
    ".": ("#24292f", "#d0d7de", False),
    "t": ("#24292f", "#e6edf3", True),
    "d": ("#0f6674", "#6cb6c2", False),
    "k": ("#0b7285", "#56d4dd", True),
    "c": ("#8250df", "#d2a8ff", True),
    "m": ("#1a7f37", "#56d364", True),
    "g": ("#1a7f37", "#3fb950", False),
    "w": ("#9a6700", "#e3b341", True),
    "b": ("#cf222e", "#ff7b72", True),
    "o": ("#0969da", "#58a6ff", False),
    "h": ("#bf5f00", "#f0b72f", True),
    "n": ("#8c959f", "#7d8590", False),
}
BACKGROUND = ("#ffffff", "#0d1117")


def class_of(letter):
    return "plain" if letter == "." else letter


def read_screen(path):
    """Size, lines of text and lines of role letters of a dump, all of full width."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    columns, rows = map(int, lines[0].split()[1].split("x"))
    text, roles = lines[1:1 + rows], lines[2 + rows:2 + 2 * rows]
    return columns, rows, [line.ljust(columns) for line in text], [line.ljust(columns) for line in roles]


def style():
    def rules(theme):
        ground = BACKGROUND[theme]
        yield f".ground {{ fill: {ground} }}"
        for letter, colours in ROLES.items():
            name = class_of(letter)
            yield f".{name} {{ fill: {colours[theme]} }}"
            yield f".{name}-reversed {{ fill: {ground} }}"
    bold = ", ".join(f".{class_of(letter)}, .{class_of(letter)}-reversed" for letter, row in ROLES.items() if row[2])
    return "\n".join([
        f"text {{ font: {FONT}px 'DejaVu Sans Mono', Menlo, Consolas, monospace; white-space: pre }}",
        f"{bold} {{ font-weight: bold }}",
        *rules(0),
        "@media (prefers-color-scheme: dark) {",
        *("  " + rule for rule in rules(1)),
        "}",
    ])


def look(letter):
    """(role, whether it is reversed) of a role letter."""
    if letter == "#":
        return ".", True
    if letter.isupper():
        return letter.lower(), True
    return (letter if letter in ROLES else "."), False


def runs(text, roles):
    """(column, text, role, reversed) of each stretch of cells that look alike; blanks that are not reversed are left out."""
    column = 0
    for (role, is_reversed), cells in itertools.groupby(zip(text, roles), key=lambda cell: look(cell[1])):
        part = "".join(cell[0] for cell in cells)
        if is_reversed or part.strip():
            yield column, part, role, is_reversed
        column += len(part)


def draw_run(row, column, part, role, is_reversed):
    x, width = MARGIN + column * CELL_WIDTH, len(part) * CELL_WIDTH
    y = MARGIN + row * CELL_HEIGHT
    if is_reversed:
        yield f'<rect class="{class_of(role)}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="{CELL_HEIGHT}"/>'
    if not part.strip():
        return
    blanks = len(part) - len(part.lstrip())
    part, x = part.strip(), x + blanks * CELL_WIDTH
    name = class_of(role) + ("-reversed" if is_reversed else "")
    yield (f'<text class="{name}" x="{x:.1f}" y="{y + 13}" textLength="{len(part) * CELL_WIDTH:.1f}" '
           f'lengthAdjust="spacingAndGlyphs" xml:space="preserve">{html.escape(part)}</text>')


def render(screen):
    columns, rows, text, roles = read_screen(os.path.join(SCREENS, screen + ".txt"))
    width, height = columns * CELL_WIDTH + 2 * MARGIN, rows * CELL_HEIGHT + 2 * MARGIN
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" '
             f'viewBox="0 0 {width:.0f} {height}">',
             f"<style>\n{style()}\n</style>",
             f'<rect class="ground" width="{width:.0f}" height="{height}" rx="8"/>']
    for row in range(rows):
        for run in runs(text[row], roles[row]):
            lines += draw_run(row, *run)
    return "\n".join([*lines, "</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a picture is old")
    options = parser.parse_args()
    old = 0
    for name in sorted(os.listdir(HERE)):
        if name.endswith(".svg") and name[:-len(".svg")] not in PICTURES:
            if options.check:
                print(f"screenshots/{name} is drawn by nothing: run screenshots/render.py")
                old += 1
            else:
                os.remove(os.path.join(HERE, name))
    for picture, screen in PICTURES.items():
        path = os.path.join(HERE, picture + ".svg")
        drawn = render(screen)
        if options.check:
            if not os.path.exists(path) or open(path, encoding="utf-8").read() != drawn:
                print(f"screenshots/{picture}.svg is old: run screenshots/render.py")
                old += 1
            continue
        with open(path, "w", encoding="utf-8") as file:
            file.write(drawn)
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main())
