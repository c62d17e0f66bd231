"""What an editor writes says the same on the web, in the console and in Telegram, whatever Markdown it is."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.channels.telegram.rich_text import from_markdown
from bot.knowledge.markdown import to_html

TEXTS = {
    "15. marts er fristen": "15. marts er fristen",
    "Fristen:\n\n1. januar": "Fristen:\n1. januar",
    "- 15. marts er fristen\n- 1. april begynder det": "• 15. marts er fristen\n• 1. april begynder det",
    "15. marts er fristen\n1. april begynder det": "15. marts er fristen\n1. april begynder det",
    "> 31. dec. lukker det": "31. dec. lukker det",
    "3. Hent tilladelsen": "3. Hent tilladelsen",
    "Tag med:\n3. Hent tilladelsen": "Tag med:\n3. Hent tilladelsen",
    "2. a\n3. b\n7. c\n8. d": "2. a\n3. b\n7. c\n8. d",
    "1. a\n1. b\n1. c": "1. a\n2. b\n3. c",
    "3) sal": "3. sal",
    "0. a\n1. b": "0. a\n1. b",
    "5. a\n   9. b\n   10. c\n6. d": "5. a\n9. b\n10. c\n6. d",
    "- a\n  - b\n    - c\n- d": "• a\n• b\n• c\n• d",
    "- a\n\n  mere\n\n- b": "• a\nmere\n• b",
    "# Et\n## To\n### Tre\n#### Fire\n##### Fem": "Et\nTo\nTre\nFire\nFem",
    "Overskrift\n---\ntekst": "Overskrift\ntekst",
    "Overskrift\n===\ntekst": "Overskrift\ntekst",
    "et\nto  \ntre\\\nfire": "et\nto\ntre\nfire",
    "| a | b |\n|---|---|\n| 1 | 2 |": "| a | b |\n|---|---|\n| 1 | 2 |",
    "```\na\n  b\n```": "a\n  b",
    "    indrykket\n    kode": "indrykket\nkode",
    "`a  *b*` og **fed _og_ kursiv**": "a  *b* og fed og kursiv",
    "![et *kort*](https://firma.example/k.png)": "et *kort*",
    "<b>fed</b>\n\n<div>\nx\n</div>": "<b>fed</b>\n<div>\nx\n</div>",
    "a\n\n---\n\nb": "a\n———\nb",
    "&amp; &nbsp;&lt; \\*ikke\\*": "& \u00a0< *ikke*",
    "[her](https://firma.example) [x](javascript:y) <https://b.example>": "her [x](javascript:y) https://b.example",
    "[fil](ftp://firma.example) [side](/side)": "fil side",
}


class _Shown(HTMLParser):
    """The words of HTML as a browser shows them: lines, bullets and numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.lists: list[int | None] = []
        self.code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: int(value or 0) for name, value in attrs if name in ("start", "value")}
        if tag in ("ul", "ol"):
            self.lists.append(given.get("start", 1) if tag == "ol" else None)
        elif tag == "li":
            number = self.lists[-1]
            if number is not None:
                number = given.get("value", number)
                self.lists[-1] = number + 1
            self.text += "\n" + ("• " if number is None else f"{number}. ")
        elif tag == "hr":
            self.text += "\n———\n"
        elif tag in ("p", "h3", "h4", "pre", "blockquote"):
            self.text += "" if self.text.endswith((" ", "\n")) and not self.code else "\n"
        self.code = self.code or tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            self.lists.pop()
        if tag in ("p", "h3", "h4", "pre", "li", "ul", "ol"):
            self.text += "\n"
        self.code = self.code and tag != "pre"

    def handle_data(self, data: str) -> None:
        if self.code:
            self.text += data
        elif data.startswith("\n") and data.strip():
            self.text = self.text.rstrip("\n") + "\n" + data.strip("\n")
        elif data.strip("\n"):
            self.text += data


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.split("\n") if line.strip()]


def on_the_web(markdown: str) -> list[str]:
    shown = _Shown()
    shown.feed(to_html(markdown).replace("<br>\n", "\n"))
    return lines(shown.text)


def in_telegram(markdown: str) -> list[str]:
    return lines("".join(run.text for run in from_markdown(markdown)))


def unindented(found: list[str]) -> list[str]:
    return [line.lstrip(" ") for line in found]


@pytest.mark.parametrize("markdown", TEXTS)
def test_every_construct_says_the_same_everywhere(markdown: str) -> None:
    expected = lines(TEXTS[markdown])
    assert unindented(on_the_web(markdown)) == unindented(expected)
    assert unindented(in_telegram(markdown)) == unindented(expected)


PIECES = ["15. marts", "1. ", "4. ", "7) ", "- ", "# ", "ord", "**fed**", "to ord", "   ", "\n", "\n\n", "> ", "maj"]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
@example("- 1. april\n  2. maj")
def test_whatever_is_written_the_words_and_numbers_are_the_same(markdown: str) -> None:
    def words(found: list[str]) -> list[str]:
        return " ".join(found).split()

    assert words(on_the_web(markdown)) == words(in_telegram(markdown))


@pytest.mark.parametrize("month", ["januar", "marts", "maj", "juni", "okt.", "december", "March", "October", "MAJ"])
@pytest.mark.parametrize("before", ["", "- ", "> ", "Fristen er\n"])
def test_a_day_of_a_month_is_never_counted(before: str, month: str) -> None:
    html = to_html(f"{before}15. {month} er fristen")
    assert f"15. {month} er fristen" in html and "<ol" not in html
