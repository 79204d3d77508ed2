"""What is a model: which folder of several, in a zip file or on the disk, and what to do with other files."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from lstm_widget.errors import ModelError, listed, short_repr
from lstm_widget.formats.files import MANIFEST, parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

TRAINED = "model.safetensors"  # what a training calls its model
_MOST_FOLDERS = 200  # that are looked into
_LONGEST = 2**20  # bytes of the manifest of a real model, and far more


# How a name ends, and what to say; the more specific come first.
_KINDS: dict[str, str] = {
    r"\.keras": "is a Keras model: convert it with  lstm-widget convert {name} my-model --vocab vocab.json",
    r"\.(h5|hdf5)": "is a Keras model in an old format: open it with Keras, save it as .keras, and convert "
    "that with  lstm-widget convert my.keras my-model --vocab vocab.json",
    r"\.(pt|pth|ckpt|bin|pkl|pickle)": "is a pickle, which is never opened, as it can run any program: "
    "load it in PyTorch and give the module or its state dict to from_pytorch.",
    r"(^|/)checkpoint|\.index|\.meta|\.data-\d+-of-\d+": "is part of a TensorFlow checkpoint, which is not "
    "read: give the folder with manifest.json and vocab.json that the training script of ml5 writes as well.",
    r"\.(onnx|pb|tflite|npz|npy|gguf|mlmodel|mar|joblib|weights)|(^|/)model\.json": "is in a format that is "
    "not read: give the model that it was made from to from_pytorch or from_keras.",
    r"\.(tar|gz|tgz|bz2|xz|7z|rar)": "is an archive of a kind that is not read: unpack it, and give what "
    "is in it.",
    r"\.(txt|text|md)": "is a text, not a model: train a model on it with  "
    "lstm-widget train {name} -o my-model",
}


def advice(name: str) -> str | None:
    """Return what to do with a file, as a sentence; `None` if nothing is known about its kind."""
    for kind, sentence in _KINDS.items():
        if _is(name, kind):
            return f"{short_repr(name)} {sentence.format(name=name)}"
    return None


def advice_for_all(names: Iterable[str]) -> str | None:
    """Return the most specific advice for several files."""
    names = sorted(names, key=lambda name: (name.count("/"), name))
    kinds = list(_KINDS)[:-1]  # texts lie everywhere
    return next((advice(name) for kind in kinds for name in names if _is(name, kind)), None)


def _is(name: str, kind: str) -> bool:
    return re.search(f"(?:{kind})$", name, re.IGNORECASE) is not None


class Found(NamedTuple):
    """A model.

    Attributes
    ----------
    folder : str
        Where it is, "" for the root.
    is_trained : bool
        Whether it is a file called `TRAINED`, else it is a p5ML / ml5.js folder.
    """

    folder: str
    is_trained: bool


def find_model(
    names: Collection[str], read: Callable[[str, int], bytes | None], place: str, inside: str = ""
) -> Found:
    """Find the model among files.

    Parameters
    ----------
    names : collection of str
        Of the files, with ``/`` between folders.
    read : callable
        Reads one of them; see `lstm_widget.formats.files.Files.read`.
    place : str
        What the whole is called.
    inside : str
        The folder that is meant, or a part of its path.

    Raises
    ------
    ModelError
        If there is none, or there are several.
    """
    folders = sorted({posixpath.dirname(name) for name in names if _is_of_a_model(name)}, key=_depth)
    if inside:
        meant = inside.strip("/")
        within = [folder for folder in folders if f"/{meant}/" in f"/{folder}/"]
        folders = [folder for folder in folders if folder == meant] or within
    found: list[Found] = []
    others: list[Found] = []  # with a manifest of something else, such as a web app, or a damaged one
    for folder in folders[:_MOST_FOLDERS]:
        # A training keeps its model for p5ML, and what it was on the way, below its own.
        if any(folder.startswith(f"{above.folder}/" if above.folder else "") for above in found):
            continue
        manifest = posixpath.join(folder, MANIFEST)
        has_manifest = manifest in names
        if has_manifest and is_of_a_network(read, manifest):
            found.append(Found(folder, is_trained=False))
        elif posixpath.join(folder, TRAINED) in names:
            found.append(Found(folder, is_trained=True))
        elif has_manifest:
            others.append(Found(folder, is_trained=False))
    found = found or others[:1]
    if len(found) == 1:
        return found[0]
    raise ModelError(_several(found, place) if found else _none(names, place, inside))


def _depth(folder: str) -> tuple[int, str]:
    return len(folder.split("/")) if folder else 0, folder


def _is_of_a_model(name: str) -> bool:
    # What macOS adds to a zip file, and what is hidden, is not what somebody packed.
    rubbish = any(part in {"__MACOSX", "node_modules"} or part.startswith(".") for part in name.split("/"))
    return posixpath.basename(name) in {MANIFEST, TRAINED} and not rubbish


def is_of_a_network(read: Callable[[str, int], bytes | None], manifest: str) -> bool:
    """Return whether a manifest is that of a model, not of a web app."""
    try:
        table = parse_json(read(manifest, _LONGEST) or b"", manifest)
    except ModelError:
        return False
    return isinstance(table, dict) and any(isinstance(v, dict) and "filename" in v for v in table.values())


def _several(found: list[Found], place: str) -> str:
    paths = [one.folder for one in found]
    names = listed([short_repr(path) for path in paths], 5)
    example = short_repr(posixpath.join(place, paths[0]))
    return f"{short_repr(place)} holds several models, {names}: name one, such as {example}."


def _none(names: Collection[str], place: str, inside: str) -> str:
    if inside:
        return f"There is no model {short_repr(inside)} in {short_repr(place)}: check the name of the folder."
    if not names:
        return f"There is no model in {short_repr(place)}, which is empty."
    if sentence := advice_for_all(names):
        return f"There is no model in {short_repr(place)} that can be read, but {sentence}"
    return (
        f"There is no {MANIFEST} in {short_repr(place)}: a model is a .safetensors file, or a folder of "
        "p5ML / ml5.js with that file."
    )
