"""Reading and writing models; one module per way to store one."""

from __future__ import annotations

import re
from pathlib import Path

from lstm_widget.errors import ModelError, shown
from lstm_widget.formats.files import as_path
from lstm_widget.formats.p5ml import load_p5ml
from lstm_widget.formats.p5ml_names import MANIFEST
from lstm_widget.model import CharLSTM
from lstm_widget.models import available_models, bundled_files

SAFETENSORS = ".safetensors"
ZIP = ".zip"
TRAINED = "model.safetensors"  # what a training calls its model
_UNPICKLED = "a pickle is never opened, so load it in PyTorch and give the module to from_pytorch"
_FROM_ELSEWHERE = {
    ".keras": "give it to from_keras, or to lstm-widget convert --vocab",
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".bin"), _UNPICKLED),
}
# What nobody means as the name of a folder.
_OTHER_FILES = {ZIP, ".json", ".keras", ".h5", ".pt", ".pth", ".bin", ".ckpt", ".onnx", ".npz", ".txt"}

# Two letters or more: one is a drive of Windows.
_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]+)://")


def load_model(source: str | Path | CharLSTM) -> CharLSTM:
    """Load a model from wherever it is.

    Parameters
    ----------
    source : str, Path or CharLSTM
        The name of a bundled model (see `available_models`); the path or http(s) address of a
        p5ML / ml5.js folder, of a ``.zip`` of one, or of a ``.safetensors`` file of this package;
        the path of a folder that a training wrote, finished or not, that is one with a
        ``model.safetensors`` in it and no ``manifest.json``; or a model, which is returned as it is.
        An address needs the ``web`` extra.

    Raises
    ------
    ModelError
        If there is no such model or it is damaged.
    """
    if isinstance(source, CharLSTM):
        return source
    if not isinstance(source, (str, Path)):
        msg = f"A model is given as a name, a path or a CharLSTM, not as {type(source).__name__}."
        raise ModelError(msg)
    if not str(source):
        msg = "The name of the model is empty: give a name or a path."
        raise ModelError(msg)
    if isinstance(source, str) and (scheme := _SCHEME.match(source)):
        return _load_url(source, scheme[1].lower())
    try:
        path = Path(source).expanduser()
        is_folder, exists = path.is_dir(), path.exists()
    except (OSError, RuntimeError, ValueError):  # too long a name, nobody's home, a NUL byte
        path, is_folder, exists = Path(), False, False
    if is_folder:
        return _load_folder(path)
    if path.suffix.lower() == ZIP:
        from lstm_widget.formats.zip_files import ZipFiles  # noqa: PLC0415 - costs start-up time

        return load_p5ml(ZipFiles(path))
    file = path if path.suffix.lower() == SAFETENSORS else bundled_files().get(str(source))
    if file is None:
        raise _no_model(path, str(source), exists=exists)
    from lstm_widget.formats.safetensors import load_safetensors  # noqa: PLC0415 - costs start-up time

    return load_safetensors(file)


def _load_folder(folder: Path) -> CharLSTM:
    """Load what a training wrote, or a p5ML / ml5.js folder."""
    try:
        is_trained = (folder / TRAINED).is_file() and not (folder / MANIFEST).exists()
    except OSError:  # a folder that may not be looked into; whoever reads it tells so
        is_trained = False
    if not is_trained:
        return load_p5ml(folder)
    from lstm_widget.formats.safetensors import load_safetensors  # noqa: PLC0415 - costs start-up time

    return load_safetensors(folder / TRAINED)


def _no_model(path: Path, source: str, *, exists: bool) -> ModelError:
    name, suffix = shown(source), path.suffix.lower()
    if exists and suffix in _FROM_ELSEWHERE:
        return ModelError(f"{name} comes from another library: {_FROM_ELSEWHERE[suffix]}.")
    if exists:
        return ModelError(f"The model {name} is a file, but neither a {SAFETENSORS} nor a {ZIP} file.")
    models = ", ".join(available_models())
    return ModelError(f"The model {name} does not exist; the bundled models are {models}.")


def _load_url(url: str, scheme: str) -> CharLSTM:
    if scheme not in {"http", "https"}:
        msg = f"A model is read from a path or from an http or https address, not from {scheme}."
        raise ModelError(msg)
    from lstm_widget.formats.web import load_url  # noqa: PLC0415 - costs start-up time

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
        msg = f"What is written is a CharLSTM, such as generator.model, not {shown(model)}."
        raise ModelError(msg)
    suffix = as_path(path).suffix.lower()
    if suffix in _OTHER_FILES:
        msg = f"A model is written as a {SAFETENSORS} file or as a folder, not as {suffix}."
        raise ModelError(msg)
    if suffix == SAFETENSORS:
        from lstm_widget.formats.safetensors import save_safetensors  # noqa: PLC0415 - costs start-up time

        return save_safetensors(model, path)
    from lstm_widget.formats.p5ml_writing import save_p5ml  # noqa: PLC0415 - costs start-up time

    return save_p5ml(model, path)
