# make lab    opens JupyterLab on the quickstart notebook
# make test   runs everything: lint, types, front end, bundle, pytest, Colab's versions, browser
# Both set up what they need in .venv; only Python is needed, and Node for `make test`.

PYTHON ?= python3
BIN := .venv/bin
COLAB := .venv-colab/bin
LITE := .venv-lite/bin
# Two tests at a time; threads of PyTorch that wait for each other would hold both of them up.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile
# As root (in a container) JupyterLab wants to be told that this is meant.
ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: lab test lint types page protocol bundle pytest colab browser typing patient other-browsers docs site lite pictures notebooks clean

lab: .venv/lab-ready
	$(BIN)/jupyter lab $(ROOT) --ServerApp.root_dir=notebooks --LabApp.default_url=/lab/tree/quickstart.ipynb

test: lint types page bundle pytest colab browser

lint: .venv/test-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/test-ready
	$(BIN)/mypy

# TypeScript, its linter, vitest.
page: js/node_modules/ready
	cd js && npm run --silent check

# The types of the messages, what looks alike, what a unit may follow and the ranges of settings, from their declarations in Python.
protocol: .venv/bin/python
	$(BIN)/python js/protocol.py js/src/kernel/protocol.ts
	$(BIN)/python js/lookalikes.py js/src/local/lookalikes.ts
	$(BIN)/python js/followed.py js/src/local/inspection/followed.ts
	$(BIN)/python js/bounds.py js/src/p5ml/bounds.ts

# The committed bundle must be what js/ builds, and the types what Python declares.
bundle: .venv/bin/python js/node_modules/ready
	$(BIN)/python js/protocol.py js/node_modules/protocol.ts
	diff js/node_modules/protocol.ts js/src/kernel/protocol.ts
	$(BIN)/python js/lookalikes.py js/node_modules/lookalikes.ts
	diff js/node_modules/lookalikes.ts js/src/local/lookalikes.ts
	$(BIN)/python js/followed.py js/node_modules/followed.ts
	diff js/node_modules/followed.ts js/src/local/inspection/followed.ts
	$(BIN)/python js/bounds.py js/node_modules/bounds.ts
	diff js/node_modules/bounds.ts js/src/p5ml/bounds.ts
	cd js && LSTM_WIDGET_STATIC=node_modules/bundle npm run --silent build
	diff -r js/node_modules/bundle lstm_widget/static

pytest: .venv/test-ready js/node_modules/ready
	$(PYTEST) --ignore tests/browser --ignore tests/other_browsers

# The conversation with the page once more, with the versions of Google Colab.
colab: .venv-colab/ready
	$(COLAB)/python -m pytest tests/kernel

browser: .venv/test-ready .venv/chromium-ready js/node_modules/ready
	$(PYTEST) -m "not long" tests/browser

# Typing and dragging at all paces, beside two programs that keep the machine busy.
typing: .venv/test-ready .venv/chromium-ready js/node_modules/ready
	$(PYTEST) tests/browser/test_typing.py

# What takes longer than it is worth at every test: other notebooks on a slow computer, and the like.
patient: .venv/test-ready .venv/chromium-ready js/node_modules/ready
	$(PYTEST) -m long tests/browser

# Pages without a kernel in Firefox and WebKitGTK; on Debian: apt install firefox-esr webkit2gtk-driver xvfb
other-browsers: .venv/test-ready
	$(BIN)/python -m pip install --quiet --editable ".[other-browsers]"
	$(BIN)/python -m pytest tests/other_browsers

# The reference of everything public, from the docstrings; open docs/api/index.html.
docs: .venv/test-ready
	$(BIN)/python docs/reference.py

# A web site that needs no server, with a living widget of each model; open build/site/index.html.
site: .venv/test-ready
	$(BIN)/python docs/website/build.py

# JupyterLite with the widget and the notebooks in it; docs/jupyterlite.md says what it needs.
lite: .venv-lite/ready
	$(LITE)/python docs/lite.py

# The pictures of the README, from the real thing.
pictures: .venv/test-ready .venv/chromium-ready
	$(BIN)/python docs/pictures.py

# The outputs and pictures that the notebooks are read with where there is no kernel.
notebooks: .venv/test-ready .venv/chromium-ready
	$(BIN)/python docs/notebooks.py

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/lab-ready: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable ".[lab]"
	# Else the first thing to be seen is a question about news.
	$(BIN)/jupyter labextension disable "@jupyterlab/apputils-extension:announcements"
	touch $@

.venv/test-ready: pyproject.toml .venv/lab-ready
	$(BIN)/python -m pip install --quiet --editable ".[test]"
	touch $@

.venv/chromium-ready: | .venv/test-ready
	command -v chromium || command -v chromium-browser || command -v google-chrome \
	  || $(BIN)/python -m playwright install --with-deps chromium
	touch $@

.venv-colab/ready: pyproject.toml tests/colab.txt
	$(PYTHON) -m venv .venv-colab
	$(COLAB)/python -m pip install --quiet --requirement tests/colab.txt --editable . pytest pytest-randomly hypothesis
	touch $@

# Every extension of JupyterLab in this environment goes along, so it has few.
.venv-lite/ready: pyproject.toml
	$(PYTHON) -m venv .venv-lite
	$(LITE)/python -m pip install --quiet --editable ".[lite]"
	touch $@

js/node_modules/ready: js/package.json js/package-lock.json
	cd js && npm ci --no-audit --no-fund
	touch $@

clean:
	rm -rf .venv .venv-colab .venv-lite js/node_modules dist build
