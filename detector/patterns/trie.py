"""The trie of all phrases as flat arrays, walked from many places at once.

A node's child is looked up in one hash table over (node, key), so that a step of the walk is a few
array operations for all places that are still on the way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

GAP = 3
"""Words that `~` leaves out at most."""
_MIX = np.uint64(0x9E3779B97F4A7C15)


class PairTable:
    """Numbers of known pairs of small numbers, looked up for many pairs at once.

    >>> table = PairTable(np.array([1, 5]), np.array([2, 2]), np.array([70, 71]))
    >>> table.get(np.array([5, 5, 1]), np.array([2, 1, 2])).tolist()
    [71, -1, 70]
    """

    def __init__(self, first: np.ndarray, second: np.ndarray, values: np.ndarray) -> None:
        bits = max(4, int(4 * max(len(first), 1) - 1).bit_length())
        self._shift, self._mask = np.uint64(64 - bits), (1 << bits) - 1
        self._keys = np.full(1 << bits, -1, dtype=np.int64)
        self._values = np.full(1 << bits, -1, dtype=np.int32)
        keys = _joined(first, second)
        left, slot = np.arange(len(keys)), self._slots(keys)
        while len(left):  # each free slot takes one key, the others try the next slot
            free = self._keys[slot] < 0
            self._keys[slot[free]] = keys[left[free]]
            won = self._keys[slot] == keys[left]
            self._values[slot[won]] = values[left[won]]
            left, slot = left[~won], (slot[~won] + 1) & self._mask

    def _slots(self, keys: np.ndarray) -> np.ndarray:
        return ((keys.view(np.uint64) * _MIX) >> self._shift).view(np.int64)

    def get(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """The number of each pair, -1 for an unknown one."""
        keys = _joined(first, second)
        slot = self._slots(keys)
        there = self._keys[slot]
        out = np.where(there == keys, self._values[slot], np.int32(-1))
        left = np.flatnonzero((there != keys) & (there >= 0))
        slot = slot[left]
        while len(left):
            slot = (slot + 1) & self._mask
            there = self._keys[slot]
            found = there == keys[left]
            out[left[found]] = self._values[slot[found]]
            on = ~found & (there >= 0)
            left, slot = left[on], slot[on]
        return out


def _joined(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return (first.astype(np.int64) << 32) | second.astype(np.int64)


@dataclass
class Step:
    """Places that reached a node: where the phrase began, the next token, the node."""

    place: np.ndarray
    at: np.ndarray
    node: np.ndarray


class Trie:
    """Phrases as paths of keys; a path may end in several patterns.

    Built from (pattern, must open a sentence, keys), a key being a text, `gap` the key of `~`.
    """

    def __init__(self, paths: Iterable[tuple[int, bool, list[str]]], gap: str) -> None:
        self.keys: dict[str, int] = {}
        edges: dict[int, int] = {}
        skips: dict[int, int] = {}
        ends: dict[int, list[tuple[int, bool]]] = {}
        nodes = 1
        number = self.keys
        for pattern, opens, path in paths:
            node = 0
            for key in path:
                if key == gap:
                    follow = skips.get(node)
                    if follow is None:
                        follow = skips[node] = nodes
                        nodes += 1
                else:
                    k = number.get(key)
                    if k is None:
                        k = number[key] = len(number)
                    edge = (node << 32) | k
                    follow = edges.get(edge)
                    if follow is None:
                        follow = edges[edge] = nodes
                        nodes += 1
                node = follow
            ends.setdefault(node, []).append((pattern, opens))
        self._flatten(nodes, edges, skips, ends)

    def _flatten(self, nodes: int, edges: dict[int, int], skips: dict[int, int], ends: dict) -> None:
        edge = np.fromiter(edges, np.int64, len(edges))
        child = np.fromiter(edges.values(), np.int64, len(edges))
        node, key = edge >> 32, edge & 0xFFFFFFFF
        self.root = np.full(len(self.keys), -1, dtype=np.int64)
        self.root[key[node == 0]] = child[node == 0]
        deep = node > 0
        self._children = PairTable(node[deep], key[deep], child[deep])
        self._has_child = np.zeros(nodes, dtype=bool)
        self._has_child[node] = True
        # which of 64 groups of keys a node has children for: most steps that fail, fail here
        self._groups = np.zeros(nodes, dtype=np.uint64)
        np.bitwise_or.at(self._groups, node, np.uint64(1) << (key & 63).astype(np.uint64))
        self._skip = np.full(nodes, -1, dtype=np.int64)
        self._skip[np.fromiter(skips, np.int64, len(skips))] = np.fromiter(skips.values(), np.int64, len(skips))
        counts = np.zeros(nodes, dtype=np.int64)
        at = np.fromiter(ends, np.int64, len(ends))
        counts[at] = np.fromiter(map(len, ends.values()), np.int64, len(ends))
        self._ends_from = np.concatenate([[0], np.cumsum(counts)])
        flat = [pair for n in sorted(ends) for pair in ends[n]]
        self._ends = np.array([p for p, _o in flat], dtype=np.int64)
        self._opens = np.array([o for _p, o in flat], dtype=bool)

    def walk(self, places: np.ndarray, ends: np.ndarray, ids: np.ndarray, keys: Keys) -> tuple[np.ndarray, ...]:
        """Every phrase that begins at one of the places: (place, end, pattern, must open), each an array.

        `ends`: (tokens,) where the message of each token ends; `ids`: token numbers; `keys`: theirs.
        """
        found: list[tuple[np.ndarray, ...]] = []
        which, key = keys.of(ids[places])
        node = self.root[key]
        on = node >= 0
        step = Step(places[which[on]], places[which[on]] + 1, node[on])
        while len(step.place):
            found.append(self._ended(step))
            step = self._next(self._after_gaps(step, ends), ends, ids, keys)
        if not found:
            return tuple(np.zeros(0, dtype=np.int64) for _ in range(4))
        return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))

    def _ended(self, step: Step) -> tuple[np.ndarray, ...]:
        first = self._ends_from[step.node]
        count = self._ends_from[step.node + 1] - first
        some = np.flatnonzero(count)
        which = np.repeat(some, count[some])
        within = np.arange(len(which)) - np.repeat(np.cumsum(count[some]) - count[some], count[some])
        at = first[which] + within
        return step.place[which], step.at[which], self._ends[at], self._opens[at]

    def _after_gaps(self, step: Step, ends: np.ndarray) -> Step:
        """The step itself, and the nodes behind a gap at each place the gap can reach."""
        behind = self._skip[step.node]
        gaps = np.flatnonzero(behind >= 0)
        if not len(gaps):
            return step
        places, ats, nodes = [step.place], [step.at], [step.node]
        for left_out in range(GAP + 1):
            places.append(step.place[gaps])
            ats.append(step.at[gaps] + left_out)
            nodes.append(behind[gaps])
        return Step(np.concatenate(places), np.concatenate(ats), np.concatenate(nodes))

    def _next(self, step: Step, ends: np.ndarray, ids: np.ndarray, keys: Keys) -> Step:
        on = np.flatnonzero(self._has_child[step.node] & (step.at < ends[step.place]))
        place, at, node = step.place[on], step.at[on], step.node[on]
        which, key = keys.of(ids[at])
        node = node[which]
        likely = np.flatnonzero((self._groups[node] >> (key & 63).astype(np.uint64)) & np.uint64(1))
        which, node = which[likely], node[likely]
        child = self._children.get(node, key[likely])
        found = child >= 0
        which = which[found]
        return Step(place[which], at[which] + 1, child[found].astype(np.int64))


class Keys:
    """The keys each token can stand for, flat: `numbers`, and where each token's begin and end."""

    def __init__(self, numbers: np.ndarray, starts: np.ndarray, counts: np.ndarray) -> None:
        self.numbers, self.starts, self.counts = numbers, starts, counts

    def of(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(index into `ids`, key) for every key of every token."""
        counts = self.counts[ids]
        which = np.repeat(np.arange(len(ids)), counts)
        ends = np.cumsum(counts)
        within = np.arange(len(which)) - np.repeat(ends - counts, counts)
        return which, self.numbers[self.starts[ids][which] + within]
