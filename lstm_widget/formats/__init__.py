"""Reading and writing models; one module per way to store one."""

from __future__ import annotations

from pathlib import Path

from lstm_widget.errors import ModelError, shown
from lstm_widget.formats.p5ml import load_p5ml, save_p5ml
from lstm_widget.model import CharLSTM
from lstm_widget.models import available_models, bundled_file

SAFETENSORS = ".safetensors"


def load_model(source: str | Path | CharLSTM) -> CharLSTM:
    """Load a model from wherever it is.

    Parameters
    ----------
    source : str, Path or CharLSTM
        The name of a bundled model (see `available_models`), a p5ML / ml5.js folder, a
        ``.safetensors`` file of this package, or a model, which is returned as it is.

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
    if str(source).startswith(("http://", "https://")):
        msg = "Models cannot be read from a URL yet: download the folder and give its path."
        raise ModelError(msg)
    try:
        path = Path(source).expanduser()
        is_folder, exists = path.is_dir(), path.exists()
    except (OSError, RuntimeError, ValueError):  # too long a name, nobody's home, a NUL byte
        path, is_folder, exists = Path(), False, False
    if is_folder:
        return load_p5ml(path)
    file = path if path.suffix == SAFETENSORS else bundled_file(str(source))
    if file is None:
        what = "is a file, not a model folder" if exists else "does not exist"
        msg = (
            f"The model {shown(str(source))} {what}; the bundled models are {', '.join(available_models())}."
        )
        raise ModelError(msg)
    from lstm_widget.formats.safetensors import load_safetensors  # noqa: PLC0415 - costs start-up time

    return load_safetensors(file)


def save_model(model: CharLSTM, path: str | Path) -> Path:
    """Write a model: a ``.safetensors`` file if the path ends so, else a p5ML / ml5.js folder.

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    ModelError
        If the folder exists and is not empty.
    """
    if Path(path).suffix == SAFETENSORS:
        from lstm_widget.formats.safetensors import save_safetensors  # noqa: PLC0415 - costs start-up time

        return save_safetensors(model, path)
    return save_p5ml(model, path)
