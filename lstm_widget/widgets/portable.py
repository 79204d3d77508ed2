"""What a notebook keeps of a model, so that its widgets write where there is no kernel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakSet

import anywidget
import traitlets

from lstm_widget.formats.safetensors import safetensors_of

if TYPE_CHECKING:
    from lstm_widget.network.model import CharLSTM

_STATIC = Path(__file__).parents[1] / "static"


def session_script() -> str:
    """Return what answers a page in place of the kernel; see ``js/src/portable.ts``."""
    return (_STATIC / "portable.js").read_text(encoding="utf-8")


class KeptModel(anywidget.AnyWidget):
    """A model beside the widgets that write with it, which refer to it.

    JupyterLab saves all widgets that a kernel has made, also those of a cell that was run again since. So
    what is large is there once for each model, and not once for each of these.
    """

    # It shows nothing. It is one of anywidget's because those of ipywidgets lose what is binary when
    # JupyterLab saves them.
    _esm: ClassVar[str] = "export default {};"

    script = traitlets.Unicode(read_only=True).tag(sync=True)
    """See `session_script`."""
    weights = traitlets.Bytes(read_only=True).tag(sync=True)
    """A ``.safetensors`` file."""

    def __init__(self, model: CharLSTM) -> None:
        self.users: WeakSet[object] = WeakSet()
        self.set_trait("script", session_script())
        self.set_trait("weights", safetensors_of(model))
        super().__init__()

    @property
    def reference(self) -> str:
        """How another widget names this one in its state."""
        return f"IPY_MODEL_{self.model_id}"

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take nothing from a page."""


_models: dict[str, KeptModel] = {}  # by the fingerprint of the model


def keep(model: CharLSTM, user: object) -> KeptModel:
    """Return what is kept of a model, and let go of what this user had before."""
    kept = _models.get(model.fingerprint)
    if kept is None or kept.comm is None:  # all widgets of a kernel can be closed at once
        kept = _models[model.fingerprint] = KeptModel(model)
    kept.users.add(user)
    let_go(user, but=kept)
    return kept


def let_go(user: object, but: KeptModel | None = None) -> None:
    """Have a user need no model any more, but for this one; what nobody needs is no longer kept."""
    for fingerprint, kept in list(_models.items()):
        if kept is not but:
            kept.users.discard(user)
            if not kept.users:
                del _models[fingerprint]
                kept.close()
