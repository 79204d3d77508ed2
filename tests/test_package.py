"""The package as it is built, imported and laid out."""

from __future__ import annotations

import ast
import doctest
import gzip
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch

import lstm_widget
import lstm_widget.training
from lstm_widget.formats.p5ml import load_checkpoints
from lstm_widget.formats.safetensors import read_card
from lstm_widget.network.bundled import DEFAULT_MODEL, available_models, bundled_files

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "lstm_widget"
PAGE = {"loader.js", "page.js", "page.css", "alive.js", "portable.js"}
P5ML = "lstm-generator.js"
CORPORA = ROOT.parent / "shared" / "corpora"


def modules_after(code: str) -> set[str]:
    program = f"{code}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


HEAVY = {"torch", "numba", "IPython", "anywidget", "ipywidgets", "traitlets", "requests", "keras"}


def test_importing_the_package_costs_nothing():
    loaded = modules_after("import lstm_widget")
    assert not loaded & {*HEAVY, "numpy"}
    assert {name for name in loaded if name.startswith("lstm_widget.")} == set()


def test_the_model_side_knows_nothing_about_notebooks():
    code = "from lstm_widget import LSTMGenerator; LSTMGenerator().generate()"
    assert not modules_after(code) & HEAVY


def test_what_the_widget_alone_needs_is_not_loaded_with_the_generator():
    loaded = modules_after("import lstm_widget.generator")
    assert not loaded & HEAVY
    ours = {name for name in loaded if name.startswith("lstm_widget.")}
    for_later = {"widgets", "cli", "network.compiled", "formats.safetensors", "formats.web"}
    assert not ours & {f"lstm_widget.{name}" for name in for_later}
    assert "safetensors" not in loaded
    # NumPy loads its random part, which takes long, when it is first named.
    if "numpy.random" not in modules_after("import numpy"):
        assert "numpy.random" not in loaded


def test_the_widget_loads_nothing_that_only_some_models_need():
    loaded = modules_after("from lstm_widget import LSTMWidget; LSTMWidget()")
    assert not loaded & (HEAVY - {"IPython", "anywidget", "ipywidgets", "traitlets"})
    assert "lstm_widget.formats.web" not in loaded


def test_the_bundled_models_are_files_of_the_package():
    files = bundled_files()
    assert tuple(files) == available_models() == tuple(sorted(available_models()))
    assert DEFAULT_MODEL in files
    for name, file in files.items():
        assert (file.parent, file.name) == (SOURCES / "network" / "bundled", f"{name}.safetensors")
        raw = file.read_bytes()
        header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
        assert read_card(file) == json.loads(header["__metadata__"]["card"])
        assert lstm_widget.load_model(name).card["title"] == read_card(file)["title"]


def test_every_public_name_is_there_once_and_has_a_docstring():
    assert lstm_widget.__all__ == sorted(lstm_widget.__all__)
    for name in lstm_widget.__all__:
        assert getattr(lstm_widget, name).__doc__
    assert set(lstm_widget.__all__) <= set(dir(lstm_widget))
    with pytest.raises(AttributeError, match="no attribute 'LSTM'"):
        lstm_widget.LSTM  # noqa: B018


def test_type_checkers_find_the_public_names_where_they_are():
    tree = ast.parse((SOURCES / "__init__.py").read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    imports = [(node.module.removeprefix("lstm_widget."), node.names) for node in block.body]
    assert {one.asname: home for home, names in imports for one in names} == lstm_widget._HOMES
    assert lstm_widget.TrainingView is lstm_widget.training.TrainingView


@pytest.mark.parametrize("module", ["generator", "widgets.text", "widgets.lanes"])
def test_the_examples_in_the_docstrings_run(module):
    result = doctest.testmod(import_module(f"lstm_widget.{module}"))
    assert result.attempted > 0
    assert result.failed == 0


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "SOURCE_DATE_EPOCH": "0"})
    return folder


def test_the_wheel_is_pure_and_holds_the_page_and_the_model(built):
    (wheel,) = built.glob("*.whl")
    assert wheel.name.endswith("-py3-none-any.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name for name in names if name.startswith("lstm_widget/static/")} == {
        f"lstm_widget/static/{name}" for name in {*PAGE, P5ML}
    }
    assert "lstm_widget/network/bundled/fairytales.safetensors" in names
    assert "lstm_widget/py.typed" in names
    assert not [name for name in names if name.startswith(("js/", "tests/")) or "node_modules" in name]


def test_the_models_take_at_most_30_megabytes_of_the_wheel(built):
    (wheel,) = built.glob("*.whl")
    models = [one for one in zipfile.ZipFile(wheel).infolist() if one.filename.endswith(".safetensors")]
    assert len(models) == len(bundled_files())
    assert sum(one.compress_size for one in models) <= 30_000_000


def test_what_a_widget_must_load_in_time_is_tiny():
    assert (SOURCES / "static" / "loader.js").stat().st_size <= 2000


def test_the_page_is_small():
    sizes = {name: len(gzip.compress((SOURCES / "static" / name).read_bytes())) for name in PAGE}
    assert sizes.pop("alive.js") <= 70_000  # the same with the engine in it, for a page without a kernel
    assert sizes.pop("portable.js") <= 30_000  # the engine alone, for a notebook that keeps its model
    assert sum(sizes.values()) <= 60_000


