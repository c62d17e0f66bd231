"""An evaluation as one HTML page: figures, confusion matrix, reliability, risk and coverage, worst misses. Drawn by hand as SVG."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any

from bot.understanding.evaluation import Outcome, bins, prediction, risk_coverage

WORST = 40
SIDE = 320  # of a drawing, in pixels
_STYLE = """body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#222}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.25rem .6rem;border:1px solid #ccc;text-align:left}
td.n{text-align:right;font-variant-numeric:tabular-nums}.drawings{display:flex;flex-wrap:wrap;gap:2rem}svg{background:#fafafa}
.turned th{writing-mode:vertical-rl}"""


def report(figures: dict[str, Any], outcomes: Sequence[Outcome], model: str) -> str:
    """A whole page; everything that was typed is escaped."""
    parts = [
        f"<h1>Evaluation</h1><p>Model {escape(model)}, {figures['n']} messages.</p>",
        _table(["figure", ""], [[key, _shown(value)] for key, value in figures.items() if not isinstance(value, dict)]),
        *(_breakdown(title, figures[key]) for title, key in (("By area", "by_area"), ("By language", "by_lang"))),
        '<div class="drawings">',
        _figure("Reliability: confidence of the top area and how often it is right", _reliability(outcomes)),
        _figure("Risk and coverage: share answered and share of those wrong", _risk(outcomes)),
        "</div>",
        "<h2>Confusion: right area down, likeliest area across</h2>",
        _confusion(outcomes),
        f"<h2>Worst misses: the {WORST} surest that are wrong</h2>",
        _misses(outcomes),
    ]
    head = f'<meta charset="utf-8"><title>Evaluation</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def _shown(value: Any) -> str:
    return "–" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], kind: str = "") -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<table class="{kind}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'


def _breakdown(title: str, parts: dict[str, dict[str, Any]]) -> str:
    if not parts:
        return ""
    names = list(next(iter(parts.values())))
    rows = [[name, *(_shown(part[key]) for key in names)] for name, part in parts.items()]
    return f"<h2>{escape(title)}</h2>" + _table(["", *names], rows, "turned")


def _figure(caption: str, drawing: str) -> str:
    return f"<figure>{drawing}<figcaption>{escape(caption)}</figcaption></figure>"


def _svg(content: str) -> str:
    axes = f'<path d="M30 10V{SIDE - 30}H{SIDE - 10}" fill="none" stroke="#888"/>'
    ticks = "".join(
        f'<text x="{_x(at):.0f}" y="{SIDE - 14}" font-size="10" text-anchor="middle">{at:g}</text>'
        for at in (0, 0.5, 1)
    )
    return f'<svg viewBox="0 0 {SIDE} {SIDE}" width="{SIDE}" height="{SIDE}" role="img">{axes}{ticks}{content}</svg>'


def _x(share: float) -> float:
    return 30 + share * (SIDE - 40)


def _y(share: float) -> float:
    return SIDE - 30 - share * (SIDE - 40)


def _reliability(outcomes: Sequence[Outcome]) -> str:
    found = bins([(o.areas[0].confidence, o.area_is_right) for o in outcomes if o.in_scope and o.areas])
    ideal = f'<path d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}" stroke="#bbb" stroke-dasharray="4"/>'
    dots = "".join(
        f'<circle cx="{_x(confidence):.1f}" cy="{_y(right):.1f}" r="{3 + min(n, 400) / 50:.1f}" fill="#1a6" fill-opacity=".7">'
        f"<title>{n} messages: {confidence:.2f} sure, {right:.2f} right</title></circle>"
        for n, confidence, right in found
    )
    return _svg(ideal + dots)


def _risk(outcomes: Sequence[Outcome]) -> str:
    curve = risk_coverage(outcomes)
    points = " ".join(f"{_x(coverage):.1f},{_y(risk):.1f}" for coverage, risk in curve[:: max(1, len(curve) // 200)])
    labels = f'<text x="4" y="{_y(1) + 4}" font-size="10">1</text><text x="4" y="{_y(0)}" font-size="10">0</text>'
    return _svg(f'{labels}<polyline points="{points}" fill="none" stroke="#a33" stroke-width="2"/>')


def _confusion(outcomes: Sequence[Outcome]) -> str:
    inside = [o for o in outcomes if o.in_scope and o.areas]
    pairs = Counter((str(o.line.area), str(o.line.area) if o.area_is_right else o.areas[0].id) for o in inside)
    names = sorted({name for pair in pairs for name in pair})
    rows = []
    for right in names:
        total = sum(pairs[right, guess] for guess in names) or 1
        cells = "".join(
            f'<td class="n" style="background:rgba(26,120,90,{pairs[right, guess] / total:.2f})">{pairs[right, guess] or ""}</td>'
            for guess in names
        )
        rows.append(f"<tr><th>{escape(right)}</th>{cells}</tr>")
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    return f'<table><thead class="turned"><tr><th></th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _misses(outcomes: Sequence[Outcome]) -> str:
    wrong = [o for o in outcomes if _is_miss(o)]
    wrong.sort(key=lambda o: -_sureness(o))
    rows = []
    for outcome in wrong[:WORST]:
        said = prediction(outcome)
        right = ", ".join(outcome.line.articles or ()) or outcome.line.area or ""
        given = ", ".join(said["answered_articles"]) or (outcome.areas[0].id if outcome.areas else "")
        rows.append([said["text"], right, said["decision"], given, f"{_sureness(outcome):.2f}"])
    return _table(["message", "right", "decision", "found", "confidence"], rows)


def _is_miss(outcome: Outcome) -> bool:
    if outcome.answered and (outcome.line.articles is not None or outcome.line.area == "out_of_scope"):
        return not outcome.answer_is_right
    return outcome.in_scope and not outcome.area_is_right


def _sureness(outcome: Outcome) -> float:
    hits = outcome.articles if outcome.answered else outcome.areas
    return hits[0].confidence if hits else 0.0
