"""What is held out of a text: the part that a training validates on and does not learn from."""

from __future__ import annotations

VALIDATIONS = ("spread", "last")

BLOCK = 25_000  # characters
_OF_EACH, _HELD_OUT = 20, 10  # block k is held out where k % 20 == 10
_FEWEST_BLOCKS = 11  # so that there is one to hold out
_SHORT_BLOCKS, _SHORTEST_BLOCK = 60, 500  # of a shorter text: three of 60 blocks are held out

TOO_SHORT = "The text is too short to hold out blocks spread over it: its last tenth is held out instead."

_SHARE = 0.1
MAX_VALIDATION = 1_000_000  # characters, of the end of a text


def validation_length(characters: int) -> int:
    """Return the length of the end of a text that is held out.

    A tenth, but at most `MAX_VALIDATION`: more would make the loss no surer, only later known.
    """
    return min(characters - int(characters * (1 - _SHARE)), MAX_VALIDATION)


def block_length(characters: int) -> int:
    """Return the length of the blocks that a text is cut into: `BLOCK`, or less for a short text.

    0 if it is too short for blocks that say anything (below 30,000 characters).
    """
    if characters >= _FEWEST_BLOCKS * BLOCK:
        return BLOCK
    shorter = characters // _SHORT_BLOCKS
    return shorter if shorter >= _SHORTEST_BLOCK else 0


def spread(text: str, block: int) -> tuple[str, str]:
    """Return what is learnt and what is held out: the 11th, the 31st, the 51st, ... block.

    Parameters
    ----------
    text : str
    block : int
        Characters in each block; the last one may be shorter.

    Returns
    -------
    learnt, held_out : str
        The blocks of each kind, joined in their order.
    """
    blocks = [text[start : start + block] for start in range(0, len(text), block)]
    learnt = "".join(one for k, one in enumerate(blocks) if k % _OF_EACH != _HELD_OUT)
    return learnt, "".join(blocks[_HELD_OUT::_OF_EACH])


def held_out(text: str, validation: str) -> tuple[str, str, int]:
    """Cut a text as a training with this setting does.

    Parameters
    ----------
    text : str
    validation : {"spread", "last"}

    Returns
    -------
    learnt, held_out : str
        For ``"last"`` all of the text and nothing: its end is cut off once it is encoded, since characters
        that are left out do not count.
    block : int
        Length of the blocks; 0 if the end is held out.
    """
    block = block_length(len(text)) if validation == "spread" else 0
    return (*spread(text, block), block) if block else (text, "", 0)
