"""What the README says works."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_readmes_python_runs(tmp_path: Path) -> None:
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[1]  # type: ignore[index]
    name = "Basic_LinkedInDataExport_10-26-2026.zip"
    (tmp_path / name).write_bytes((ROOT / "data" / "sample" / name).read_bytes())
    env = {**os.environ, "DETECTOR_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code + "\nassert len(verdicts) > 80"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_readmes_excerpt_is_what_the_command_prints(tmp_path: Path) -> None:
    excerpt = re.search(r"```console\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[1]  # type: ignore[index]
    env = {**os.environ, "DETECTOR_HOME": str(tmp_path), "COLUMNS": "96", "NO_COLOR": "1"}
    code = "from detector.cli import run; run()"
    done = subprocess.run(
        [sys.executable, "-c", code, "score", "--sample", "--full", "-q"], env=env, capture_output=True, check=True
    )
    printed = {line.rstrip() for line in done.stdout.decode().splitlines()}
    shown = [line for line in excerpt.splitlines() if line.strip() not in ("", "…") and not line.startswith("$")]
    assert not [line for line in shown if line not in printed]


def test_every_relative_link_leads_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_sample_is_built_from_its_threads(tmp_path: Path) -> None:
    sample = ROOT / "data" / "sample"
    shipped = (sample / "Basic_LinkedInDataExport_10-26-2026.zip").read_bytes()
    copy = tmp_path / "sample"
    copy.mkdir()
    for name in ("build.py", "threads.txt", "owner.toml"):
        (copy / name).write_bytes((sample / name).read_bytes())
    subprocess.run([sys.executable, "build.py"], cwd=copy, check=True, capture_output=True)
    assert (copy / "Basic_LinkedInDataExport_10-26-2026.zip").read_bytes() == shipped


def test_every_dependency_has_its_line() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    page = (ROOT / "docs" / "dependencies.md").read_text()
    names = [re.match(r"[\w-]+", d)[0] for d in project["dependencies"]]  # type: ignore[index]
    names += [re.match(r"[\w-]+", d)[0] for d in project["optional-dependencies"]["dev"]]  # type: ignore[index]
    missing = [n for n in names if n not in page]
    assert not missing


def test_the_notebooks_cells_run() -> None:
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        names: dict = {}
        for cell in cells:
            if cell["cell_type"] == "code":
                exec("".join(cell["source"]), names)
        assert set(names["judged"].verdicts["label"]) <= set(names["threads"]["label"])
