#!/usr/bin/env python3
"""The sealed file of hub's gate `encrypted`, a second time: docs/gate-format.md in Python.

    gate.py docs/gate-vectors.json             checks every vector, and that what was tampered with does not open
    gate.py --open FILE.sealed LINK OUT        opens what hub made; LINK is the e-mailed link or its part after `#`
    gate.py --open FILE.sealed… LINK OUT       the same for one in parts
    gate.py --seal SECRET MAGNET FILE OUT      seals as hub does; SECRET is the content of .hub/secret
    gate.py --link SECRET MAGNET               the part of the link after `#`
    gate.py --write docs/gate-vectors.json     makes the vectors anew

Needs `cryptography` from PyPI, and `blake3` to seal (`pip install cryptography blake3`). It shares no code with hub, so
that an error in one of them shows.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

MAGIC = b"HUBGATE1"
SALT = b"hub gate v1"
SEGMENT = 1 << 20
TAG = 16
FIXED = 20
SLOT = 48
SLOTS = 8

# By the ending of the file's name, in lower case; anything else is application/octet-stream.
MEDIA_TYPES = {
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
    "avif": "image/avif", "svg": "image/svg+xml", "ico": "image/x-icon", "pdf": "application/pdf",
    "zip": "application/zip", "csv": "text/csv", "txt": "text/plain", "epub": "application/epub+zip",
    "mp3": "audio/mpeg", "mp4": "video/mp4",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}


class Refused(Exception):
    """The file does not open: another key, cut short, or changed."""


class Ended(Refused):
    """The link opened the file once, and does no longer."""


def media_type(name):
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    return MEDIA_TYPES.get(ending, "application/octet-stream")


def to_base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text):
    """32 bytes, from their 43 characters."""
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if len(data) != 32:
        raise ValueError("not 43 characters of base64url")
    return data


# Keys


def derive(secret, *parts, length=32):
    info = b"".join(len(part).to_bytes(2, "big") + part for part in parts)
    return HKDF(algorithm=SHA256(), length=length, salt=SALT, info=info).derive(secret)


def link_key(secret, magnet, epoch):
    return derive(secret, b"link", magnet.encode(), epoch.to_bytes(4, "big"))


def content_key(secret, magnet, live, ended, text):
    """`live` and `ended`: the link keys that open the file, and those that opened it once."""
    from blake3 import blake3

    ids = [b"".join(slot_id(key) for key in keys) for keys in (live, ended)]
    return derive(secret, b"content", magnet.encode(), blake3(text).digest(), *ids)


def slot_id(link):
    return hashlib.sha256(b"hub gate slot" + link).digest()[:8]


# The file


def sealed_text(name, kind, data):
    """What is encrypted: a length, a description in JSON, the file."""
    meta = json.dumps({"name": name, "type": kind, "size": len(data)}, ensure_ascii=False, separators=(",", ":")).encode()
    return len(meta).to_bytes(4, "big") + meta + data


def nonce(header, index, last):
    return header[12:19] + index.to_bytes(4, "big") + bytes([last])


def seal_text(content, live, ended, text):
    prefix = hashlib.sha256(b"hub gate nonce" + content).digest()[:7]
    header = MAGIC + SEGMENT.to_bytes(4, "big") + prefix + bytes([SLOTS])
    filler = derive(content, b"filler", length=SLOTS * SLOT)
    for i in range(SLOTS):
        empty = filler[i * SLOT : (i + 1) * SLOT]
        if i < len(live):
            header += slot_id(live[i]) + aes_key_wrap(live[i], content)
        elif i < len(live) + len(ended):
            header += slot_id(ended[i - len(live)]) + empty[8:]
        else:
            header += empty
    cipher = AESGCM(content)
    pieces = [text[at : at + SEGMENT] for at in range(0, len(text), SEGMENT)]
    sealed = [cipher.encrypt(nonce(header, i, i + 1 == len(pieces)), piece, header) for i, piece in enumerate(pieces)]
    return header + b"".join(sealed)


def seal(secret, magnet, name, kind, data):
    """With the only link of a magnet that was never rotated."""
    text, live = sealed_text(name, kind, data), [link_key(secret, magnet, 1)]
    return seal_text(content_key(secret, magnet, live, [], text), live, [], text)


def open_sealed(sealed, link):
    """The description and the file."""
    if len(sealed) < FIXED or sealed[:8] != MAGIC:
        raise Refused("it is not a sealed file")
    segment = int.from_bytes(sealed[8:12], "big")
    header = sealed[: FIXED + sealed[19] * SLOT]
    if segment == 0 or len(header) < FIXED + sealed[19] * SLOT:
        raise Refused("its header is not whole")
    content = unwrap(header, link)
    cipher, rest, text = AESGCM(content), sealed[len(header) :], []
    count = -(-len(rest) // (segment + TAG))
    for i in range(count):
        piece = rest[i * (segment + TAG) : (i + 1) * (segment + TAG)]
        try:
            text.append(cipher.decrypt(nonce(header, i, i + 1 == count), piece, header))
        except (InvalidTag, ValueError):
            raise Refused(f"segment {i} was changed, or what follows it is missing") from None
    text = b"".join(text)
    length = int.from_bytes(text[:4], "big")
    if len(text) < 4 + length:
        raise Refused("there is no text in it")
    meta, data = json.loads(text[4 : 4 + length]), text[4 + length :]
    if meta["size"] != len(data):
        raise Refused("the file has another size than its description says")
    return meta, data


def unwrap(header, link):
    for at in range(FIXED, len(header), SLOT):
        if header[at : at + 8] == slot_id(link):
            try:
                return aes_key_unwrap(link, header[at + 8 : at + SLOT])
            except InvalidUnwrap:
                raise Ended("the link is from an older edition") from None
    raise Refused("no slot opens with this link")


# Vectors


def plaintext(vector):
    """The file of a vector: hex, or a rule. The rule: byte i is (i * 31 + 7) mod 251."""
    made = vector.get("plaintext_rule")
    if made is None:
        return bytes.fromhex(vector["plaintext"])
    assert made["byte"] == "(i * 31 + 7) mod 251", made
    period = bytes((i * 31 + 7) % 251 for i in range(251))
    return (period * (made["length"] // 251 + 1))[: made["length"]]


def check(vector):
    secret, magnet = from_base64url(vector["secret"]), vector["magnet"]
    name, kind, data = vector["name"], vector["type"], plaintext(vector)
    text = sealed_text(name, kind, data)
    live, ended = (keys_of(vector, which) for which in ("live", "ended"))
    link, content = live[0], content_key(secret, magnet, live, ended, text)
    sealed = seal_text(content, live, ended, text)
    assert name == "" or kind == media_type(name), "type"
    assert hashlib.sha256(data).hexdigest() == vector["plaintext_sha256"], "plaintext_sha256"
    assert hashlib.sha256(text).hexdigest() == vector["text_sha256"], "text_sha256"
    assert [to_base64url(key) for key in live] == [each["key"] for each in vector["live"]], "link keys"
    assert content.hex() == vector["content_key"], "content_key"
    assert len(sealed) == vector["sealed_length"], "sealed_length"
    assert hashlib.sha256(sealed).hexdigest() == vector["sealed_sha256"], "sealed_sha256"
    if "sealed" in vector:
        assert sealed.hex() == vector["sealed"], "sealed"
    if "part_size" in vector:
        size = vector["part_size"]
        parts = [sealed[at : at + size] for at in range(0, len(sealed), size)]
        assert [hashlib.sha256(part).hexdigest() for part in parts] == vector["parts_sha256"], "parts_sha256"
    for key in live:
        assert open_sealed(sealed, key) == ({"name": name, "type": kind, "size": len(data)}, data), "it does not open"
    refusals = [
        (sealed, link_key(secret, magnet + "x", 1)),
        (sealed, link_key(secret, magnet, 77)),
        *((sealed, key) for key in ended),
        (sealed[:-1], link),
        (sealed + b"\0", link),
        *((flip(sealed, at), link) for at in (0, 8, 12, 19, 20, 30, len(sealed) - TAG - 1, len(sealed) - 1)),
    ]
    header = FIXED + SLOTS * SLOT
    first, second = header + SEGMENT + TAG, header + 2 * (SEGMENT + TAG)
    if len(sealed) > first:
        refusals.append((sealed[:first], link))
    if len(sealed) >= second:
        refusals.append((sealed[:header] + sealed[first:second] + sealed[header:first] + sealed[second:], link))
    for key in ended:
        try:
            open_sealed(sealed, key)
        except Ended:
            continue
        raise AssertionError("a former link is not known as one")
    for changed, key in refusals:
        try:
            open_sealed(changed, key)
        except Refused:
            continue
        raise AssertionError("something that was changed opens")
    return len(refusals)


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def keys_of(vector, which):
    magnet = vector["magnet"]
    return [link_key(from_base64url(each["secret"]), magnet, each["epoch"]) for each in vector[which]]


def make(comment, secret, magnet, name, data, kind=None, live=None, ended=(), part_size=None):
    """`live` and `ended`: pairs of secret and epoch; today's link is that of epoch 1 unless they say."""
    vector = {"comment": comment, "secret": to_base64url(secret), "magnet": magnet}
    links = [(secret, 1)] if live is None else live
    for which, pairs in (("live", links), ("ended", ended)):
        keyed = [(s, e, link_key(s, magnet, e)) for s, e in pairs]
        vector[which] = [{"secret": to_base64url(s), "epoch": e, "key": to_base64url(k)} for s, e, k in keyed]
    vector |= {"name": name, "type": kind or media_type(name)}
    rule = data if isinstance(data, int) else None
    if rule is None:
        vector["plaintext"] = data.hex()
    else:
        vector["plaintext_rule"] = {"length": rule, "byte": "(i * 31 + 7) mod 251"}
        data = plaintext(vector)
    text = sealed_text(name, vector["type"], data)
    live, ended = keys_of(vector, "live"), keys_of(vector, "ended")
    content = content_key(secret, magnet, live, ended, text)
    sealed = seal_text(content, live, ended, text)
    vector |= {
        "plaintext_sha256": hashlib.sha256(data).hexdigest(),
        "text_sha256": hashlib.sha256(text).hexdigest(),
        "content_key": content.hex(),
        "sealed_length": len(sealed),
        "sealed_sha256": hashlib.sha256(sealed).hexdigest(),
    }
    if part_size:
        parts = [sealed[at : at + part_size] for at in range(0, len(sealed), part_size)]
        vector |= {"part_size": part_size, "parts_sha256": [hashlib.sha256(part).hexdigest() for part in parts]}
    if rule is None:
        vector["sealed"] = sealed.hex()
    return vector


