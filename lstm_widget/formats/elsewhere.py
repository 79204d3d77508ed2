"""What people take for a model, or have instead of one: what it is, and what to do with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lstm_widget.errors import short_repr

if TYPE_CHECKING:
    from collections.abc import Iterable
    from urllib.parse import SplitResult

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
    for pattern, sentence in _KINDS.items():
        if re.search(f"(?:{pattern})$", name, re.IGNORECASE):
            return f"{short_repr(name)} {sentence.format(name=name)}"
    return None


def advice_for_all(names: Iterable[str]) -> str | None:
    """Return the most specific advice for several files."""
    names = sorted(names, key=lambda name: (name.count("/"), name))
    for pattern in list(_KINDS)[:-1]:  # texts lie everywhere
        for name in names:
            if re.search(f"(?:{pattern})$", name, re.IGNORECASE):
                return advice(name)
    return None


def shown_url(address: SplitResult) -> str:
    """Return an address as errors name it: without password, and without what follows a ``?``.

    Signed addresses carry a key there.
    """
    plain = address._replace(netloc=address.netloc.rpartition("@")[2], query="", fragment="").geturl()
    return plain + ("?..." if address.query else "")
