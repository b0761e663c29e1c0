"""Pictures of pages with at most 256 colours: a third of the bytes, and nobody sees a difference."""

from __future__ import annotations

import base64
import struct
import zlib

from playwright.sync_api import Browser

#: The most frequent colours, and for each pixel which of them is nearest; the edges of letters have the rest.
_REDUCE = """async (png) => {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const { width, height } = image;
  const canvas = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const pixels = new Uint32Array(canvas.getImageData(0, 0, width, height).data.buffer);
  const count = new Map();
  for (const pixel of pixels) count.set(pixel, (count.get(pixel) ?? 0) + 1);
  const kept = [...count].sort((one, other) => other[1] - one[1]).slice(0, 256).map(([pixel]) => pixel);
  const channels = (pixel) => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
  const colours = kept.map(channels);
  const distance = (one, other) => one.reduce((sum, value, at) => sum + (value - other[at]) ** 2, 0);
  const nearest = new Map();
  for (const pixel of count.keys()) {
    const wanted = channels(pixel);
    let best = 0;
    colours.forEach((colour, at) => {
      if (distance(colour, wanted) < distance(colours[best], wanted)) best = at;
    });
    nearest.set(pixel, best);
  }
  const rows = new Uint8Array(height * (width + 1));
  pixels.forEach((pixel, at) => { rows[at + Math.floor(at / width) + 1] = nearest.get(pixel); });
  let said = "";
  for (let at = 0; at < rows.length; at += 8192) said += String.fromCharCode(...rows.subarray(at, at + 8192));
  return { width, height, colours, rows: btoa(said) };
}"""


def with_palette(chromium: Browser, png: bytes) -> bytes:
    """*png* as a PNG of colour type 3 (PNG specification, 11.2.2): an index into a palette for each pixel."""
    page = chromium.new_page()
    made = page.evaluate(_REDUCE, base64.b64encode(png).decode())
    page.close()
    head = struct.pack(">IIBBBBB", made["width"], made["height"], 8, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", head),
        (b"PLTE", bytes(value for colour in made["colours"] for value in colour)),
        (b"IDAT", zlib.compress(base64.b64decode(made["rows"]), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
