"""Print a script that completes tts-chaos in a shell.

For example: source <(tts-chaos completion bash), or
tts-chaos completion fish > ~/.config/fish/completions/tts-chaos.fish
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from importlib import import_module

__all__ = ["SHELLS", "add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("shell", choices=sorted(SHELLS), help="which shell")


def run(options: argparse.Namespace) -> int:
    """Print the script; returns 0."""
    print(SHELLS[options.shell](_words()), end="")
    return 0


def _words() -> dict[str, list[str]]:
    """Return what may follow each subcommand: its options, and the choices of its arguments."""
    from tts_chaos.cli.main import SUBCOMMANDS

    found: dict[str, list[str]] = {}
    for name, module in sorted(SUBCOMMANDS.items()):
        parser = argparse.ArgumentParser()
        import_module(module).add_arguments(parser)
        found[name] = sorted(_options(parser))
    return found


def _options(parser: argparse.ArgumentParser) -> set[str]:
    words: set[str] = set()
    for action in parser._actions:  # argparse has no public way to list what was declared
        if action.help == argparse.SUPPRESS:
            continue
        words.update(option for option in action.option_strings if option.startswith("--"))
        if not action.option_strings and action.choices:
            words.update(map(str, action.choices))
    return words


def _bash(words: Mapping[str, list[str]]) -> str:
    cases = "\n".join(f'    {name}) words="{" ".join(own)}" ;;' for name, own in words.items())
    return f"""\
# Completion of tts-chaos for bash.
_tts_chaos() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="{" ".join(words)} --help --version"
  else
    case "${{COMP_WORDS[1]}}" in
{cases}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o default -F _tts_chaos tts-chaos
"""


def _zsh(words: Mapping[str, list[str]]) -> str:
    # zsh reads completions of bash by a function of its own.
    return f"autoload -U +X bashcompinit && bashcompinit\n{_bash(words)}"


def _fish(words: Mapping[str, list[str]]) -> str:
    lines = [
        "# Completion of tts-chaos for fish.",
        f'complete -c tts-chaos -n __fish_use_subcommand -a "{" ".join(words)}"',
    ]
    for name, own in words.items():
        seen = f'-n "__fish_seen_subcommand_from {name}"'
        lines += [
            f"complete -c tts-chaos {seen} -l {word[2:]}"
            if word.startswith("--")
            else f"complete -c tts-chaos {seen} -a {word}"
            for word in own
        ]
    return "\n".join(lines) + "\n"


SHELLS: dict[str, Callable[[Mapping[str, list[str]]], str]] = {
    "bash": _bash,
    "fish": _fish,
    "zsh": _zsh,
}
"""Name of each shell and what writes its script."""
