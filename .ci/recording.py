"""Draws a recording of asciinema as an SVG, and below it a page of Markdown, which appears at the end.

The terminal's rows appear as they did, and scroll. Where nothing is animated, the picture is that of the end. Every run of
characters has the width that it has in cells, so columns are right whatever font there is, Chinese ones too.

    recording.py TITLE RECORDING MARKDOWN SVG
"""

import itertools
import json
import sys
import unicodedata
from html import escape
from pathlib import Path

import pyte
from markdown_it import MarkdownIt

SIZE, WIDE_SIZE, EMOJI_SIZE = 13.5, 14.5, 12.5  # of the fonts, in pixels
WIDTH, HEIGHT = 8.1, 19  # of a cell
PADDING, BAR = 16, 42
HOLD = 8  # seconds at the end
PAUSE = 1  # before the page appears
PAGE_HEIGHT = 366
COLOURS = {"default": "#e6edf3", "red": "#ff7b72", "green": "#7ee787", "brown": "#e3b341", "cyan": "#79c0ff"}
FONT = 'ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace'


def rows_of(recording):
    """The rows that are shown at a time, every row there has been with its moment, and when the recording ends."""
    header, *events = map(json.loads, recording.read_text().splitlines())
    screen = pyte.Screen(header["width"], 500)  # so that none scrolls away
    stream = pyte.Stream(screen)
    moments, now = [], 0
    for now, kind, text in events:
        if kind == "o":
            # The terminal's library can't draw what asks for an emoji to be one; they are all the same.
            stream.feed(text.replace("\ufe0f", ""))
            moments += [now] * (screen.cursor.y - len(moments))
    rows = [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(len(moments))]
    while rows and not "".join(cell.data for cell in rows[-1]).strip():
        rows.pop()
    first = next(y for y, row in enumerate(rows) if "".join(cell.data for cell in row).strip())
    return header["height"], list(zip(moments, rows))[first:], now


def size_of(cell):
    """The size of the font; none of its own for what is one cell wide."""
    if unicodedata.east_asian_width(cell.data[0]) not in "WF":
        return None
    return EMOJI_SIZE if unicodedata.category(cell.data[0]) == "So" else WIDE_SIZE


def drawn(row, y):
    """A row's texts: runs of the same style. Wide characters have a place each, other runs are as wide as their cells."""
    cells = [(x, cell) for x, cell in enumerate(row) if cell.data]  # behind a wide character is an empty one
    style_of = lambda item: (item[1].fg, item[1].bold, size_of(item[1]))
    for (colour, bold, size), run in itertools.groupby(cells, style_of):
        run = list(run)
        text = "".join(cell.data for _, cell in run)
        if not text.strip():
            continue
        style = (f' fill="{COLOURS[colour]}"' if colour != "default" else "") + (' font-weight="bold"' if bold else "")
        if size:
            places = " ".join(f"{x * WIDTH + (2 * WIDTH - size) / 2:g}" for x, _ in run)
            style += f' x="{places}" font-size="{size}"'
        else:
            start = run[0][0] + len(text) - len(text.lstrip())
            text = text.strip()
            style += f' x="{start * WIDTH:g}" textLength="{len(text) * WIDTH:g}" lengthAdjust="spacingAndGlyphs"'
        yield f'<text y="{y * HEIGHT + SIZE:g}"{style}>{escape(text, quote=False)}</text>'


def page_of(markdown):
    """The page as XHTML, its folded parts open."""
    html = MarkdownIt("commonmark", {"html": True, "xhtmlOut": True}).enable("table").render(markdown)
    # In XHTML the line break after the tag counts.
    return html.replace("<details>", '<details open="open">').replace("<pre>\n", "<pre>")


