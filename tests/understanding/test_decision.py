from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.decision import Ladder
from bot.turn import DialogueState, Escalation
from tests.understanding.dialogue import ALCOHOL, CALLBACK, CARPORT, FEE, KNOWLEDGE, PERMIT, Dialogue, buttons, said

SURE = {PERMIT: 0.9, FEE: 0.06, CARPORT: 0.04}
UNSURE = {PERMIT: 0.3, FEE: 0.2, ALCOHOL: 0.1, "smalltalk/greet": 0.4}
LOST = {"smalltalk/greet": 0.3, "abuse/insult": 0.3, PERMIT: 0.02, "human/ask": 0.38}


def told() -> DialogueState:
    return DialogueState(disclosed=True)


def test_first_bot_message_says_that_it_is_a_machine_and_later_ones_do_not() -> None:
    dialogue = Dialogue()
    assert said(dialogue.hear(SURE)) == ["disclosure", PERMIT]
    assert said(dialogue.hear({FEE: 0.9})) == [FEE]


def test_a_sure_question_is_answered_with_feedback_and_a_way_to_a_person() -> None:
    result = Dialogue(state=told()).hear(SURE)
    assert (result.decision, result.answered, said(result)) == ("Answer", [PERMIT], [PERMIT])
    assert result.says[0].feedback and buttons(result) == ["person"]
    assert result.escalation is None


def test_below_the_threshold_it_asks_once_which_of_the_likeliest_is_meant() -> None:
    dialogue = Dialogue(state=told())
    first = dialogue.hear(UNSURE)
    assert (first.decision, said(first)) == ("Clarify", ["clarify"])
    assert buttons(first) == [f"article:{PERMIT}", f"article:{FEE}", f"article:{ALCOHOL}", "none"]
    second = dialogue.hear(UNSURE)
    assert second.decision == "Escalate" and second.escalation == Escalation("low_confidence", "building")


def test_low_confidence_twice_escalates() -> None:
    dialogue = Dialogue(state=told())
    assert said(dialogue.hear(LOST)) == ["ask_again"]
    assert dialogue.hear(LOST).escalation == Escalation("low_confidence", None)


def test_an_answer_between_two_unclear_messages_starts_the_count_again() -> None:
    dialogue = Dialogue(state=told())
    dialogue.hear(LOST)
    dialogue.hear(SURE)
    assert dialogue.hear(LOST).escalation is None


def test_a_clicked_article_is_answered() -> None:
    dialogue = Dialogue(state=told())
    dialogue.hear(UNSURE)
    result = dialogue.click(f"article:{FEE}")
    assert (result.decision, result.answered) == ("Answer", [FEE])


def test_none_of_these_offers_what_is_left_and_then_a_person() -> None:
    dialogue = Dialogue(state=told())
    many = {PERMIT: 0.2, FEE: 0.15, ALCOHOL: 0.1, CARPORT: 0.08, CALLBACK: 0.06, "smalltalk/greet": 0.41}
    dialogue.hear(many)
    left = dialogue.click("none")
    assert buttons(left) == [f"article:{CALLBACK}", "none"]
    assert dialogue.click("none").escalation == Escalation("low_confidence", None)


@pytest.mark.parametrize("choice", [f"article:{FEE}", "article:building/never_was", "something else"])
def test_a_button_whose_article_is_gone_leads_to_asking_again(choice: str) -> None:
    assert said(Dialogue(state=told(), unavailable=[FEE]).click(choice)) == ["ask_again"]


def test_no_once_offers_the_next_likeliest_and_twice_a_person() -> None:
    dialogue = Dialogue(state=told())
    dialogue.hear(SURE)
    first = dialogue.click("unhelpful")
    assert said(first) == ["sorry_next"] and buttons(first) == [f"article:{FEE}", f"article:{CARPORT}", "person"]
    dialogue.click(f"article:{FEE}")
    assert dialogue.click("unhelpful").escalation == Escalation("unhelpful", "building")


def test_an_answer_that_did_not_help_is_not_given_again() -> None:
    dialogue = Dialogue(state=told())
    dialogue.hear(SURE)
    dialogue.click("unhelpful")
    assert PERMIT not in said(dialogue.hear(SURE))


