"""pyhanko-certvalidator as a judge.

Usage: judge.py AUTHORITY.der QUESTIONS. One question a line, parted by tabs: number, moment in
seconds, certificate, kind (`lists`, `default`, `chain` or `answer`), and the files of the evidence.
One verdict a line comes back: number, judge, verdict, and after it what the judge said.
"""

import asyncio
import functools
import logging
import re
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from asn1crypto import crl, ocsp, x509
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    NotYetValidError,
    PathError,
    RevokedError,
    ValidationError,
)


@functools.cache
def read_list(file):
    """A list: one of a hundred thousand entries is read once."""
    return crl.CertificateList.load(Path(file).read_bytes())


def camel(reason):
    """`key_compromise` as the standard writes it: keyCompromise."""
    return re.sub("_(.)", lambda found: found[1].upper(), reason)


async def judge(authority, moment, leaf, kind, evidence):
    """Hard-fail: without evidence that fits there is no verdict."""
    lists, answers = [], []
    if kind == "answer":
        answers = [ocsp.OCSPResponse.load(Path(file).read_bytes()) for file in evidence]
    else:
        lists = [read_list(file) for file in evidence]
    context = ValidationContext(
        trust_roots=[authority],
        crls=lists,
        ocsps=answers,
        moment=moment,
        revocation_mode="require",
        allow_fetching=False,
        time_tolerance=timedelta(0),
    )
    certificate = x509.Certificate.load(Path(leaf).read_bytes())
    validator = CertificateValidator(certificate, validation_context=context)
    try:
        await validator.async_validate_usage({"digital_signature", "non_repudiation"})
    except RevokedError as error:
        return "revoked " + camel(error.reason.native), error
    except (ExpiredError, NotYetValidError) as error:
        return "out of time", error
    except (PathError, ValidationError) as error:
        # It does not say `unknown` of an answer that says so: it finds nothing that serves.
        return "unfit", error
    return "good", ""


def main(authority, questions):
    logging.disable(logging.CRITICAL)
    authority = x509.Certificate.load(Path(authority).read_bytes())
    for line in Path(questions).read_text().splitlines():
        number, moment, leaf, kind, *evidence = line.split("\t")
        moment = datetime.fromtimestamp(int(moment), timezone.utc)
        asked = judge(authority, moment, leaf, kind, evidence)
        verdict, words = asyncio.run(asked)
        words = " ".join(str(words).split())
        print(number, "pyhanko", verdict, words, sep="\t")


main(*sys.argv[1:])
