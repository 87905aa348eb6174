"""Cards on paper: a drawing of each (SVG), and sheets of them to be printed and cut out (HTML), in both languages."""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from html import escape
from string import Template
from zoneinfo import ZoneInfo

from idp.plugin import Tools
from idp.plugin.texts import texts_of
from plugins.matrix.grid import COLUMNS, Card

LANGUAGES = ("ja", "en")
"""Of what is printed, the first in front; a card is read by whoever has it, whatever their browser speaks."""
WIDTH, TOP, SIDE, ROW, FOOT = 856, 118, 56, 44, 70
"""In tenths of a millimetre: the width is that of a bank card (ISO/IEC 7810 ID-1), the height as many rows need."""

_DRAWING = Template(
    '<svg xmlns="http://www.w3.org/2000/svg" class="card" role="img" aria-label="$title $number" '
    'width="${width_mm}mm" height="${height_mm}mm" viewBox="0 0 $width $height">'
    '<rect x="2" y="2" width="$inner_width" height="$inner_height" rx="30" fill="#fff" stroke="#999" stroke-width="2"/>'
    '<g font-family="sans-serif" fill="#1d1b19"><text x="30" y="46" font-size="28" font-weight="bold">$site</text>'
    '<text x="30" y="84" font-size="24">$title</text>'
    '<text x="$right" y="84" font-size="26" text-anchor="end" font-weight="bold">No. $number</text></g>'
    '<g font-family="DejaVu Sans Mono, Consolas, monospace" font-size="28" text-anchor="middle" fill="#1d1b19">'
    '$cells</g><text x="30" y="$foot" font-family="sans-serif" font-size="18" fill="#1d1b19">$warning</text></svg>\n'
)
_STYLE = """\
@page{size:A4;margin:12mm}body{margin:0;font:10pt/1.5 sans-serif;color:#1d1b19;background:#fff}
section{break-inside:avoid;display:flex;flex-wrap:wrap;gap:6mm;padding:5mm 0;border-bottom:.2mm dashed #999}
.card{flex:none}.for{flex:1 1 60mm}h2{font-size:12pt;margin:0 0 2mm}p{margin:0 0 2mm}"""
_SHEET = Template(
    """<!doctype html>
<html lang="$language"><head><meta charset="utf-8"><title>$title</title>
<meta name="robots" content="noindex"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
style-src 'sha256-$digest'">
<style>$style</style></head><body>
$cards</body></html>
"""
)
_ONE = Template(
    '<section>$drawing<div class="for"><h2>$username</h2><p>No. $number<br>$date</p>$texts</div></section>\n'
)


def draw(card: Card, names: Mapping[str, str]) -> str:
    """Give a card as SVG; `names` are the site's by language. It has no name of a person on it (people.md 1.2)."""
    grid = card.grid
    height = TOP + (grid.rows + 1) * ROW + FOOT
    step = (WIDTH - 2 * SIDE) / grid.columns
    cells = []
    for row in range(grid.rows + 1):
        y = TOP + row * ROW + 30
        if row % 2:
            cells.append(f'<rect x="20" y="{y - 32}" width="{WIDTH - 40}" height="{ROW}" fill="#f3ece4"/>')
        if row:
            cells.append(f'<text x="44" y="{y}" font-weight="bold" font-size="24">{row}</text>')
        for place, column in enumerate(COLUMNS[: grid.columns]):
            x = round(SIDE + 20 + (place + 0.5) * step)
            said = f">{card.text(f'{column}{row}')}" if row else f' font-weight="bold" font-size="24">{column}'
            cells.append(f'<text x="{x}" y="{y}"{said}</text>')
    return _DRAWING.substitute(
        width=WIDTH,
        height=height,
        width_mm=WIDTH / 10,
        height_mm=height / 10,
        inner_width=WIDTH - 4,
        inner_height=height - 4,
        right=WIDTH - 30,
        foot=height - 26,
        site=escape(_both(names)),
        title=escape(_both({language: _words(language)["title"] for language in LANGUAGES})),
        number=escape(card.number),
        warning=escape(_words(LANGUAGES[0])["short"]),
        cells="".join(cells),
    )


def sheet_of(cards: Iterable[tuple[str, Card]], tools: Tools) -> str:
    """Give a document with one card after another, each beside its person's user name and what to do with it."""
    before, after = sheet_parts()
    return "".join((before, *(one(username, card, tools) for username, card in cards), after))


def sheet_parts() -> tuple[str, str]:
    """Give what stands before and after the cards of a sheet, to be written card by card."""
    title = _both({language: _words(language)["title"] for language in LANGUAGES})
    digest = b64encode(sha256(_STYLE.encode()).digest()).decode()
    sheet = _SHEET.substitute(language=LANGUAGES[0], title=escape(title), digest=digest, style=_STYLE, cards="\0")
    before, _, after = sheet.partition("\0")
    return before, after


def one(username: str, card: Card, tools: Tools) -> str:
    """Give one card of a sheet."""
    texts = "".join(
        f'<p lang="{language}">{escape(_words(language)[key])}</p>'
        for language in LANGUAGES
        for key in ("keep", "lost")
    )
    date = f"{tools.now.astimezone(ZoneInfo(tools.site.time_zone)):%Y-%m-%d}"
    return _ONE.substitute(
        drawing=draw(card, tools.site.names),
        username=escape(username),
        number=escape(card.number),
        date=date,
        texts=texts,
    )


def as_json(username: str, card: Card) -> str:
    """Give one card for a program that prints it: user name, number, and the text of each cell."""
    cells = {cell: card.text(cell) for cell in card.grid.cells}
    return json.dumps({"username": username, "number": card.number, "cells": cells})


def _both(names: Mapping[str, str]) -> str:
    """Give a name in each of our languages, once where they are one."""
    return " / ".join(dict.fromkeys(names[language] for language in LANGUAGES if names.get(language)))


def _words(language: str) -> Mapping[str, str]:
    words: Mapping[str, str] = texts_of(__package__, language)["matrix"]["card"]
    return words
