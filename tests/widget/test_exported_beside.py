"""A page whose weights are in a script file beside it, which other pages can share."""

from __future__ import annotations

import base64
import json
import re

import pytest
from test_exported import Parts

from lstm_widget import LSTMWidget, ModelError, TemperatureLanes
from lstm_widget.cli import main
from lstm_widget.formats.safetensors import parse_safetensors

CODE = re.compile(r'\(globalThis\.lstmWeights\?\?=\{\}\)\["(\w+)"\]="([\w+/=]+)";\n')


def shown(file):
    """Return the parts of a page, what is saved in it, and the address of its weights."""
    parts = Parts(file.read_text(encoding="utf-8"))
    ((address,),) = (
        [given["src"]] for name, given, _ in parts.elements if name == "script" and "src" in given
    )
    return parts, json.loads(parts.one("script", id="lstm-saved")[1]), address


def test_pages_share_the_weights_of_a_model(model, tmp_path):
    weights, titled = tmp_path / "weights", model.with_card({"title": "</script> & more"})
    pages = [
        LSTMWidget(model).export_html(tmp_path / "one.html", weights=weights),
        TemperatureLanes(titled).export_html(tmp_path / "two.html", weights=str(weights)),
    ]
    (file,) = weights.iterdir()
    fingerprint, text = CODE.fullmatch(file.read_text(encoding="ascii")).groups()
    assert parse_safetensors(base64.b64decode(text), "the file").fingerprint == fingerprint
    for page in pages:
        _, saved, address = shown(page)
        assert address == saved["beside"] == f"./weights/{file.name}"
        assert (saved["fingerprint"], saved["size"]) == (fingerprint, len(text))
        assert text not in page.read_text(encoding="utf-8")


def test_only_then_may_scripts_beside_the_page_run(model, tmp_path):
    for weights, expected in ((None, False), (tmp_path, True)):
        parts = Parts(
            LSTMWidget(model).export_html(tmp_path / "page.html", weights=weights).read_text("utf-8")
        )
        policy = parts.one("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"]
        rules = dict(one.strip().split(" ", 1) for one in policy.split(";"))
        assert ("'self'" in rules.pop("script-src").split()) is expected
        assert rules["default-src"] == "'none'"
        assert not any("self" in sources or "unsafe" in sources for sources in rules.values())


@pytest.mark.parametrize("name", ["a b", "100 %", "a:b", "ä", '"&<'])
def test_the_address_is_right_whatever_a_folder_is_called(model, tmp_path, name):
    page = LSTMWidget(model).export_html(tmp_path / "pages" / "page.html", weights=tmp_path / name)
    _, _, address = shown(page)
    assert re.fullmatch(r"\./\.\./[\w%.-]+/lstm-weights-\w+\.js", address)


def test_a_file_that_is_not_whole_is_written_again_and_another_model_has_its_own(
    model, random_model, tmp_path
):
    LSTMWidget(model).export_html(tmp_path / "page.html", weights=tmp_path)
    (file,) = tmp_path.glob("*.js")
    file.write_bytes(file.read_bytes()[:100])
    LSTMWidget(model).export_html(tmp_path / "page.html", weights=tmp_path)
    assert CODE.fullmatch(file.read_text(encoding="ascii"))
    written = file.stat().st_mtime_ns
    LSTMWidget(random_model(units=(4,))).export_html(tmp_path / "other.html", weights=tmp_path)
    LSTMWidget(model).export_html(tmp_path / "page.html", weights=tmp_path)
    assert len(list(tmp_path.glob("*.js"))) == 2
    assert file.stat().st_mtime_ns == written


def test_a_folder_that_cannot_be_written_is_one_sentence(model, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match=r"\A[^\n]*cannot be written[^\n]*\Z"):
        LSTMWidget(model).export_html(tmp_path / "page.html", weights=tmp_path / "file")
    assert not (tmp_path / "page.html").exists()


def test_so_it_is_on_the_command_line(tmp_path, capsys):
    main(["page", "tiny", "-o", str(tmp_path / "page.html"), "--weights", str(tmp_path)])
    assert "needs that file, too" in capsys.readouterr().err
    _, saved, address = shown(tmp_path / "page.html")
    assert saved["traits"]["model"] == "tiny"
    assert (tmp_path / address).is_file()
