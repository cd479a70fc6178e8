"""The page: a Gradio application at `/`.

`files/page.html` is its markup; the script replaces `[[section.name]]` with a text from
`files/texts.LANGUAGE.toml`. `files/page.css` has its styles. The scripts call `ServerFunctions` and
the HTTP API. The endpoints `ask` and `search` are for `gradio_client`.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any, NoReturn

import fastapi
import jinja2

from embeddings import AssistantError
from qa.config import MAX_ANSWERS, MAX_K
from qa.options import without_empty
from qa.serialization import hit_json, reply_json
from qa.server.errors import install_handlers
from qa.server.service import Service
from qa.web.gradio_import import gradio
from qa.web.markup import render
from qa.web.server_functions import ServerFunctions, check_range
from qa.web.texts import TEXTS, text

_FILES = files("qa.web") / "files"

_SCRIPTS = (
    "dom",
    "clicks",
    "storage",
    "asking",
    "conversations",
    "addresses",
    "filters",
    "source",
    "documents",
    "uploads",
    "choosing",
    "settings",
    "page",
)
"""Parts of the script, in order; they run as one function."""


def mount(app: fastapi.FastAPI) -> None:
    """Add the page to the application of a server at `/`, after the routes that it already has."""
    _set_link_preview()
    gradio.mount_gradio_app(
        app,
        _blocks(app.state.service),
        path="/",
        favicon_path=str(_FILES / "icon.svg"),
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        show_error=True,
        theme=_theme(),
        # Gradio would restrict the argument `css` to its own container.
        head=f"<style>{_read('page.css')}</style>",
    )
    mounted: fastapi.FastAPI = app.router.routes[-1].app  # type: ignore[attr-defined]
    # Gradio raises these for invalid requests.
    install_handlers(mounted, client_errors=(AttributeError, LookupError, TypeError, ValueError))


def _read(name: str) -> str:
    return (_FILES / name).read_text(encoding="utf-8")


def _script() -> str:
    parts = "\n".join(_read(f"{name}.js") for name in _SCRIPTS)
    return f"const LANGUAGES = {json.dumps(TEXTS)};\n{parts}"


def _set_link_preview() -> None:
    """Replace the metadata that messengers show for a link: Gradio's templates name Gradio.

    The argument `head` does not help: Gradio's script adds it in the browser.
    """
    env = gradio.routes.templates.env
    loader: Any = env.loader

    def load(name: str) -> str:
        source, _, _ = loader.get_source(env, name)
        source = re.sub(r'<meta\s+(?:property="og:|name="twitter:)[^>]*>', "", source)
        return source.replace("<head>", f"<head>{render('preview')}", 1)

    env.loader = jinja2.FunctionLoader(load)


def _theme() -> gradio.themes.Base:
    """Return a theme of system fonts, so that none is downloaded."""
    system = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
    return gradio.themes.Base(font=system, font_mono=("ui-monospace", "monospace")).set(
        body_background_fill="#fbfaf8",
        body_background_fill_dark="#161615",
        body_text_color="#1d1c1a",
        body_text_color_dark="#edebe6",
    )


def _blocks(service: Service) -> gradio.Blocks:
    blocks: gradio.Blocks
    with gradio.Blocks(
        title=text("page.title"), analytics_enabled=False, fill_width=True
    ) as blocks:
        gradio.HTML(
            html_template=_read("page.html"),
            js_on_load=_script(),
            server_functions=ServerFunctions(service).all(),
            apply_default_css=False,
            padding=False,
            elem_id="page",
        )
        for endpoint in _endpoints(service):
            gradio.events.api(endpoint, api_name=endpoint.__name__, concurrency_limit=None)
    for block in blocks.blocks.values():
        block.async_move_resource_to_block_cache = _refuse_file  # type: ignore[assignment, method-assign]
    return blocks


async def _refuse_file(_: object) -> NoReturn:
    """Refuse arguments in the form of a file: Gradio would read any path or address they name."""
    raise gradio.Error(text("errors.no_files"), print_exception=False)


def _endpoints(service: Service) -> list[Callable[..., dict[str, Any] | list[Any]]]:
    """Return the functions for `gradio_client`."""
    assistant, config = service.assistant, service.config

    def ask(  # noqa: PLR0913 (each argument is a field of the endpoint)
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
        """Answer a question; `answer` is null if the documents do not answer it."""
        limits = {"after": after, "before": before, "as_of": as_of, "documents": documents}
        with _user_errors():
            return reply_json(
                service.ask_now(
                    lambda: assistant.ask(
                        question,
                        k=check_range("k", k, MAX_K),
                        answers=check_range("answers", answers, MAX_ANSWERS),
                        window=window,
                        min_score=min_score,
                        **without_empty(limits),
                    )
                )
            )

    def search(question: str, k: int = config.k) -> list[Any]:
        """Return the best chunks for a question, best first."""
        with _user_errors():
            most = check_range("k", k, MAX_K)
            hits = service.readers.wait(lambda: assistant.index.search(question, most))
            return [hit_json(hit) for hit in hits]

    return [ask, search]


@contextmanager
def _user_errors() -> Iterator[None]:
    """Turn errors into errors that Gradio shows to the caller."""
    try:
        yield
    except AssistantError as error:
        raise gradio.Error(str(error), print_exception=False) from error
    except (AttributeError, OverflowError, TypeError, ValueError) as error:
        # Gradio does not check the types of arguments.
        message = text("errors.argument", error=error)
        raise gradio.Error(message, print_exception=False) from error
