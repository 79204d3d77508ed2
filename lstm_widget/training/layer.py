"""An LSTM layer in bfloat16 on a processor: a sequence forward and, by hand, backward.

PyTorch's own layer adds to the gradient of all weights after each character, and mostly waits for memory
then. Here that is one product for the whole sequence, and a step backward is one product and four short
operations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch import nn

_GATES = 4  # i, f, g, o


def read_sequence(
    layer: nn.LSTM, x: torch.Tensor, state: tuple[torch.Tensor, torch.Tensor] | None
) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
    """Do in bfloat16 what `layer` does.

    Parameters
    ----------
    layer : LSTM
        Of one layer, in one direction.
    x : tensor, shape (batch, time, E)
    state : pair of tensors of shape (1, batch, H), or None
        h and c; no gradient goes back to them.

    Returns
    -------
    h : tensor of bfloat16, shape (batch, time, H)
    state : pair of tensors
        As above.
    """
    weights = [layer.get_parameter(f"{name}_l0") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    h, c = (x.new_zeros(1, len(x), layer.hidden_size),) * 2 if state is None else state
    with torch.autocast("cpu", enabled=False):
        hs, h, c = _Sequence.apply(x, h, c, *weights)  # type: ignore[no-untyped-call]
    return hs, (h, c)


class _Sequence(torch.autograd.Function):
    """All steps of a layer. Every row of the batch is a column: that makes the products fastest."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - what the class is given
        x: torch.Tensor,
        h: torch.Tensor,
        c: torch.Tensor,
        w_ih: torch.Tensor,
        w_hh: torch.Tensor,
        *biases: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        batch, time, size = x.shape
        units = w_hh.shape[1]
        state = slice(size + 1, None)

        def new(*shape: int) -> torch.Tensor:
            return torch.empty(shape, dtype=torch.bfloat16)

        # What a step reads: its input, 1 for the bias, h before it.
        weight, read = new(_GATES * units, size + 1 + units), new(time + 1, size + 1 + units, batch)
        weight[:, :size], weight[:, size], weight[:, state] = w_ih, sum(biases), w_hh
        read[:-1, :size], read[:, size], read[0, state] = x.permute(1, 2, 0), 1, h[0].T
        cells, tanhs = new(time + 1, units, batch), new(time, units, batch)  # c before each step, and after
        cells[0] = c[0].T
        gates = new(time, _GATES, units, batch)
        for t in range(time):
            own, after = gates[t], cells[t + 1]
            torch.mm(weight, read[t], out=own.view(-1, batch))
            own[:2].sigmoid_()
            own[2].tanh_()
            own[3].sigmoid_()
            torch.mul(own[1], cells[t], out=after).addcmul_(own[0], own[2])
            torch.tanh(after, out=tanhs[t])
            torch.mul(own[3], tanhs[t], out=read[t + 1, state])
        ctx.save_for_backward(weight, read, gates, cells, tanhs)
        last = [values[-1].T[None].contiguous() for values in (read[:, state], cells)]
        ctx.mark_non_differentiable(*last)
        return read[1:, state].permute(2, 0, 1), *last

    @staticmethod
    def backward(
        ctx: Any,  # noqa: ANN401
        grad: torch.Tensor,
        *_: torch.Tensor,
    ) -> tuple[torch.Tensor | None, ...]:
        weight, read, gates, cells, tanhs = ctx.saved_tensors
        time, units, batch = tanhs.shape
        size = weight.shape[1] - 1 - units
        state = slice(size + 1, None)
        grad = torch.empty_like(tanhs).copy_(grad.permute(1, 2, 0))
        # What the gradient of c, or of h, is multiplied by on its way to c and to what a step computes first.
        aten = torch.ops.aten
        i, f, g, o = gates.unbind(1)
        h_to_c = aten.tanh_backward(o, tanhs)
        sums = torch.empty_like(gates)
        aten.sigmoid_backward.grad_input(g, i, grad_input=sums[:, 0])
        aten.sigmoid_backward.grad_input(cells[:-1], f, grad_input=sums[:, 1])
        aten.tanh_backward.grad_input(i, g, grad_input=sums[:, 2])
        aten.sigmoid_backward.grad_input(tanhs, o, grad_input=sums[:, 3])
        transposed = weight.T.contiguous()
        grad_read = torch.empty_like(read[1:])
        grad_h, grad_c = grad[-1], torch.zeros_like(grad[-1])
        for t in reversed(range(time)):
            own = sums[t]
            grad_c.addcmul_(grad_h, h_to_c[t])
            own[:3].mul_(grad_c)
            own[3].mul_(grad_h)
            grad_c.mul_(f[t])
            torch.mm(transposed, own.view(-1, batch), out=grad_read[t])
            grad_h = grad[t - 1].add_(grad_read[t, state])  # at t = 0 no longer used

        def columns(x: torch.Tensor) -> torch.Tensor:
            return x.transpose(0, 1).flatten(1)

        grad_weight = torch.mm(columns(sums.flatten(1, 2)), columns(read[:-1]).T).float()
        bias = grad_weight[:, size]
        grad_x = grad_read[:, :size].permute(2, 0, 1)
        return grad_x, None, None, grad_weight[:, :size], grad_weight[:, state], bias, bias
