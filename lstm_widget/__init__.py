"""Watch a character-level LSTM write, letter by letter, in a notebook.

Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lstm_widget.errors import LSTMError, ModelError, NotReadyError, SettingError, UnknownCharactersError
    from lstm_widget.formats import load_model, save_model
    from lstm_widget.formats.keras import from_keras
    from lstm_widget.formats.pytorch import from_pytorch, to_pytorch
    from lstm_widget.generator import LSTMGenerator
    from lstm_widget.network.bundled import available_models
    from lstm_widget.network.model import CharLSTM, LSTMLayer, Weights
    from lstm_widget.widgets.lanes import TemperatureLanes
    from lstm_widget.widgets.text import LSTMWidget

_HOMES = {
    "CharLSTM": "network.model",
    "LSTMError": "errors",
    "LSTMGenerator": "generator",
    "LSTMLayer": "network.model",
    "LSTMWidget": "widgets.text",
    "ModelError": "errors",
    "NotReadyError": "errors",
    "SettingError": "errors",
    "TemperatureLanes": "widgets.lanes",
    "UnknownCharactersError": "errors",
    "Weights": "network.model",
    "available_models": "network.bundled",
    "from_keras": "formats.keras",
    "from_pytorch": "formats.pytorch",
    "load_model": "formats",
    "save_model": "formats",
    "to_pytorch": "formats.pytorch",
}

__all__ = [
    "CharLSTM",
    "LSTMError",
    "LSTMGenerator",
    "LSTMLayer",
    "LSTMWidget",
    "ModelError",
    "NotReadyError",
    "SettingError",
    "TemperatureLanes",
    "UnknownCharactersError",
    "Weights",
    "available_models",
    "from_keras",
    "from_pytorch",
    "load_model",
    "save_model",
    "to_pytorch",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415 - costs start-up time

        return version("lstm-widget")
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(import_module(f"lstm_widget.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
