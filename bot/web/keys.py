"""What ``bot.app`` puts into the application, by typed keys."""

from __future__ import annotations

from aiohttp import web

from bot.conversation.people import People
from bot.conversation.receiving import Receiving
from bot.conversation.service import Services
from bot.conversation.turns import TurnRunner
from bot.editing.service import Editing
from bot.editing.training import Training
from bot.notices import Notices
from bot.outbox import Outbox
from bot.web.health import Health
from bot.web.limits import Limits

SERVICES = web.AppKey("services", Services)
RECEIVING = web.AppKey("receiving", Receiving)
PEOPLE = web.AppKey("people", People)
EDITING = web.AppKey("editing", Editing)
TRAINING = web.AppKey("training", Training)
TURNS = web.AppKey("turns", TurnRunner)
OUTBOX = web.AppKey("outbox", Outbox)
HEALTH = web.AppKey("health", Health)
LIMITS = web.AppKey("limits", Limits)
NOTICES = web.AppKey("notices", Notices)
