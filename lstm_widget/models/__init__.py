"""The models that come with the package, each one file with its card inside."""

from __future__ import annotations

from pathlib import Path

DEFAULT_MODEL = "bronte"
_FOLDER = Path(__file__).parent
_SUFFIX = ".safetensors"


def available_models() -> tuple[str, ...]:
    """Return the names of the bundled models."""
    return tuple(sorted(file.stem for file in _FOLDER.glob(f"*{_SUFFIX}")))


def bundled_file(name: str) -> Path | None:
    """Return the file of a bundled model, or `None` if there is none of that name."""
    return _FOLDER / f"{name}{_SUFFIX}" if name in available_models() else None
