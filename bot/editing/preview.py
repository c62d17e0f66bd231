"""What the bot would say: a turn like an inquirer's first one, of which nothing is stored."""

from __future__ import annotations

from typing import Any

from bot.conversation.rights import StaffMember
from bot.conversation.service import Services
from bot.editing.articles import check_editor
from bot.knowledge.markdown import to_html
from bot.text_input import check
from bot.turn import DialogueState, TurnRequest

ALTERNATIVES = 5


async def preview(services: Services, staff: StaffMember, text: str, language: str) -> dict[str, Any]:
    """Decision, what would be said and what was understood. Raises Forbidden, EmptyText, ModelUnavailable."""
    check_editor(staff)
    text = check(text).text
    async with services.database.read() as connection:
        here = await services.knowledge.of(connection, staff.municipality)
    request = TurnRequest(
        municipality=staff.municipality,
        text=text,
        state=DialogueState(disclosed=True),
        language=language,
        unavailable=here.unavailable,
        incomplete=here.incomplete,
    )
    result = await services.workers.turn(request, services.settings.turn_timeout_s)
    spoken = result.state.language or language
    said = []
    for say in result.says:
        shown = here.render(say, spoken, say.params)
        labels = [
            services.knowledge.text(b.label, spoken) if b.label else here.title(b.id.partition(":")[2], spoken)
            for b in say.buttons
        ]
        said.append(
            {
                "text": shown.text,
                "html": to_html(shown.text),
                "article": shown.article,
                "sources": shown.sources,
                "buttons": [label for label in labels if label],
            }
        )
    understood = result.understanding
    return {
        "text": text,
        "decision": result.decision,
        "language": spoken,
        "said": said,
        "reason": result.escalation.reason if result.escalation else None,
        "areas": [
            {"id": hit.id, "name": services.knowledge.area_name(hit.id, language), "confidence": hit.confidence}
            for hit in understood.areas[:3]
        ],
        "articles": [
            {"id": hit.id, "title": here.title(hit.id, language), "confidence": hit.confidence}
            for hit in understood.articles[:ALTERNATIVES]
        ],
        "model": result.model,
    }
