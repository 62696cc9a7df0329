"""Each check of `tts-chaos doctor` finds what is planted for it, and is silent where all is well.

The cases are those of the tests; each is examined once more here, and counted.
"""

from __future__ import annotations

import sys
from collections import Counter

from tests.support.diagnosing import look
from tests.unit.diagnosis.test_checks import CLEAN, PLANTED

from tts_chaos.diagnosis.examine import choose_checks


def main() -> int:
    """Print a line per check; 0 where every planted case is found and no clean one is."""
    planted, found, clean, silent = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for case in PLANTED:
        planted[case.check] += 1
        found[case.check] += any(
            case.what in finding.what and case.fix in finding.fix
            for finding in look(case.check, case.seen).findings
        )
    for name, seen in CLEAN:
        clean[name] += 1
        silent[name] += not look(name, seen).findings
    checks = choose_checks()
    for row in checks:
        name = row.name
        print(
            f"{row.family:<12} {name:<22} found {found[name]:>2} of {planted[name]:>2} planted, "
            f"silent on {silent[name]:>2} of {clean[name]:>2} in order"
        )
    print(
        f"{len(checks)} checks: {found.total()} of {planted.total()} planted faults found, each "
        f"with its remedy; silent on {silent.total()} of {clean.total()} in order"
    )
    whole = all(planted[row.name] and clean[row.name] for row in checks)
    return 0 if whole and found == planted and silent == clean else 1


if __name__ == "__main__":
    sys.exit(main())
