"""The models that come with the package, each one file with its card inside."""

from __future__ import annotations

from pathlib import Path

DEFAULT_MODEL = "fairytales"
_FOLDER = Path(__file__).parent


def available_models() -> tuple[str, ...]:
    """Return the names of the bundled models."""
    return tuple(bundled_files())


def bundled_files() -> dict[str, Path]:
    """Return the file of each bundled model, by name."""
    return {file.stem: file for file in sorted(_FOLDER.glob("*.safetensors"))}
