"""It stays a Rasa project: Rasa's own command line works on it, on every supported Python that is here."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from bot.settings import PROJECT_DIR
from bot.understanding.rasa_cli import with_project_defaults

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
SUPPORTED = ("3.11", "3.12", "3.13")


def rasa(*arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    """Run ``hotline rasa …``; fails the test when Rasa does."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "bot", "rasa", *arguments],
        **{"capture_output": True, "text": True, "timeout": 120, "cwd": PROJECT_DIR, **more},  # type: ignore[call-overload]
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done


def test_the_project_validates(small_folder: Path) -> None:
    done = rasa("data", "validate", "--data", str(small_folder))
    told = done.stdout + done.stderr
    assert "No story structure conflicts found" in told and "Importer" not in told


def test_it_trains_and_rasas_own_tests_pass(small_folder: Path, tmp_path: Path) -> None:
    rasa("train", "--data", str(small_folder), "--out", str(tmp_path), "--fixed-model-name", "small")
    model = str(tmp_path / "small.tar.gz")
    rasa("test", "nlu", "--nlu", str(small_folder), "--model", model, "--out", str(tmp_path / "nlu"), "--no-plot")
    report = json.loads((tmp_path / "nlu" / "intent_report.json").read_text())
    assert report["accuracy"] > 0.9, "it knows what it was trained on"
    rasa("test", "core", "--model", model, "--out", str(tmp_path / "core"), "--no-plot")
    report = json.loads((tmp_path / "core" / "story_report.json").read_text())
    assert report["conversation_accuracy"]["correct"] == report["conversation_accuracy"]["total"] > 1


def test_the_shell_answers_and_runs_the_contact_form(small_model: Path) -> None:
    typed = "kræver vores byggeri en byggetilladelse?\njeg vil tale med et menneske\nIndehaveren\nspring over\nspring over\n/stop\n"
    done = rasa("shell", "--model", str(small_model), "--port", str(_free_port()), input=typed)
    asked = re.findall(r"navn|e-mail|CVR", done.stdout, re.IGNORECASE)
    assert {word.lower() for word in asked} >= {"navn", "e-mail", "cvr"}
    assert '"say"' not in done.stdout, "a terminal gets texts, not our server's values"


def test_the_actions_run_unchanged_as_a_server(small_folder: Path) -> None:
    port = _free_port()
    server = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "bot", "rasa", "run", "actions", "--port", str(port)],
        cwd=PROJECT_DIR,
        env={**os.environ, "HOTLINE_NLU_DATA_DIR": str(small_folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    clicked = {"text": "/choice", "intent": {"name": "choice"}, "entities": [{"entity": "id", "value": "person"}]}
    tracker = {"sender_id": "x", "slots": {}, "latest_message": clicked, "events": [], "paused": False}
    tracker |= {"followup_action": None, "active_loop": {}, "latest_action_name": "action_listen"}
    call = {"next_action": "action_decide", "sender_id": "x", "version": "3.6.21", "domain": {}, "tracker": tracker}
    try:
        answer = _post(f"http://127.0.0.1:{port}/webhook", call)
    finally:
        server.terminate()
        server.wait(10)
    assert [r["custom"]["say"]["text"] for r in answer["responses"]] == ["disclosure", "escalated_request"]
    assert answer["events"][-1] == {"event": "followup", "timestamp": None, "name": "contact_form"}


def test_examples_are_exported_in_rasas_own_format(small_folder: Path, tmp_path: Path) -> None:
    from bot.knowledge.files import load_knowledge
    from bot.understanding import compat
    from bot.understanding.export import export_examples

    compat.install()
    from rasa.shared.nlu.training_data.loading import load_data

    knowledge = load_knowledge(small_folder)
    export_examples(knowledge, tmp_path / "nlu.yml")
    read = {
        (m.get("intent_response_key"), m.get("text")) for m in load_data(str(tmp_path / "nlu.yml")).training_examples
    }
    # Rasa reads [text](entity) as markup, and drops the spaces around a text.
    wanted = {(label, " ".join(text.split())) for label, _, text in knowledge.examples() if "[" not in text}
    assert len(wanted - read) <= len(wanted) / 100


def test_commands_find_the_projects_folders_unless_told_otherwise() -> None:
    assert with_project_defaults(["train"]) == ["train", "--data", "nlu_data"]
    assert with_project_defaults(["data", "validate", "--data", "x"]) == ["data", "validate", "--data", "x"]
    assert with_project_defaults(["train", "--data=x"]) == ["train", "--data=x"]
    assert with_project_defaults(["test", "nlu"]) == ["test", "nlu", "--nlu", "nlu_data"]
    assert with_project_defaults(["shell", "--debug"]) == ["shell", "--debug"]


def _other_pythons() -> list[str]:
    """Interpreters of the supported versions that are here, but for the one that runs the tests."""
    places = Path.home() / ".pyenv" / "versions"
    found = []
    for version in SUPPORTED:
        if version == HERE:
            continue
        known = [*sorted(places.glob(f"{version}.*/bin/python")), shutil.which(f"python{version}")]
        working = (
            str(path)
            for path in known
            if path and subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0
        )
        found += [path for path in working][:1]
    return found


@pytest.mark.nightly
@pytest.mark.pythons
@pytest.mark.parametrize("python", _other_pythons())
def test_another_python_trains_and_takes_a_turn(python: str, small_folder: Path, tmp_path: Path) -> None:
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not installed")
    command = [uv, "run", "--isolated", "--no-dev", "--python", python, "python", "-m", "tests.understanding.one_turn"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("VIRTUAL_ENV", "PYTHON"))}
    done = subprocess.run(
        [*command, str(small_folder), str(tmp_path)],
        cwd=PROJECT_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "Answer building" in done.stdout, done.stdout + done.stderr[-3000:]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _post(url: str, body: dict[str, object]) -> dict[str, list[dict]]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    deadline = time.monotonic() + 40
    while True:
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return dict(json.load(response))
        except urllib.error.URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
