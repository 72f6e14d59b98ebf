"""What the README says works."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

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


def made_pages() -> dict[Path, str]:
    spec = importlib.util.spec_from_file_location("docs_build", ROOT / "docs" / "build.py")
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    spec.loader.exec_module(module)  # type: ignore[union-attr]
    return module.pages()


def test_pages_made_from_the_code_are_what_the_code_says() -> None:
    """Help texts, catalogue and the README's excerpt; `make docs` renews them."""
    assert [path.name for path, text in made_pages().items() if path.read_text(encoding="utf-8") != text] == []


def shell_lines(page: Path) -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("detector ")]


def test_the_commands_in_readme_and_score_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In their order, on the sample's export; ID stands for one of its threads."""
    from typer.testing import CliRunner

    from detector import paths
    from detector.cli import app

    name = "Basic_LinkedInDataExport_10-26-2026.zip"
    (tmp_path / name).write_bytes((paths.shipped_data("sample") / name).read_bytes())
    known = {c.name for c in app.registered_commands} | {g.name for g in app.registered_groups}
    ids = [line.split(",")[0] for line in (ROOT / "tests/golden/sample.csv").read_text().splitlines()[2:]]
    labels = ["genuine", "generic", "bait-and-sell"]
    (tmp_path / "labels.csv").write_text(
        "thread_id,label\n" + "".join(f"{t},{labels[i % 3]}\n" for i, t in enumerate(ids[:12]))
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DETECTOR_HOME", str(tmp_path / "home"))
    lines = [line for page in (ROOT / "README.md", ROOT / "docs" / "score.md") for line in shell_lines(page)]
    assert len(lines) > 8
    done = set()
    for line in lines:
        arguments = [ids[0] if word == "ID" else word for word in line]
        if arguments[0] not in known or tuple(arguments) in done:
            continue
        done.add(tuple(arguments))
        ran = CliRunner().invoke(app, arguments)
        assert ran.exit_code == 0, (arguments, ran.exception)


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


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_the_notebooks_cells_run(path: Path) -> None:
    names: dict = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    made = {"explore_corpus": "judged", "triage_backlog": "by_month"}.get(path.stem)
    assert made is None or made in names
