"""Reading and writing models; one module per way to store one."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path

from lstm_widget.errors import refuse, short_repr
from lstm_widget.formats.files import MANIFEST, LocalFiles, as_path, kind_of, refuse_access
from lstm_widget.formats.finding import TRAINED, advice, find_model, is_of_a_network
from lstm_widget.formats.p5ml import load_p5ml, save_p5ml
from lstm_widget.network.bundled import available_models, bundled_files
from lstm_widget.network.model import CharLSTM

SAFETENSORS = ".safetensors"
ZIP = ".zip"
# Not a folder's name: probably a mistake.
_OTHER_FILES = {ZIP, ".json", ".keras", ".h5", ".pt", ".pth", ".bin", ".ckpt", ".onnx", ".npz", ".txt"}
_MOST_FILES = 10_000  # that are looked through for a model
_DEEPEST = 6  # folders

# Two letters or more: one is a drive of Windows.
_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]+)://")


def load_model(source: str | Path | CharLSTM) -> CharLSTM:
    """Load a model from wherever it is.

    Parameters
    ----------
    source : str, Path or CharLSTM
        The name of a bundled model (see `available_models`); the path or http(s) address of a
        p5ML / ml5.js folder, of a ``.zip`` of one, or of a ``.safetensors`` file of this package;
        the path of a folder that a training wrote, finished or not; or a model, which is returned as
        it is. Where a folder or a zip file holds several models, name one: ``repo.zip/models/name``.
        An address needs the ``web`` extra.

    Raises
    ------
    ModelError
        If there is no such model or it is damaged.
    """
    if isinstance(source, CharLSTM):
        return source
    if not isinstance(source, (str, Path)):
        refuse(
            f"Give a model as a name, a path or a CharLSTM, not as {type(source).__name__}; "
            "from_pytorch and from_keras convert other models."
        )
    if not str(source):
        refuse("The name of the model is empty: give a name or a path.")
    if isinstance(source, str) and (scheme := _SCHEME.match(source)):
        return _load_url(source, scheme[1].lower())
    path = as_path(source)
    kind = kind_of(path)
    if kind == "folder":
        return _load_folder(path)
    if kind == "file" and path.name == MANIFEST:
        return load_p5ml(path)
    if (archive := _archive_of(path)) is not None:
        from lstm_widget.formats.zip_files import ZipFiles, load_zip  # noqa: PLC0415 - costs start-up time

        inside = "" if archive == path else path.relative_to(archive).as_posix()
        return load_zip(ZipFiles(archive, inside=inside))
    file = path if path.suffix.lower() == SAFETENSORS else bundled_files().get(str(source))
    if file is None:
        refuse(_no_model(path, str(source), exists=kind == "file"))
    from lstm_widget.formats.safetensors import load_safetensors  # noqa: PLC0415 - costs start-up time

    return load_safetensors(file)


def _load_folder(folder: Path) -> CharLSTM:
    """Load what a training wrote, or a p5ML / ml5.js folder; also the only one below a folder."""
    files = LocalFiles(folder)
    found = find_model(_names_in(folder, files), files.read, str(folder))
    below = folder / found.folder
    return load_model(below / TRAINED) if found.is_trained else load_p5ml(below)


def _names_in(folder: Path, files: LocalFiles) -> list[str]:
    """Return the files of a folder that is a model, or else also those below it, as far as is sensible."""
    try:
        own = [entry.name for entry in folder.iterdir()]
    except OSError as error:
        refuse_access(f"The folder {short_repr(str(folder))} cannot be read", error)
    if TRAINED in own or is_of_a_network(files.read, MANIFEST):
        return own
    names = []
    for below, folders, found in os.walk(folder):
        inside = Path(below).relative_to(folder)
        folders[:] = [] if len(inside.parts) == _DEEPEST else sorted(n for n in folders if n[0] != ".")
        names += [(inside / name).as_posix() for name in found]
        if len(names) > _MOST_FILES:
            break
    return names


def _archive_of(path: Path) -> Path | None:
    """Return the zip file that a path names, or leads into."""
    for part in (path, *path.parents):
        if part.suffix.lower() == ZIP and kind_of(part) != "folder":
            return part
    return None


def _no_model(path: Path, source: str, *, exists: bool) -> str:
    """Return why something is not a model, and what to do."""
    name = short_repr(source)
    if exists and (sentence := advice(source)):
        return sentence
    if exists and is_of_a_network(LocalFiles(path.parent).read, MANIFEST):
        return f"{name} is part of a model: give its folder, {short_repr(str(path.parent))}."
    if exists:
        return f"{name} is not a model: give a {SAFETENSORS} file, or a p5ML / ml5.js folder or {ZIP} file."
    models = available_models()
    near = get_close_matches(source.lower(), models, n=1)
    if not near:
        with suppress(OSError, ValueError):
            siblings = {entry.name.lower(): entry for entry in path.parent.iterdir() if entry.exists()}
            near = [str(siblings[n]) for n in get_close_matches(path.name.lower(), siblings, n=1)]
    hint = f"did you mean {short_repr(near[0])}?" if near else f"the bundled models are {', '.join(models)}."
    return f"The model {name} does not exist; {hint}"


def _load_url(url: str, scheme: str) -> CharLSTM:
    if scheme not in {"http", "https"}:
        refuse(f"A model is read from a path or from an http or https address, not from {scheme}.")
    try:
        from lstm_widget.formats.web import load_url  # noqa: PLC0415 - needs the extra
    except ImportError as error:
        missing = error.name or "more packages"
        refuse(f'A model from the web needs {missing}: run pip install "lstm-widget[web]" first.', error)
    return load_url(url)


def save_model(model: CharLSTM, path: str | Path) -> Path:
    """Write a model: a ``.safetensors`` file if the path ends so, else a p5ML / ml5.js folder.

    Parameters
    ----------
    model : CharLSTM
    path : str or Path
        An existing ``.safetensors`` file is replaced; a folder must not exist yet, or be empty.

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    ModelError
        If the folder exists and is not empty, or the path ends like a file of another kind.
    """
    if not isinstance(model, CharLSTM):
        refuse(f"save_model writes a CharLSTM, such as generator.model, not {short_repr(model)}.")
    suffix = as_path(path).suffix.lower()
    if suffix in _OTHER_FILES:
        refuse(f"A model is written as a {SAFETENSORS} file or as a folder, not as {suffix}.")
    if suffix == SAFETENSORS:
        from lstm_widget.formats.safetensors import save_safetensors  # noqa: PLC0415 - costs start-up time

        return save_safetensors(model, path)
    return save_p5ml(model, path)
