"""A stranger's hour: thousands of generated requests from the served OpenAPI document and over every form, with a session of every role.

    uv run --with schemathesis==4.32.5 python -m bench.stranger [--requests 10000] [--seed 1]

Limits are off. Fails when anything answers 5xx (an honest 503 of the store is counted and told), when the server grows, or when a word
of what was written stands in its log. A seed repeats the requests: nothing is remembered between runs.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from bench.server import PASSWORD, Running, machine, running_hotline

ROLES = ("byg", "koordinator", "redaktoer", "administrator", "data", "operator")
MARK = "kvasemord"  # stands in what is written, and nowhere in the program
GROWTH_MB = 60  # after the first fifth, when caches are filled
PAGES = (
    "",
    "inquiries",
    "knowledge",
    "knowledge/new",
    "knowledge/exchange",
    "knowledge/training",
    "learning",
    "operator",
)


@dataclass
class Stranger:
    """Somebody who sends requests, and what came back."""

    name: str
    address: str
    session: requests.Session = field(default_factory=requests.Session)
    statuses: Counter[int] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    csrf: str = ""
    inquiry: str = ""  # one that exists, for paths that name one

    def sign_in(self) -> None:
        if self.name not in ROLES:
            return
        self.session.cookies.clear()
        body = {"email": f"{self.name}@demo.example", "password": PASSWORD}
        answer = self.session.post(f"{self.address}/api/v1/staff/session", json=body, timeout=30)
        if answer.status_code in (200, 201):
            self.csrf = answer.json().get("csrf", "")

    def count(self, what: str, status: int) -> None:
        self.statuses[status] += 1
        if status >= 500 and status != 503:
            self.failures[f"{status} {what}"] += 1
        if status == 401 and self.name in ROLES:
            self.sign_in()

    def send(self, method: str, path: str, **given: Any) -> requests.Response | None:
        """The answer, read to its end unless it is a stream; None when the connection broke, which counts as a failure."""
        try:
            with self.session.request(method, path, timeout=30, stream=True, allow_redirects=False, **given) as answer:
                self.count(
                    f"{method} {re.sub(r'[0-9a-f]{16}', '<id>', path.removeprefix(self.address))[:60]}",
                    answer.status_code,
                )
                if "event-stream" not in answer.headers.get("Content-Type", ""):
                    _ = answer.content
                return answer
        except requests.RequestException as error:
            self.failures[f"{type(error).__name__} {method} {path.removeprefix(self.address)[:60]}"] += 1
            return None


class Forms(HTMLParser):
    """The forms of a page: method, action, and the values of their fields."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append((given.get("method", "get"), given.get("action", ""), {}))
        elif tag in ("input", "textarea", "select", "button") and self.found and given.get("name"):
            self.found[-1][2].setdefault(given["name"], given.get("value", ""))


def generate(strategy: st.SearchStrategy[Any], count: int, number: int, act: Callable[[Any], None]) -> None:
    """``act`` has seen ``count`` values of ``strategy``, the same ones for the same ``number``."""
    health = list(HealthCheck)

    @seed(number)
    @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=health)
    @given(strategy)
    def once(value: Any) -> None:
        act(value)

    once()


def ask_the_document(strangers: list[Stranger], schema: Any, each: int, number: int) -> None:
    """Every operation of the document is called ``each`` times by every stranger, with generated parameters and bodies."""
    for operation in (result.ok() for result in schema.get_all_operations()):
        for stranger in strangers:
            generate(operation.as_strategy(), each, number, partial(_call, stranger))


def _call(stranger: Stranger, case: Any) -> None:
    parameters = case.path_parameters or {}
    if stranger.inquiry and "/inquiries/{id}" in case.path and len(str(parameters.get("id", ""))) % 2:
        parameters["id"] = stranger.inquiry
    if case.query and "wait" in case.query:
        case.query["wait"] = "0"
    given_for = case.as_transport_kwargs(base_url=stranger.address, headers={"X-CSRF-Token": stranger.csrf})
    given_for.pop("cookies", None)
    stranger.send(given_for.pop("method"), given_for.pop("url"), **given_for)


