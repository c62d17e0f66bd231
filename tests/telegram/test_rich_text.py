"""Markdown becomes what Telegram can show, in parts that fit, with every word kept."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.telegram.rich_text import LIMIT, Run, from_markdown, split, to_html, to_plain
from bot.knowledge.content import Knowledge


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("Ja.", "Ja."),
        ("**fed** og *kursiv*", "<b>fed</b> og <i>kursiv</i>"),
        ("***begge***", "<i><b>begge</b></i>"),
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
        ("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"),
        ("[her](https://e.example/?a=1&b=2)", '<a href="https://e.example/?a=1&amp;b=2">her</a>'),
        ("[**her**](https://e.example)", '<b><a href="https://e.example">her</a></b>'),
        ("[skriv](mailto:a@b.example)", "skriv (a@b.example)"),
        ("[a@b.example](mailto:a@b.example)", "a@b.example"),
        ("[x](javascript:alert)", "[x](javascript:alert)"),
        ("et\n\nto", "et\n\nto"),
        ("et\nto", "et\nto"),
        ("### Overskrift\n\ntekst", "<b>Overskrift</b>\n\ntekst"),
        ("Før:\n\n- a\n- b\n\nEfter", "Før:\n\n• a\n• b\n\nEfter"),
        ("3. c\n4. d", "3. c\n4. d"),
        ("- a\n  - b\n- c", "• a\n   • b\n• c"),
        ("> citat\n\nmere", "<blockquote>citat</blockquote>\n\nmere"),
        ("`a<b`", "<code>a&lt;b</code>"),
        ("```\na\nb\n```\n\nc", "<pre>a\nb</pre>\n\nc"),
        ("a\n\n---\n\nb", "a\n\n———\n\nb"),
    ],
)
def test_markdown_becomes_the_tags_telegram_knows(markdown: str, html: str) -> None:
    assert to_html(from_markdown(markdown)) == html


def test_the_plain_text_keeps_the_addresses() -> None:
    assert to_plain(from_markdown("Se [her](https://e.example/a).")) == "Se her (https://e.example/a)."


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(["ord", "**fed**", "😀", "[l](https://e.example)", "\n\n", ". ", "- p\n", "x" * 50]),
        max_size=60,
    )
)
def test_parts_fit_and_together_they_are_the_whole(pieces: list[str]) -> None:
    runs = from_markdown(" ".join(pieces))
    parts = split(runs, limit=40)
    assert all(0 < units("".join(run.text for run in part)) <= 40 for part in parts)
    whole = "".join(run.text for run in runs)
    assert "".join("".join(r.text for r in part) for part in parts).split() != [] or not whole.strip()
    assert "".join("".join(r.text for r in p) for p in parts).replace(" ", "").replace("\n", "") == "".join(
        whole.split()
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["👩‍👩‍👧‍👦", "e\u0301", "🇩🇰", "👍🏽", "a", " ", "\n"]), min_size=1, max_size=80))
def test_no_part_ends_inside_what_is_seen_as_one_character(signs: list[str]) -> None:
    text = "".join(signs)
    parts = ["".join(run.text for run in part) for part in split([Run(text)], limit=40)]
    assert [sign for part in parts for sign in regex.findall(r"\X", part) if sign.strip()] == [
        sign for sign in regex.findall(r"\X", text) if sign.strip()
    ]


def test_one_character_that_is_too_long_is_cut_all_the_same() -> None:
    parts = split([Run("e" + "\u0301" * 100)], limit=40)
    assert "".join(run.text for part in parts for run in part) == "e" + "\u0301" * 100


def test_every_answer_of_the_common_base_can_be_shown(knowledge: Knowledge) -> None:
    for article in knowledge.articles.values():
        for text in (*article.answer.values(), *(t for texts in article.follow_ups.values() for t in texts.values())):
            runs = from_markdown(text)
            assert "**" not in to_plain(runs), article.id
            for part in split(runs):
                assert units("".join(run.text for run in part)) <= LIMIT
