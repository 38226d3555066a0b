# SPDX-License-Identifier: LGPL-2.1-or-later
"""The mutants of a file of C in our style, in which a binary operator has a
space on both sides.  Left alone: comments, strings, lines of the preprocessor
but #define, and asserts, which are not in a user's build."""

import collections
import re

FLIPS = {
    "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"),
    "==": ("!=",), "!=": ("==",), "&&": ("||",), "||": ("&&",),
    "+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "%": ("*",),
    "&": ("|",), "|": ("&",), "^": ("|",), "<<": (">>",), ">>": ("<<",),
    "+=": ("-=",), "-=": ("+=",), "*=": ("/=",), "/=": ("*=",),
    "|=": ("&=",), "&=": ("|=",), "++": ("--",), "--": ("++",), "!": ("",),
    "true": ("false",), "false": ("true",),
}
HIDDEN = re.compile(r"""
    /\*.*?\*/ | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' |
    ^[ \t]*\#[ \t]*(?!define\b)(?:\\\n|[^\n])* |
    ^[ \t]*\#[ \t]*define[ \t]+\w+(?:\([^)]*\))?
    """, re.X | re.S | re.M)
ASSERT = re.compile(r"\b(?:assert|static_assert|_Static_assert)\s*\(")
TOKEN = re.compile(r"""
    (?P<word>[A-Za-z_]\w*) | (?P<number>(?:0[xX][0-9a-fA-F]+|\d[\w.]*)) |
    (?P<sign>->|\+\+|--|<<=|>>=|<<|>>|[<>=!+\-*/%&|^]=|&&|\|\||[<>!+\-*/%&|^])
    """, re.X)


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def visible(text):
    """Of the same length, with spaces for what is left alone."""
    text = HIDDEN.sub(lambda m: blank(m[0]), text)
    for match in reversed(list(ASSERT.finditer(text))):
        end, depth = match.end(), 1
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        text = text[:match.start()] + blank(text[match.start():end]) + \
            text[end:]
    return text


class Mutant(collections.namedtuple(
        "Mutant", "name line start end new source repeat nth")):
    """Characters [start, end) of the text become new.  The nth of its kind in
    its line, which is the repeat-th of those that read the same."""

    @property
    def flip(self):
        more = f" #{self.nth}" if self.nth > 1 else ""
        return f"{self.old()} -> {self.new or 'nothing'}{more}"

    def old(self):
        return self.source[self.start:self.end]

    def text(self):
        start = self.source.rfind("\n", 0, self.start) + 1
        return self.source[start:self.source.find("\n", start)].strip()

    @property
    def listing(self):
        """What tests/mutate/equivalent.txt says of it."""
        return self.name, self.text(), self.flip

    @property
    def key(self):
        return "\t".join((self.name, self.text(), str(self.repeat),
                          self.flip))

    def apply(self, text):
        return text[:self.start] + self.new + text[self.end:]

    def __str__(self):
        return f"{self.name}:{self.line}: {self.flip}: {self.text()}"


def news(match, text):
    """What takes the place of a token."""
    token = match[0]
    if match["number"]:
        number = re.fullmatch(r"(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)", token)
        if not number:
            return ()
        value = int(number[1], 0 if "x" in number[1].lower() else 10)
        return tuple(f"{v}{number[2]}" for v in (value + 1, value - 1)
                     if v >= 0)
    if match["sign"] and token not in ("!", "++", "--") and (
            text[match.start() - 1] not in " \n" or
            text[match.end():match.end() + 1] not in (" ", "\n")):
        return ()
    return FLIPS.get(token, ())


def of_file(name, source):
    text = visible(source)
    lines, seen = source.splitlines(), collections.Counter()
    at = 0
    for number, line in enumerate(lines, 1):
        stripped = line.strip()
        seen[stripped] += 1
        nth = collections.Counter()
        for match in TOKEN.finditer(text, at, at + len(line)):
            for new in news(match, text):
                nth[match[0], new] += 1
                yield Mutant(name, number, match.start(), match.end(), new,
                             source, seen[stripped], nth[match[0], new])
        at += len(line) + 1


def read_listed(path):
    """{(file, line's text, flip): reason}.  A record of the file is

        == FILE: REASON, in as many lines as it takes
        FLIP: LINE
    with one or more of the last."""
    listed, name, reason = {}, None, ""
    with open(path, encoding="utf-8") as f:
        for line in f:
            line = line.rstrip("\n")
            found = re.fullmatch(r"(.+? -> \S+(?: #\d+)?): (.*)", line)
            if line.startswith("== "):
                name, _, reason = line[3:].partition(": ")
            elif found and name:
                listed[name, found[2], found[1]] = reason
            elif line and not line.startswith("#"):
                reason += " " + line
    return listed