def fill_in_forms(strangers: list[Stranger], total: int, number: int) -> int:
    """Every form that a stranger is shown is sent with some of its fields rewritten; returns how many were sent."""
    sent = 0
    texts = st.one_of(st.text(max_size=60), st.text(max_size=30).map(lambda text: f"{MARK} {text}"))
    for stranger in strangers:
        pages = _pages(stranger)
        share = max(1, total // len(strangers) // max(1, sum(len(forms) for forms in pages.values())))
        for page, forms in pages.items():
            for method, action, fields in forms:
                values = {name: st.one_of(st.just(value), texts) for name, value in fields.items() if name != "csrf"}
                generate(
                    st.fixed_dictionaries(values),
                    share,
                    number,
                    partial(_submit, stranger, method.upper(), urljoin(page, action), "csrf" in fields),
                )
                sent += share
    return sent


def _submit(stranger: Stranger, method: str, address: str, protected: bool, filled: dict[str, str]) -> None:
    body = {name: value.encode("utf-8", "replace").decode() for name, value in filled.items()}
    body |= {"csrf": stranger.csrf} if protected else {}
    how: dict[str, Any] = {"params": body} if method == "GET" else {"data": body}
    stranger.send(method, address, headers={"Sec-Fetch-Site": "same-origin"}, **how)


def _pages(stranger: Stranger) -> dict[str, list[tuple[str, str, dict[str, str]]]]:
    """The forms of the console's pages and of the pages they link to, one link deep."""
    found: dict[str, list[tuple[str, str, dict[str, str]]]] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [f"{stranger.address}/staff/{name}".rstrip("/") for name in PAGES] + [
        f"{stranger.address}/chat/0000",
        stranger.address,
    ]
    for page in waiting[:60]:
        answer = stranger.send("GET", page)
        if answer is None or answer.status_code != 200 or "html" not in answer.headers.get("Content-Type", ""):
            continue
        forms = Forms()
        forms.feed(answer.text)
        kept = [
            (m, a, f) for m, a, f in forms.found if (_shape(a), ",".join(sorted(f))) not in seen and "sign-out" not in a
        ]
        seen |= {(_shape(a), ",".join(sorted(f))) for _, a, f in kept}
        found[page] = kept
        for link in re.findall(r'href="(/staff/[^"#?]*)', answer.text):
            if urljoin(page, link) not in waiting:
                waiting.append(urljoin(page, link))
    return found


def _shape(action: str) -> str:
    return re.sub(r"[0-9a-f]{8,}|\d+", "<id>", action)


def _write_messages(strangers: list[Stranger]) -> None:
    """Inquiries with a marked message, the last with a person, so that there is something to read and to act on."""
    inquirer = strangers[0]
    for text in (f"skal vi have byggetilladelse til et skur {MARK}", f"jeg vil gerne tale med en medarbejder {MARK}"):
        address = f"{inquirer.address}/api/v1/municipalities/0000/inquiries"
        opened = inquirer.session.post(address, json={"text": text}, timeout=30).json()
    inquirer.session.headers["Authorization"] = f"Bearer {opened['token']}"
    for stranger in strangers:
        stranger.inquiry = opened["id"]
    time.sleep(3)


def run(hotline: Running, log: Path, total: int, number: int) -> int:
    strangers = [Stranger(name, hotline.address) for name in ("inquirer", "nobody", *ROLES)]
    for stranger in strangers:
        stranger.sign_in()
    _write_messages(strangers)
    schema = schemathesis.openapi.from_url(f"{hotline.address}/api/v1/openapi.json")
    operations = sum(1 for _ in schema.get_all_operations())
    each = max(1, total * 3 // 4 // operations // len(strangers))
    began = time.monotonic()
    ask_the_document(strangers, schema, max(1, each // 5), number + 1)
    before = hotline.memory_mb(peak=False)["server"]
    ask_the_document(strangers, schema, each, number)
    forms = fill_in_forms(strangers, total // 4, number)
    after = hotline.memory_mb(peak=False)["server"]
    written = log.read_text(errors="replace")
    statuses = sum((stranger.statuses for stranger in strangers), Counter())
    failures = sum((stranger.failures for stranger in strangers), Counter())
    print(
        f"{machine()}; seed {number}; {sum(statuses.values())} requests, {forms} of them forms, in {time.monotonic() - began:.0f} s"
    )
    print("answers:", dict(sorted(statuses.items())))
    print(
        f"server memory: {before:.0f} MB after the first fifth, {after:.0f} MB at the end; log: {len(written):,} characters"
    )
    wrong = [f"{count} × {what}" for what, count in failures.most_common()]
    wrong += ["the server grew"] if after - before > GROWTH_MB else []
    wrong += ["the log holds what was written"] if MARK in written.lower() else []
    wrong += ["the server ended"] if hotline.process.poll() is not None else []
    print("\n".join(wrong) if wrong else "nothing wrong")
    return 1 if wrong else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "server.log"
        with running_hotline(log=log) as hotline:
            code = run(hotline, log, chosen.requests, chosen.seed)
    sys.exit(code)


if __name__ == "__main__":
    main()
