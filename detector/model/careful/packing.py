"""Matrices as whole numbers of four bits, with a scale for every 32 of them: a seventh of their size."""

from __future__ import annotations

import numpy as np

GROUP = 32
_TRIED = np.linspace(0.7, 1.0, 7, dtype=np.float32)  # shares of the largest value that a group's scale may stand for

_TWO = (np.stack([np.arange(256) & 15, np.arange(256) >> 4], axis=1) - 8).astype(np.float32)
"""(256, 2) the two numbers that a code holds."""


def packed(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, m) float32, m a multiple of GROUP, as codes (n, m / 2) uint8 and scales (n, m / GROUP) float16.

    A group's scale is the tried one with the least squared error. Raises ValueError for another width.

    >>> codes, scales = packed(np.linspace(-1, 1, 64, dtype=np.float32).reshape(1, 64))
    >>> codes.shape, scales.shape, float(np.abs(unpacked(codes, scales) - np.linspace(-1, 1, 64)).max()) < 0.08
    ((1, 32), (1, 2), True)
    """
    n, m = matrix.shape
    if m % GROUP:
        raise ValueError(f"{m} columns are no multiple of {GROUP}")
    groups = matrix.reshape(n, m // GROUP, GROUP)
    top = np.take_along_axis(groups, np.abs(groups).argmax(axis=2)[:, :, None], axis=2)
    best = np.full((n, m // GROUP, 1), np.inf, dtype=np.float32)
    scale = np.zeros((n, m // GROUP, 1), dtype=np.float16)
    for share in _TRIED:
        tried = (top * share / -8).astype(np.float16)
        error = ((_coded(groups, tried) * tried.astype(np.float32) - groups) ** 2).sum(axis=2, keepdims=True)
        scale = np.where(error < best, tried, scale)
        best = np.minimum(error, best)
    codes = (_coded(groups, scale) + 8).astype(np.uint8).reshape(n, m)
    return codes[:, 0::2] | (codes[:, 1::2] << 4), scale[:, :, 0]


def _coded(groups: np.ndarray, scale: np.ndarray) -> np.ndarray:
    wide = scale.astype(np.float32)
    coded: np.ndarray = np.round(groups / np.where(wide == 0, 1, wide)).clip(-8, 7)
    return coded


def unpacked(codes: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """What `packed` stands for: (n, m) float32."""
    groups: np.ndarray = _TWO[codes].reshape(len(codes), -1, GROUP)
    groups *= scales[:, :, None].astype(np.float32)
    return groups.reshape(len(codes), -1)
