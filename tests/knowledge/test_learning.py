"""From a mark in the thread to an example: who may, what an editor sees, what training and gate take in, and what erasing removes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from aiohttp.test_utils import TestClient

from bot.conversation.service import Services
from bot.editing.corpus import write_corpus
from bot.editing.learning import ConfirmedQuestion, confirmed_questions, is_for_gate
from bot.knowledge.files import load_knowledge
from bot.store import tables as t
from tests.conftest import ServicesMaker, rows
from tests.inquirer import Inquirer
from tests.knowledge.test_articles import put
from tests.staff.conftest import SignIn
from tests.staff.people import Staff, copy_municipality, owner_of, refusal

Client = TestClient[Any, Any]
SHED = "må vi bygge et skur bag caféen"
TAUGHT = ("må vi male vores vinduer blå", "kan man hænge et banner på muren", "skal drivhuset meldes til jer")
TESTED = ("kan jeg sætte en flagstang op", "må vi bygge en pergola", "får vi lov til en trappe mod gården")
NEEDED = "building/permit_needed"


async def asked(client: Client, text: str, **more: str) -> tuple[Inquirer, int]:
    """An inquiry that waits for a person, and the id of its question."""
    business = Inquirer(client, **more)
    await business.write(text)
    await business.press("person")
    message = next(m for m in (await business.read(after=0))["messages"] if m["text"] == text)
    return business, message["id"]


async def marked(client: Client, staff: Staff, text: str, label: str = NEEDED) -> tuple[Inquirer, int]:
    business, message = await asked(client, text)
    await staff.act(business.id, "mark", message=message, label=label)
    return business, message


async def erase(services: Services, inquiry_id: str) -> None:
    """The inquiry and all that hangs on it is gone, the last of it by the foreign keys of the database."""
    async with services.database.write() as connection:
        for table in (t.outbox, t.deadline, t.turn, t.message):
            await connection.execute(sa.delete(table).where(table.c.inquiry_id == inquiry_id))
        await connection.execute(sa.delete(t.inquiry).where(t.inquiry.c.id == inquiry_id))


async def examples(services: Services, nlu_data: Path, target: Path) -> dict[str, list[str]]:
    """What the next training would learn, by label."""
    corpus = await write_corpus(services.database, services.knowledge.common, nlu_data, target)
    found: dict[str, list[str]] = {}
    for label, _, text in (await asyncio.to_thread(load_knowledge, corpus.folder)).examples():
        found.setdefault(label, []).append(text)
    return found


async def test_a_marked_question_reaches_the_editor_without_who_asked_it(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    text = "Hej, jeg hedder Mette Hansen fra Solsikken. Skal vi have lov til et skur på 20 kvm på Nørregade 12? Ring 12 34 56 78"
    business, message = await asked(client, text)
    for reply in ("Mette Hansen", "mette@solsikken.example", "Solsikken ApS"):
        await business.write(reply)
    coordinator, editor = await sign_in("koordinator"), await sign_in("redaktoer")
    answer = await coordinator.act(business.id, "mark", message=message, label=NEEDED)
    cleaned = "Hej, … fra …. Skal vi have lov til et skur på 00 kvm på …? Ring …"
    assert (answer["text"], answer["state"], answer["kind"]) == (cleaned, "proposed", "article")
    listed = await editor.get("/candidates")
    (candidate,) = listed["candidates"]
    assert listed["counts"] == {"proposed": 1, "confirmed": 0, "refused": 0}
    assert (candidate["text"], candidate["label"], candidate["title"]) == (cleaned, NEEDED, answer["title"])
    assert candidate["decision"] and "Mette" not in str(listed) and "olsikken" not in str(listed)
    detail = await coordinator.get(f"/inquiries/{business.id}")
    assert [(mark["message"], mark["state"]) for mark in detail["marks"]] == [(message, "proposed")]
    assert message in detail["questions"]
    assert [row.detail["label"] for row in await rows(services, t.audit, t.audit.c.action == "question_marked")] == [
        NEEDED
    ]


async def test_replies_to_the_contact_form_and_buttons_never_become_candidates(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business, _ = await asked(client, SHED)
    coordinator = await sign_in("koordinator")
    for reply in ("Mette Hansen", "mette@solsikken.example", "Solsikken"):
        await business.write(reply)
    detail = await coordinator.get(f"/inquiries/{business.id}")
    typed = [m for m in detail["messages"] if m["author"] == "inquirer"]
    assert len(typed) == 5 and detail["questions"] == [typed[0]["id"]]
    for message in typed[1:]:
        assert await coordinator.refused(business.id, "mark", message=message["id"], label=NEEDED) == (
            422,
            "no_question",
        )
    bot = next(m for m in detail["messages"] if m["author"] == "bot")
    assert await coordinator.refused(business.id, "mark", message=bot["id"], label=NEEDED) == (422, "no_question")
    assert await coordinator.refused(business.id, "mark", message=9999, label=NEEDED) == (404, "not_found")
    assert await rows(services, t.candidate) == []


async def test_only_who_works_in_the_inquiry_marks_and_only_editors_judge(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business, message = await asked(client, SHED)
    owner = await sign_in(await owner_of(services, business.id))
    for name in ("redaktoer", "administrator", "data", "miljoe"):
        stranger = await sign_in(name)
        assert await stranger.refused(business.id, "mark", message=message, label=NEEDED) == (403, "forbidden")
        assert await stranger.refused(business.id, "draft", message=message) == (403, "forbidden")
    for label in ("building/no_such", "building", "", "out_of_scope/other_language", "smalltalk/greet"):
        assert await owner.refused(business.id, "mark", message=message, label=label) == (400, "bad_input")
    await owner.act(business.id, "mark", message=message, label="building/other")
    await owner.act(business.id, "mark", message=message, label=NEEDED)
    key = f"/candidates/{business.id}/{message}"
    for name in ("koordinator", "data", await owner_of(services, business.id)):
        other = await sign_in(name)
        assert await refusal(await put(other, key, state="confirmed")) == (403, "forbidden")
        for path in ("/candidates", "/drafts", "/unanswered", "/gains"):
            assert (await other.session.get(f"/api/v1/staff{path}")).status == 403
    editor = await sign_in("redaktoer")
    assert await refusal(await put(editor, key, state="proposed")) == (400, "bad_input")
    assert await refusal(await put(editor, key, state="confirmed", label="nothing")) == (400, "bad_input")
    assert (await put(editor, key, state="confirmed")).status == 200
    assert await owner.refused(business.id, "mark", message=message, label=NEEDED) == (409, "already_judged")


async def test_another_municipalitys_candidates_are_not_there(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    await copy_municipality(services, "0001")
    business, message = await marked(client, await sign_in("koordinator", municipality="0000"), SHED)
    editor, contact = await sign_in("redaktoer", municipality="0001"), await sign_in("koordinator", municipality="0001")
    assert (await editor.get("/candidates"))["candidates"] == []
    assert await refusal(await put(editor, f"/candidates/{business.id}/{message}", state="confirmed")) == (
        404,
        "not_found",
    )
    assert await contact.refused(business.id, "mark", message=message, label=NEEDED) == (404, "not_found")
    marking = await editor.post("/unanswered/mark", questions=[f"{business.id}.{message}"], label=NEEDED)
    assert await refusal(marking) == (404, "not_found")


async def test_an_editor_changes_text_and_label_and_what_they_write_is_cleaned_too(
    client: Client, services: Services, sign_in: SignIn
) -> None:
    business, message = await marked(client, await sign_in("koordinator"), SHED)
    editor, key = await sign_in("redaktoer"), f"/candidates/{business.id}/{message}"
    services.taught.clear()
    assert await refusal(await put(editor, key, state="confirmed", text="12 34 56 78")) == (422, "no_question")
    response = await put(
        editor, key, state="confirmed", text="må Peter på tlf 12345678 bygge et skur", label="building/other"
    )
    assert response.status == 200 and services.taught.is_set()
    (row,) = await rows(services, t.candidate)
    assert (row.text, row.label, row.state, row.judged_by) == (
        "må … på tlf … bygge et skur",
        "building/other",
        "confirmed",
        "redaktoer",
    )
    services.taught.clear()
    assert (await put(editor, key, state="refused")).status == 200 and services.taught.is_set()
    assert (await editor.get("/candidates", state="refused"))["counts"]["refused"] == 1


async def test_confirmed_questions_are_examples_and_a_fifth_is_kept_for_the_gate(
    client: Client, services: Services, sign_in: SignIn, nlu_data: Path, tmp_path: Path
) -> None:
    assert [is_for_gate(text) for text in (*TAUGHT, *TESTED)] == [False] * 3 + [True] * 3
    assert 0.18 < sum(is_for_gate(f"spørgsmål {number}") for number in range(2000)) / 2000 < 0.22
    coordinator, editor = await sign_in("koordinator"), await sign_in("redaktoer")
    for text in (*TAUGHT, *TESTED):
        business, message = await marked(client, coordinator, text)
        assert NEEDED in await examples(services, nlu_data, tmp_path / business.id)
        assert text not in str(await examples(services, nlu_data, tmp_path / business.id)), "nobody has confirmed it"
        assert (await put(editor, f"/candidates/{business.id}/{message}", state="confirmed")).status == 200
    known = services.knowledge.common.articles[NEEDED].examples["da"][0]
    business, message = await marked(client, coordinator, known.upper())
    await put(editor, f"/candidates/{business.id}/{message}", state="confirmed")
    learnt = (await examples(services, nlu_data, tmp_path / "all"))[NEEDED]
    assert set(TAUGHT) <= set(learnt) and not set(TESTED) & set(learnt)
    assert [text.casefold() for text in learnt].count(known.casefold()) == 1, "it is an example already"
    questions = await confirmed_questions(services.database)
    assert {question.text for question in questions} - {known.upper()} == set(TESTED)
    assert ConfirmedQuestion("0000", TESTED[0], "da", ("building",), (NEEDED,)) in questions
    uses = {row["text"]: row["use"] for row in (await editor.get("/candidates", state="confirmed"))["candidates"]}
    assert [uses[text] for text in (*TAUGHT, *TESTED)] == ["training"] * 3 + ["gate"] * 3


async def test_an_erased_inquiry_leaves_nothing_to_learn_and_nothing_goes_to_others(
    client: Client, services: Services, sign_in: SignIn, nlu_data: Path, tmp_path: Path
) -> None:
    coordinator, editor = await sign_in("koordinator"), await sign_in("redaktoer")
    taught, message = await marked(client, coordinator, TAUGHT[0])
    tested, other = await marked(client, coordinator, TESTED[0])
    for business, number in ((taught, message), (tested, other)):
        await put(editor, f"/candidates/{business.id}/{number}", state="confirmed")
    await coordinator.act(taught.id, "take")
    reply = await coordinator.act(taught.id, "reply", text="Ja, det må I gerne.")
    await coordinator.act(taught.id, "draft", message=reply["id"])
    package = (await editor.get("/package"))["package"]
    assert not any(text in package for text in (TAUGHT[0], TESTED[0], "Ja, det må I gerne"))
    assert TAUGHT[0] in str(await examples(services, nlu_data, tmp_path / "before"))
    await erase(services, taught.id)
    await erase(services, tested.id)
    assert await rows(services, t.candidate) == [] and await rows(services, t.draft) == []
    assert TAUGHT[0] not in str(await examples(services, nlu_data, tmp_path / "after"))
    assert await confirmed_questions(services.database) == []


async def test_the_whole_loop_runs_on_both_databases(
    make_services: ServicesMaker, database_url: str, serve: Any, nlu_data: Path, tmp_path: Path
) -> None:
    services = await make_services(database_url)
    client = await serve(services)
    coordinator, editor = Staff(client), Staff(client)
    try:
        await coordinator.sign_in("koordinator")
        await editor.sign_in("redaktoer")
        unanswered, _ = await asked(client, TESTED[1])
        async with services.database.write() as connection:
            of_it = (t.turn.c.inquiry_id == unanswered.id) & t.turn.c.choice.is_(None)
            await connection.execute(sa.update(t.turn).where(of_it).values(decision="Clarify"))
        business, message = await marked(client, coordinator, TAUGHT[0])
        await coordinator.act(business.id, "mark", message=message, label="building/other")
        await coordinator.act(business.id, "take")
        reply = await coordinator.act(business.id, "reply", text="Det må I gerne.")
        await coordinator.act(business.id, "draft", message=reply["id"])
        assert (
            await put(editor, f"/candidates/{business.id}/{message}", state="confirmed", label=NEEDED)
        ).status == 200
        assert TAUGHT[0] in (await examples(services, nlu_data, tmp_path / "both"))[NEEDED]
        groups = (await editor.get("/unanswered"))["groups"]
        keys = [f"{question['inquiry']}.{question['message']}" for group in groups for question in group["questions"]]
        assert TESTED[1] in str(groups) and TAUGHT[0] not in str(groups)
        assert (await editor.post("/unanswered/mark", questions=keys, label=NEEDED)).status == 200
        assert [question.text for question in await confirmed_questions(services.database)] == [TESTED[1]]
        assert (await editor.get("/gains"))["rounds"][0]["questions"] == 2
        await erase(services, business.id)
        assert (await editor.get("/drafts"))["drafts"] == []
        assert [row.inquiry_id for row in await rows(services, t.candidate)] == [unanswered.id]
    finally:
        await coordinator.session.close()
        await editor.session.close()
