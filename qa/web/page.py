"""The page itself: one Gradio application at `/`, whose look and conduct are our own.

`files/page.html` is what there is to see, `files/chat.css` how it looks, `files/chat.js` how it
behaves in the browser; it asks the server through `Calls`, and hands files in at the HTTP API.
Gradio serves it, carries the calls, and offers the named endpoints of `_endpoints` to
`gradio_client`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any, NoReturn

import fastapi

from embeddings import AssistantError
from qa.assistant import Assistant
from qa.config import MAX_ANSWERS, MAX_K, Config
from qa.monitoring.feedback import Feedback
from qa.serialization import hit_json, reply_json
from qa.web.calls import Calls, Work, within
from qa.web.framework import gradio

__all__ = ["mount"]

TITLE = "Document assistant"
_FILES = files("qa.web") / "files"


def mount(
    app: fastapi.FastAPI,
    assistant: Assistant,
    *,
    config: Config,
    feedback: Feedback,
    work: Work,
) -> fastapi.FastAPI:
    """Put the page at `/` of an application, behind the routes that it has already.

    Args:
        app: where to.
        assistant: what answers; its index is written to by removals.
        config: the defaults of the settings, and the limit of uploads.
        feedback: where judgements of answers go.
        work: has questions answered and the index changed when their turn comes.

    Returns:
        The application within that one, which serves the page.
    """
    gradio.mount_gradio_app(
        app,
        _blocks(assistant, config=config, feedback=feedback, work=work),
        path="/",
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        show_error=True,
        theme=_theme(),
        # Not as `css`, which Gradio confines to its own container.
        head=f"<style>{_read('chat.css')}</style>",
    )
    mounted: fastapi.FastAPI = app.router.routes[-1].app  # type: ignore[attr-defined]
    return mounted


def _read(name: str) -> str:
    return (_FILES / name).read_text(encoding="utf-8")


def _theme() -> gradio.themes.Base:
    """Make a theme of the fonts and colours that every system has; none is loaded."""
    system = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
    return gradio.themes.Base(font=system, font_mono=("ui-monospace", "monospace")).set(
        body_background_fill="#fbfaf8",
        body_background_fill_dark="#161615",
        body_text_color="#1d1c1a",
        body_text_color_dark="#edebe6",
    )


def _blocks(
    assistant: Assistant, *, config: Config, feedback: Feedback, work: Work
) -> gradio.Blocks:
    blocks: gradio.Blocks
    with gradio.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as blocks:
        calls = Calls(assistant, config=config, feedback=feedback, work=work)
        gradio.HTML(
            html_template=_read("page.html"),
            js_on_load=_read("chat.js"),
            server_functions=calls.all(),
            apply_default_css=False,
            padding=False,
            elem_id="page",
        )
        for endpoint in _endpoints(assistant, config=config, work=work):
            gradio.events.api(endpoint, api_name=endpoint.__name__, concurrency_limit=None)
    for block in blocks.blocks.values():
        block.async_move_resource_to_block_cache = _no_file  # type: ignore[assignment, method-assign]
    return blocks


async def _no_file(_: object) -> NoReturn:
    """Refuse what Gradio does with any argument that is made to look like a file.

    It would copy the file of the server, or fetch the address, that the caller names.
    """
    raise gradio.Error("Files are handed in at /api/v1/documents.", print_exception=False)


def _endpoints(
    assistant: Assistant, *, config: Config, work: Work
) -> list[Callable[..., dict[str, Any] | list[Any]]]:
    """Make the functions that `gradio_client` calls by name."""

    def ask(  # noqa: PLR0913 (an argument is a field of the endpoint)
        question: str,
        after: str | None = None,
        before: str | None = None,
        as_of: str | None = None,
        window: bool = True,
        documents: list[str] | None = None,
        k: int = config.k,
        answers: int = config.answers,
        min_score: float = assistant.min_score,
    ) -> dict[str, Any]:
        """Answer a question from the documents; `answer` is null when they do not."""
        with _told():
            return reply_json(
                work.ask_now(
                    lambda: assistant.ask(
                        question,
                        k=within("k", k, MAX_K),
                        answers=within("answers", answers, MAX_ANSWERS),
                        after=after,
                        before=before,
                        as_of=as_of,
                        window=window,
                        documents=documents,
                        min_score=min_score,
                    )
                )
            )

    def search(question: str, k: int = config.k) -> list[Any]:
        """Find the chunks that fit a question best, best first."""
        with _told():
            wanted = within("k", k, MAX_K)
            hits = work.read_now(lambda: assistant.index.search(question, wanted))
            return [hit_json(hit) for hit in hits]

    return [ask, search]


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except AssistantError as error:
        raise gradio.Error(str(error), print_exception=False) from error
    except (AttributeError, OverflowError, TypeError, ValueError) as error:
        # Gradio hands every argument on as it came.
        told = f"An argument is of a kind that cannot be used: {error}"
        raise gradio.Error(told, print_exception=False) from error
