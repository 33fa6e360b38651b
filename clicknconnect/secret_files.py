"""A secret may lie in a file: NAME_FILE instead of NAME. Needs neither Django nor settings.

Secret stores of containers and of systemd hand out files; an environment shows itself to every
program that a process starts.
"""

import os
from pathlib import Path


class SecretFileError(Exception):
    """The file of a secret cannot be used; the text is a sentence."""


def value_of(name: str) -> str:
    """What NAME holds, or the file that NAME_FILE names, without the line's end; "" for neither."""
    value, file = os.environ.get(name, ""), os.environ.get(f"{name}_FILE", "")
    if not file:
        return value
    if value:
        raise SecretFileError(f"{name} and {name}_FILE are both set: keep one of them.")
    try:
        content = Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SecretFileError(
            f"{name}_FILE names {file}, which cannot be read: {reason}."
        ) from None
    if not content:
        raise SecretFileError(f"{name}_FILE names {file}, which is empty.")
    return content
