"""The one room for patches of Rasa 3.6.21, so that it runs on Python 3.11 to 3.13 without TensorFlow.

:func:`install` must have run before Rasa is imported. Each patch says why it is there; ``tests/understanding/test_rasa_compat.py`` fails
when one is no longer needed or no longer works. Nothing here imports Rasa before ``install``.
"""

from __future__ import annotations

import functools
import importlib.machinery
import json
import os
import sys
import tarfile
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

# Imported without condition by rasa.core.agent, its channels, its default recipe or its CLI, and used by no component of ours.
# A real package wins, since the finder stands last: `rasa test` draws with the real matplotlib of the development environment.
STAND_INS = frozenset(
    {"aiogram", "boto3", "botocore", "cachecontrol", "fbmessenger", "google", "keras", "matplotlib", "slack_sdk"}
    | {"tensorflow", "twilio", "webexteamssdk"}
)

# Installed, imported by Rasa at the top of a module, and never called where a model only predicts: 80 MB and half a second of each worker.
ONLY_TO_TRAIN = frozenset({"aio_pika", "aiormq", "dask", "pymongo", "questionary", "redis", "sklearn"})

# Components of Rasa that would need the real TensorFlow (or a download); the stand-in would hide that until the first message.
NEEDS_TENSORFLOW = frozenset(
    {"DIETClassifier", "ResponseSelector", "TEDPolicy", "UnexpecTEDIntentPolicy"}
    | {"ConveRTFeaturizer", "LanguageModelFeaturizer"}
)


class UnsupportedComponent(Exception):
    """A configuration names a component that this environment cannot run."""


