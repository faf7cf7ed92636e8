// QR codes of links, read back by jsqr.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import jsQR from "jsqr";
import { PNG } from "pngjs";
import { Server } from "./support/server.mjs";

// What an SVG of ours draws, at `scale` pixels a module: its ground, its runs ("M4 5h7v1h-7z"), no logo.
function rasterize(svg, scale) {
  const side = Number(/viewBox="0 0 (\d+) /.exec(svg)[1]);
  const [ground, modules] = [...svg.matchAll(/<path fill="#([0-9a-f]{6})" d="([^"]*)"/g)];
  const pixels = new Uint8ClampedArray(side * side * scale * scale * 4).fill(255);
  const paint = ([, color], x0, y0, wide, high) => {
    const rgb = [0, 2, 4].map((at) => parseInt(color.slice(at, at + 2), 16));
    for (let y = y0 * scale; y < (y0 + high) * scale; y++) for (let x = x0 * scale; x < (x0 + wide) * scale; x++) pixels.set(rgb, (y * side * scale + x) * 4);
  };
  paint(ground, 0, 0, side, side);
  for (const [, x, y, run] of modules[2].matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) paint(modules, Number(x), Number(y), Number(run), 1);
  return [pixels, side * scale];
}

describe("QR codes", { timeout: 120_000 }, () => {
  let server, link;
  const get = async (query, code = link.code) => {
    const answer = await fetch(`${server.origin}/v1/links/${code}/qr${query}`, { headers: { authorization: `Bearer ${server.api.key}` } });
    return { status: answer.status, type: answer.headers.get("content-type"), bytes: Buffer.from(await answer.arrayBuffer()) };
  };
  const read = (png) => jsQR(new Uint8ClampedArray(png.data), png.width, png.height)?.data;
  before(async () => {
    server = await Server.start();
    link = (await server.api.post("/v1/links", { url: "https://example.com/spring" })).json;
  });
  after(() => server?.stop());

  test("as PNG, in every size, level, margin and colour", async () => {
    for (const [query, size] of [
      ["", 300], ["&size=64", 64], ["&size=2048", 2048], ["&size=333&margin=1", 333], ["&margin=16&size=500", 500],
      ["&level=L", 300], ["&level=Q", 300], ["&level=H", 300], ["&color=1d4ed8&background=fef9c3", 300], ["&color=%23334455", 300],
    ]) {
      const { status, type, bytes } = await get(`?format=png${query}`);
      assert.equal(status, 200, bytes.toString());
      assert.equal(type, "image/png");
      const png = PNG.sync.read(bytes);
      assert.deepEqual([png.width, png.height], [size, size], query);
      assert.equal(read(png), link.short_url, query);
    }
    const clear = PNG.sync.read((await get("?format=png&background=transparent")).bytes);
    assert.equal(clear.data[3], 0, "the ground is transparent");
  });

  test("as SVG", async () => {
    for (const query of ["", "?format=svg&level=H&margin=2", "?color=7f1d1d&background=ffffff"]) {
      const { status, type, bytes } = await get(query);
      assert.equal(status, 200);
      assert.equal(type, "image/svg+xml");
      const [pixels, side] = rasterize(bytes.toString(), 6);
      assert.equal(jsQR(pixels, side, side)?.data, link.short_url, query);
    }
  });

  test("what could not be read, or is none, is refused", async () => {
    for (const [query, field, reason] of [
      ["?format=gif", "?format", "not_allowed"], ["?size=63", "?size", "out_of_range"], ["?size=2049", "?size", "out_of_range"],
      ["?size=1e3", "?size", "out_of_range"], ["?margin=-1", "?margin", "out_of_range"], ["?margin=17", "?margin", "out_of_range"],
      ["?level=X", "?level", "not_allowed"], ["?color=red", "?color", "not_allowed"], ["?background=12345g", "?background", "not_allowed"],
      ["?color=ffffff&background=000000", "?color", "contrast_too_low"], ["?color=cccccc", "?color", "contrast_too_low"],
      ["?size=64&margin=16&level=H", "?size", "too_small"],
    ]) {
      const { status, bytes } = await get(query);
      const problem = JSON.parse(bytes);
      assert.equal(status, 400, query);
      assert.deepEqual([problem.reason, problem.errors[0].field, problem.errors[0].reason], ["invalid_request", field, reason], query);
    }
    assert.equal((await get("", "no-such-link")).status, 404);
  });
});
