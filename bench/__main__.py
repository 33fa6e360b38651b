"""`python -m bench`: every figure, as a table and in bench/results.json; exit 1 on a missed one."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from bench import accept, access, erase, figures, page, queue, seal, site, sweep, weight
from bench.figures import BenchError, Figure
from clicknconnect.embedded import PROJECT_ROOT, EmbeddedError

RESULTS = PROJECT_ROOT / "bench" / "results.json"
DOCUMENT = PROJECT_ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- last run -->", "<!-- end of last run -->"
BUSY = "Other programs keep this machine busy; figures per second and in ms vary more than usual."


def visits(running: site.Site) -> list[Figure]:
    found, cookies = weight.measure(running)
    return found + page.measure(running, cookies)


# Name → what it says while it runs, and the measurement.
PARTS: dict[str, tuple[str, Callable[[site.Site], list[Figure]]]] = {
    "banner": ("The banner in a browser, beside five others; a page with it and without…", visits),
    "accept": ("An acceptance, beside a bare INSERT and another package…", accept.measure),
    "seal": ("The consent log, sealed and verified…", seal.measure),
    "sweep": ("Retention, a million people…", sweep.measure),
    "erase": ("People, erased with their evidence…", erase.measure),
    "access": ("The access archive of a person with few and with many records…", access.measure),
    "queue": ("The queue of requests, with few and with many…", queue.measure),
}


def measured(names: Sequence[str]) -> list[Figure]:
    site.own_work_folder()
    found = []
    with site.prepared() as running:
        for name in names:
            words, measure = PARTS[name]
            print(words, flush=True)
            figures_of_it = measure(running)
            print(figures.table(figures_of_it), flush=True)
            found += figures_of_it
    return found


def document(found: list[Figure], load: float) -> None:
    """Put the table of this run into docs/performance.md."""
    text = DOCUMENT.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    intro = f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} processors, load before: {load:.1f}."
    middle = f"{BEGIN}\n{intro}\n\n{figures.markdown(found)}\n{END}"
    DOCUMENT.write_text(f"{before}{middle}{after}", "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--document", action="store_true", help="put the table into docs/performance.md too"
    )
    parser.add_argument(
        "parts", nargs="*", metavar="PART",
        help=f"only these ({', '.join(PARTS)}); bench/results.json stays as it is",
    )  # fmt: skip
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    # Stopped by a signal it must not leave servers behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    started = time.monotonic()
    load = os.getloadavg()[0]
    try:
        found = measured(options.parts or list(PARTS))
    except (BenchError, EmbeddedError) as error:
        print(error, file=sys.stderr)
        return 2
    notes = {"processors": os.cpu_count(), "load_before": round(load, 2)}
    if not options.parts:
        figures.write(RESULTS, found, notes, seconds=time.monotonic() - started)
    print(figures.table(found))
    if load > 1:
        print(f"\n{BUSY} (Load when it began: {load:.1f}.)")
    if options.document and not options.parts:
        document(found, load)
    missed = [figure for figure in found if figure.passed is False]
    seconds = time.monotonic() - started
    print(f"\n{len(missed)} missed, in {seconds:.0f} s. Details: bench/results.json")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
