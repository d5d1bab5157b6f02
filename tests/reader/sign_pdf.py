"""Signs a PDF with a card through a PKCS#11 module, and validates the signature: pyHanko for both.

    sign_pdf.py MODULE PIN AUTHORITY.der SIGNED.pdf

Prints what pyHanko says of the signature; the exit code says whether all of it is well.
"""

import sys
from io import BytesIO

from asn1crypto import x509
from pyhanko.pdf_utils import generic, writer
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

module, pin, authority, signed = sys.argv[1:]

page = writer.PageObject(
    contents=generic.IndirectObject(0, 0, None), media_box=(0, 0, 595, 842)
)
blank = writer.PdfFileWriter()
page["/Contents"] = blank.add_object(generic.StreamObject(stream_data=b""))
blank.insert_page(page)
document = BytesIO()
blank.write(document)

with open_pkcs11_session(module, slot_no=1, user_pin=pin) as session:
    # OpenSC gives the key of signing certificates and the certificate the number 02.
    signer = PKCS11Signer(session, cert_id=b"\x02", key_id=b"\x02")
    output = signers.sign_pdf(
        IncrementalPdfFileWriter(document),
        signers.PdfSignatureMetadata(field_name="Signature", md_algorithm="sha256"),
        signer=signer,
    )
with open(signed, "wb") as file:
    file.write(output.getvalue())

with open(authority, "rb") as file:
    root = x509.Certificate.load(file.read())
context = ValidationContext(trust_roots=[root], allow_fetching=False)
with open(signed, "rb") as file:
    signature = PdfFileReader(file).embedded_signatures[0]
    status = validate_pdf_signature(signature, context)
    print(status.pretty_print_details())
    with open(signed + ".crt", "wb") as certificate:
        certificate.write(signature.signer_cert.dump())
sys.exit(0 if status.bottom_line else 1)