def test_no_without_anything_likely_offers_a_person() -> None:
    dialogue = Dialogue(state=told())
    dialogue.hear({PERMIT: 1.0})
    assert said(dialogue.click("unhelpful")) == ["sorry_person"]


def test_yes_is_thanked_for() -> None:
    dialogue = Dialogue(state=told())
    dialogue.hear(SURE)
    assert said(dialogue.click("helpful")) == ["thanks_feedback"]


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("human/ask", Escalation("request", None)),
        ("complaint/handling", Escalation("complaint", None)),
        ("complaint/urgent", Escalation("urgent", None, urgent=True)),
        ("case_status/concrete", Escalation("case", "contact_case")),
    ],
)
def test_what_people_must_answer_is_escalated_with_its_reason(label: str, expected: Escalation) -> None:
    result = Dialogue(state=told()).hear({label: 0.9, PERMIT: 0.02})
    assert result.escalation == expected and said(result) == [f"escalated_{expected.reason}"]
    assert result.state.escalated


def test_a_person_button_escalates() -> None:
    assert Dialogue(state=told()).click("person").escalation == Escalation("request", None)


@pytest.mark.parametrize("label", ["distress/self_harm", "distress/violence", "distress/danger"])
def test_distress_gets_its_text_first_and_an_urgent_escalation_even_half_sure(label: str) -> None:
    result = Dialogue(state=told()).hear({label: 0.45, PERMIT: 0.4, FEE: 0.15 - 0.11})
    assert said(result) == [label, "escalated_urgent"] and result.state.alarmed
    assert result.escalation and result.escalation.urgent


def test_a_business_in_despair_over_money_is_offered_help_and_a_person() -> None:
    result = Dialogue(state=told()).hear({"distress/business_crisis": 0.9})
    assert said(result) == ["distress/business_crisis"] and buttons(result) == ["person"]
    assert result.escalation is None


def test_out_of_scope_names_the_authority_and_offers_a_person() -> None:
    result = Dialogue(state=told()).hear({"out_of_scope/police": 0.8})
    assert (result.decision, said(result), buttons(result)) == ("OutOfScope", ["out_of_scope/police"], ["person"])


def test_insults_get_a_limit_and_never_an_escalation() -> None:
    dialogue = Dialogue(state=told())
    assert said(dialogue.hear({"abuse/insult": 0.9})) == ["abuse/insult"]
    second = dialogue.hear({"abuse/insult": 0.9})
    assert (second.decision, said(second), second.escalation) == ("Smalltalk", ["abuse_limit"], None)


@pytest.mark.parametrize(
    ("label", "reason"),
    [("human/ask", "request"), ("case_status/concrete", "case"), ("complaint/handling", "complaint")],
)
def test_what_calls_for_people_goes_to_them_even_beside_a_sure_answer(label: str, reason: str) -> None:
    text = "I want to talk to somebody"
    called = Dialogue(state=told()).hear(SURE, calls=[label], text=text)
    assert called.escalation and (called.escalation.reason, called.escalation.area) == (reason, "building")
    assert Dialogue(state=told()).hear(SURE, leanings=[label]).decision == "Answer"
    unsure = Dialogue(state=told()).hear({PERMIT: 0.4, FEE: 0.35}, leanings=[label], text=text)
    assert unsure.escalation and unsure.escalation.reason == reason
    assert Dialogue(state=told()).hear({PERMIT: 0.4, FEE: 0.35}).decision == "Clarify"


def test_who_wants_to_be_called_is_told_how_and_handed_over() -> None:
    result = Dialogue(state=told()).hear({CALLBACK: 0.9})
    assert (result.decision, said(result)) == ("Escalate", [CALLBACK, "escalated_request"])
    assert result.escalation == Escalation("request", "contact_case")


def test_urgency_comes_before_the_case_it_is_about() -> None:
    labels = ["case_status/concrete", "complaint/urgent"]
    assert Dialogue(state=told()).hear({PERMIT: 0.4, FEE: 0.35}, leanings=labels).escalation == Escalation(
        "urgent", "building", urgent=True
    )


def test_another_language_is_told_so_and_the_second_time_a_person_comes() -> None:
    dialogue = Dialogue(state=told())
    assert said(dialogue.hear(SURE, language="other")) == ["out_of_scope/other_language"]
    assert dialogue.hear(SURE, language="other").escalation == Escalation("low_confidence", "building")


