"""Training a model on a text of one's own; needs the extra ``train`` (PyTorch)."""

from __future__ import annotations

try:
    import torch  # noqa: F401
    import tqdm  # noqa: F401
except ImportError as error:
    msg = 'Training needs PyTorch: run  pip install "lstm-widget[train]"'
    raise ImportError(msg) from error

from lstm_widget.training.trainer import TrainingSettings, train

__all__ = ["TrainingSettings", "train"]
