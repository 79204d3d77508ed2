"""The folder for npm: a page that is bundled, or checked by TypeScript, imports it by its name."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.metadata import version

import pytest
from page_in_node import JS
from serving import served

from lstm_widget.formats.p5ml import save_p5ml
from lstm_widget.generator import LSTMGenerator

PROGRAM = """
import { LSTMGenerator, SettingError } from "lstm-generator";
const lstm = new LSTMGenerator("ADDRESS");
const text: string = await lstm.generate({ seed: "abc", length: 30, rng: 1 });
const again: LSTMGenerator = new LSTMGenerator(lstm.model);
// @ts-expect-error - the length is text
const refused: unknown = await again.generate({ length: "30" }).catch((error: unknown) => error);
console.log(JSON.stringify([text, refused instanceof SettingError]));
"""


@pytest.fixture
def package(tmp_path):
    if shutil.which("node") is None:
        pytest.skip("There is no program `node` on this machine.")
    folder = tmp_path / "node_modules" / "lstm-generator"
    subprocess.run(["node", JS / "package.mjs", folder], check=True)  # noqa: S607
    return folder


def test_what_is_in_it(package):
    names = {"package.json", "lstm-generator.js", "lstm-generator.d.ts", "README.md", "LICENSE"}
    assert {file.name for file in package.iterdir()} == names
    manifest = json.loads((package / "package.json").read_text(encoding="utf-8"))
    assert (manifest["name"], manifest["license"]) == ("lstm-generator", "MIT")
    assert manifest["version"] == version("lstm-widget")
    assert "dependencies" not in manifest


@pytest.mark.usefixtures("package")
def test_a_program_imports_it(tmp_path, model):
    save_p5ml(model, tmp_path / "model")
    tsc = JS / "node_modules" / ".bin" / "tsc"
    if not tsc.exists():
        pytest.skip("TypeScript is not installed: run `npm ci` in js/.")
    with served(tmp_path) as address:
        (tmp_path / "program.mts").write_text(PROGRAM.replace("ADDRESS", f"{address}/model/"))
        settings = ["--strict", "--module", "nodenext", "--target", "es2022", "--types", ""]
        subprocess.run([tsc, *settings, "program.mts"], cwd=tmp_path, check=True)
        done = subprocess.run(["node", "program.mjs"], cwd=tmp_path, check=True, capture_output=True)  # noqa: S607
    assert json.loads(done.stdout) == [LSTMGenerator(model).generate(seed="abc", length=30, rng=1), True]
