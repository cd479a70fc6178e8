"""Ingest files: find those that are new or changed, and store their documents."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from embeddings.document_ids import is_gone
from embeddings.errors import (
    DocumentError,
    EmptyDocumentError,
    FileAccessError,
    IncompleteFileError,
)
from embeddings.files import FileInfo, SourceFile, find_files, storable
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.records import Fields
from embeddings.ingest import Identified, Ingest, Preparer
from embeddings.stores.store import EXCLUDED, FileProblem, ProblemKind, Store
from embeddings.types import Document, StoredDocument

_MAX_LOOKUPS = 20
"""If more paths are given, stored documents are looked up by folder instead of by file."""
_PROBLEM_KINDS = {
    IncompleteFileError: ProblemKind.PARTIAL,
    EmptyDocumentError: ProblemKind.EMPTY,
}


@dataclass(slots=True)
class _FoundPaths:
    """The files and folders at the given paths."""

    files: dict[str, SourceFile] = field(default_factory=dict)
    """By their `source`."""
    named: set[str] = field(default_factory=set)
    """Sources of files that were given by their own path."""
    folders: list[Path] = field(default_factory=list)
    empty: list[Path] = field(default_factory=list)
    """Folders without a file to read, and paths that do not exist but have stored documents."""
    unreadable: list[Path] = field(default_factory=list)
    """Subfolders that cannot be listed."""


class FileIngest(Ingest):
    """One run of adding the documents of files to a store."""

    def __init__(self, store: Store, preparer: Preparer, options: ParseOptions) -> None:
        super().__init__(store, preparer)
        self._options = options
        self._complete: set[str] = set()
        self._whole: set[str] = set()
        self._problems: dict[str, FileProblem] = {}

    def add_paths(
        self,
        paths: Sequence[str | Path],
        *,
        progress: Callable[[int, int], None],
        verify: bool,
        allow_empty: bool,
    ) -> None:
        """Add the documents of files, folders and patterns; see `Index.add_paths`."""
        found = self._find(paths)
        before = self._store.problems()
        changed = self._changed(found, {} if verify else before, verify=verify)
        total = len(found.files)
        unchanged = total - len(changed)
        progress(unchanged, total)

        def parse() -> Iterator[Identified]:
            files = self._preparer.read([found.files[source] for source in changed], self._options)
            for done, (file, documents) in enumerate(files, unchanged + 1):
                yield from self._of_file(file, documents, changed[file.source])
                if done < total:
                    progress(done, total)

        self.store(parse())
        self._remove_missing(found, allow_empty=allow_empty)
        self.store_file_info()
        elsewhere = {source for source in before if not is_gone(source)} - found.files.keys()
        problems = {source: before[source] for source in elsewhere} | self._problems
        if problems != before:
            self._store.set_problems(problems)
        progress(total, total)

    def _find(self, paths: Sequence[str | Path]) -> _FoundPaths:
        """Find the files at the paths, and load the stored documents of these files."""
        found = _FoundPaths()
        lookups: dict[Path, None] = {}
        for path in paths:
            try:
                at_path = find_files(path)
            except DocumentError as error:
                gone = _missing_path(path)
                if gone is not None and self._ids.load(gone):
                    found.empty.append(gone)
                else:
                    self._report["failed"].append((str(path), str(error)))
                continue
            found.files |= {file.source: file for file in at_path.files}
            self._report["skipped"] += at_path.other_kinds
            for folder, reason in at_path.unreadable:
                self._report["failed"].append((str(folder), f"{folder} cannot be listed: {reason}"))
                found.unreadable.append(folder)
            if Path(path).is_dir():
                folder = Path(path).resolve()
                (found.folders if at_path.files else found.empty).append(folder)
                lookups[folder] = None
            else:
                is_file = Path(path).is_file()
                if is_file:
                    found.named.update(file.source for file in at_path.files)
                single = len(paths) <= _MAX_LOOKUPS and is_file
                for file in at_path.files:
                    lookups[file.path if single else file.root] = None
        for place in lookups:
            self._ids.load(place)
        self._ids.find_missing(found.files.keys())
        return found

    def _changed(
        self, found: _FoundPaths, before: Mapping[str, FileProblem], *, verify: bool
    ) -> dict[str, FileInfo | None]:
        """Return the files to read, by `source`; keep the documents and problems of the others."""
        changed: dict[str, FileInfo | None] = {}
        for source, file in found.files.items():
            info, stored = file.info(), self._ids.stored_from(source)
            problem = before.get(source)
            if problem is not None and problem.reason == EXCLUDED:
                if not stored and problem.version == str(info) and source not in found.named:
                    self._report["excluded"].append(str(file.path))
                    self._problems[source] = problem
                    continue
                problem = None
            if (
                problem is not None
                and problem.version == _version(info, self._options)
                and (stored or problem.kind != ProblemKind.PARTIAL)
            ):
                self._add_problem(file, problem)
                if problem.kind != ProblemKind.PARTIAL:
                    continue
            elif verify or not _is_unchanged(info, stored, self._options):
                changed[source] = info
                continue
            for known in stored:
                self._keep(known)
        return changed

    def _of_file(
        self, file: SourceFile, read: Iterable[Document], info: FileInfo | None
    ) -> Iterator[Identified]:
        """Yield the documents of a file.

        If the whole file was read, its size and modification time are stored with its only
        document, or with its last document after all others.
        """
        others = {known.id for known in self._ids.stored_from(file.source)}
        outdated: list[str] = []
        last: Identified | None = None
        for document, known in self._identified(file, read, info):
            if last is not None:
                yield last
                others.add(last[0].id)
            if known is not None and known.file_size is not None:
                outdated.append(document.id)
            last = document, known
        if last is None:
            return
        document, known = last
        if info is not None and file.source in self._whole:
            if others <= {document.id}:
                document = replace(document, file_size=info[0], file_mtime_ns=info[1])
            else:
                self._file_info |= dict.fromkeys([*outdated, document.id], info)
        yield document, known

    def _identified(
        self, file: SourceFile, documents: Iterable[Document], info: FileInfo | None
    ) -> Iterator[Identified]:
        """Assign ids to the documents of a file, and record problems with reading it."""
        try:
            for document in documents:
                yield self._ids.of_file(document, file, None if info is None else info[0])
        except FileAccessError as error:
            self._report["failed"].append((str(file.path), str(error)))
        except DocumentError as error:
            kind = _PROBLEM_KINDS.get(type(error), ProblemKind.FAILED)
            version = _version(info, self._options)
            self._add_problem(file, FileProblem(version, storable(str(error)), kind))
            if kind != ProblemKind.FAILED:
                self._complete.add(file.source)
        else:
            self._complete.add(file.source)
            self._whole.add(file.source)

    def _add_problem(self, file: SourceFile, problem: FileProblem) -> None:
        """Report a problem, and remember it until the file changes."""
        kind = "failed" if problem.kind == ProblemKind.FAILED else "warnings"
        self._report[kind].append((str(file.path), problem.reason))
        self._problems[file.source] = problem

    def _remove_missing(self, found: _FoundPaths, *, allow_empty: bool) -> None:
        """Remove documents whose file is gone, or whose row is gone from a fully read file."""
        outdated = self._complete | set(self._ids.moved_from)
        kept = Counter[Path]()
        for known in list(self._ids.unassigned()):
            source = Path(known.source)
            if known.source not in outdated:
                if known.source in found.files or _is_below(source, found.unreadable):
                    continue
                empty = _is_below(source, found.empty)
                if empty is not None and not allow_empty:
                    kept[empty] += 1
                    continue
                if empty is None and _is_below(source, found.folders) is None:
                    continue
            self._remove(known.id)
        for folder, count in kept.items():
            reason = (
                f"{folder} has no file to read, but the index has {count:,} "
                f"document{'s' * (count > 1)} from it. Nothing was removed. If a disk is not "
                "mounted, mount it and run the command again. To remove the documents, repeat the "
                "command with --yes (in Python allow_empty=True)."
            )
            self._report["failed"].append((str(folder), reason))


def _version(info: FileInfo | None, options: ParseOptions) -> str:
    """Return a text that changes when a file or the options for reading it change."""
    return f"{info} {options}"


def _is_unchanged(
    info: FileInfo | None, stored: Sequence[StoredDocument], options: ParseOptions
) -> bool:
    """Return whether the stored documents of a file are current, by its size and modification time.

    If a file has several documents, one of them has the size and time of the file, and the others
    have the same or none.
    """
    infos = {(known.file_size, known.file_mtime_ns) for known in stored}
    if info not in infos or not infos <= {info, (None, None)}:
        return False
    if options.fields != Fields() and any("#" in known.id for known in stored):
        return False  # the rows may have been read with other fields
    return not (options.ocr and any("warning" in known.metadata for known in stored))


def _missing_path(path: str | Path) -> Path | None:
    """Return the absolute path if nothing exists there, else None."""
    with suppress(OSError, ValueError):
        return None if Path(path).exists() else Path(path).resolve()
    return None


def _is_below(path: Path, folders: Iterable[Path]) -> Path | None:
    """Return the first folder that contains a path or is the path; None if there is none."""
    return next((folder for folder in folders if path.is_relative_to(folder)), None)