@pytest.mark.parametrize(
    ("text", "language", "answers_in"),
    [
        ("kan vi tage det på engelsk?", "da", "en"),
        ("in Danish please", "en", "da"),
        ("I don't understand Danish", "en", "en"),
        ("hvorfor svarer du på engelsk", "da", "da"),
        ("jeg forstår ikke engelsk", "da", "da"),
    ],
)
def test_a_language_that_is_asked_for_stays(text: str, language: str, answers_in: str) -> None:
    dialogue = Dialogue(state=told())
    asked = dialogue.hear({"smalltalk/language_switch": 0.9}, language, text=text)
    assert (asked.decision, asked.state.language) == ("Smalltalk", answers_in)
    assert dialogue.hear(SURE, "da").state.language == answers_in
    assert dialogue.hear({FEE: 0.9}, "en", text="what does it cost to build").state.language == answers_in


def test_asking_which_languages_there_are_changes_nothing() -> None:
    dialogue = Dialogue(state=told())
    asked = dialogue.hear({"smalltalk/language_switch": 0.9}, text="taler I både dansk og engelsk")
    assert asked.state.language == "da" and not asked.state.language_chosen


QUESTION_EN = "how do we apply for a permit to build"
QUESTION_DA = "hvordan søger vi om at bygge en carport"


def test_the_bot_speaks_the_language_of_the_last_clear_message() -> None:
    dialogue = Dialogue(state=told())
    assert dialogue.hear(SURE, language="en", text=QUESTION_EN).state.language == "en"
    assert dialogue.hear(SURE, language="other").state.language == "en"
    assert dialogue.hear(SURE, language="da", text=QUESTION_DA).state.language == "da"


@pytest.mark.parametrize(
    "text",
    [
        "Food truck",
        "parking",
        "Facebook",
        "take away",
        "Workshop",
        "Black Friday",
        "Bed and breakfast",
        "The Coffee Shop ApS",
    ],
)
def test_one_short_message_never_changes_the_language_of_a_thread(text: str) -> None:
    dialogue = Dialogue(state=told())
    dialogue.hear(SURE, text=QUESTION_DA)
    assert dialogue.hear({FEE: 0.9}, "en", text=text).state.language == "da"


def test_one_short_danish_message_does_not_change_an_english_thread_either() -> None:
    dialogue = Dialogue(state=told())
    dialogue.hear(SURE, "en", text=QUESTION_EN)
    assert dialogue.hear({FEE: 0.9}, "da", text="Torvets Café og Bar").state.language == "en"


def test_two_short_messages_in_the_other_language_change_it() -> None:
    dialogue = Dialogue(state=told())
    dialogue.hear(SURE, text=QUESTION_DA)
    assert dialogue.hear({FEE: 0.9}, "en", text="what cost").state.language == "da"
    assert dialogue.hear({CARPORT: 0.9}, "en", text="and the price").state.language == "en"


def test_nonsense_changes_no_language_and_soon_leads_elsewhere() -> None:
    dialogue = Dialogue(state=told())
    dialogue.hear(SURE, text=QUESTION_DA)
    replies = [dialogue.hear({"out_of_scope/nonsense": 0.9}, "en", text="asdf qwer zxcv") for _ in range(3)]
    assert {reply.state.language for reply in replies} == {"da"}
    assert [said(reply) for reply in replies] == [["out_of_scope/nonsense"], ["stuck"], ["escalated_low_confidence"]]


def test_two_matters_of_different_areas_get_both_answers() -> None:
    result = Dialogue(state=told()).hear({PERMIT: 0.45, ALCOHOL: 0.42})
    assert said(result) == ["multi_area", PERMIT, ALCOHOL] and result.answered == [PERMIT, ALCOHOL]


def test_two_articles_of_one_area_are_asked_about_instead() -> None:
    assert said(Dialogue(state=told()).hear({PERMIT: 0.45, FEE: 0.42})) == ["clarify"]


def test_an_incomplete_article_is_shown_only_together_with_an_escalation() -> None:
    result = Dialogue(state=told(), incomplete=[PERMIT]).hear(SURE)
    assert said(result) == [PERMIT, "incomplete_answer", "escalated_other"]
    assert result.escalation == Escalation("other", "building") and result.decision == "Escalate"


