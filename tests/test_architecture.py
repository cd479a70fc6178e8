"""Import rules of the packages."""

import ast
import graphlib
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import embeddings
import qa

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    path.relative_to(ROOT)
    for package in ("embeddings", "qa")
    for path in (ROOT / package).rglob("*.py")
)
HOMES = {
    "click": {"qa/cli/"},
    "fastapi": {"qa/server/", "qa/web/"},
    "fastapi_offline": {"qa/server/app.py"},
    "gradio": {"qa/web/"},
    "jinja2": {"qa/web/"},
    "markupsafe": {"qa/web/"},
    "mcp": {"qa/server/mcp.py"},
    "prometheus_client": {"qa/server/"},
    "pydantic": {"qa/server/", "qa/training/recipe.py"},
    "starlette": {"qa/server/"},
    "uvicorn": {"qa/server/http_server.py"},
    "bs4": {"embeddings/formats/html"},
    "lxml": {"embeddings/formats/zip_package.py"},
    "oxmsg": {"embeddings/formats/outlook.py"},
    "pypdfium2": {"embeddings/formats/pdf/"},
    "python_calamine": {"embeddings/formats/spreadsheet.py"},
    "striprtf": {"embeddings/formats/rtf.py"},
    "faiss": {"embeddings/stores/local/"},
    "tantivy": {"embeddings/stores/local/"},
    "sqlite3": {"embeddings/stores/local/"},
    "grpc": {"embeddings/stores/milvus/"},
    "milvus_lite": {"embeddings/stores/milvus/"},
    "pymilvus": {"embeddings/stores/milvus/"},
    "ray": {"embeddings/ray_ingest.py", "qa/ray_serve.py"},
    "onnxruntime": {"embeddings/runtimes/onnx.py", "qa/training/"},
    "torch": {"embeddings/runtimes/torch.py", "qa/training/"},
    "transformers": {"embeddings/runtimes/torch.py", "qa/training/"},
    "sentence_transformers": {"embeddings/runtimes/torch.py", "qa/training/"},
}


@cache
def imported(module: Path) -> set[str]:
    """Names of modules that a module imports, at its top or inside functions."""
    found = set[str]()
    for node in ast.walk(ast.parse((ROOT / module).read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_frameworks_are_imported_only_in_their_modules(module: Path) -> None:
    for framework, homes in HOMES.items():
        if framework in {name.split(".")[0] for name in imported(module)}:
            assert any(module.as_posix().startswith(home) for home in homes), framework


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_embeddings_does_not_import_qa_and_qa_only_public_names(module: Path) -> None:
    if module.parts[0] == "embeddings":
        assert "qa" not in {name.split(".")[0] for name in imported(module)}
        return
    for name in imported(module):
        if name.startswith("embeddings."):
            public = name.removeprefix("embeddings.")
            # The torch runtime is named whole, so that importing it stays a visible choice.
            assert public in embeddings.__all__ or public.startswith("runtimes.torch"), name


def test_modules_have_no_import_cycle() -> None:
    names = {path.with_suffix("").as_posix().replace("/", "."): path for path in MODULES}
    arrows = {
        name: {other for other in imported(path) if other in names} for name, path in names.items()
    }

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail, name])
        for other in arrows[name]:
            visit(other, (*trail, name))

    for name in arrows:
        visit(name, ())


def test_folders_have_no_import_cycle() -> None:
    names = {path.with_suffix("").as_posix().replace("/", "."): path for path in MODULES}
    arrows: dict[str, set[str]] = {}
    for path in MODULES:
        if len(path.parts) > 2:
            others = {names[name].parts[:2] for name in imported(path) if name in names}
            folders = {"/".join(parts) for parts in others if not parts[1].endswith(".py")}
            own = "/".join(path.parts[:2])
            arrows.setdefault(own, set()).update(folders - {own})
    assert "qa/evaluation" in arrows["qa/training"]
    graphlib.TopologicalSorter(arrows).prepare()  # raises CycleError


@pytest.mark.parametrize("package", [embeddings, qa])
def test_public_names_are_sorted_and_exist(package) -> None:
    assert list(package.__all__) == sorted(package.__all__)
    for name in package.__all__:
        assert getattr(package, name) is not None


def test_answering_with_the_bundled_models_imports_no_torch(tmp_path: Path) -> None:
    program = f"""
import sys
from embeddings import Index
from qa import Assistant
with Index.open({str(tmp_path / "index")!r}, create=True) as index:
    index.add_paths([{str(ROOT / "seeds")!r}])
with Assistant.open({str(tmp_path / "index")!r}) as assistant:
    assert assistant.ask("Who headed the Turkish delegation?").answer is not None
heavy = {{"torch", "transformers", "sentence_transformers", "sklearn", "pandas", "pymilvus", "ray"}}
heavy &= set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


def test_answering_sends_no_usage_figures(tmp_path: Path) -> None:
    # ONNX Runtime queues what it would send in its user's cache folder.
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    program = "from qa import Reader; assert Reader.open().read('Who came?', ['Ada came.'])"
    for first in ("", "import qa.training.export; "):
        command = [sys.executable, "-c", first + program]
        subprocess.run(command, check=True, cwd=ROOT, env=environment)
    assert [path for path in tmp_path.rglob("*") if "onnxruntime" in path.name] == []


def test_help_imports_neither_the_stores_nor_the_runtimes_nor_the_server() -> None:
    program = """
import sys
from click.testing import CliRunner
from qa.cli.main import main
assert CliRunner().invoke(main, ["--help"]).exit_code == 0
heavy = {"faiss", "onnxruntime", "numpy", "tantivy", "tokenizers"}
heavy |= {"fastapi", "gradio", "mcp", "pydantic", "uvicorn"}
heavy &= set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
