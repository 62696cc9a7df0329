"""Were all files read that should be?"""

from __future__ import annotations

from collections.abc import Iterable

from tts_chaos.diagnosis.check import Remark, check, warning
from tts_chaos.diagnosis.finding import Place
from tts_chaos.diagnosis.observed import Observed

__all__ = ["look"]


@check(name="files_readable", family="project", asks="could all files be read?")
def look(seen: Observed) -> Iterable[Remark]:
    """Yield the files that were passed over, and why."""
    for file in seen.unreadable:
        yield warning(
            f"{file.path} was not looked at: {file.reason}",
            "let the user who runs this read it, or mend the file; what it holds is unknown until "
            "then",
            Place(file.path),
        )
