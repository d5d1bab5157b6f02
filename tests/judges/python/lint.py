"""pkilint in one process: starting it once a file would take longer than the linting.

Usage: lint.py PROGRAM FILE…, where PROGRAM is one of pkilint's own, as lint_crl, with its options
after a colon, parted by commas. What it finds at WARNING or above is printed with the file's name,
and at the end the number of files that were linted.
"""

import contextlib
import importlib
import io
import sys


def main(program, *files):
    name, _, options = program.partition(":")
    lint = importlib.import_module(f"pkilint.bin.{name}").main
    bad = 0
    for file in files:
        said = io.StringIO()
        arguments = ["lint", "-s", "WARNING", "-f", "TEXT", *filter(None, options.split(","))]
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            findings = lint([*arguments, file])
        if findings:
            bad += 1
            print(f"{name} of {file}:\n{said.getvalue()}")
    print(f"{len(files)} linted")
    sys.exit(bad > 0)


main(*sys.argv[1:])
