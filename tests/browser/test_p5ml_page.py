"""p5ML's own words in a page: the example of its documentation, sketches of p5.js, the README."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect
from serving import served

from lstm_widget import LSTMGenerator
from lstm_widget.network.bundled import bundled_files

ROOT = Path(__file__).parents[2]
MODULE = ROOT / "lstm_widget" / "static" / "lstm-generator.js"
P5 = ROOT / "js" / "node_modules" / "p5" / "lib" / "p5.min.js"
SEED = "She was sitting next to"
README = (ROOT / "README.md").read_text(encoding="utf-8")
# A sketch, and what takes the place of p5ML's script.
HTML = re.findall(r"^```html\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)

# As it stands; only where its name comes from is another.
EXAMPLE = """<!doctype html><html lang="en"><title>The example</title><script type="module">
import * as {library} from "./lstm-generator.js";

const options = {{ seed: "She was sitting next to", length: 20, temperature: 0.6 }};
const lstm = new {library}.{name}("./data/hemingway/");
lstm.generate(options, function (output) {{
  console.log(output);
}});
window.lstm = lstm;
</script>"""

# A sketch in a script of its own, as they were written for p5ML.
PAGE = """<!doctype html><html lang="en"><title>A sketch</title>
<script src="p5.min.js"></script>
{}
<script src="sketch.js"></script>
<main></main>"""
SKETCH = """
let lstm, output;

function setup() {
  noCanvas();
  output = createElement("pre", "");
  lstm = new p5ml.LSTMGenerator("data/hemingway/", modelReady);
}

function modelReady() {
  const lengthSlider = createSlider(10, 500, 120);
  const tempSlider = createSlider(0, 1, 0.5, 0.1);
  createButton("generate").mousePressed(function () {
    const data = {
      seed: "She was sitting next to",
      temperature: tempSlider.value(),
      length: lengthSlider.value(),
      rng: 1,
    };
    lstm.generate(data, gotData);
  });
}

function gotData(result) {
  output.elt.textContent = result;
}
"""


@pytest.fixture
def site(tmp_path, shared_models):
    """Return a folder with a model at the place that the example names, and its address."""
    shutil.copy(MODULE, tmp_path)
    if not P5.is_file():
        pytest.skip("p5 is not installed: cd js && npm ci")
    shutil.copy(P5, tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "hemingway").symlink_to(shared_models / "bolano")
    with served(tmp_path) as address:
        yield tmp_path, address


@pytest.fixture
def show(page, site):
    """Return a function that opens a page of this source."""
    folder, address = site

    def open_page(source, **files):
        (folder / "index.html").write_text(source, encoding="utf-8")
        for name, content in files.items():
            (folder / f"{name}.js").write_text(content, encoding="utf-8")
        page.goto(f"{address}/index.html")
        return page

    return open_page


@pytest.mark.parametrize(("library", "name"), [("p5ml", "LSTMGenerator"), ("ml5", "LSTM")])
def test_the_example_of_the_documentation(page, show, generator, library, name):
    with page.expect_console_message(lambda message: message.type == "log") as told:
        show(EXAMPLE.format(library=library, name=name))
    assert len(told.value.text) == 20
    written = page.evaluate("options => lstm.generate(options)", {"seed": SEED, "length": 500, "rng": 3})
    assert written == generator.generate(seed=SEED, length=500, rng=3)
    assert page.evaluate("[lstm.ready, lstm.cellsAmount, lstm.vocabSize, lstm.math]") == [
        True,
        generator.cells_amount,
        generator.vocab_size,
        "wasm",
    ]


def test_a_page_that_allows_no_webassembly(show, generator):
    policy = "<meta http-equiv='Content-Security-Policy' content=\"script-src 'self' 'unsafe-inline'\">"
    page = show(EXAMPLE.format(library="p5ml", name="LSTMGenerator").replace("<title>", f"{policy}<title>"))
    written = page.evaluate("options => lstm.generate(options)", {"seed": SEED, "length": 60, "rng": 3})
    assert written == generator.generate(seed=SEED, length=60, rng=3)
    assert page.evaluate("lstm.math") == "javascript"


def test_a_sketch_of_its_time(show, generator):
    page = show(PAGE.format(HTML[1]), sketch=SKETCH)
    page.get_by_role("button", name="generate").click()
    expected = generator.generate(seed=SEED, temperature=0.5, length=120, rng=1)
    expect(page.locator("pre")).to_have_text(expected, use_inner_text=False)


def test_the_sketch_of_the_readme(page, show, site, generator):
    sketch = HTML[0]
    (path,), (seed,) = (re.findall(f'{name}"(.*?)"', sketch) for name in (r"LSTMGenerator\(", "seed: "))
    (site[0] / path).parent.mkdir()
    (site[0] / path.rstrip("/")).symlink_to(site[0] / "data" / "hemingway")
    show(f'<!doctype html><html lang="en"><title>A sketch</title>{sketch.replace("seed:", "rng: 1, seed:")}')
    page.locator("canvas").wait_for()
    # What the sketch draws is in no element of the page.
    page.evaluate(
        """() => {
          const { text } = window;
          window.text = (...given) => { window.drawn = given[0]; return text(...given); };
        }"""
    )
    page.locator("canvas").click()
    expected = generator.generate(seed=seed, length=300, temperature=0.6, rng=1)
    page.wait_for_function("expected => window.drawn === expected", arg=seed + expected)


def test_a_sketch_goes_on_drawing_while_a_long_text_is_written(page, show, site):
    """The largest model, and two texts at once."""
    file = bundled_files()["fairytales"]
    shutil.copy(file, site[0])
    show(
        """<!doctype html><html lang="en"><title>Long</title><script type="module">
        import { LSTMGenerator } from "./lstm-generator.js";
        window.lstm = new LSTMGenerator("fairytales.safetensors");
        </script>"""
    )
    texts, frames = page.evaluate(
        """async () => {
          await lstm.generate();
          let frames = 0, going = true;
          const count = () => { frames += 1; if (going) requestAnimationFrame(count); };
          requestAnimationFrame(count);
          const start = performance.now();
          const write = (rng) => lstm.generate({ seed: "Once", length: 600, rng });
          const texts = await Promise.all([write(1), write(2)]);
          going = false;
          return [texts, frames / ((performance.now() - start) / 1000)];
        }"""
    )
    model = LSTMGenerator("fairytales")
    assert texts == [model.generate(seed="Once", length=600, rng=rng) for rng in (1, 2)]
    assert frames > 15  # 60 on an idle machine
