"""Bencode: what the proxies' rtpengine modules speak."""


def bencode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:" % len(value) + value
    if isinstance(value, list):
        return b"l" + b"".join(bencode(v) for v in value) + b"e"
    return b"d" + b"".join(bencode(k) + bencode(v) for k, v in value.items()) + b"e"


def bdecode(data):
    value, rest = _bdecode(data)
    assert not rest, rest
    return value


def _bdecode(data):
    kind = data[:1]
    if kind == b"i":
        end = data.index(b"e")
        return int(data[1:end]), data[end + 1:]
    if kind in b"ld":
        items, data = [], data[1:]
        while data[:1] != b"e":
            item, data = _bdecode(data)
            items.append(item)
        if kind == b"l":
            return items, data[1:]
        return dict(zip(items[::2], items[1::2])), data[1:]
    colon = data.index(b":")
    size = int(data[:colon])
    return data[colon + 1:colon + 1 + size].decode(errors="surrogateescape"), data[colon + 1 + size:]
