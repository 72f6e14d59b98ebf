"""The floor: the least that a bag-of-words classifier in Python does with the same file.

    python -m benchmarks.floor MESSAGES.csv

pyarrow reads the file; texts are joined per thread; scikit-learn's HashingVectorizer (words 1-2,
2^18 features) and one linear decision judge them, in two processes.
"""

from __future__ import annotations

import multiprocessing
import sys

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

_BATCH = 2_000
_FEATURES = 1 << 18
_texts: list[str] = []


def joined(path: str) -> list[str]:
    """The texts of each thread, joined."""
    table = pacsv.read_csv(
        path,
        parse_options=pacsv.ParseOptions(newlines_in_values=True),
        convert_options=pacsv.ConvertOptions(
            include_columns=["CONVERSATION ID", "DATE", "CONTENT"],
            column_types={"CONVERSATION ID": pa.string(), "DATE": pa.string(), "CONTENT": pa.string()},
        ),
    )
    order = pc.sort_indices(table, [("CONVERSATION ID", "ascending"), ("DATE", "ascending")])
    ids = pc.dictionary_encode(table["CONVERSATION ID"]).combine_chunks().indices.take(order).to_numpy()
    texts = table["CONTENT"].combine_chunks().take(order).to_pylist()
    starts = np.flatnonzero(np.diff(ids, prepend=-1))
    ends = np.append(starts[1:], len(ids))
    return ["\n".join(texts[a:b]) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]


def judge(bounds: tuple[int, int]) -> int:
    """The linear decisions of a run of threads; returns how many are positive."""
    from sklearn.feature_extraction.text import HashingVectorizer

    vectorizer = HashingVectorizer(ngram_range=(1, 2), n_features=_FEATURES, alternate_sign=False)
    weights = np.random.default_rng(1).standard_normal(_FEATURES)
    found = 0
    for a in range(*bounds, _BATCH):
        found += int((vectorizer.transform(_texts[a : min(a + _BATCH, bounds[1])]) @ weights > 0).sum())
    return found


def main(path: str) -> None:
    """Judge one file and print how many threads it has."""
    global _texts
    _texts = joined(path)
    half = len(_texts) // 2
    with multiprocessing.get_context("fork").Pool(2) as pool:  # forked: the texts are not copied
        pool.map(judge, [(0, half), (half, len(_texts))], chunksize=1)
    print(len(_texts))


if __name__ == "__main__":
    main(sys.argv[1])
