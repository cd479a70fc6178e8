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

# The rest is imported by the commands that use it: `qa --help` waits for none of it.
if TYPE_CHECKING:
    from qa.server.keys import Keys

__all__ = ["mcp", "serve"]

HOST = "127.0.0.1"
PORT = 7860
FEEDBACK = "feedback.jsonl"

_M_ARENA_MAX = -8
"""Of mallopt(3), from malloc.h."""

_log = logging.getLogger(__name__)


@click.command()
@click.option("--host", default=HOST, show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True)
@click.option(
    "--api-key",
    envvar="QA_API_KEY",
    help="A key that whoever comes must have; rather in QA_API_KEY, which no list of processes "
    "shows.",
)
@click.option(
    "--api-keys",
    type=click.Path(path_type=Path),
    help="A file of keys' SHA-256, one a line, as `printf %s KEY | sha256sum` prints them.",
)
@click.option("--insecure", is_flag=True, help="Listen to other machines without a key.")
@click.option("--page/--no-page", default=True, help="With the chat page, or only the API.")
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="warning",
    show_default=True,
    help="What is logged: every request at info; at debug also words that may quote questions.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    help="A line of words, or of JSON (default: words at a terminal, otherwise JSON).",
)
@settings(
    *("index", "corpus", "encoder", "reader", "k", "min_read", "answers"),
    *("confidence", "min_score", "min_precision", "max_file_bytes", "max_file_seconds"),
    *("ray", "ray_replicas"),
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
    """Serve the chat page, the HTTP API and agents, on one port.

    The page is at /, the API under /api/v1 and described at /docs, the Model Context Protocol at
    /mcp, Prometheus's figures at /metrics. Without an index yet, one is built from the corpus
    first. Ctrl-C ends it. Logs go to standard error.

    With --ray, copies of the encoder and the reader run on the machines of a cluster, as many as
    there is work for, and this process searches and puts the answers together: they are the same.
    Every machine must have this package in this version, and the models under the same names.

    \b
    Examples:
      qa serve
      qa serve --corpus ~/articles --port 8000
      QA_API_KEY=secret qa serve --host 0.0.0.0
      qa serve --log-level info 2>> serve.jsonl
      qa serve --ray auto --ray-replicas 32
    """
    keys = _keys(api_key, api_keys)
    loopback = _is_loopback(host)
    if keys is None and not loopback and not insecure:
        raise click.UsageError(
            f"{host} can be reached from other machines, and there is no key: everyone could read, "
            "add and remove documents. Give a key with --api-key or --api-keys, or say --insecure."
        )
    from qa.ray_serve import run_models_on_cluster
    from qa.server.logging import logging_to_stderr

    _share_memory()
    output = sys.stdout  # while a cluster is joined, what is printed is logged
    form = log_format or ("text" if sys.stderr.isatty() else "json")
    with (
        logging_to_stderr(form, log_level),
        closing(_bound(host, port)) as listening,
        open_assistant(
            config, tell=_logged if form == "json" else say, allow_empty=page
        ) as assistant,
        run_models_on_cluster(assistant, config),
    ):
        with _nothing_collected():
            from qa.monitoring.feedback import Feedback
            from qa.server.app import create_app
            from qa.server.http_server import Server
            from qa.server.middleware import LOOPBACK

            app = create_app(
                assistant,
                config=config,
                feedback=Feedback(config.file_beside_index(FEEDBACK)),
                keys=keys,
                # Who has no key is not let in under any name.
                hosts=LOOPBACK | {host} if loopback and keys is None else None,
                page=page,
            )
        server = Server(app, refuse=app.state.service.stop)
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listening.getsockname()[1]}"
        click.echo(f"Serving {address} (Ctrl-C ends it)", file=output)
        _log.info("serving", extra={"address": address, "index": config.index})
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listening])
        _log.info("ended")


@click.command()
@settings(
    *("index", "corpus", "encoder", "reader", "k", "min_read", "answers"),
    *("confidence", "min_score", "min_precision"),
)
def mcp(config: Config) -> None:
    """Serve agents over standard input and output (Model Context Protocol).

    An agent's program starts this by itself; give it the command. The tools are ask,
    timeline, search and get_document. Without an index yet, one is built from the corpus first.

    \b
    Example:
      qa mcp --index ~/articles/.qa-index
    """
    with open_assistant(config) as assistant:
        from qa.monitoring.feedback import Feedback
        from qa.server.mcp import mcp_server
        from qa.server.service import Service

        feedback = Feedback(config.file_beside_index(FEEDBACK))
        service = Service.over(assistant, config=config, feedback=feedback)
        # Who reads standard input notices no KeyboardInterrupt before the next line comes.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        with closing(service):
            mcp_server(service).run("stdio")


def _logged(report: str) -> None:
    _log.info("indexed", extra={"report": report})


def _keys(key: str | None, file: Path | None) -> Keys | None:
    from qa.server.keys import Keys

    if key is not None and file is not None:
        raise click.UsageError("Give --api-key or --api-keys, not both.")
    if key is not None:
        return Keys.of([key])
    return None if file is None else Keys.read(file)


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Look for no garbage while what stays is made: that takes a sixth of the time, for nothing."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _share_memory() -> None:
    """Have all threads take memory from two pools.

    The C library of Linux gives nearly each thread one of its own, none of which is ever given
    back: with the threads that write the words of a changed document, 120 MiB and more.
    """
    with suppress(AttributeError, OSError, TypeError):  # elsewhere there is no such setting
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bound(host: str, port: int) -> socket.socket:
    """Take the port before anything is built, so that one that is taken costs no waiting."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise click.ClickException(
                f"Port {port} of {host} is taken, perhaps by another `qa serve`: end that, or "
                f"choose another port, qa serve --port {port + 1}"
            ) from error
        raise click.ClickException(
            f"The server cannot listen on {host}, port {port}: {error.strerror or error}. Choose "
            "another with --host or --port."
        ) from error
