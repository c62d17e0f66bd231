"""What a label says: its kind, its area, and an ``Understanding`` made of a distribution over labels. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bot.turn import Hit, Understanding

OTHER = "other"
OUT_OF_SCOPE = "out_of_scope"
SHOWN_ARTICLES = 8
LEAST = 0.005


def kind_of(label: str, areas: Collection[str]) -> str:
    """``article`` or ``other`` for the labels of an area, else the label's group."""
    group, _, name = label.partition("/")
    if group not in areas:
        return group
    return OTHER if name == OTHER else "article"


def send_withdrawn_to_people(probabilities: Mapping[str, float], withdrawn: Collection[str]) -> dict[str, float]:
    """A withdrawn article's share goes to its area's people: its siblings know the answer no better for its absence."""
    shares = dict(probabilities)
    for label in withdrawn:
        share = shares.pop(label, 0.0)
        people = f"{label.partition('/')[0]}/{OTHER}"
        if share:
            shares[people] = shares.get(people, 0.0) + share
    return shares


def understand(
    probabilities: Mapping[str, float],
    areas: Collection[str],
    language: str,
    entities: list[dict[str, object]],
) -> Understanding:
    """The distribution as areas, articles and kinds; the kind is the likeliest one, the label the likeliest of that kind.

    Areas share 1 among them: how likely each is if the message is a matter of the municipality at all. Articles and kinds are shares of
    everything."""
    by_area = dict.fromkeys(areas, 0.0)
    by_kind: dict[str, float] = {}
    articles: list[Hit] = []
    outside: list[Hit] = []
    best: dict[str, tuple[float, str]] = {}
    for label, probability in probabilities.items():
        kind = kind_of(label, areas)
        by_kind[kind] = by_kind.get(kind, 0.0) + probability
        if kind in ("article", OTHER):
            by_area[label.partition("/")[0]] += probability
        if kind == "article":
            if probability >= LEAST:
                articles.append(Hit(label, round(probability, 4)))
        else:
            best[kind] = max(best.get(kind, (0.0, "")), (probability, label))
        if kind == OUT_OF_SCOPE and probability >= LEAST:
            outside.append(Hit(label, round(probability, 4)))
    inside = sum(by_area.values())
    kinds = _ranked(by_kind)
    kind = kinds[0].id if kinds else "article"
    return Understanding(
        language=language,
        kind=kind,
        label=best[kind][1] if kind in best else None,
        areas=_ranked({area: share / inside for area, share in by_area.items()} if inside else by_area),
        articles=sorted(articles, key=lambda hit: (-hit.confidence, hit.id))[:SHOWN_ARTICLES],
        outside=sorted(outside, key=lambda hit: (-hit.confidence, hit.id)),
        kinds=kinds,
        entities=entities,
    )


def likeliest_of(probabilities: Mapping[str, float], groups: Collection[str]) -> list[str]:
    """The likeliest label of each of ``groups``, in the order of their names."""
    best: dict[str, tuple[float, str]] = {}
    for label, probability in probabilities.items():
        group = label.partition("/")[0]
        if group in groups:
            best[group] = max(best.get(group, (-1.0, "")), (probability, label))
    return [best[group][1] for group in sorted(best)]


def _ranked(shares: Mapping[str, float]) -> list[Hit]:
    return [Hit(name, round(share, 4)) for name, share in sorted(shares.items(), key=lambda item: (-item[1], item[0]))]
