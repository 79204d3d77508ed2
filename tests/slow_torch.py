"""A model as PyTorch computes it in float64, for comparison; needs PyTorch."""

from __future__ import annotations

import numpy as np
import torch


def slow_logits(model, ids):
    """Return the logits after each of the ids, from the zero state: a tensor of float64, shape (T, V)."""
    weights = model.weights
    rows = np.eye(model.vocab_size) if weights.embedding is None else weights.embedding
    x = torch.tensor(rows[ids], dtype=torch.float64)
    for layer in weights.layers:
        lstm = torch.nn.LSTM(layer.input_size, layer.units, dtype=torch.float64)
        # PyTorch has the gates in the order i, f, g, o, with g for j, and the forget bias in the bias.
        i, j, f, o = np.split(np.vstack([layer.kernel, layer.bias]).astype(np.float64), 4, axis=1)
        f[-1] += 1.0
        packed = torch.tensor(np.hstack([i, f, j, o]).T)
        with torch.no_grad():
            lstm.weight_ih_l0.copy_(packed[:, : layer.input_size])
            lstm.weight_hh_l0.copy_(packed[:, layer.input_size : -1])
            lstm.bias_ih_l0.copy_(packed[:, -1])
            lstm.bias_hh_l0.zero_()
            x, _ = lstm(x)
    return x @ torch.tensor(weights.softmax_w, dtype=torch.float64) + torch.tensor(weights.softmax_b)
