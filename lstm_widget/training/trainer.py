"""The training loop: truncated back-propagation through time over parallel streams of one text."""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from tqdm.auto import tqdm

from lstm_widget.errors import SettingError
from lstm_widget.formats.safetensors import rounded
from lstm_widget.training.network import CharNetwork
from lstm_widget.training.score import mean_loss
from lstm_widget.training.text import encode_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

    from lstm_widget.model import CharLSTM

VALIDATION_SHARE = 0.1


@dataclass(frozen=True)
class TrainingSettings:
    """How to train.

    Attributes
    ----------
    units, layers, embedding_size : int
        Size of the network.
    epochs : int
        Times the training text is read.
    batch_size, steps : int
        Streams read side by side, and characters of each per update.
    learning_rate : float
        Its highest value, after 2 % of the updates; it falls to 0 along a cosine.
    dropout, weight_decay, clip_norm : float
    min_count : int
        Rarer characters are left out of the text.
    seed : int
        Of PyTorch's random numbers.
    """

    units: int = 256
    layers: int = 2
    embedding_size: int = 64
    epochs: int = 10
    batch_size: int = 32
    steps: int = 128
    learning_rate: float = 3e-3
    dropout: float = 0.2
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    min_count: int = 3
    seed: int = 0


def train(
    text: str, settings: TrainingSettings | None = None, card: Mapping[str, Any] | None = None
) -> CharLSTM:
    """Train a character-level LSTM on a text and return the best network seen.

    The last 10 % of the text are the validation text: after each epoch the loss on it is measured,
    and the weights with the lowest one are kept.

    Parameters
    ----------
    text : str
    settings : TrainingSettings, optional
    card : mapping, optional
        Added to the model's card, over what is written there anyway: settings, losses, duration.

    Raises
    ------
    SettingError
        If the text is too short for the settings.
    """
    settings = settings or TrainingSettings()
    started = time.monotonic()
    ids, vocab, left_out = encode_text(text, settings.min_count)
    split = len(ids) - int(len(ids) * VALIDATION_SHARE)
    streams = _streams(ids[:split], settings.batch_size, settings.steps)
    validation = _streams(ids[split:], settings.batch_size, settings.steps)

    with torch.random.fork_rng():
        torch.manual_seed(settings.seed)
        network = CharNetwork(
            len(vocab), settings.embedding_size, settings.units, settings.layers, settings.dropout
        )
        updates = settings.epochs * math.ceil((streams.shape[1] - 1) / settings.steps)
        optimizer = torch.optim.AdamW(
            network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda n: _schedule(n, updates))
        best, best_loss, best_epoch = network.state_dict(), math.inf, 0
        with tqdm(total=updates, unit="update") as progress:
            for epoch in range(1, settings.epochs + 1):
                training_loss = _epoch(network, streams, settings, optimizer, schedule, progress)
                loss = _validation_loss(network, validation, settings.steps)
                progress.write(f"epoch {epoch}: training {training_loss:.4f}, validation {loss:.4f} nats")
                if loss < best_loss:
                    best_loss, best_epoch = loss, epoch
                    best = {name: value.clone() for name, value in network.state_dict().items()}
    network.load_state_dict(best)
    network.eval()
    model = rounded(network.to_char_lstm(vocab, {}))
    final = mean_loss(model, ids[split:].tolist())
    return model.with_card(
        {
            "characters": len(text),
            "characters_left_out": left_out,
            "validation": f"last {VALIDATION_SHARE:.0%} of the text, {len(ids) - split:,} characters",
            "validation_loss_nats": round(final, 4),
            "validation_loss_bits": round(final / math.log(2), 4),
            "best_epoch": best_epoch,
            "settings": asdict(settings),
            "training_seconds": round(time.monotonic() - started),
            "trained_with": f"lstm-widget {version('lstm-widget')}, PyTorch {torch.__version__}",
            **(card or {}),
        }
    )


def _streams(ids: NDArray[np.int64], batch_size: int, steps: int) -> torch.Tensor:
    """Cut a text into `batch_size` streams of equal length, side by side."""
    length = len(ids) // batch_size
    if length < steps + 1:
        msg = (
            f"The text is too short: {batch_size} streams of {steps} characters need at least "
            f"{math.ceil(batch_size * (steps + 1) / VALIDATION_SHARE):,} characters; "
            "use a longer text or a smaller batch_size."
        )
        raise SettingError(msg)
    return torch.from_numpy(ids[: length * batch_size].reshape(batch_size, length))


def _schedule(update: int, updates: int) -> float:
    """Return the learning rate as a share of its highest value: warm-up, then half a cosine."""
    warm_up = max(1, updates // 50)
    if update < warm_up:
        return (update + 1) / warm_up
    return 0.5 * (1 + math.cos(math.pi * (update - warm_up) / max(1, updates - warm_up)))


def _epoch(
    network: CharNetwork,
    streams: torch.Tensor,
    settings: TrainingSettings,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    progress: tqdm[Any],
) -> float:
    """Read the training text once; return the mean loss in nats."""
    network.train()
    state, losses = None, []
    for start in range(0, streams.shape[1] - 1, settings.steps):
        end = min(start + settings.steps, streams.shape[1] - 1)
        with torch.autocast("cpu", torch.bfloat16):
            logits, state = network(streams[:, start:end], state)
        loss = cross_entropy(logits.flatten(0, 1).float(), streams[:, start + 1 : end + 1].flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), settings.clip_norm)
        optimizer.step()
        schedule.step()
        state = (state[0].detach(), state[1].detach())  # truncated: the gradient stops, the state goes on
        losses.append(loss.item())
        progress.update()
        progress.set_postfix(loss=f"{np.mean(losses[-50:]):.3f}", refresh=False)
    return float(np.mean(losses))


@torch.no_grad()
def _validation_loss(network: CharNetwork, streams: torch.Tensor, steps: int) -> float:
    """Return the mean loss in nats over the streams."""
    network.eval()
    state, total = None, 0.0
    for start in range(0, streams.shape[1] - 1, steps):
        end = min(start + steps, streams.shape[1] - 1)
        logits, state = network(streams[:, start:end], state)
        total += float(
            cross_entropy(logits.flatten(0, 1), streams[:, start + 1 : end + 1].flatten(), reduction="sum")
        )
    return total / (streams.shape[0] * (streams.shape[1] - 1))
