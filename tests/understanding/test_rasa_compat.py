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


def test_without_the_stand_in_rasa_cannot_be_imported_and_with_it_it_can() -> None:
    assert "ModuleNotFoundError" in python("import rasa.core.agent").stderr
    done = python("from bot.understanding import compat; compat.install(); import rasa.core.agent, rasa.engine.recipes.default_recipe")
    assert done.returncode == 0, done.stderr


def test_every_stand_in_is_for_a_package_that_is_absent() -> None:
    present = compat.STAND_INS - set(compat.absent())
    assert present <= {"matplotlib"}, "the development environment brings it; all others can go from the list"


@pytest.mark.parametrize("name", sorted(compat.STAND_INS - {"matplotlib"}))
def test_every_stand_in_is_needed_by_rasa(name: str) -> None:
    script = f"""
import sys
from bot.understanding import compat
compat.STAND_INS = compat.STAND_INS - {{{name!r}}}
compat.install()
import rasa.core.agent, rasa.engine.recipes.default_recipe, rasa.__main__
"""
    assert "ModuleNotFoundError" in python(script).stderr


def test_a_stand_in_gives_classes_but_no_dunder_names() -> None:
    import tensorflow

    assert isinstance(tensorflow.keras.layers.Layer, type)
    assert tensorflow.Tensor[int] is not None
    with pytest.raises(AttributeError):
        tensorflow.__no_such_name__  # noqa: B018


def test_numpy_2_lacks_what_rasa_reads() -> None:
    done = python("import numpy; numpy.VisibleDeprecationWarning")
    assert "AttributeError" in done.stderr, "numpy has it again: alias_numpy_warning can go"


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


def test_the_plain_runner_gives_what_dasks_gives() -> None:
    import rasa.core.processor
    from rasa.engine.graph import ExecutionContext, GraphSchema, SchemaNode
    from rasa.engine.runner.dask import DaskGraphRunner
    from rasa.engine.storage.local_model_storage import LocalModelStorage

    compat.run_graphs_plainly()
    plain = rasa.core.processor.DaskGraphRunner
    assert plain is not DaskGraphRunner

    class Add:
        @classmethod
        def create(cls, config, *args):  # type: ignore[no-untyped-def]
            return cls()

        def run(self, first: int, second: int = 1) -> int:
            return first + second

    def node(needs: dict[str, str], target: bool) -> SchemaNode:
        return SchemaNode(needs=needs, uses=Add, fn="run", constructor_name="create", config={}, is_target=target)

    nodes = {"a": node({"first": "given"}, False), "b": node({"first": "a", "second": "given"}, False), "c": node({"first": "b", "second": "a"}, True)}
    schema = GraphSchema(nodes)
    results = []
    for runner in (DaskGraphRunner, plain):
        made = runner(schema, LocalModelStorage.__new__(LocalModelStorage), ExecutionContext(schema))
        results.append(made.run(inputs={"given": 5}, targets=["c"]))
    assert results[0] == results[1] == {"c": 17}


def test_components_that_need_tensorflow_are_refused_with_a_way_out() -> None:
    with pytest.raises(compat.UnsupportedComponent, match=r"DIETClassifier, TEDPolicy: needs TensorFlow.*docs/rasa.md"):
        compat.check_components({"pipeline": [{"name": "DIETClassifier"}], "policies": [{"name": "rasa.core.policies.ted_policy.TEDPolicy"}]})
    compat.check_components({"pipeline": [{"name": "bot.understanding.components.LabelClassifier"}], "policies": None})


def test_training_refuses_a_configuration_with_diet() -> None:
    from rasa.engine.recipes.default_recipe import DefaultV1Recipe
    from rasa.shared.exceptions import InvalidConfigException

    compat.refuse_tensorflow_components()
    with pytest.raises(InvalidConfigException, match="needs TensorFlow"):
        DefaultV1Recipe().graph_config_for_recipe({"pipeline": [{"name": "DIETClassifier"}], "policies": []}, {})


def test_installing_too_late_is_told() -> None:
    done = python("import sys, types; sys.modules['rasa.core.agent'] = types.ModuleType('x'); from bot.understanding import compat; compat.install()")
    assert "must run before Rasa is imported" in done.stderr


def test_installing_twice_changes_nothing() -> None:
    before = list(sys.meta_path)
    compat.install()
    assert sys.meta_path == before
