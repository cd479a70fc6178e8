"""Command line of the assistant."""

import difflib
import os
import re
from collections.abc import Mapping

import click

from embeddings import AssistantError, SettingsError
from qa.cli.ask import ask, timeline, verify, watch
from qa.cli.evaluate import evaluate
from qa.cli.index import backup, check, documents, index, reindex, restore, search
from qa.cli.options import as_flags
from qa.cli.serve import mcp, serve
from qa.cli.train import calibrate, export, train

# Commands import the rest of the project when they run, so that `qa --help` is fast.

_SECTIONS: Mapping[str, tuple[click.Command, ...]] = {
    "Everyday commands": (ask, index, documents, search, timeline, serve, mcp),
    "Checking answers": (verify, watch),
    "Index maintenance": (check, backup, restore, reindex),
    "Evaluation": (evaluate,),
    "Training": (train, calibrate, export),
}


class _Commands(click.Group):
    """Command group with sections, one-line errors, and `qa QUESTION` as short for `qa ask`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Insert `ask` before a question that is given without a command."""
        first = next((arg for arg in args if _is_question(arg) or arg in self.commands), None)
        if first is not None and _is_question(first) and first in (args[0], args[-1]):
            args = ["ask", *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command. The error for an unknown one suggests what may be meant."""
        name = args[0]
        if name not in self.commands and not name.startswith("-"):
            similar = difflib.get_close_matches(name, self.commands)
            hint = f"Did you mean {similar[0]!r}?" if similar else f"To ask: qa ask {name!r}"
            ctx.fail(f"No such command {name!r}. {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands in sections."""
        width = max(map(len, self.commands))
        for title, commands in _SECTIONS.items():
            limit = formatter.width - 6 - width
            rows = [(f"{one.name:{width}}", one.get_short_help_str(limit)) for one in commands]
            with formatter.section(title):
                formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command and show errors of the project in one line."""
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            command = self.commands[str(ctx.invoked_subcommand)]
            used = click.Context(command, parent=ctx, info_name=command.name)
            raise click.UsageError(as_flags(_error_text(error)), used) from error
        except (AssistantError, OSError) as error:
            if isinstance(error, BrokenPipeError):
                raise  # the reader of the output has closed it: click exits without a message
            raise click.ClickException(as_flags(_error_text(error))) from error
        except ModuleNotFoundError as error:
            raise click.ClickException(
                f"{error}. This command needs more packages: pip install "
                "'document-qa-assistant[train]'"
            ) from error


def _is_question(argument: str) -> bool:
    """Return whether an argument looks like a question, not like a command."""
    return not argument.startswith("-") and (
        len(argument.split()) > 1 or argument.endswith(("?", "\N{FULLWIDTH QUESTION MARK}"))
    )


def _error_text(error: Exception) -> str:
    """Return the message of an error without numbers of the system; it may quote file names."""
    from qa.serialization import replace_control_characters

    return replace_control_characters(re.sub(r"\[Errno -?\d+\] ", "", str(error)))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="document-qa-assistant")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Ask questions about your own documents and get exact quotations as answers.

    \b
    Examples:
      qa index ~/articles
      qa "Who headed the Turkish delegation?"
      qa ask --after 2020-09 "What did the GNA declare?"
      qa serve

    \b
    Exit codes:
      0  success
      1  error
      2  wrong usage
      4  no answer (only with `qa ask --exit-code`)

    Settings are read from qa.toml in the working directory, from environment variables such as
    QA_INDEX and QA_K, and from flags. Flags take precedence over the environment, and the
    environment over the file.

    \b
    Shell completion in bash (similar in zsh and fish): add to ~/.bashrc
      eval "$(_QA_COMPLETE=bash_source qa)"
    """
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        ctx.color = False


for _commands in _SECTIONS.values():
    for _command in _commands:
        main.add_command(_command)