def vectors():
    counting, other = bytes(range(32)), hashlib.sha256(b"a secret of the test vectors").digest()
    # The length and the description of `segment.bin` take so many bytes of the first segment.
    beside = len(sealed_text("segment.bin", "application/octet-stream", b"0" * (SEGMENT - 100))) - (SEGMENT - 100)
    beside += len(str(SEGMENT - 100)) - len(str(SEGMENT - 200))
    html = "<p>The rest of the <em>article</em> – for readers who asked.</p>\n".encode()
    return [
        make("a line of text", counting, "checklist", "checklist.txt", b"Who reads this?\n"),
        make("one byte", counting, "one", "one.bin", b"\0"),
        make("a name beyond ASCII, another secret", other, "prufliste", "Prüfliste – 12 Fragen ✓.pdf", b"%PDF-1.4\n%%EOF\n"),
        make("the text fills one segment to the last byte", other, "segment", "segment.bin", SEGMENT - beside),
        make("three segments", counting, "playbook", "playbook.pdf", 2 * SEGMENT + 5),
        make("three segments in three parts, none of which ends where a segment does", counting, "parted", "parted.zip",
             2 * SEGMENT + 5, part_size=1_000_000),
        make("two slots, one for each epoch", counting, "rotated", "rotated.csv", b"a,b\n1,2\n",
             live=[(counting, 2), (counting, 1)]),
        make("the first of three epochs has ended", counting, "rotated", "rotated.csv", b"a,b\n1,2\n",
             live=[(counting, 3), (counting, 2)], ended=[(counting, 1)]),
        make("the secret was changed: four slots", other, "moved", "moved.txt", b"the same file\n",
             live=[(other, 2), (other, 1), (counting, 2), (counting, 1)]),
        make("a text: its name is empty", counting, "rest", "", html, kind="text/html"),
    ]


def main(args):
    match args:
        case ["--open", *files, link, out] if files:
            sealed = b"".join(Path(file).read_bytes() for file in files)
            meta, data = open_sealed(sealed, from_base64url(link.rpartition("#")[2]))
            Path(out).write_bytes(data)
            print(f"{meta['name']}, {meta['type']}, {meta['size']} bytes")
        case ["--seal", secret, magnet, file, out]:
            name = Path(file).name
            sealed = seal(from_base64url(secret.strip()), magnet, name, media_type(name), Path(file).read_bytes())
            Path(out).write_bytes(sealed)
        case ["--link", secret, magnet]:
            print(to_base64url(link_key(from_base64url(secret.strip()), magnet, 1)))
        case ["--write", out]:
            text = json.dumps({"format": MAGIC.decode(), "vectors": vectors()}, ensure_ascii=False, indent=2)
            Path(out).write_text(text + "\n", encoding="utf-8")
        case [file] if not file.startswith("-"):
            known = json.loads(Path(file).read_text(encoding="utf-8"))["vectors"]
            refused = sum(check(vector) for vector in known)
            print(f"{len(known)} vectors hold; {refused} changed files and wrong links were refused")
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (Refused, ValueError) as error:
        sys.exit(f"error: {error}")
