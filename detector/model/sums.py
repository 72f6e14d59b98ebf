"""Sums over rows of a table, added up in the order given: the same bits for a thread in any batch.

A sparse matrix times a table does this without laying the rows out first; BLAS and `reduceat` may add in another
order, or cost a copy of every row.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse


def summed(table: np.ndarray, rows: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """(n, k) sums of the table's rows `rows[bounds[i]:bounds[i + 1]]`, of a (v, k) table.

    >>> summed(np.array([[1.0, 10.0], [2.0, 20.0]]), np.array([0, 1, 1]), np.array([0, 2, 2, 3])).tolist()
    [[3.0, 30.0], [0.0, 0.0], [2.0, 20.0]]
    """
    shape = (len(bounds) - 1, len(table))
    return np.asarray(sparse.csr_matrix((np.ones(len(rows)), rows, bounds), shape=shape) @ table)


def product(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(n, k) the matrix product of (n, w) values and (w, k) weights.

    >>> product(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]])).tolist()
    [[11.0]]
    """
    n, width = values.shape
    columns = np.tile(np.arange(width, dtype=np.int32), n)
    bounds = np.arange(n + 1, dtype=np.int32) * width
    matrix = sparse.csr_matrix((np.ascontiguousarray(values, dtype=float).ravel(), columns, bounds), shape=(n, width))
    return np.asarray(matrix @ np.ascontiguousarray(weights))


def bounds_of(groups: np.ndarray, n: int) -> np.ndarray:
    """(n + 1,) where each group begins in ascending group numbers.

    >>> bounds_of(np.array([0, 0, 2]), 3).tolist()
    [0, 2, 2, 3]
    """
    return np.searchsorted(groups, np.arange(n + 1))
