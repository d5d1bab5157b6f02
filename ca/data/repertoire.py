#!/usr/bin/env python3
"""Makes the character data of `ca/src/characters` from the standards as Python knows them.

Run in this directory: `python3 repertoire.py`. It writes three files, which are committed:

  jisx0208_0212.bitmap    8,192 octets, bit (cp & 7) of octet (cp >> 3) set for each
                          BMP character of the repertoire
  compositions.tsv        base letter, combining mark, composed letter (Unicode NFC)
  substitutes-unicode.tsv substitutes that Unicode itself determines

The hand-written part of the substitutes is `substitutes.tsv`; `--check` reads it too and
complains about rows that have nothing to do there.

The repertoire is what codec `iso2022_jp_1` (RFC 2237) encodes, without ASCII, and only from
the rows that the two standards define, so that no vendor's row 13 or 89-92 can slip in:

  6,879  JIS X 0208, rows 1-8 and 16-84
  6,066  JIS X 0212-1990, rows 2, 6, 7, 9-11 and 16-77 (of its 6,067: 2-23 TILDE is ASCII '~')
      2  U+00A5 YEN SIGN and U+203E OVERLINE, by name JIS X 0208 1-79 and 1-17; the codec
         reaches those two cells by U+FFE5 and U+FFE3 and these two by JIS X 0201
 12,947
"""

import sys
import unicodedata

JISX0208 = b"\x1b$B"
JISX0212 = b"\x1b$(D"
JISX0201_ROMAN = b"\x1b(J"
ROWS_0208 = {*range(1, 9), *range(16, 85)}
ROWS_0212 = {2, 6, 7, 9, 10, 11, *range(16, 78)}
EXPECTED = {JISX0208: 6879, JISX0212: 6066, JISX0201_ROMAN: 2}


def standard_of(character):
    """The escape sequence of the set that holds the character, or None."""
    try:
        octets = character.encode("iso2022_jp_1")
    except UnicodeEncodeError:
        return None
    if octets.startswith(JISX0208) and octets[3] - 0x20 in ROWS_0208:
        return JISX0208
    if octets.startswith(JISX0212) and octets[4] - 0x20 in ROWS_0212:
        return JISX0212
    if octets.startswith(JISX0201_ROMAN) and character in "\u00a5\u203e":
        return JISX0201_ROMAN
    return None


def repertoire():
    found, counts = set(), dict.fromkeys(EXPECTED, 0)
    for code_point in [*range(0x80, 0xD800), *range(0xE000, 0x110000)]:
        standard = standard_of(chr(code_point))
        if standard:
            found.add(chr(code_point))
            counts[standard] += 1
    assert counts == EXPECTED, counts
    assert max(found) <= "\uffff"
    assert not {unicodedata.category(c) for c in found} & {"Cc", "Cf", "Co", "Cn", "Mn", "Me", "Mc"}
    return found


def bitmap(characters):
    bits = bytearray(8192)
    for character in characters:
        bits[ord(character) >> 3] |= 1 << (ord(character) & 7)
    return bytes(bits)


def compositions(inside):
    """Letters that NFC composes: Latin, Greek and Cyrillic all, kana if the result is inside."""
    alphabets = [*range(0x00C0, 0x0530), *range(0x1E00, 0x1F00)]
    kana = [cp for cp in range(0x3040, 0x3100) if chr(cp) in inside]
    for composed in map(chr, [*alphabets, *kana]):
        parts = unicodedata.decomposition(composed).split()
        if len(parts) != 2 or parts[0].startswith("<"):
            continue
        base, mark = (chr(int(part, 16)) for part in parts)
        if unicodedata.normalize("NFC", base + mark) == composed:
            yield base, mark, composed


def kana_of(reading):
    """A hiragana by its Unicode name, as HENTAIGANA LETTER KA-1 tells KA."""
    return unicodedata.lookup(f"HIRAGANA LETTER {reading}")


def substitutes(inside):
    for code_point in [*range(0xF900, 0xFB00), *range(0x2F800, 0x2FA20)]:
        original = chr(code_point)
        parts = unicodedata.decomposition(original).split()
        if len(parts) == 1 and chr(int(parts[0], 16)) in inside and original not in inside:
            yield original, chr(int(parts[0], 16)), "互換漢字"
    yield "\U0001b000", "エ", "古い片仮名のエ"
    yield "\U0001b001", "え", "変体仮名"
    for code_point in range(0x1B002, 0x1B11D):
        reading = unicodedata.name(chr(code_point)).removeprefix("HENTAIGANA LETTER ").split("-")[0]
        yield chr(code_point), kana_of(reading), "変体仮名"


def check(inside, generated):
    known = {original for original, _, _ in generated}
    ascii_inside = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 -'.,")
    for line in open("substitutes.tsv", encoding="utf-8"):
        if line.startswith("#") or not line.strip():
            continue
        code, substitute, note = line.rstrip("\n").split("\t")
        original = chr(int(code.removeprefix("U+"), 16))
        if original in inside:
            print(f"{code} {original}: is in the repertoire")
        if not set(substitute) <= inside | ascii_inside:
            print(f"{code} {original}: substitute {substitute} is not in the repertoire")
        if original in known:
            print(f"{code} {original}: stands twice")
        if not note.startswith(original):
            print(f"{code} {original}: the note must begin with the character itself: {note}")
        known.add(original)


def main():
    inside = repertoire()
    generated = list(substitutes(inside))
    if "--check" in sys.argv:
        return check(inside, generated)
    with open("jisx0208_0212.bitmap", "wb") as file:
        file.write(bitmap(inside))
    with open("compositions.tsv", "w", encoding="utf-8", newline="\n") as file:
        file.write("# Made by repertoire.py: base letter, combining mark, composed letter.\n")
        for row in compositions(inside):
            file.write("\t".join(f"U+{ord(c):04X}" for c in row) + f"\t{row[2]}\n")
    with open("substitutes-unicode.tsv", "w", encoding="utf-8", newline="\n") as file:
        file.write("# Made by repertoire.py: original, substitute, note.\n")
        for original, substitute, note in generated:
            # Not the glyph itself: an editor that applies NFC would turn it into the substitute.
            file.write(f"U+{ord(original):04X}\t{substitute}\t{note}\n")


if __name__ == "__main__":
    main()
