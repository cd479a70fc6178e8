"""`qa serve` and `qa mcp`."""

from __future__ import annotations

import ctypes
import errno
import gc
import ipaddress
import logging
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from qa.cli.options import settings
from qa.cli.session import open_assistant, say
from qa.config import Config

# The rest is imported where it is used, so that `qa --help` is fast.
if TYPE_CHECKING:
    from qa.server.keys import Keys

HOST = "127.0.0.1"
PORT = 7860
FEEDBACK = "feedback.jsonl"

_M_ARENA_MAX = -8
"""Parameter of mallopt(3), from malloc.h."""

_log = logging.getLogger(__name__)


@click.command()
@click.option("--host", default=HOST, show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="Port."
)
@click.option(
    "--api-key",
    envvar="QA_API_KEY",
    help="Require this API key. Prefer the QA_API_KEY environment variable: command lines are "
    "visible to other users.",
)
@click.option(
    "--api-keys",
    type=click.Path(path_type=Path),
    help="Require one of the API keys whose SHA-256 hashes are in this file, one per line, as "
    "printed by `printf %s KEY | sha256sum`.",
)
@click.option("--insecure", is_flag=True, help="Accept other machines without an API key.")
@click.option("--page/--no-page", default=True, help="Serve the web page, or only the API.")
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="warning",
    show_default=True,
    help="Log every request at info. At debug, messages can quote questions.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    help="Format of log lines. Default: text in a terminal, otherwise JSON.",
)
@settings(
    *("index", "corpus", "watch", "encoder", "reader", "k", "min_read", "answers"),
    *("confidence", "min_score", "min_precision", "max_file_bytes", "max_file_seconds"),
    *("ray", "ray_replicas", "root_path"),
)
def serve(
    host: str,
    port: int,
    api_key: str | None,
    api_keys: Path | None,
    insecure: bool,
    page: bool,
    log_level: str,
    log_format: Literal["text", "json"] | None,
    config: Config,
) -> None:
    """Serve the web page, the HTTP API and MCP on one port.

    The page is at /, the API under /api/v1 (described at /docs), the Model Context Protocol at
    /mcp, Prometheus metrics at /metrics. If the index does not exist, it is built from the corpus
    first. Press Ctrl-C to stop. Logs go to standard error.

    Behind a reverse proxy that serves this server below a path, set --root-path to the path.

    With --ray, copies of the encoder and the reader run on the machines of a cluster, depending on
    the load. Answers are the same. Every machine needs this version of the package, and the models
    under the same names.

    \b
    Examples:
      qa serve
      qa serve --corpus ~/articles --watch --port 8000
      QA_API_KEY=secret qa serve --host 0.0.0.0
      qa serve --root-path /qa
      qa serve --log-level info 2>> serve.jsonl
      qa serve --ray auto --ray-replicas 32
    """
    if config.watch and config.corpus is None:
        raise click.UsageError("Name the folder to watch with --corpus.")
    keys = _keys(api_key, api_keys)
    loopback = _is_loopback(host)
    if keys is None and not loopback and not insecure:
        raise click.UsageError(
            f"{host} can be reached from other machines, and there is no API key: everyone could "
            "read, add and remove documents. Set a key with --api-key or --api-keys, or use "
            "--insecure."
        )
    from qa.ray_serve import run_models_on_cluster
    from qa.server.logging import logging_to_stderr

    _limit_memory_pools()
    output = sys.stdout  # a cluster redirects standard output to the log
    form = log_format or ("text" if sys.stderr.isatty() else "json")
    with (
        logging_to_stderr(form, log_level),
        closing(_listen(host, port)) as listening,
        open_assistant(
            config, tell=_log_report if form == "json" else say, allow_empty=page
        ) as assistant,
        run_models_on_cluster(assistant, config),
    ):
        with _no_garbage_collection():
            from qa.monitoring.feedback import Feedback
            from qa.server.app import create_app
            from qa.server.http_server import Server
            from qa.server.middleware import LOOPBACK

            app = create_app(
                assistant,
                config=config,
                feedback=Feedback(config.file_beside_index(FEEDBACK)),
                keys=keys,
                # Without a key, other host names are refused (DNS rebinding).
                hosts=LOOPBACK | {host} if loopback and keys is None else None,
            )
            if page:
                from qa.web.page import mount

                mount(app)
        server = Server(app, refuse_queued=app.state.service.stop)
        name = f"[{host}]" if ":" in host else host
        address = f"http://{name}:{listening.getsockname()[1]}"
        click.echo(f"Serving {address} (press Ctrl-C to stop)", file=output)
        _log.info("serving", extra={"address": address, "index": config.index})
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listening])
        _log.info("stopped")


@click.command()
@settings(
    *("index", "corpus", "encoder", "reader", "k", "min_read", "answers"),
    *("confidence", "min_score", "min_precision"),
)
def mcp(config: Config) -> None:
    """Serve the Model Context Protocol over stdin and stdout.

    Configure this command in your agent, which starts it. The tools are ask, timeline, search and
    get_document. If the index does not exist, it is built from the corpus first.

    \b
    Example:
      qa mcp --index ~/articles/.qa-index
    """
    with open_assistant(config) as assistant:
        from qa.monitoring.feedback import Feedback
        from qa.server.mcp import mcp_server
        from qa.server.service import Service

        feedback = Feedback(config.file_beside_index(FEEDBACK))
        service = Service.create(assistant, config=config, feedback=feedback)
        # Reading standard input would delay KeyboardInterrupt until the next line.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        with closing(service):
            mcp_server(service).run("stdio")


def _log_report(report: str) -> None:
    _log.info("indexed", extra={"report": report})


def _keys(key: str | None, file: Path | None) -> Keys | None:
    from qa.server.keys import Keys

    if key is not None and file is not None:
        raise click.UsageError("Use --api-key or --api-keys, not both.")
    if key is not None:
        return Keys.of([key])
    return None if file is None else Keys.read(file)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Turn off garbage collection while long-lived objects are created: it is slow."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _limit_memory_pools() -> None:
    """Make all threads allocate memory from two pools.

    By default glibc gives nearly every thread a pool of its own and never frees it. With the
    threads that index changed documents, that is more than 120 MiB.
    """
    with suppress(AttributeError, OSError, TypeError):  # other systems do not have the setting
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(host: str, port: int) -> socket.socket:
    """Open the port, before slow steps, so that an error is shown at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise click.ClickException(
                f"Port {port} of {host} is in use, perhaps by another `qa serve`: stop it, or "
                f"choose another port: qa serve --port {port + 1}"
            ) from error
        raise click.ClickException(
            f"Cannot listen on {host}, port {port}: {error.strerror or error}. Choose another "
            "address with --host or --port."
        ) from error