def main(title, recording, markdown, target):
    shown, rows, end = rows_of(Path(recording))
    total = end + PAUSE + HOLD
    body, rules, scrolls, count = [], [], ["0%{transform:none}"], 0
    for number, (moment, group) in enumerate(itertools.groupby(rows, lambda row: round(row[0], 1))):
        texts = []
        for _, row in group:
            texts += drawn(row, count)
            count += 1
        percent = f"{100 * moment / total:.2f}%" if number else "0%"  # never is there nothing to see
        body.append(f'<g class="m{number}">{"".join(texts)}</g>')
        if number:
            rules.append(f"@keyframes m{number}{{0%{{visibility:hidden}}{percent}{{visibility:visible}}}}")
            rules.append(f".m{number}{{animation-name:m{number}}}")
        if count > shown:
            scrolls.append(f"{percent}{{transform:translateY({(shown - count) * HEIGHT}px)}}")
    rules.append(f"@keyframes s{{{''.join(scrolls)}}}")
    appears = 100 * (end + PAUSE) / total
    rules.append(f"@keyframes p{{0%{{opacity:0}}{appears:.2f}%{{opacity:1}}}}")
    width, height = len(rows[0][1]) * WIDTH, shown * HEIGHT
    outer_width, outer_height = width + 2 * PADDING, height + BAR + PADDING
    page = PAGE.format(
        title=escape(title), font=FONT, size=SIZE, colour=COLOURS["default"], total=f"{total:.1f}", padding=PADDING, bar=BAR,
        rules="\n".join(rules), body="\n".join(body), at_the_end=min(0, shown - count) * HEIGHT, middle=f"{outer_width / 2:g}",
        width=f"{width:g}", height=f"{height:g}", outer_width=f"{outer_width:g}", outer_height=f"{outer_height:g}",
        frame_width=f"{outer_width - 1:g}", frame_height=f"{outer_height - 1:g}", markdown=page_of(Path(markdown).read_text()),
        page_top=f"{outer_height + 12:g}", page_height=PAGE_HEIGHT, whole_height=f"{outer_height + 12 + PAGE_HEIGHT:g}",
    )  # fmt: skip
    Path(target).write_text(page)


PAGE = """\
<svg xmlns="http://www.w3.org/2000/svg" xml:lang="zh-CN" font-size="{size}" fill="{colour}"
 width="{outer_width}" height="{whole_height}" viewBox="0 0 {outer_width} {whole_height}">
<title>{title}</title>
<style>
text{{font-family:{font};white-space:pre}}
g{{animation:{total}s step-end infinite}}
.s{{animation-name:s;transform:translateY({at_the_end}px)}}
.p{{animation-name:p}}
.page{{box-sizing:border-box;height:100%;overflow:hidden;padding:14px 24px;background:#fff;color:#1f2328;border:1px solid #d1d9e0;
border-radius:8px;font:14px/1.5 -apple-system,BlinkMacSystemFont,"Segoe UI","Noto Sans",Helvetica,Arial,"Noto Sans CJK SC",sans-serif}}
.page h3{{margin:0 0 8px;font-size:17px}}
.page p{{margin:0 0 10px}}
.page a{{color:#0969da}}
.page table{{border-collapse:collapse;margin:0 0 10px}}
.page th,.page td{{border:1px solid #d1d9e0;padding:4px 13px}}
.page pre{{margin:6px 0 0;padding:10px 14px;background:#f6f8fa;border-radius:6px;font:12px/1.45 {font}}}
{rules}
@media (prefers-reduced-motion:reduce){{g{{animation:none}}}}
</style>
<rect x=".5" y=".5" width="{frame_width}" height="{frame_height}" rx="8" fill="#0d1117" stroke="#444c56"/>
<circle cx="20" cy="19" r="6" fill="#ff5f57"/>
<circle cx="40" cy="19" r="6" fill="#febc2e"/>
<circle cx="60" cy="19" r="6" fill="#28c840"/>
<text x="{middle}" y="24" text-anchor="middle" fill="#8b949e">{title}</text>
<svg x="{padding}" y="{bar}" width="{width}" height="{height}"><g class="s">
{body}
</g></svg>
<g class="p"><foreignObject x="0" y="{page_top}" width="{outer_width}" height="{page_height}">
<div xmlns="http://www.w3.org/1999/xhtml" class="page">
{markdown}</div>
</foreignObject></g>
</svg>
"""

main(*sys.argv[1:])
