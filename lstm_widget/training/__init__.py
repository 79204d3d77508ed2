"""Training a model on a text of one's own; needs the extra ``train`` (PyTorch, Accelerate, tqdm).

Naming the functions loads PyTorch; naming this package does not. `TrainingView`, which was here before, is
`lstm_widget.TrainingView`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lstm_widget.training.progress import Progress, Sample
from lstm_widget.training.settings import TrainingSettings

if TYPE_CHECKING:
    from lstm_widget.training.trainer import resume, train
    from lstm_widget.widgets.training import TrainingView

__all__ = ["Progress", "Sample", "TrainingSettings", "TrainingView", "resume", "train"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a function or a class
    if name == "TrainingView":
        from lstm_widget.widgets.training import TrainingView  # noqa: PLC0415 - needs what a widget needs

        return TrainingView
    if name not in {"train", "resume"}:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    try:
        import accelerate  # noqa: F401, PLC0415 - an extra
        import filelock  # noqa: F401, PLC0415 - an extra
        import torch  # noqa: F401, PLC0415 - an extra
    except ImportError as error:
        missing = error.name or "PyTorch"
        msg = f'Training needs {missing}: run  pip install "lstm-widget[train]"'
        raise ImportError(msg) from error
    from lstm_widget.training import trainer  # noqa: PLC0415 - needs what was tried above

    return getattr(trainer, name)