def test_what_a_sketch_loads_is_small():
    assert len(gzip.compress((SOURCES / "static" / P5ML).read_bytes())) <= 20_000


def test_the_sdist_holds_what_the_wheel_is_built_from(built):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert {
        "lstm_widget/static/page.js",
        "lstm_widget/network/bundled/fairytales.safetensors",
        "LICENSE",
    } <= names
    assert not [name for name in names if "node_modules" in name]


def test_the_bundled_models_are_small_and_their_cards_say_what_they_are():
    files = bundled_files()
    assert set(files) == {"fairytales", "maerchen", "shakespeare", "sherlock", "tiny", "verne"}
    said = {
        "title",
        "language",
        "text",
        "source",
        "note",
        "licence",
        "command",
        "validation_loss_nats",
        "settings",
    }
    for name in files:
        model = lstm_widget.load_model(name)
        card = model.card
        assert said <= set(card)
        assert card["float16_cost_nats"] <= 0.002
        assert f"`{card['text_sha256']}`" in (ROOT / "docs" / "corpora.md").read_text(encoding="utf-8")
        for seed in (card["seed"], *card["beginnings"]):
            assert seed[-1].isalpha()  # a question: how does the word go on?
            assert model.encode(seed)
        assert len(card["beginnings"]) == 2


@pytest.mark.parametrize("name", list(bundled_files()))
def test_the_samples_in_a_card_are_what_the_model_writes(name):
    lstm = lstm_widget.LSTMGenerator(name)
    samples = lstm.model.card["samples"]
    for rng, sample in enumerate(samples["by_rng"]):
        assert lstm.generate(samples["settings"], rng=rng) == sample
    assert len(samples["by_rng"]) == 3


@pytest.mark.parametrize("name", ["fairytales", "maerchen", "sherlock", "tiny", "verne"])
def test_the_loss_in_the_card_is_what_pytorch_finds(name):
    file = CORPORA / f"{'fairytales' if name == 'tiny' else name}.txt"
    if not file.is_file():
        pytest.skip(f"The text of the model is not on this machine: there is no {file}.")
    model = lstm_widget.load_model(name)
    text = file.read_text(encoding="utf-8")
    blocks = [text[start : start + 25_000] for start in range(0, len(text), 25_000)]
    ids = [model.vocab[c] for c in "".join(blocks[10::20]) if c in model.vocab]
    losses = pytorch_losses(model.weights, torch.tensor(ids), streams=64, early=500)
    assert model.card["validation_loss_nats"] == pytest.approx(losses.mean().item(), abs=2e-4)


def pytorch_losses(weights, ids, streams, early):
    """Return -log p of each character but the first.

    It is cut into streams side by side, each begun so many characters early that nothing is missed.
    """
    (v, e), units = weights.embedding.shape, [layer.units for layer in weights.layers]
    embedding = torch.nn.Embedding.from_pretrained(torch.tensor(weights.embedding))
    lstm = torch.nn.LSTM(e, units[0], len(units), batch_first=True)
    for n, layer in enumerate(weights.layers):
        i, j, f, o = np.split(np.vstack([layer.kernel, layer.bias]), 4, axis=1)
        f = f + np.eye(len(f), 1, -len(f) + 1, dtype=np.float32)  # 1 in the last row, the bias
        kernel = torch.tensor(np.hstack([i, f, j, o]).T)
        getattr(lstm, f"weight_ih_l{n}").data = kernel[:, : layer.input_size].contiguous()
        getattr(lstm, f"weight_hh_l{n}").data = kernel[:, layer.input_size : -1].contiguous()
        getattr(lstm, f"bias_ih_l{n}").data = kernel[:, -1].contiguous()
        getattr(lstm, f"bias_hh_l{n}").data.zero_()
    length = -(-(len(ids) - 1) // streams)
    padded = torch.cat(
        [torch.zeros(early, dtype=torch.long), ids, torch.zeros(streams * length, dtype=torch.long)]
    )
    rows = torch.stack([padded[k * length : k * length + early + length + 1] for k in range(streams)])
    with torch.no_grad():
        # The first stream has nothing before it: its early part is left out by starting it alone.
        state, pieces = None, []
        _, warm = lstm(embedding(rows[1:, :early]))
        state = tuple(torch.cat([torch.zeros_like(part[:, :1]), part], dim=1) for part in warm)
        for at in range(early, early + length, 200):
            now = rows[:, at : min(at + 200, early + length)]
            top, state = lstm(embedding(now), state)
            logits = top @ torch.tensor(weights.softmax_w) + torch.tensor(weights.softmax_b)
            following = rows[:, at + 1 : at + 1 + now.shape[1]]
            pieces.append(
                torch.nn.functional.cross_entropy(logits.transpose(1, 2), following, reduction="none")
            )
    assert logits.shape[-1] == v
    return torch.cat(pieces, dim=1).flatten()[: len(ids) - 1]


def test_no_published_model_was_copied_into_the_package(shared_models):
    bundled = lstm_widget.load_model("fairytales").weights
    for folder in filter(Path.is_dir, shared_models.iterdir()):
        assert load_checkpoints(folder)[0].parameters != bundled.parameters