def test_a_withdrawn_article_never_answers() -> None:
    assert PERMIT not in said(Dialogue(state=told(), unavailable=[PERMIT]).hear(SURE))


def test_a_follow_up_gets_the_last_articles_short_text_and_never_the_whole_article_again() -> None:
    dialogue = Dialogue(state=told())
    dialogue.hear(SURE)
    assert said(dialogue.hear({"follow_up/price": 0.9})) == [f"{PERMIT}#price"]
    assert said(dialogue.hear({"follow_up/duration": 0.9})) == ["answered_above"]


def test_a_follow_up_to_nothing_is_asked_about() -> None:
    assert said(Dialogue(state=told()).hear({"follow_up/price": 0.9})) == ["ask_again"]


def test_a_typed_no_after_an_answer_counts_as_the_button() -> None:
    dialogue = Dialogue(state=told())
    dialogue.hear(SURE)
    assert said(dialogue.hear({"follow_up/no": 0.9})) == ["sorry_next"]
    assert dialogue.hear({"follow_up/no": 0.9}).decision in ("Clarify", "Escalate")


def test_a_package_is_answered_when_sure_and_offered_when_not() -> None:
    sure = Dialogue(state=told()).hear({"package/open_cafe": 0.8, ALCOHOL: 0.1})
    assert (said(sure), sure.answered) == (["package/open_cafe"], ["package/open_cafe"])
    unsure = Dialogue(state=told()).hear({"package/open_cafe": 0.4, ALCOHOL: 0.3})
    assert buttons(unsure) == ["package:open_cafe", f"article:{ALCOHOL}", "none"]
    assert said(Dialogue(state=told()).click("package:open_cafe")) == ["package/open_cafe"]


def test_while_waiting_it_says_once_that_the_contact_sees_the_message() -> None:
    dialogue = Dialogue(state=told(), status="waiting")
    assert said(dialogue.hear(LOST)) == ["waiting_seen"]
    assert said(dialogue.hear(LOST)) == []


def test_while_waiting_a_sure_question_is_answered_as_the_machines() -> None:
    result = Dialogue(state=told(), status="waiting").hear(SURE)
    assert said(result) == ["machine_answer_meanwhile", PERMIT] and result.escalation is None


def test_while_waiting_nothing_escalates_again_but_danger() -> None:
    dialogue = Dialogue(state=told(), status="waiting")
    for label in ("human/ask", "complaint/handling", "case_status/concrete", "building/other"):
        assert dialogue.hear({label: 0.9}).escalation is None
    assert dialogue.click("person").escalation is None
    urgent = dialogue.hear({"distress/violence": 0.9})
    assert urgent.escalation and urgent.escalation.urgent


def test_contact_data_in_the_message_that_escalates_is_kept() -> None:
    entities = [{"entity": "phone", "value": "12345678", "start": 0, "end": 8}, {"entity": "date", "value": "3. maj"}]
    assert Dialogue(state=told()).hear({"human/contact_me": 0.9}, entities=entities).contact == {"phone": "12345678"}


def test_an_authority_is_named_only_when_it_is_likely_by_itself() -> None:
    unlikely = {"out_of_scope/police": 0.1, PERMIT: 0.35, FEE: 0.05, "smalltalk/greet": 0.4}
    result = Dialogue(state=told()).hear(unlikely)
    assert (result.decision, said(result)) == ("Clarify", ["clarify_mixed"])
    assert buttons(result) == [f"article:{PERMIT}", "outside:out_of_scope/police", f"article:{FEE}", "none"]
    assert Dialogue(state=told()).hear({"out_of_scope/police": 0.49, "other_authority": 0.51}).decision == "Clarify"


def test_a_referral_has_a_way_back() -> None:
    dialogue = Dialogue(state=told())
    result = dialogue.hear({"out_of_scope/police": 0.6, PERMIT: 0.3})
    assert (said(result), buttons(result)) == (["out_of_scope/police"], [f"article:{PERMIT}", "person"])
    assert dialogue.hear({"follow_up/yes": 0.9}, text="ja").answered == [PERMIT]


