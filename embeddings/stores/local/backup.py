"""Back up and restore the folder of an index."""

from contextlib import ExitStack
from pathlib import Path

from embeddings.stores.local import schema
from embeddings.stores.local.catalog import Catalog
from embeddings.stores.local.index_folder import (
    CATALOG_FILE,
    folder_of,
    install_file,
    lock_folder,
    reject_symlinks,
    require_unused,
    staging_path,
    translate_errors,
)
from embeddings.stores.local.swap import (
    copy_other_files,
    empty_staging_folder,
    require_index,
    require_movable,
    swap_in,
)


def back_up(location: str | Path, target: str | Path) -> None:
    """Copy an index into a new or empty folder, as it is now; others may write to it meanwhile.

    The copy is an index: it can be opened, and `restore` puts it back. Other files in the folder
    are copied too. Caches are not; opening the copy makes them again.

    Args:
        location: folder of the index.
        target: folder for the copy.

    Raises:
        IndexNotFoundError: there is no index.
        IndexDamagedError: it cannot be read.
        IndexBusyError: another process is writing to the target.
        IndexStorageError: the target is not empty or cannot be written to.
    """
    folder, target = folder_of(location), Path(target)
    _require_readable_index(folder)
    with translate_errors(target):
        target.mkdir(parents=True, exist_ok=True)
        with lock_folder(target):
            require_unused(target)
            new = staging_path(target / CATALOG_FILE)
            schema.copy(folder / CATALOG_FILE, new)
            with copy_other_files(folder, target):
                install_file(new, target / CATALOG_FILE)


def restore(backup: str | Path, location: str | Path) -> Path | None:
    """Put a backup into a folder; an index that is there is moved aside.

    Processes that have the old index open, such as servers, reopen the new one.

    Returns:
        The new path of the old index; None if there was none.

    Raises:
        IndexNotFoundError: there is no index in the backup.
        IndexDamagedError: the backup cannot be read.
        IndexBusyError: another process is writing to the index that is there.
        IndexStorageError: the folder cannot be written to, or contains other files.
    """
    backup, folder = Path(backup), folder_of(location).resolve()
    _require_readable_index(backup)
    with translate_errors(folder), ExitStack() as lock:
        require_movable(folder)
        if (folder / CATALOG_FILE).exists():
            lock.enter_context(lock_folder(folder))
        ready = empty_staging_folder(folder)
        back_up(backup, ready)
        return swap_in(ready, folder)


def _require_readable_index(folder: Path) -> None:
    """Raise an error if a folder holds no index that can be read."""
    require_index(folder)
    reject_symlinks(folder)
    with translate_errors(folder):
        Catalog(folder / CATALOG_FILE).close()
