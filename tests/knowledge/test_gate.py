"""The gate lets a model through only when it loses nothing."""

from __future__ import annotations

import pytest

from bot.staff.knowledge.gate_words import say_reasons
from bot.understanding.worker.gate import Mark, judge, loss_probability, mark

RIGHT, WRONG, ASKED = Mark("building", True, False), Mark("building", False, True), Mark("building", False, False)
OTHER = Mark("waste", True, False)


def test_the_same_model_passes() -> None:
    assert judge([RIGHT, ASKED, OTHER], [RIGHT, ASKED, OTHER]).passed


def test_a_better_model_passes_and_its_gain_is_told() -> None:
    verdict = judge([ASKED] * 10, [RIGHT] * 10)
    assert verdict.passed and (verdict.gained, verdict.lost) == (10, 0) and verdict.by_area == {"building": 10}


def test_an_area_that_loses_three_lines_net_stops_a_model_that_gains_elsewhere() -> None:
    running = [RIGHT] * 3 + [Mark("waste", False, False)] * 20
    verdict = judge(running, [ASKED] * 3 + [OTHER] * 20)
    assert not verdict.passed and verdict.reasons == [{"kind": "area", "area": "building", "lost": 3}]
    assert judge(running, [ASKED] * 2 + [RIGHT] + [OTHER] * 20).passed


def test_in_a_large_area_three_lines_on_the_edge_stop_no_model_but_five_do() -> None:
    running = [RIGHT] * 200
    assert judge(running, [ASKED] * 4 + [RIGHT] * 196).passed
    verdict = judge(running, [ASKED] * 5 + [RIGHT] * 195)
    assert {"kind": "area", "area": "building", "lost": 5} in verdict.reasons


def test_losses_spread_over_areas_stop_a_model_when_they_are_no_chance() -> None:
    areas = [Mark(f"area{i}", True, False) for i in range(6)]
    verdict = judge(areas, [Mark(a.area, False, False) for a in areas])
    assert verdict.reasons == [{"kind": "loss", "lost": 6, "gained": 0, "p": pytest.approx(1 / 64, abs=1e-3)}]


def test_more_wrong_answers_than_allowed_stop_a_model_and_no_more_than_before_do_not() -> None:
    running = [RIGHT] * 90 + [ASKED] * 10
    verdict = judge(running, [RIGHT] * 90 + [WRONG] * 4 + [ASKED] * 6)
    assert verdict.reasons == [{"kind": "wrong", "share": 0.04, "allowed": 0.03}]
    already = [RIGHT] * 90 + [WRONG] * 10
    assert judge(already, already).passed


def of(code: str, right: bool) -> Mark:
    return Mark("building", right, False, code)


def test_a_municipality_that_loses_its_own_questions_stops_a_model_whatever_others_gain() -> None:
    running = [ASKED] * 20 + [of("0101", True)] * 3 + [of("0202", False)] * 9
    verdict = judge(running, [RIGHT] * 20 + [of("0101", False)] * 3 + [of("0202", True)] * 9)
    assert verdict.reasons == [{"kind": "municipality", "municipality": "0101", "lost": 3, "gained": 0}]
    assert verdict.by_municipality["0202"] == {"questions": 9, "gained": 9, "lost": 0}


def test_what_was_just_learnt_from_a_municipality_hides_no_loss_on_the_development_set() -> None:
    verdict = judge([RIGHT] * 5 + [of("0101", False)] * 50, [ASKED] * 5 + [of("0101", True)] * 50)
    assert {reason["kind"] for reason in verdict.reasons} == {"loss", "area"}


def test_reasons_are_told_in_both_languages() -> None:
    report = {"passed": False, "reasons": [{"kind": "municipality", "municipality": "0101", "lost": 3, "gained": 0}]}
    assert say_reasons(report, "da") == [
        "Den taber 3 af de spørgsmål, som kommune 0101 selv har bekræftet, og vinder 0"
    ]
    assert say_reasons(report, "en") == ["It loses 3 of the questions that municipality 0101 confirmed, and gains 0"]
    assert "cannot read" in say_reasons({"passed": True, "reasons": [], "not_compared": True}, "en")[0]


@pytest.mark.parametrize(("gained", "lost", "p"), [(0, 0, 1.0), (0, 5, 1 / 32), (1, 1, 0.75)])
def test_the_loss_probability_is_mcnemars_exact_one(gained: int, lost: int, p: float) -> None:
    assert loss_probability(gained, lost) == pytest.approx(p)


@pytest.mark.parametrize(
    ("areas", "articles", "decision", "answered", "right", "wrong"),
    [
        (["building"], ["building/a"], "Answer", ["building/a"], True, False),
        (["building"], ["building/a"], "Answer", ["building/b"], False, True),
        (["building"], [], "Answer", ["building/b"], False, True),
        (["building"], None, "Answer", ["building/b"], True, False),
        (["building"], ["building/a"], "Clarify", [], True, False),
        (["waste"], ["waste/a"], "Clarify", [], False, False),
        ([], [], "OutOfScope", [], True, False),
        ([], [], "Answer", ["building/a"], False, True),
    ],
)
def test_what_counts_as_right_and_as_a_wrong_answer(
    areas: list[str], articles: list[str] | None, decision: str, answered: list[str], right: bool, wrong: bool
) -> None:
    question = {"areas": areas, "articles": articles}
    result = {"decision": decision, "answered": answered, "says": [], "understanding": {"areas": [{"id": "building"}]}}
    found = mark(question, result)
    assert (found.right, found.wrong_answer) == (right, wrong)


@pytest.mark.parametrize(("button", "right"), [("outside:out_of_scope/police", True), ("article:building/a", False)])
def test_a_choice_that_names_an_authority_is_right_out_of_scope(button: str, right: bool) -> None:
    says = [{"text": "clarify_mixed", "buttons": [{"id": button, "label": None}]}]
    result = {"decision": "Clarify", "answered": [], "says": says, "understanding": {"areas": [{"id": "building"}]}}
    assert mark({"areas": [], "articles": []}, result).right is right
