"""Each patch of Rasa is still needed and still works. When one of these fails after an update, look at compat.py first."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

from bot.understanding import compat

compat.install()


def python(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, timeout=60)


def test_rasa_is_the_version_that_the_patches_were_written_for() -> None:
    assert (version("rasa"), version("rasa-sdk")) == ("3.6.21", "3.6.2")


NEEDED = """
import importlib, sys
from bot.understanding import compat
needed = set()
compat.STAND_INS = frozenset()
compat.install()
modules = ["rasa.core.agent", "rasa.__main__", "rasa.core.test", "rasa.nlu.test", "rasa.validator"]
modules += ["rasa.engine.recipes.default_components", "rasa.graph_components.validators.default_recipe_validator"]
while True:
    try:
        for module in modules:
            importlib.import_module(module)
        break
    except ModuleNotFoundError as error:
        needed.add(error.name.partition(".")[0])
        compat.STAND_INS = frozenset(needed)
        for name in [name for name in sys.modules if name.partition(".")[0] == "rasa"]:
            del sys.modules[name]
print(" ".join(sorted(needed)))
"""


def test_the_stand_ins_are_exactly_what_rasa_imports_and_nobody_installed() -> None:
    needed = set(python(NEEDED).stdout.split())
    assert needed, "Rasa imports everything without help: the stand-in can go"
    # botocore is imported only when a tracker store is made.
    assert needed | {"botocore"} == set(compat.absent()) & compat.STAND_INS
    assert compat.STAND_INS - set(compat.absent()) <= {"matplotlib"}, (
        "only the development environment's matplotlib is real"
    )


def test_a_stand_in_gives_classes_but_no_dunder_names() -> None:
    import tensorflow

    assert isinstance(tensorflow.keras.layers.Layer, type)
    assert tensorflow.Tensor[int] is not None
    with pytest.raises(AttributeError):
        tensorflow.__no_such_name__  # noqa: B018


def test_numpy_2_lacks_what_rasa_reads() -> None:
    import numpy

    compat.alias_numpy_warning()
    assert numpy.VisibleDeprecationWarning is numpy.exceptions.VisibleDeprecationWarning
    assert "AttributeError" in python("import numpy; numpy.VisibleDeprecationWarning").stderr, (
        "numpy has it again: the alias can go"
    )


def test_the_cached_validator_accepts_and_refuses_as_rasas_own() -> None:
    from jsonschema import ValidationError
    from rasa.core.actions.action import RemoteAction

    stock = RemoteAction._validate_action_result
    compat.cache_action_validator()
    action = RemoteAction("action_decide", None)
    for validate in (stock, RemoteAction._validate_action_result):
        assert validate(action, {"events": [{"event": "slot", "name": "turn", "value": {}}], "responses": []})
        with pytest.raises(ValidationError):
            validate(action, {"events": "none", "responses": []})


def test_messages_are_hashed_by_text_and_still_compared_by_all_their_data() -> None:
    script = """
import inspect
from bot.understanding import compat
compat.install()
from rasa.shared.nlu.training_data.message import Message
assert "fingerprint" in inspect.getsource(Message.__hash__), "Rasa hashes messages cheaply: the patch can go"
compat.hash_messages_by_text()
data = {"text": "a", "intent": "x", "metadata": {"language": "da"}}
one, same, other = Message(data), Message(dict(data)), Message(data | {"metadata": {"language": "en"}})
assert hash(one) == hash(same) == hash(other) and one == same and one != other
print(len({one, same, other}))
"""
    result = python(script)
    assert result.stdout.strip() == "2", result.stderr


def test_the_plain_runner_gives_what_dasks_gives() -> None:
    import rasa.core.processor
    from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema, SchemaNode
    from rasa.engine.runner.dask import DaskGraphRunner
    from rasa.engine.storage.local_model_storage import LocalModelStorage

    compat.run_graphs_plainly()
    plain = rasa.core.processor.DaskGraphRunner
    assert plain is not DaskGraphRunner

    class Add(GraphComponent):
        @classmethod
        def create(cls, config, **kwargs):  # type: ignore[no-untyped-def]
            return cls()

        def run(self, first: int, second: int = 1) -> int:
            return first + second

    def node(needs: dict[str, str], target: bool) -> SchemaNode:
        return SchemaNode(needs=needs, uses=Add, fn="run", constructor_name="create", config={}, is_target=target)

    nodes = {
        "a": node({"first": "given"}, False),
        "b": node({"first": "a", "second": "given"}, False),
        "c": node({"first": "b", "second": "a"}, True),
    }
    schema = GraphSchema(nodes)
    results = []
    for runner in (DaskGraphRunner, plain):
        made = runner(schema, LocalModelStorage.__new__(LocalModelStorage), ExecutionContext(schema))
        results.append(made.run(inputs={"given": 5}, targets=["c"]))
    assert results[0] == results[1] == {"c": 17}


def test_components_that_need_tensorflow_are_refused_with_a_way_out() -> None:
    with pytest.raises(compat.UnsupportedComponent, match=r"DIETClassifier, TEDPolicy: needs TensorFlow.*docs/rasa.md"):
        compat.check_components(
            {
                "pipeline": [{"name": "DIETClassifier"}],
                "policies": [{"name": "rasa.core.policies.ted_policy.TEDPolicy"}],
            }
        )
    compat.check_components({"pipeline": [{"name": "bot.understanding.components.LabelClassifier"}], "policies": None})


def test_training_refuses_a_configuration_with_diet() -> None:
    from rasa.engine.recipes.default_recipe import DefaultV1Recipe
    from rasa.shared.exceptions import InvalidConfigException

    compat.refuse_tensorflow_components()
    with pytest.raises(InvalidConfigException, match="needs TensorFlow"):
        DefaultV1Recipe().graph_config_for_recipe({"pipeline": [{"name": "DIETClassifier"}], "policies": []}, {})


def test_installing_too_late_is_told() -> None:
    done = python(
        "import sys, types; sys.modules['rasa.core.agent'] = types.ModuleType('x'); from bot.understanding import compat; compat.install()"
    )
    assert "must run before Rasa is imported" in done.stderr


def test_installing_twice_changes_nothing() -> None:
    before = list(sys.meta_path)
    compat.install()
    assert sys.meta_path == before
