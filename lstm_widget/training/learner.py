"""The network while it learns: one update after another, and the loss on the validation text."""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from lstm_widget.errors import SettingError
from lstm_widget.training.batches import Batches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from accelerate import Accelerator
    from numpy.typing import NDArray

    from lstm_widget.formats.torch_module import Masks, State
    from lstm_widget.training.network import CharNetwork
    from lstm_widget.training.settings import ChosenSettings

WARM_UP = 0.02  # of all updates
_LONGEST_WARM_UP = 30  # updates; by then Adam knows how large the gradients are
_VALIDATION_ROWS = 64
_VALIDATION_SEQUENCE_LENGTH = 64
_LEAST_VALIDATION_ROW = 500  # characters; the first ones of a row are predicted without a context
_MASKS = 1  # keeps the random numbers of the dropout apart from those of the batches


class Learner:
    """A network, its optimizer and its place in the text.

    Every random number is drawn from the seed and the number of the update, in every process the same:
    what an update does depends neither on how many processes share it nor on whether the training was
    resumed in between.

    Parameters
    ----------
    accelerator : Accelerator
    network : CharNetwork
    parts : tuple of ndarray
        The ids that are learnt, and those that are held out.
    settings : ChosenSettings
        With nothing left to choose.

    Attributes
    ----------
    done, updates : int
        How many updates are done, and how many there are to do.
    network, ema : CharNetwork
        What is trained, and the exponential moving average (EMA) of its weights, which is the model.
    training, validation : Batches

    Raises
    ------
    SettingError
        If the batch cannot be shared evenly among the processes.
    """

    def __init__(
        self,
        accelerator: Accelerator,
        network: CharNetwork,
        parts: tuple[NDArray[np.unsignedinteger], NDArray[np.unsignedinteger]],
        settings: ChosenSettings,
    ) -> None:
        processes, own = accelerator.num_processes, accelerator.process_index
        if settings.batch_size % processes:
            msg = f"batch_size must be a multiple of the {processes} processes, not {settings.batch_size}."
            raise SettingError(msg)
        self.settings = settings
        self._accelerator = accelerator
        learnt, held_out = parts
        self._share = _share(settings.batch_size, processes, own)
        self.training = Batches(learnt, settings.batch_size, settings.sequence_length, settings.seed)
        each = max(1, min(_VALIDATION_ROWS, len(held_out) // _LEAST_VALIDATION_ROW) // processes)
        self.validation = Batches(held_out, each * processes, _VALIDATION_SEQUENCE_LENGTH)
        self._validation_share = _share(each * processes, processes, own)
        self.updates = settings.epochs * self.training.per_epoch
        self.done = 0
        self.network = network.to(accelerator.device)
        self.ema = copy.deepcopy(self.network).requires_grad_(requires_grad=False).eval()
        self._optimizer = torch.optim.AdamW(
            self.network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )
        self._parameters = list(self.network.parameters())
        self._generator = torch.Generator(accelerator.device)
        self._state: State | None = None

    def learning_rate(self, update: int) -> float:
        """Return the learning rate of an update: warm-up, then half a cosine."""
        warm_up = min(max(1, round(WARM_UP * self.updates)), _LONGEST_WARM_UP)
        if update < warm_up:
            return self.settings.learning_rate * (update + 1) / warm_up
        way = (update - warm_up) / max(1, self.updates - warm_up)
        return self.settings.learning_rate * 0.5 * (1 + math.cos(math.pi * way))

    def update(self) -> float:
        """Read on in the training text, and learn from it; return the loss in nats per character.

        Raises
        ------
        SettingError
            If the loss, or the gradient, is not finite. All weights are still as they were before.
        """
        settings, accelerator = self.settings, self._accelerator
        batch = self.training.batch(self.done, self._share)
        ids, targets = self._tensor(batch.ids), self._tensor(batch.targets)
        for group in self._optimizer.param_groups:
            group["lr"] = self.learning_rate(self.done)
        state, masks = None if batch.begins else self._state, self._masks()

        with self._autocast():
            logits, after = self.network(ids, state, masks)
        loss = cross_entropy(logits.float().flatten(0, 1), targets.flatten())
        gradients = torch.autograd.grad(loss, self._parameters)
        found = torch.cat([loss.detach()[None], *(one.flatten() for one in gradients)])
        found = accelerator.reduce(found, "mean")
        gradient = found[1:]
        whole_loss, length = float(found[0]), float(gradient.norm())
        if not math.isfinite(whole_loss) or not math.isfinite(length):
            msg = "The training has diverged (its loss is not finite): take a smaller learning_rate."
            raise SettingError(msg)
        gradient *= min(1.0, settings.clip_norm / (length + 1e-6))
        each = gradient.split([parameter.numel() for parameter in self._parameters])
        for parameter, one in zip(self._parameters, each, strict=True):
            parameter.grad = one.view_as(parameter)
        self._optimizer.step()
        # Truncated: the gradient stops here, the state goes on.
        self._state = [(h.detach(), c.detach()) for h, c in after]
        self.done += 1
        self._update_ema()
        return whole_loss

    def validate(self, stopped: Callable[[], bool] = lambda: False) -> float | None:
        """Return the loss of the EMA on the validation text, in nats per character.

        Parameters
        ----------
        stopped : callable, optional
            Asked now and then; if it says so, nothing is returned.
        """
        total, state = torch.zeros((), device=self._accelerator.device, dtype=torch.float64), None
        for number in range(self.validation.per_epoch):
            if stopped():
                return None
            batch = self.validation.batch(number, self._validation_share)
            with torch.no_grad(), self._autocast():
                logits, state = self.ema(self._tensor(batch.ids), state)
            targets = self._tensor(batch.targets).flatten()
            total += cross_entropy(logits.float().flatten(0, 1), targets, reduction="sum")
        return float(self._accelerator.reduce(total, "sum")) / self.validation.characters

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return all that `restore` needs, by name, but for the number of updates that are done."""
        found = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        found |= {f"average.{name}": value for name, value in self.ema.state_dict().items()}
        for number, slots in self._optimizer.state_dict()["state"].items():
            found |= {f"optimizer.{number}.{name}": value for name, value in slots.items()}
        # Every process knows the state of its own rows.
        for number, pair in enumerate(self._state or ()):
            for name, value in zip("hc", pair, strict=True):
                found[f"state.{number}.{name}"] = self._gathered(value)
        return found

    def restore(self, tensors: Mapping[str, torch.Tensor], done: int) -> None:
        """Go back to where `tensors` were taken, after `done` updates."""
        self.network.load_state_dict(part(tensors, "network."))
        self.ema.load_state_dict(part(tensors, "average."))
        slots: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in part(tensors, "optimizer.").items():
            number, _, slot = name.partition(".")
            slots.setdefault(int(number), {})[slot] = value
        self._optimizer.load_state_dict(self._optimizer.state_dict() | {"state": slots})
        state = part(tensors, "state.")

        def own(name: str) -> torch.Tensor:
            return state[name][:, self._share].contiguous().to(self._accelerator.device)

        self._state = [(own(f"{number}.h"), own(f"{number}.c")) for number in range(len(state) // 2)] or None
        self.done = done

    def _autocast(self) -> torch.autocast:
        enabled = self.settings.precision == "bfloat16"
        return torch.autocast(
            self._accelerator.device.type, torch.bfloat16, enabled=enabled, cache_enabled=False
        )

    def _tensor(self, ids: NDArray[np.int64]) -> torch.Tensor:
        return torch.from_numpy(ids).to(self._accelerator.device)

    def _masks(self) -> Masks | None:
        """Draw the dropout of this update for the whole batch, and take one's own share."""
        numbers = np.random.SeedSequence((self.settings.seed, _MASKS, self.done))
        self._generator.manual_seed(int(numbers.generate_state(1, np.uint32)[0]))
        settings = self.settings
        masks = self.network.draw_masks(settings.batch_size, settings.dropout, self._generator)
        return masks and tuple(mask[self._share] for mask in masks)

    def _update_ema(self) -> None:
        """Move the EMA towards the weights; at first quickly, because the first weights are worth nothing."""
        span = max(1.0, self.settings.ema * self.updates)
        share = max(1 / span, 9 / (self.done + 9))
        with torch.no_grad():
            for ema, current in zip(self.ema.parameters(), self.network.parameters(), strict=True):
                ema.lerp_(current, share)

    def _gathered(self, value: torch.Tensor) -> torch.Tensor:
        """Return the state of all rows, shape (1, batch, H), from the parts that processes hold."""
        gathered: torch.Tensor = self._accelerator.gather(value.transpose(0, 1).contiguous())
        return gathered.transpose(0, 1)


def _share(count: int, processes: int, own: int) -> slice:
    """Return which of `count` rows one process reads."""
    each = count // processes
    return slice(own * each, (own + 1) * each)


def part(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """Return the tensors whose names begin so, by the rest of their names."""
    return {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}
