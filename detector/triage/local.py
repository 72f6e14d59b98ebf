"""Parts judged on this machine: in this process, or in several at once with joblib's executor."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from detector.errors import OutputError
from detector.triage.part import Done, Task, judge_part

WORKER_MEMORY = 450 << 20
"""Bytes a worker process may come to hold."""

_OWN_MEMORY = 350 << 20
_RARELY = (100_000, 20, 20)
_TRIES = 3


@contextmanager
def rare_collections() -> Iterator[None]:
    """Looks for circular garbage seldom: a part makes lists by the hundred thousand, and no circles."""
    before = gc.get_threshold()
    gc.set_threshold(*_RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def jobs_for(asked: int | None, max_memory: int | None, parts: int) -> int:
    """How many processes: as asked, else one a core; never more than there are parts, or than fit the memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    jobs = min(asked or cores, max(parts, 1))
    if max_memory is not None:
        jobs = min(jobs, max(1, (max_memory - _OWN_MEMORY) // WORKER_MEMORY))
    return jobs


def run_local(tasks: Sequence[Task], jobs: int, each: Callable[[Done], None]) -> None:
    """Judge all parts; `each` is told of every part as it is done.

    On any error, Ctrl-C included, the workers are ended at once: a part that was under way is
    judged again by the next run.
    """
    if jobs == 1 or len(tasks) <= 1:
        for task in tasks:
            each(judge_part(task))
        return
    from joblib.externals.loky import get_reusable_executor
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    left = {task.part: task for task in tasks}
    for attempt in range(1, _TRIES + 1):
        executor = get_reusable_executor(
            max_workers=jobs, timeout=60, initializer=_begin, initargs=(os.getpid(),), kill_workers=True
        )
        try:
            from concurrent.futures import as_completed

            for future in as_completed([executor.submit(judge_part, task) for task in left.values()]):
                done = future.result()
                del left[done.part]
                each(done)
            return
        except TerminatedWorkerError:
            if attempt == _TRIES:
                raise OutputError(
                    f"worker processes were killed {_TRIES} times, most likely for want of memory; "
                    "give the same command again with --jobs 1"
                ) from None
        finally:
            executor.shutdown(wait=True, kill_workers=True)


def _begin(parent: int) -> None:
    """In a worker: Ctrl-C is the parent's business, and a worker whose parent is gone ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(*_RARELY)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
