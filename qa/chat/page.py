"""The page itself: one Gradio application at `/`, whose look and conduct are our own.

`files/page.html` is what there is to see, `files/chat.css` how it looks, `files/chat.js` how it
behaves in the browser; it asks the server through `Calls`. Gradio serves it, carries the calls and
the uploads, and offers the named endpoints of `_endpoints` to `gradio_client`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import fastapi

from embeddings import AssistantError
from qa.assistant import Assistant
from qa.chat.calls import MOST_ANSWERS, MOST_CHUNKS, Calls, Work, within
from qa.chat.framework import UPLOADS, gradio
from qa.config import Config
from qa.feedback import Feedback
from qa.rendering import hit_json, reply_json

__all__ = ["mount"]

TITLE = "Document assistant"
_FILES = files("qa.chat") / "files"
_UPLOADS_KEPT_SECONDS = 3600


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
        assistant: what answers; its index is written to by uploads and removals.
        config: the defaults of the settings, and the limit of uploads.
        feedback: where judgements of answers go.
        work: has questions answered and the index changed when their turn comes.
    """
    mounted: fastapi.FastAPI = gradio.mount_gradio_app(
        app,
        _blocks(assistant, config=config, feedback=feedback, work=work),
        path="/",
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        show_error=True,
        max_file_size=config.max_file_bytes,
        theme=_theme(),
        # Not as `css`, which Gradio confines to its own container.
        head=f"<style>{_read('chat.css')}</style>",
    )
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
    with gradio.Blocks(
        title=TITLE,
        analytics_enabled=False,
        fill_width=True,
        delete_cache=(_UPLOADS_KEPT_SECONDS, _UPLOADS_KEPT_SECONDS),
    ) as blocks:
        calls = Calls(
            assistant,
            config=config,
            feedback=feedback,
            uploads=Path(UPLOADS.name),
            work=work,
        )
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
    return blocks


def _endpoints(
    assistant: Assistant, *, config: Config, work: Work
) -> list[Callable[..., dict[str, Any] | list[Any]]]:
    """Make the functions that `gradio_client` calls by name."""

    def ask(  # noqa: PLR0913 (an argument is a field of the endpoint)
        question: str,
        after: str | None = None,
        before: str | None = None,
        documents: list[str] | None = None,
        k: int = config.k,
        answers: int = config.answers,
        min_score: float = assistant.least_score,
    ) -> dict[str, Any]:
        """Answer a question from the documents; `answer` is null when they do not."""
        with _told():
            return reply_json(
                work.ask_now(
                    lambda: assistant.ask(
                        question,
                        k=within("k", k, MOST_CHUNKS),
                        answers=within("answers", answers, MOST_ANSWERS),
                        after=after,
                        before=before,
                        documents=documents,
                        min_score=min_score,
                    )
                )
            )

    def search(question: str, k: int = config.k) -> list[Any]:
        """Find the chunks that fit a question best, best first."""
        with _told():
            wanted = within("k", k, MOST_CHUNKS)
            hits = work.read_now(lambda: assistant.index.search(question, wanted))
            return [hit_json(hit) for hit in hits]

    return [ask, search]


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except AssistantError as error:
        raise gradio.Error(str(error), print_exception=False) from error
