"""Marks and their owners in two flat arrays: 24 to 48 bytes for each, where a dict takes 150.

A run holds one for every job that it has sent, however many there are. A mark is a number that a
hash gave, evenly spread; whether two facts may share one is for whoever makes them.
"""

from __future__ import annotations

from array import array

_FIRST_SIZE = 1024


class Marks:
    """From marks to owners, both of 0 to 2^63 - 1; nothing is ever taken out."""

    def __init__(self) -> None:
        self._marks, self._owners = _empty(_FIRST_SIZE), _empty(_FIRST_SIZE)
        self._used = 0

    def __len__(self) -> int:
        return self._used

    def setdefault(self, mark: int, owner: int) -> int:
        """Whose the mark is: `owner`, if it was nobody's."""
        at = self._place(mark)
        if self._marks[at] < 0:
            if 3 * self._used >= 2 * len(self._marks):
                self._grow()
                at = self._place(mark)
            self._marks[at], self._owners[at] = mark, owner
            self._used += 1
        return self._owners[at]

    def claim(self, mark: int, owner: int) -> bool:
        """Make it the owner's, if it is nobody's; False if it was the owner's before."""
        before = self._used
        return self.setdefault(mark, owner) != owner or self._used > before

    def _place(self, mark: int) -> int:
        """Where it is, or belongs: the first free place from the one that its low bits name."""
        marks, last = self._marks, len(self._marks) - 1
        at = mark & last
        while (found := marks[at]) >= 0 and found != mark:
            at = (at + 1) & last
        return at

    def _grow(self) -> None:
        marks, owners = self._marks, self._owners
        self._marks, self._owners = _empty(2 * len(marks)), _empty(2 * len(marks))
        for mark, owner in zip(marks, owners, strict=True):
            if mark >= 0:
                at = self._place(mark)
                self._marks[at], self._owners[at] = mark, owner


def _empty(size: int) -> array[int]:
    """Free places, a power of two of them."""
    return array("q", [-1]) * size
