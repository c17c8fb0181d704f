"""Which cells may not be published: small ones, and those from which a small one could be worked out.

A cell is a tuple with a value for each of `tables.GROUPS`; None is a column outside its level, so the tuple of
Nones is the world. Only hosts matter here: devices and banners, which add up across everything, are not published for
cells that cross two columns (`publish`).

Hosts add up across countries and across nothing else. So a hidden cell of a country and X is in exactly one sum
that somebody could solve: X is the sum of the countries' X. `Suppression` makes sure that what such a sum leaves over
is never a small number. Across makers, types and models, what is left over is only a lower bound of the hidden hosts;
it must reach the minimum too.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Cell = tuple[str | None, ...]
COUNTRY = 0  # its place in a cell


@dataclass
class Group:
    """Cells that together make up `parent`.

    `adds_up`: their hosts do (the cells differ in the country). `is_queued`: it is still to be made safe.
    """

    parent: Cell
    adds_up: bool
    cells: list[Cell] = field(default_factory=list)
    is_queued: bool = False


def hidden_cells(hosts: Mapping[Cell, int], left_out: Iterable[str], minimum: int) -> set[Cell]:
    """Return the cells that may not be published.

    hosts: all cells that would be; those with a country are counted everywhere, those without leave out `left_out`.
    The world and the totals of countries are never hidden.
    """
    return Suppression(hosts, frozenset(left_out), minimum).hidden


def is_total(cell: Cell) -> bool:
    """Return whether it is the world or a country."""
    return not any(cell[COUNTRY + 1 :])


def _order(cell: Cell) -> tuple[int, tuple[str, ...]]:
    """Coarse cells first, then by name."""
    return sum(value is not None for value in cell), tuple(value or "" for value in cell)


class Suppression:
    """Hides cells until every group is safe. Only ever hides more, so it ends."""

    def __init__(self, hosts: Mapping[Cell, int], left_out: frozenset[str], minimum: int) -> None:
        self.hosts = hosts
        self.minimum = minimum
        self.hidden: set[Cell] = set()
        self._ordered = sorted(hosts, key=_order)
        self._groups_of: defaultdict[Cell, list[Group]] = defaultdict(list)
        self._below: defaultdict[Cell, list[Group]] = defaultdict(list)
        self._queue: deque[Group] = deque()
        self._find_groups(left_out)
        for cell in self._ordered:
            if not is_total(cell) and hosts[cell] < minimum:
                self._hide(cell)
        while self._queue:
            group = self._queue.popleft()
            group.is_queued = False
            self._make_safe(group)

    def _find_groups(self, left_out: frozenset[str]) -> None:
        found: dict[tuple[Cell, int], Group] = {}
        for cell in self._ordered:
            for place, value in enumerate(cell) if not is_total(cell) else ():
                # What is counted without a country leaves out some: these are in no sum over countries.
                if value is None or (place == COUNTRY and value in left_out):
                    continue
                parent = (*cell[:place], None, *cell[place + 1 :])
                if parent in self.hosts:
                    group = found.get((parent, place)) or Group(parent, place == COUNTRY)
                    found[parent, place] = group
                    group.cells.append(cell)
                    self._groups_of[cell].append(group)
        for (parent, _), group in found.items():
            group.cells.sort(key=self.hosts.__getitem__)  # smallest first; of equals, by name as before
            self._below[parent].append(group)

    def _hide(self, cell: Cell) -> None:
        """Hide a cell and all finer cells of it, and queue every sum that they are in."""
        stack = [cell]
        while stack:
            one = stack.pop()
            if one not in self.hidden:
                self.hidden.add(one)
                for group in self._groups_of[one]:
                    if not group.is_queued:
                        group.is_queued = True
                        self._queue.append(group)
                stack.extend(child for group in self._below[one] for child in group.cells)

    def _make_safe(self, group: Group) -> None:
        """Hide the next smallest until the group is safe; then the parent, if there is no next one."""
        if group.parent in self.hidden:
            return
        inside = [self.hosts[c] for c in group.cells if c in self.hidden]
        if not inside:
            return
        shown = [c for c in group.cells if c not in self.hidden]
        rest = self.hosts[group.parent] - sum(self.hosts[c] for c in shown)
        number, most = len(inside), max(inside)
        for cell in shown:
            if self._is_safe(group, rest, number, most):
                return
            self._hide(cell)
            rest, number, most = rest + self.hosts[cell], number + 1, max(most, self.hosts[cell])
        if not is_total(group.parent) and not self._is_safe(group, rest, number, most):
            self._hide(group.parent)

    def _is_safe(self, group: Group, rest: int, number: int, most: int) -> bool:
        """Whether what the group leaves over reveals no small cell.

        rest: hosts that are left over; `number` cells are hidden, the largest with `most` hosts.
        """
        if not group.adds_up:
            return max(most, rest) >= self.minimum
        if most >= self.minimum:
            return rest >= self.minimum
        # All are small, which a reader may guess. If all were 1, or all one less than the minimum, it would be known.
        return rest >= self.minimum and number < rest < number * (self.minimum - 1)
