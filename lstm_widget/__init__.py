"""Watch a character-level LSTM write, letter by letter, in a notebook.

Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what `_HOMES` says, once more for type checkers; a test compares
    from lstm_widget.errors import LSTMError as LSTMError
    from lstm_widget.errors import ModelError as ModelError
    from lstm_widget.errors import NotReadyError as NotReadyError
    from lstm_widget.errors import SettingError as SettingError
    from lstm_widget.errors import UnknownCharactersError as UnknownCharactersError
    from lstm_widget.formats import load_model as load_model
    from lstm_widget.formats import save_model as save_model
    from lstm_widget.formats.keras import from_keras as from_keras
    from lstm_widget.formats.pytorch import from_pytorch as from_pytorch
    from lstm_widget.formats.pytorch import to_pytorch as to_pytorch
    from lstm_widget.generator import LSTMGenerator as LSTMGenerator
    from lstm_widget.network.bundled import available_models as available_models
    from lstm_widget.network.model import CharLSTM as CharLSTM
    from lstm_widget.network.weights import LSTMLayer as LSTMLayer
    from lstm_widget.network.weights import Weights as Weights
    from lstm_widget.widgets.lanes import TemperatureLanes as TemperatureLanes
    from lstm_widget.widgets.text import LSTMWidget as LSTMWidget
    from lstm_widget.widgets.training import TrainingView as TrainingView

_HOMES = {
    "CharLSTM": "network.model",
    "LSTMError": "errors",
    "LSTMGenerator": "generator",
    "LSTMLayer": "network.weights",
    "LSTMWidget": "widgets.text",
    "ModelError": "errors",
    "NotReadyError": "errors",
    "SettingError": "errors",
    "TemperatureLanes": "widgets.lanes",
    "TrainingView": "widgets.training",
    "UnknownCharactersError": "errors",
    "Weights": "network.weights",
    "available_models": "network.bundled",
    "from_keras": "formats.keras",
    "from_pytorch": "formats.pytorch",
    "load_model": "formats",
    "save_model": "formats",
    "to_pytorch": "formats.pytorch",
}

__all__ = list(_HOMES)


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
