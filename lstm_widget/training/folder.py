"""What a training leaves on the disk: the model, its log, and what is needed to go on.

| file | |
|---|---|
| ``model.safetensors``, ``card.json`` | the best model so far, float16, and its card |
| ``p5ml/`` | the same model for ml5.js and p5ML, once the training is finished |
| ``log.jsonl`` | one `Progress` per line and update |
| ``checkpoints/`` | models at growing intervals, if asked for |
| ``training/`` | until it is finished: the text as ids, and the state to go on from |

Every file is written as a whole and then given its name, so that none is ever torn; only the log grows
line by line, and a torn last line is cut off when the training goes on.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from lstm_widget.errors import SettingError, short_repr
from lstm_widget.formats import save_model
from lstm_widget.formats.files import as_path, write_file, writing
from lstm_widget.formats.finding import TRAINED
from lstm_widget.formats.safetensors import save_safetensors
from lstm_widget.training.checkpoints import checkpoint_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import torch

    from lstm_widget.network.model import CharLSTM
    from lstm_widget.training.progress import Progress


class RunFolder:
    """The folder of one training, held by one program at a time.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    SettingError
        If another program trains there.
    ModelError
        If the folder cannot be written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = as_path(path)
        self._working = self.path / "training"
        self.text_file = self._working / "text.ids"
        self._state_file = self._working / "state.safetensors"
        self._log = self.path / "log.jsonl"
        self.checkpoints = self.path / "checkpoints"
        self._lock = FileLock(self._working / "lock")
        self._existed = True
        self._new = False  # whether the training in it has yet to begin

    def begin(self) -> None:
        """Take the folder for a new training.

        Raises
        ------
        SettingError
            If there is something in it, or it is in use.
        """
        if self.path.exists() and not self.path.is_dir():
            msg = f"{short_repr(str(self.path))} is a file: choose another name for the folder."
            raise SettingError(msg)
        if self.path.is_dir() and any(self.path.iterdir()):
            if not self._state_file.exists():
                msg = f"The folder {short_repr(str(self.path))} is not empty: choose another one."
                raise SettingError(msg)
            self._take()
            msg = (
                f"In {short_repr(str(self.path))} is a training that was interrupted: go on with it "
                "(--resume, or resume()), or choose another folder."
            )
            raise SettingError(msg)
        self._existed, self._new = self.path.is_dir(), True
        with writing(self.path):
            self._working.mkdir(parents=True, exist_ok=True)
        try:
            self._take()
        except SettingError:
            self._new = False  # what is in it is another program's
            raise

    def resume(self) -> None:
        """Take the folder of a training that was interrupted.

        Raises
        ------
        SettingError
            If there is none, or it is in use.
        """
        if not self._state_file.exists():
            finished = (self.path / TRAINED).exists()
            msg = f"There is no interrupted training in {short_repr(str(self.path))}"
            msg += ": this one is finished." if finished else ": check the name of the folder."
            raise SettingError(msg)
        self._take()

    def _take(self) -> None:
        with writing(self.path):
            try:
                self._lock.acquire(timeout=0)
            except Timeout:  # which is an OSError too
                where = short_repr(str(self.path))
                msg = f"Another program trains in {where}: wait for it, or choose another folder."
                raise SettingError(msg) from None

    def begun(self) -> None:
        """Note that there is something to go on from."""
        self._new = False

    def leave(self) -> None:
        """Let others use the folder, without what is in it of a training that did not even begin."""
        self._lock.release()
        if self._new:
            for path in (self._working, self.checkpoints) if self._existed else (self.path,):
                shutil.rmtree(path, ignore_errors=True)

    def finish(self) -> None:
        """Remove what was needed to go on."""
        self._lock.release()
        shutil.rmtree(self._working, ignore_errors=True)

    def save_state(self, tensors: Mapping[str, torch.Tensor], facts: Mapping[str, Any]) -> None:
        """Keep what is needed to go on: tensors, and JSON data."""
        metadata = {name: json.dumps(value) for name, value in facts.items()}
        data = save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, metadata)
        write_file(self._state_file, data)

    def load_state(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
        """Return what `save_state` kept.

        Raises
        ------
        SettingError
            If it is damaged.
        """
        try:
            with safe_open(self._state_file, framework="pt") as file:
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
                facts = {name: json.loads(text) for name, text in file.metadata().items()}
        except (OSError, SafetensorError, ValueError, AttributeError) as error:
            msg = (
                f"{short_repr(str(self._state_file))} is damaged, so that the training cannot go on from it."
            )
            raise SettingError(msg) from error
        return tensors, facts

    def save_model(self, model: CharLSTM) -> None:
        """Keep the best model so far, and its card beside it."""
        save_safetensors(model, self.path / TRAINED, dtype="float16")
        text = json.dumps(model.card, indent=2, ensure_ascii=False) + "\n"
        write_file(self.path / "card.json", text.encode())

    def save_p5ml(self, model: CharLSTM) -> None:
        """Write the finished model for p5ML and ml5.js."""
        target = self.path / "p5ml"
        shutil.rmtree(target, ignore_errors=True)  # of a training that was killed while it wrote this
        save_model(model, target)

    def save_checkpoint(self, model: CharLSTM, update: int) -> None:
        """Keep the model as it is after this update."""
        save_safetensors(model, checkpoint_file(self.checkpoints, update), dtype="float16")

    def log(self, record: Progress) -> None:
        """Add a line to the log."""
        with writing(self._log), self._log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record.as_json(), ensure_ascii=False) + "\n")

    def cut_log(self, update: int) -> None:
        """Drop this update and later ones from the log: they will be made again."""
        if not self._log.exists():
            return
        kept = []
        for line in self._log.read_bytes().splitlines(keepends=True):
            if not line.endswith(b"\n") or json.loads(line)["update"] >= update:
                break
            kept.append(line)
        write_file(self._log, b"".join(kept))
