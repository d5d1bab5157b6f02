"""A host for the card's secure channel made of Yubico's yubikit, which knows nothing of Akashi.

Plays the reader: listens, says where, and a card connects in vpcd's way. Prints a line a step.

    foreign_host.py KEY-ENC KEY-MAC
"""

import socket
import sys

from yubikit.core import TRANSPORT
from yubikit.core.smartcard import ApduError, SmartCardConnection, SmartCardProtocol
from yubikit.core.smartcard.scp import KeyRef, Scp03KeyParams, ScpKid, StaticKeys

AID = bytes.fromhex("D392F000260100000001")
TEMPLATE = bytes.fromhex("B60384011A")


class Line(SmartCardConnection):
    """A card at the other end of a socket: two octets of length, then the message."""

    def __init__(self, card):
        self.card = card

    @property
    def transport(self):
        return TRANSPORT.USB

    def close(self):
        self.card.close()

    def send_and_receive(self, apdu):
        self.card.sendall(len(apdu).to_bytes(2, "big") + apdu)
        answer = self.take(int.from_bytes(self.take(2), "big"))
        return answer[:-2], int.from_bytes(answer[-2:], "big")

    def take(self, length):
        octets = b""
        while len(octets) < length:
            more = self.card.recv(length - len(octets))
            if not more:
                raise ConnectionError("the card is gone")
            octets += more
        return octets


def told(what, ask):
    """Prints the status with which a command was refused, or gives its answer."""
    try:
        return ask()
    except ApduError as refused:
        print(f"{what}: {refused.sw:04x}", flush=True)
        return None


def main(encryption, mac):
    door = socket.create_server(("127.0.0.1", 0))
    print("127.0.0.1:%d" % door.getsockname()[1], flush=True)
    line = Line(door.accept()[0])
    card = SmartCardProtocol(line)
    card.select(AID)
    told("generate without a channel", lambda: card.send_apdu(0x84, 0x47, 0x80, 0, TEMPLATE))
    keys = StaticKeys(bytes.fromhex(encryption), bytes.fromhex(mac))
    try:
        card.init_scp(Scp03KeyParams(KeyRef(ScpKid.SCP03, 1), keys))
    except (ValueError, ApduError):
        print("no channel", flush=True)
        return
    print("the channel is open, as the host takes it", flush=True)
    key = told("generate", lambda: card.send_apdu(0x80, 0x47, 0x80, 0, TEMPLATE))
    if key is None:
        return
    print(f"generate: {len(key)} octets, {key[:3].hex()}", flush=True)
    again = told("read", lambda: card.send_apdu(0x80, 0x47, 0x81, 0, TEMPLATE))
    print("the pending key again:", "the same" if again == key else "another", flush=True)
    block = bytes.fromhex("30820200") + bytes(range(200))
    card.send_apdu(0x80, 0xA4, 2, 0x0C, b"\x00\x01")
    card.send_apdu(0x80, 0xD6, 0, 0, block)
    card.send_apdu(0x80, 0xA4, 2, 0x0C, b"\x01\x01")
    back = card.send_apdu(0x80, 0xB0, 0, 0)
    print("write and read back:", "the same" if back == block else "another", flush=True)
    told("activate too early", lambda: card.send_apdu(0x80, 0x44, 0, 0))
    told("PIN through the channel", lambda: card.send_apdu(0x80, 0x20, 0, 0x80, b"ABC123"))
    _, status = line.send_and_receive(bytes.fromhex("80478000000005B60384011A0000"))
    print(f"generate beside the channel: {status:04x}", flush=True)


main(*sys.argv[1:])