def test_a_chosen_authority_is_named_and_the_others_stay_a_tap_away() -> None:
    dialogue = Dialogue(state=told())
    dialogue.hear({"out_of_scope/police": 0.3, PERMIT: 0.35, FEE: 0.05, "smalltalk/greet": 0.3})
    result = dialogue.click("outside:out_of_scope/police")
    assert (result.decision, said(result)) == ("OutOfScope", ["out_of_scope/police"])
    assert buttons(result) == [f"article:{PERMIT}", f"article:{FEE}", "person"]
    assert said(dialogue.click("outside:out_of_scope/nonsense")) == ["ask_again"]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("den første", PERMIT), ("første", PERMIT), ("nummer et", PERMIT), ("the first one", PERMIT), ("1", PERMIT),
        ("nummer to", FEE), ("2", FEE), ("den anden, tak", FEE), ("number 2 please", FEE), ("the second", FEE),
        ("den sidste", ALCOHOL), ("the last one", ALCOHOL), ("tredje", ALCOHOL), ("licences alcohol_new", ALCOHOL),
    ],
)  # fmt: skip
def test_a_choice_is_made_in_words(text: str, answer: str) -> None:
    dialogue = Dialogue(state=told())
    dialogue.hear(UNSURE)
    assert dialogue.hear(LOST, text=text, calls=["human/ask"]).answered == [answer]


@pytest.mark.parametrize(
    "text", ["ingen af dem", "nej", "nej tak", "nej, ingen af dem", "none of them", "no", "neither"]
)
def test_none_of_them_is_understood_in_words(text: str) -> None:
    dialogue = Dialogue(state=told())
    dialogue.hear(UNSURE)
    assert dialogue.hear(LOST, text=text).escalation == Escalation("low_confidence", None)


@pytest.mark.parametrize("text", ["ja", "ja tak", "yes", "yes please"])
def test_yes_to_a_choice_of_several_asks_which(text: str) -> None:
    dialogue = Dialogue(state=told())
    dialogue.hear(UNSURE)
    asked = dialogue.hear(LOST, text=text)
    assert said(asked) == ["which_of_these"] and asked.escalation is None
    assert dialogue.hear(LOST, text="2").answered == [FEE]


@pytest.mark.parametrize("text", ["hvad koster det?", "og hvad er prisen", "how much is it?", "what does it cost"])
def test_a_facet_after_a_choice_is_kept_until_it_is_clear_of_what(text: str) -> None:
    dialogue = Dialogue(state=told())
    dialogue.hear(UNSURE)
    assert said(dialogue.hear(LOST, text=text)) == ["which_of_these"]
    assert said(dialogue.hear(LOST, text="den første")) == [f"{PERMIT}#price"]
    one = Dialogue(state=DialogueState(disclosed=True, offered=[PERMIT]))
    assert said(one.hear(LOST, text=text)) == [f"{PERMIT}#price"]


def test_a_new_question_after_a_choice_is_a_question() -> None:
    dialogue = Dialogue(state=told())
    dialogue.hear(UNSURE)
    assert dialogue.hear({CARPORT: 0.9}, text="må vi bygge en carport ved siden af værkstedet").answered == [CARPORT]


@pytest.mark.parametrize(
    "text",
    [
        "jeg vil starte en foodtruck",
        "Vi vil gerne åbne en pop up butik",
        "må en medarbejder parkere her",
        "er I åbne i dag",
    ],
)
def test_what_names_no_contact_is_no_wish_for_a_person(text: str) -> None:
    unsure = {PERMIT: 0.4, FEE: 0.35}
    assert (
        Dialogue(state=told()).hear(unsure, calls=["human/ask"], leanings=["human/ask"], text=text).decision
        == "Clarify"
    )


@pytest.mark.parametrize("text", ["er I åbne i dag", "har i lukket nu?", "are you open now"])
def test_asking_whether_somebody_is_there_is_no_hurry(text: str) -> None:
    for shares in ({PERMIT: 0.4, FEE: 0.35}, {"complaint/urgent": 0.6, PERMIT: 0.3}):
        result = Dialogue(state=told()).hear(shares, calls=["complaint/urgent"], text=text)
        assert result.escalation is None, text
    hurry = Dialogue(state=told()).hear(SURE, calls=["complaint/urgent"], text="er I åbne, det haster")
    assert hurry.escalation and hurry.escalation.urgent


