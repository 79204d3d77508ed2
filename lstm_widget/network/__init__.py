"""The model and its arithmetic; it knows NumPy and nothing about notebooks."""
