"""The trie of all phrases as flat arrays, walked from many places at once.

A node's child is looked up in one hash table over (node, key), so that a step of the walk is a few
array operations for all places that are still on the way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from detector.patterns.grown import Grown

_ANY = "_"
_BLOCK = 1 << 15  # tokens
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
        is_any = key == self.keys.get(_ANY, -1)
        self._any = np.full(nodes, -1, dtype=np.int32)
        self._any[node[is_any]] = child[is_any]
        node, key, child = node[~is_any], key[~is_any], child[~is_any]
        self.root = np.full(len(self.keys), -1, dtype=np.int32)
        self.root[key[node == 0]] = child[node == 0]
        first = int(self._any[0])
        self.after_any = np.zeros(len(self.keys), dtype=bool)
        self.after_any[key[node == first]] = True
        self.all_after_any = first >= 0 and (first in skips or first in ends or self._any[first] >= 0)
        deep = node > 0
        self._children = PairTable(node[deep], key[deep], child[deep])
        # which of 64 groups of keys a node has children for: most steps that fail, fail here
        self._groups = np.zeros(nodes, dtype=np.uint64)
        np.bitwise_or.at(self._groups, node, _group(key))
        self._skip = np.full(nodes, -1, dtype=np.int32)
        self._skip[np.fromiter(skips, np.int64, len(skips))] = np.fromiter(skips.values(), np.int64, len(skips))
        counts = np.zeros(nodes, dtype=np.int64)
        at = np.fromiter(ends, np.int64, len(ends))
        counts[at] = np.fromiter(map(len, ends.values()), np.int64, len(ends))
        self._ends_from = np.concatenate([[0], np.cumsum(counts)])
        flat = [pair for n in sorted(ends) for pair in ends[n]]
        self._ends = np.array([p for p, _o in flat], dtype=np.int64)
        self._opens = np.array([o for _p, o in flat], dtype=bool)

    def walk(self, ends: np.ndarray, ids: np.ndarray, keys: Keys) -> tuple[np.ndarray, ...]:
        """Every phrase in the tokens: (place, end, pattern, must open), each an array.

        `ids`: token numbers; `ends`: where the message of each token ends; `keys`: what tokens can stand for.
        """
        found: list[tuple[np.ndarray, ...]] = []
        for first in range(0, len(ids), _BLOCK):  # so that a step stays in the processor's cache
            step = self._first(first, min(first + _BLOCK, len(ids)), ends, ids, keys)
            while len(step.place):
                found.append(self._ended(step))
                step = self._next(self._after_gaps(step), ends, ids, keys)
        if not found:
            return tuple(np.zeros(0, dtype=np.int64) for _ in range(4))
        return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))

    def _first(self, first: int, end: int, ends: np.ndarray, ids: np.ndarray, keys: Keys) -> Step:
        """The nodes of the first tokens of phrases, for all places from `first` to `end`."""
        mine = ids[first:end]
        places = np.flatnonzero(keys.opens[mine])
        which, key = keys.of(mine[places])
        node = self.root[key]
        on = np.flatnonzero(node >= 0)
        place, node = places[which[on]] + first, node[on]
        if self._any[0] >= 0:  # `_` first: most words could be it, so the second word decides
            at = np.arange(first, min(end, len(ids) - 1))
            likely = at[keys.after_any[ids[at + 1]] & (at + 1 < ends[at]) & keys.any[ids[at]]]
            place = np.concatenate([place, likely])
            node = np.concatenate([node, np.full(len(likely), self._any[0])])
        return Step(place, place + 1, node)

    def _ended(self, step: Step) -> tuple[np.ndarray, ...]:
        first = self._ends_from[step.node]
        count = self._ends_from[step.node + 1] - first
        some = np.flatnonzero(count)
        which = np.repeat(some, count[some])
        within = np.arange(len(which)) - np.repeat(np.cumsum(count[some]) - count[some], count[some])
        at = first[which] + within
        return step.place[which], step.at[which], self._ends[at], self._opens[at]

    def _after_gaps(self, step: Step) -> Step:
        """The step itself, and the nodes behind a gap at each place the gap can reach."""
        behind = self._skip[step.node]
        gaps = np.flatnonzero(behind >= 0)
        if not len(gaps):
            return step
        place, at, node = step.place[gaps], step.at[gaps], behind[gaps]
        reach = range(GAP + 1)
        return Step(
            np.concatenate([step.place, *(place for _ in reach)]),
            np.concatenate([step.at, *(at + left_out for left_out in reach)]),
            np.concatenate([step.node, *(node for _ in reach)]),
        )

    def _next(self, step: Step, ends: np.ndarray, ids: np.ndarray, keys: Keys) -> Step:
        within = np.flatnonzero(step.at < ends[step.place])
        place, at, node = step.place[within], step.at[within], step.node[within]
        token = ids[at]
        named = np.flatnonzero(self._groups[node] & keys.groups[token])
        which, key = keys.of(token[named])
        child = self._children.get(node[named[which]], key)
        known = np.flatnonzero(child >= 0)
        behind = self._any[node]
        other = np.flatnonzero((behind >= 0) & keys.any[token])
        on = np.concatenate([named[which[known]], other])
        return Step(place[on], at[on] + 1, np.concatenate([child[known], behind[other]]))


class Keys:
    """The keys each token can stand for, and what follows from them, one a token; grows with a vocabulary.

    `opens`: a phrase can begin with it (other than with `_`); `any`: it can be `_`; `after_any`: it can
    be what follows a first `_`; `groups`: the 64 groups of keys, as bits, that it has one of.
    """

    def __init__(self, trie: Trie) -> None:
        self._trie = trie
        self._first = Grown(np.int64)
        self._others, self._others_at, self._many = Grown(np.int64), Grown(np.int64), Grown(np.int64)
        self._flags = Grown(bool, 3)
        self._groups = Grown(np.uint64)

    def __len__(self) -> int:
        return len(self._first)

    def extend(self, tokens: list[tuple[list[int], bool]]) -> None:
        """Add tokens, each with the numbers of its keys other than `_`, and whether it can be `_`."""
        trie, n = self._trie, len(tokens)
        counts = np.fromiter((len(keys) for keys, _any in tokens), np.int64, n)
        flat = np.fromiter((key for keys, _any in tokens for key in keys), np.int64, int(counts.sum()))
        token = np.repeat(np.arange(n), counts)
        leads = np.diff(token, prepend=-1) > 0
        first = np.full(n, -1, dtype=np.int64)
        first[token[leads]] = flat[leads]
        flags = np.zeros((n, 3), dtype=bool)
        flags[token[trie.root[flat] >= 0], 0] = True
        flags[:, 1] = [is_any for _keys, is_any in tokens]
        flags[token[trie.after_any[flat]], 2] = True
        flags[:, 2] |= trie.all_after_any
        groups = np.zeros(n, dtype=np.uint64)
        np.bitwise_or.at(groups, token, _group(flat))
        others = np.maximum(counts - 1, 0)
        self._first.extend(first)
        self._others_at.extend(len(self._others) + np.cumsum(others) - others)
        self._others.extend(flat[~leads])
        self._many.extend(others)
        self._flags.extend(flags)
        self._groups.extend(groups)
        self.opens, self.any, self.after_any = (np.ascontiguousarray(f) for f in self._flags.values.T)
        self.groups = self._groups.values

    def of(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(index into `ids`, key) for every key other than `_` of tokens that have one."""
        which, key = np.arange(len(ids)), self._first.values[ids]
        others = self._many.values[ids]
        many = np.flatnonzero(others)
        if not len(many):
            return which, key
        counts = others[many]
        more = np.repeat(many, counts)
        at = np.repeat(self._others_at.values[ids[many]] - np.cumsum(counts) + counts, counts) + np.arange(len(more))
        return np.concatenate([which, more]), np.concatenate([key, self._others.values[at]])


def _group(keys: np.ndarray) -> np.ndarray:
    return np.uint64(1) << (keys & 63).astype(np.uint64)