@pytest.mark.parametrize("text", ["medarbejder tak", "giv mig et menneske", "can somebody call me"])
def test_a_wish_for_a_person_is_heard(text: str) -> None:
    assert Dialogue(state=told()).hear(SURE, calls=["human/ask"], text=text).decision == "Escalate"


def test_a_question_about_who_is_answered_where_an_article_may_do_so() -> None:
    shares = {PERMIT: 0.4, FEE: 0.35}
    assert Dialogue(state=told()).hear(shares, calls=["human/ask"], text="Hvem skal vi tale med?").decision == "Clarify"
    assert Dialogue(state=told()).hear(LOST, calls=["human/ask"], text="Hvem kan jeg tale med?").decision == "Escalate"


def test_what_no_article_answers_is_offered_to_people_and_not_handed_over_unasked() -> None:
    result = Dialogue(state=told()).hear({"building/other": 0.9, PERMIT: 0.06})
    assert (result.decision, said(result), result.escalation) == ("Clarify", ["offer_person"], None)
    assert buttons(result) == ["person", f"article:{PERMIT}"]


def test_danger_comes_before_the_disclosure_and_the_next_message_is_replied_to() -> None:
    dialogue = Dialogue()
    first = dialogue.hear({"distress/danger": 0.9})
    assert said(first) == ["distress/danger", "disclosure", "escalated_urgent"]
    assert said(dialogue.hear(LOST)) == ["danger_next"]
    assert said(dialogue.hear({"distress/danger": 0.9})) == ["distress/danger"]
    again = dialogue.hear({"distress/danger": 0.9})
    assert said(again) == ["danger_again"] and again.escalation is None
    assert said(dialogue.hear(SURE)) == ["machine_answer_meanwhile", PERMIT]


@pytest.mark.parametrize("text", ["der løber olie ud på vejen", "diesel is running into the drain"])
def test_a_spill_is_danger_whatever_the_model_makes_of_it(text: str) -> None:
    assert said(Dialogue(state=told()).hear(SURE, text=text))[0] == "distress/danger"
    assert said(Dialogue(state=told()).hear(SURE, text=f"hvad gør vi, hvis {text}?"))[0] == PERMIT


labels = st.sampled_from(
    f"{PERMIT} {FEE} {CARPORT} {ALCOHOL} building/other smalltalk/greet human/ask abuse/insult complaint/handling follow_up/yes"
    " follow_up/no follow_up/price follow_up/other distress/self_harm out_of_scope/police package/open_cafe".split()
)
messages = st.dictionaries(labels, st.floats(0.01, 1), min_size=1, max_size=4)
clicks = st.sampled_from(["person", "none", "helpful", "unhelpful", "skip", f"article:{FEE}", "package:open_cafe", "x"])


@given(steps=st.lists(st.one_of(messages, clicks), max_size=12), language=st.sampled_from(["da", "en", "other"]))
def test_whatever_is_said_it_ends_in_a_decision_and_never_answers_what_is_unavailable(
    steps: list, language: str
) -> None:
    dialogue = Dialogue(unavailable=[CARPORT])
    previous: list[str] = []
    for step in steps:
        was_waiting = dialogue.status == "waiting"
        before = dialogue.state.to_json()
        if isinstance(step, str):
            result = dialogue.click(step)
        else:
            total = sum(step.values())
            result = dialogue.hear({label: share / total for label, share in step.items()}, language)
        assert result.says or was_waiting, "with the bot, every message gets a reply"
        assert not result.says or said(result) != previous or result.escalation, "the same is not said twice in a row"
        previous = said(result) if result.says else previous
        assert CARPORT not in result.answered and f"article:{CARPORT}" not in [
            b.id for say in result.says for b in say.buttons
        ]
        assert all(name in KNOWLEDGE.articles or name.startswith("package/") for name in result.answered)
        assert DialogueState.from_json(before).to_json() == before, "the given state is not changed"
        if result.escalation and not was_waiting:
            assert result.decision == "Escalate" and result.state.escalated


def test_the_ladder_survives_a_model_of_another_version() -> None:
    assert Ladder.from_json({"answer": 0.7, "some_later_step": 0.2}).answer == 0.7