class _AnythingType(type):
    def __getattr__(cls, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything


class _Anything(metaclass=_AnythingType):
    """Stands for any class or function of an absent package, far enough for annotations and base classes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def __class_getitem__(cls, item: Any) -> type:
        return cls

    def __bool__(self) -> bool:
        return False  # matplotlib asks an imported tensorflow whether what it draws is a tensor


class _StandIn(types.ModuleType):
    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything


class _StandInFinder:
    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        return _stand_in(name) if name.partition(".")[0] in STAND_INS else None

    @staticmethod
    def create_module(spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        module = _StandIn(spec.name)
        module.__path__ = []  # a package, so that its submodules are asked for too
        return module

    @staticmethod
    def exec_module(module: types.ModuleType) -> None: ...


class _OnlyToTrainFinder(_StandInFinder):
    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        return _stand_in(name) if name.partition(".")[0] in ONLY_TO_TRAIN else None


def _stand_in(name: str) -> importlib.machinery.ModuleSpec:
    return importlib.machinery.ModuleSpec(name, _StandInFinder, is_package=True)  # type: ignore[arg-type]


def install() -> None:
    """Rasa can be imported, and runs in one process without telemetry. Calling it again changes nothing."""
    if _StandInFinder in sys.meta_path:
        return
    if "rasa.core.agent" in sys.modules:
        raise RuntimeError("bot.understanding.compat.install() must run before Rasa is imported")
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    sys.meta_path.append(_StandInFinder)
    alias_numpy_warning()


def patch_rasa() -> None:
    """Turns are cheap and TensorFlow components are refused. Imports Rasa."""
    install()
    cache_action_validator()
    run_graphs_plainly()
    hash_messages_by_text()
    refuse_tensorflow_components()


def leave_out_what_only_trains(model: Path) -> None:
    """Packages that ``model`` does not need to predict are not loaded; all are when it holds components of Rasa's own NLU."""
    with tarfile.open(model) as archive:
        name = next(name for name in archive.getnames() if name.rpartition("/")[2] == "metadata.json")
        stored = archive.extractfile(name)
        schema = json.load(stored)["predict_schema"]["nodes"] if stored else {}
    if not any(
        node["uses"].startswith("rasa.nlu.") and "RegexMessageHandler" not in node["uses"] for node in schema.values()
    ):
        sys.meta_path.insert(0, _OnlyToTrainFinder)


def alias_numpy_warning() -> None:
    """numpy 2 moved ``VisibleDeprecationWarning``, which ``rasa.utils.common`` reads from the top level."""
    import numpy as np

    if not hasattr(np, "VisibleDeprecationWarning"):
        np.VisibleDeprecationWarning = np.exceptions.VisibleDeprecationWarning  # type: ignore[attr-defined]


def cache_action_validator() -> None:
    """jsonschema checks its own schema again at each action call: 85 % of a stock turn. The validator is made once instead."""
    from jsonschema.validators import validator_for  # type: ignore[import-untyped]
    from rasa.core.actions.action import RemoteAction

    schema = RemoteAction.action_response_format_spec()
    validator_class = validator_for(schema)
    validator_class.check_schema(schema)
    validator = validator_class(schema)

    def validate(self: Any, result: dict[str, Any]) -> bool:
        if getattr(self.action_endpoint, "in_process", False):
            return (
                True  # made by rasa_sdk a moment ago: there is nobody to distrust, and it still was a tenth of a turn
            )
        error = next(validator.iter_errors(result), None)
        if error is not None:
            raise error
        return True

    RemoteAction._validate_action_result = validate


def hash_messages_by_text() -> None:
    """Rasa hashes an example by a JSON fingerprint of all its data, and sorts out doubles a dozen times per training: a quarter of it.
    Text and intent tell as much; whether two are equal is still decided by the fingerprint."""
    from rasa.shared.nlu.training_data.message import Message

    Message.__hash__ = lambda self: hash((self.data.get("text"), self.data.get("intent")))


def run_graphs_plainly() -> None:
    """dask builds and sorts a task graph for each run (a tenth of a stock turn); the order is computed once per target instead."""
    import rasa.core.processor
    import rasa.model_training
    from rasa.engine.runner.dask import DaskGraphRunner

    class PlainRunner(DaskGraphRunner):
        def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
            wanted = tuple(targets or self._graph_schema.target_names)
            done: dict[str, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
            for name, needs in self._order(wanted):
                if name not in done:
                    done[name] = self._instantiated_nodes[name](*(done.get(need, need) for need in needs))
            return dict(done[name] for name in wanted)

        @functools.lru_cache(maxsize=16)  # noqa: B019 (a runner lives as long as its process)
        def _order(self, targets: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
            nodes = self._graph_schema.minimal_graph_schema(list(targets)).nodes
            order: list[tuple[str, tuple[str, ...]]] = []
            seen: set[str] = set()

            def visit(name: str) -> None:
                if name in seen or name not in nodes:
                    return
                seen.add(name)
                needs = tuple(nodes[name].needs.values())
                for need in needs:
                    visit(need)
                order.append((name, needs))

            for name in nodes:
                visit(name)
            return order

    rasa.core.processor.DaskGraphRunner = PlainRunner
    rasa.model_training.DaskGraphRunner = PlainRunner


def refuse_tensorflow_components() -> None:
    """A configuration that names a TensorFlow component is refused when its graph is built, with a sentence that says what to do."""
    from rasa.engine.recipes.default_recipe import DefaultV1Recipe
    from rasa.shared.exceptions import InvalidConfigException

    stock = DefaultV1Recipe.graph_config_for_recipe
    if getattr(stock, "refuses_tensorflow", False):
        return

    @functools.wraps(stock)
    def graph_config_for_recipe(self: Any, config: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        try:
            check_components(config)
        except UnsupportedComponent as error:
            raise InvalidConfigException(str(error)) from error
        return stock(self, config, *args, **kwargs)

    graph_config_for_recipe.refuses_tensorflow = True  # type: ignore[attr-defined]
    DefaultV1Recipe.graph_config_for_recipe = graph_config_for_recipe


def check_components(config: dict[str, Any]) -> None:
    """Raises :class:`UnsupportedComponent` when the pipeline or the policies name a component that needs TensorFlow."""
    named = {
        str(entry.get("name")).rpartition(".")[2] for key in ("pipeline", "policies") for entry in config.get(key) or []
    }
    refused = sorted(named & NEEDS_TENSORFLOW)
    if refused:
        raise UnsupportedComponent(
            f"{', '.join(refused)}: needs TensorFlow, which this project does not install. Use the components of bot.understanding"
            " (config.yml), or train with DIET in an environment of Rasa's own from the exported data (docs/rasa.md)."
        )


def run_sanic_in_one_process() -> None:
    """sanic 23 and later fork worker managers, which cannot pickle Rasa's app: ``run``, ``shell`` and ``run actions`` use one process."""
    from sanic import Sanic

    stock: Callable[..., Any] = Sanic.run
    if getattr(stock, "in_one_process", False):
        return

    @functools.wraps(stock)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("workers") in (None, 1):
            kwargs.pop("workers", None)
            kwargs.setdefault("single_process", True)
        kwargs.setdefault("motd", False)
        return stock(self, *args, **kwargs)

    run.in_one_process = True  # type: ignore[attr-defined]
    Sanic.run = run  # type: ignore[method-assign]


def alias_sanic_stream() -> None:
    """sanic dropped ``response.stream``, with which the REST channel and so ``rasa shell`` answer; ``ResponseStream`` is the same."""
    import sanic.response

    if not hasattr(sanic.response, "stream"):
        sanic.response.stream = sanic.response.ResponseStream  # type: ignore[attr-defined]


def absent(names: Sequence[str] = tuple(sorted(STAND_INS))) -> list[str]:
    """Those of ``names`` that no real package provides, so that the stand-in answers for them."""
    return [name for name in names if importlib.machinery.PathFinder.find_spec(name) is None]
