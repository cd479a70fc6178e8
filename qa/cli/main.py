"""The command line: each command opens, calls one method, prints."""

from __future__ import annotations

import click

from embeddings import AssistantError, SettingsError
from qa.cli.ask import ask, timeline, verify, watch
from qa.cli.evaluate import bench, evaluate
from qa.cli.index import backup, check, documents, index, reindex, restore, search
from qa.cli.serve import mcp, serve
from qa.cli.train import calibrate, export, train

# The rest of the project is imported by the commands that use it: `qa --help` waits for none.

__all__ = ["main"]


class _Commands(click.Group):
    """The commands, with every error of the project told in one line."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            raise click.UsageError(_error_text(error), ctx) from error
        except (AssistantError, OSError) as error:
            if isinstance(error, BrokenPipeError):
                raise  # who read the output has read enough: click ends quietly
            raise click.ClickException(_error_text(error)) from error
        except ModuleNotFoundError as error:
            raise click.ClickException(
                f"{error}: this command needs more packages, pip install "
                "'document-qa-assistant[train]'"
            ) from error


def _error_text(error: Exception) -> str:
    """Say an error, which may quote a document or the name of a file."""
    from qa.serialization import replace_control_characters

    return replace_control_characters(str(error))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="document-qa-assistant")
def main() -> None:
    """Answer questions over your own documents, in the documents' exact words.

    \b
    Examples:
      qa ask "Who headed the Turkish delegation?"
      qa index ~/articles
      qa ask --index .qa-index --after 2020-09-01 "What did the GNA declare?"

    Settings also come from qa.toml in the working directory and from QA_INDEX, QA_K and so on.
    """


for command in (
    *(ask, backup, bench, calibrate, check, documents, evaluate, export, index, mcp),
    *(reindex, restore, search, serve, timeline, train, verify, watch),
):
    main.add_command(command)
