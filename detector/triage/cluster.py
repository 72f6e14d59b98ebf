"""Parts judged on a Dask cluster: the same tasks, the same files, any number of machines."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from detector.errors import OutputError, UsageError
from detector.triage.part import Done, Task, judge_part


def run_dask(tasks: Sequence[Task], jobs: int, scheduler: str | None, each: Callable[[Done], None]) -> None:
    """Judge all parts on a scheduler, or on `jobs` processes of a cluster made for this run.

    Workers need this package, and the output folder and model under the same paths. A worker that
    dies costs the parts it was at: they are judged again elsewhere. Raises UsageError if Dask is not
    installed or the scheduler is not there.
    """
    try:
        import distributed
    except ImportError:
        raise UsageError("--engine dask needs Dask: pip install 'linkedin-detector[dask]'") from None
    cluster = None
    try:
        if scheduler is None:
            cluster = distributed.LocalCluster(
                n_workers=jobs, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
            )
        client = distributed.Client(cluster if cluster is not None else scheduler, timeout=15)
    except (OSError, TimeoutError, ValueError) as error:
        if cluster is not None:
            cluster.close()
        raise UsageError(f"--scheduler {scheduler}: cannot be reached ({error})") from None
    try:
        futures = client.map(judge_part, tasks, key=[f"{t.generation}/{t.part}" for t in tasks], retries=2, pure=False)
        for future, done in distributed.as_completed(futures, with_results=True):
            each(done)
            future.release()
    except distributed.scheduler.KilledWorker as error:
        raise OutputError(f"{error}; give the same command again, or more memory a worker") from None
    finally:
        client.close()
        if cluster is not None:
            cluster.close()
