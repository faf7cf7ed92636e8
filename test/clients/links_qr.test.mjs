// QR codes of links, read back by jsqr.
import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { after, before, describe, test } from "node:test";
import jsQR from "jsqr";
import { PNG } from "pngjs";
import { Server } from "./support/server.mjs";

// What an SVG of ours draws, at `scale` pixels a module: its ground, its runs ("M4 5h7v1h-7z"), and the logo over them, as wide as it is high.
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
  const edge = /<rect fill="#([0-9a-f]{6})" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"/.exec(svg);
  const image = /<image href="data:image\/png;base64,([^"]+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"/.exec(svg);
  if (edge) {
    const png = PNG.sync.read(Buffer.from(image[1], "base64"));
    const whole = (text) => Math.round(Number(text) * scale);
    const each = ([, , x, y, wide], color) => {
      for (let dy = 0; dy < whole(wide); dy++) for (let dx = 0; dx < whole(wide); dx++) {
        const rgb = color(dx / whole(wide), dy / whole(wide));
        if (rgb) pixels.set(rgb, ((whole(y) + dy) * side * scale + whole(x) + dx) * 4);
      }
    };
    each(edge, () => [0, 2, 4].map((at) => parseInt(edge[1].slice(at, at + 2), 16)));
    each(image, (x, y) => {
      const at = (Math.floor(y * png.height) * png.width + Math.floor(x * png.width)) * 4;
      return png.data[at + 3] > 127 ? png.data.subarray(at, at + 3) : null;
    });
  }
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

  test("with a logo in the middle, in every size, as PNG and as SVG", async () => {
    const at = "/v1/link-qr-logo";
    const put = (png, query = "") => server.api.call("PUT", `${at}${query}`, { body: png });
    assert.equal((await get("?logo=true")).status, 404, "no logo yet");
    // The worst that a logo can be for a reader: dark, with a pattern as fine as the modules.
    const logo = new PNG({ width: 512, height: 512 });
    for (let y = 0; y < 512; y++) for (let x = 0; x < 512; x++) logo.data.set((x ^ y) & 32 ? [0, 0, 0, 255] : [200, 30, 30, 255], (y * 512 + x) * 4);
    const kept = await put(PNG.sync.write(logo));
    assert.equal(kept.status, 200, kept.text);
    assert.deepEqual([kept.json.domain, kept.json.width, kept.json.height], [null, 512, 512]);
    const { headers } = await server.api.get(at);
    assert.deepEqual([headers["content-type"], Number(headers["content-length"])], ["image/png", kept.json.bytes]);
    let longest = link;
    await server.api.post("/v1/link-domains", { host: "a-rather-long-name-of-a-domain.example" });
    longest = (await server.api.post("/v1/links", { url: "https://example.com/", domain: "a-rather-long-name-of-a-domain.example", code: "x".repeat(64) })).json;
    let pictures = 0;
    for (const size of [100, 128, 200, 300, 333, 600, 1200, 2048]) for (const one of [link, longest]) for (const more of ["", "&level=L", "&margin=2&color=1d4ed8"]) {
      const query = `?logo=true&size=${size}${more}&domain=${one.domain ?? ""}`;
      const png = await get(`${query}&format=png`, one.code);
      assert.equal(png.status, 200, png.bytes.toString());
      const picture = PNG.sync.read(png.bytes);
      const middle = (size * Math.floor(size / 2) + Math.floor(size / 2)) * 4;
      assert.ok(picture.data[middle + 2] < 100, "the logo is in the middle");
      assert.equal(read(picture), one.short_url, `png ${query}`);
      const [pixels, side] = rasterize((await get(query, one.code)).bytes.toString(), 4);
      assert.equal(jsQR(pixels, side, side)?.data, one.short_url, `svg ${query}`);
      pictures += 2;
    }
    console.log(`QR codes with a logo: ${pictures} read by jsqr`);
    // A domain's own goes before the tenant's.
    const small = new PNG({ width: 2, height: 2, fill: true });
    small.data.fill(255);
    const host = "?domain=a-rather-long-name-of-a-domain.example";
    const own = await put(PNG.sync.write(small), host);
    assert.deepEqual([own.json.domain, own.json.width], ["a-rather-long-name-of-a-domain.example", 2]);
    const svg = async () => (await get(`${host}&logo=true`, longest.code)).bytes.toString();
    const withOwn = await svg();
    assert.ok(withOwn.length < 20_000);
    assert.equal((await server.api.delete(`${at}${host}`)).status, 204);
    assert.notEqual(await svg(), withOwn);
    assert.equal((await server.api.delete(`${at}${host}`)).json.reason, "logo_not_found");
    assert.equal((await server.api.delete(at)).status, 204);
    assert.equal((await get("?logo=true")).status, 404);
  });

  test("a logo that is none, or too large, is refused; what else the file holds is not kept", async () => {
    const put = (body, query = "") => server.api.call("PUT", `/v1/link-qr-logo${query}`, { body });
    const wide = new PNG({ width: 513, height: 1 });
    wide.data.fill(255);
    const good = new PNG({ width: 8, height: 8 });
    good.data.fill(255);
    const bytes = PNG.sync.write(good);
    for (const [body, status, reason] of [["GIF89a", 400, "logo_unreadable"], ["", 400, "logo_unreadable"], [bytes.subarray(0, 50), 400, "logo_unreadable"],
      [PNG.sync.write(wide), 400, "logo_too_large"], [Buffer.alloc(64 * 1024 + 1), 413, "body_too_large"]]) {
      const refused = await put(body);
      assert.deepEqual([refused.status, refused.json.reason], [status, reason]);
    }
    assert.equal((await put(bytes, "?domain=nobodys.example")).json.reason, "domain_not_found");
    // A text chunk before the end: "tEXt" with a secret in it.
    const text = Buffer.from("Comment\0a secret");
    const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from("tEXt"), text, Buffer.alloc(4)]);
    chunk.writeUInt32BE(text.length, 0);
    chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + text.length)), 8 + text.length);
    const talkative = Buffer.concat([bytes.subarray(0, -12), chunk, bytes.subarray(-12)]);
    assert.equal((await put(talkative)).status, 200);
    const answer = await fetch(`${server.origin}/v1/link-qr-logo`, { headers: { authorization: `Bearer ${server.api.key}` } });
    const there = Buffer.from(await answer.arrayBuffer());
    assert.equal(PNG.sync.read(there).width, 8);
    assert.ok(!there.includes("secret"));
    assert.equal((await get("?logo=maybe")).status, 400);
    assert.equal((await server.api.delete("/v1/link-qr-logo")).status, 204);
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
