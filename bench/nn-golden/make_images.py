"""Writes packages/nn/src/data/images/golden.json: small image files as Pillow writes them, and what it makes of them."""

import base64
import io
import json
import struct
import sys
import zlib

import numpy as np
import PIL
from PIL import Image

random = np.random.default_rng(0)
encode = lambda data: base64.b64encode(bytes(data)).decode()


def saved(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, colour, rows, interlace=0):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"tEXt", b"Comment\0made by hand")
        + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))
        + chunk(b"IEND", b"")
    )


def interlaced(pixels):
    height, width, _ = pixels.shape
    passes = [(0, 8, 0, 8), (4, 8, 0, 8), (0, 4, 4, 8), (2, 4, 0, 4), (0, 2, 2, 4), (1, 2, 0, 2), (0, 1, 1, 2)]
    rows = [
        row.tobytes()
        for x, across, y, down in passes
        for row in pixels[y::down, x::across]
        if row.size > 0
    ]
    return png(width, height, 8, 2, rows, 1)


def smooth(height, width, channels):
    y, x = np.mgrid[0:height, 0:width]
    waves = [127 + 60 * np.sin(x / 3 + c) + 60 * np.cos(y / 4 - c) for c in range(channels)]
    return np.stack(waves, -1).astype(np.uint8)


files = {}
grey = random.integers(0, 256, (5, 7), dtype=np.uint8)
colours = random.integers(0, 256, (6, 5, 3), dtype=np.uint8)
alpha = random.integers(0, 256, (6, 5, 4), dtype=np.uint8)
files["grey 8"] = saved(Image.fromarray(grey), "PNG")
files["grey 1"] = saved(Image.fromarray(grey).convert("1"), "PNG")
files["colours 8"] = saved(Image.fromarray(colours), "PNG")
files["colours with transparency"] = saved(Image.fromarray(alpha), "PNG")
files["grey with transparency"] = saved(Image.fromarray(alpha[:, :, :2], "LA"), "PNG")
files["palette of 256"] = saved(Image.fromarray(colours).quantize(64), "PNG", bits=8)
files["palette of 16"] = saved(Image.fromarray(colours).quantize(16), "PNG", bits=4)
files["palette of 2"] = saved(Image.fromarray(colours).quantize(2), "PNG", bits=1)
files["interlaced"] = interlaced(random.integers(0, 256, (11, 9, 3), dtype=np.uint8))
files["interlaced, one pixel"] = interlaced(colours[:1, :1])
files["pgm"] = saved(Image.fromarray(grey), "PPM")
files["ppm"] = saved(Image.fromarray(colours), "PPM")

cases = []
for name, data in files.items():
    image = Image.open(io.BytesIO(data))
    plain = image.convert("L" if image.mode in ("1", "L", "LA") else "RGB")
    cases.append((name, data, np.asarray(plain)))

levels = random.integers(0, 16, (3, 5))
packed = [bytes(int(a) << 4 | int(b) for a, b in zip([*row, 0][::2], [*row, 0][1::2])) for row in levels]
cases.append(("grey 4", png(5, 3, 4, 0, packed), (levels * 17).astype(np.uint8)))
words = random.integers(0, 65536, (4, 3))
rows = [row.astype(">u2").tobytes() for row in words]
cases.append(("grey 16", png(3, 4, 16, 0, rows), np.round(words / 257).astype(np.uint8)))

photographs = []
for name, channels, options in [
    ("4:2:0", 3, {"quality": 90}),
    ("4:4:4", 3, {"quality": 95, "subsampling": 0}),
    ("progressive", 3, {"quality": 90, "progressive": True, "subsampling": 0}),
    ("grey", 1, {"quality": 90}),
]:
    pixels = smooth(19, 26, channels)
    data = saved(Image.fromarray(pixels if channels == 3 else pixels[:, :, 0]), "JPEG", **options)
    photographs.append((name, data, np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))))

source = random.integers(0, 256, (13, 17, 3), dtype=np.uint8)
sizes = [(13, 17), (5, 6), (4, 17), (26, 34), (20, 7), (1, 1), (13, 40)]
resized = [
    {"height": h, "width": w, "pixels": encode(Image.fromarray(source).resize((w, h), Image.BILINEAR).tobytes())}
    for h, w in sizes
]


def case(name, data, pixels):
    return {
        "name": name,
        "file": encode(data),
        "height": pixels.shape[0],
        "width": pixels.shape[1],
        "channels": 1 if pixels.ndim == 2 else 3,
        "pixels": encode(pixels.tobytes()),
    }


golden = {
    "source": f"Pillow {PIL.__version__}",
    "exact": [case(*each) for each in cases],
    "photographs": [case(*each) for each in photographs],
    "resized": {"height": 13, "width": 17, "channels": 3, "pixels": encode(source.tobytes()), "sizes": resized},
}
with open(sys.argv[1], "w") as file:
    json.dump(golden, file, indent=1)
    file.write("\n")
