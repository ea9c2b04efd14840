"""Specifications of Einstein sums, as NumPy writes them, brought to one list of indices for each operand."""

from __future__ import annotations

import functools
import string
from types import EllipsisType
from typing import Any

from dezero.core.errors import describe

# A letter, or a number for an axis that "..." stands for (0 for the last of them); Ellipsis until its axes are known.
Label = str | int | EllipsisType
Labels = tuple[Label, ...]
_NUMBERED = string.ascii_uppercase + string.ascii_lowercase  # so that sorting the letters sorts the numbers


def read(operands: tuple[Any, ...]) -> tuple[str, list[Any]]:
    """The specification as text, and the operands, from either form: ("ij,jk", a, b) or (a, [0, 1], b, [1, 2])."""
    if not operands:
        raise ValueError("einsum: needs a specification such as 'ij,jk->ik' and its operands")
    if isinstance(operands[0], str):
        return operands[0], list(operands[1:])
    pairs, last = divmod(len(operands), 2)
    text = ",".join([_numbers(part) for part in operands[1 : 2 * pairs : 2]])
    return text + ("->" + _numbers(operands[-1]) if last else ""), list(operands[: 2 * pairs : 2])


@functools.lru_cache(1024)
def expand(text: str, shapes: tuple[tuple[int, ...], ...]) -> tuple[list[Labels], Labels, dict[Label, int]]:
    """The indices of every operand and of the result, "..." written out, and the length of each index."""
    left, arrow, right = text.partition("->")
    inputs = [_letters(part, text) for part in left.split(",")]
    output = _letters(right, text) if arrow else None
    if len(inputs) != len(shapes):
        raise ValueError(f"einsum: {text!r} names {len(inputs)} operands, {len(shapes)} are given")
    _check_output(inputs, output, text)
    labels, most = [], 0
    for place, (part, shape) in enumerate(zip(inputs, shapes, strict=True)):
        more = len(shape) - len(part) + (Ellipsis in part)
        if more < 0 or (more and Ellipsis not in part):
            raise ValueError(
                f"einsum: operand {place} has shape {shape}, but its indices are {_written(part)!r}; "
                "give one for each axis, or '...' for the rest"
            )
        labels.append(_filled(part, more))
        most = max(most, more)
    if output is None:
        every = [i for part in labels for i in part if isinstance(i, str)]
        output = (Ellipsis, *sorted([i for i in set(every) if every.count(i) == 1]))
    elif most and Ellipsis not in output:
        raise ValueError(
            f"einsum: '...' stands for {most} axes of the operands, but the result {_written(output)!r} lacks '...'"
        )
    return labels, _filled(output, most), _sizes(labels, shapes)


def _filled(part: Labels, more: int) -> Labels:
    if Ellipsis not in part:
        return part
    place = part.index(Ellipsis)
    return (*part[:place], *reversed(range(more)), *part[place + 1 :])


def _sizes(labels: list[Labels], shapes: tuple[tuple[int, ...], ...]) -> dict[Label, int]:
    sizes: dict[Label, int] = {}
    for part, shape in zip(labels, shapes, strict=True):
        own = dict(zip(part, shape, strict=True))
        for i, n in zip(part, shape, strict=True):
            if own[i] != n:
                raise ValueError(f"einsum: the axes of one operand of shape {shape} named {i!r} differ in length")
            known = sizes.get(i, 1)
            if n != known and n != 1 != known:
                name = f"index {i!r}" if isinstance(i, str) else "an axis of '...'"
                raise ValueError(f"einsum: {name} has length {known} and {n} in operands of shapes {shapes}")
            sizes[i] = n if known == 1 else known
    return sizes


def _letters(part: str, text: str) -> Labels:
    found: list[Label] = []
    rest = part.replace(" ", "")
    while rest:
        if rest.startswith("..."):
            found.append(Ellipsis)
            rest = rest[3:]
        elif rest[0] in string.ascii_letters:
            found.append(rest[0])
            rest = rest[1:]
        else:
            raise ValueError(f"einsum: {rest[0]!r} in {text!r} is no index; indices are letters, or '...' once")
    if found.count(Ellipsis) > 1:
        raise ValueError(f"einsum: '...' stands twice among the indices of one operand in {text!r}")
    return tuple(found)


def _numbers(part: Any) -> str:
    try:
        return "".join(["..." if i is Ellipsis else _NUMBERED[_index(i)] for i in part])
    except (AttributeError, TypeError, IndexError):
        raise ValueError(
            f"einsum: {describe(part)} is no list of indices; give numbers from 0 to {len(_NUMBERED) - 1} and at most "
            "one Ellipsis after each operand"
        ) from None


def _index(i: Any) -> int:
    number = i.__index__()
    if number < 0:
        raise IndexError
    return int(number)


def _check_output(inputs: list[Labels], output: Labels | None, text: str) -> None:
    for i in output or ():
        if output is not None and output.count(i) > 1:
            raise ValueError(f"einsum: the result of {text!r} has index {_written((i,))!r} twice")
        if i is not Ellipsis and not any([i in part for part in inputs]):
            raise ValueError(f"einsum: the result of {text!r} has index {i!r}, which no operand has")


def _written(part: Labels) -> str:
    return "".join(["..." if i is Ellipsis else str(i) for i in part])
