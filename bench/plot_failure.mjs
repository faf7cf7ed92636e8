// Draws timelines of bench/notifications (out=FOLDER) as one SVG: what two mail servers took, a second, while the first one failed,
// what it was asked in vain, the state of its breaker, and how long messages took. A column for each file.
// Usage: node bench/plot_failure.mjs SVG FROM TO TITLE=TIMELINE...   (FROM, TO: seconds in which it failed)
import { readFileSync, writeFileSync } from "node:fs";

const [svg, from, to, ...files] = process.argv.slice(2);
if (!files.length) throw new Error("usage: node bench/plot_failure.mjs SVG FROM TO TITLE=TIMELINE...");

const kTogether = 5;
const columns = files.map((file) => {
  const [title, path] = file.split("=");
  const all = readFileSync(path, "utf8").trim().split("\n").map((line) => {
    const [at, , first, second, failed, , p50, p99, breaker] = line.split("\t").map(Number);
    return { at, first, second, failed, p50, p99, breaker };
  });
  // Lines by the half second, the breaker as it was looked at.
  const points = [];
  for (let i = 0; i + kTogether <= all.length; i += kTogether) {
    const some = all.slice(i, i + kTogether);
    const mean = (name) => some.reduce((sum, row) => sum + row[name], 0) / kTogether;
    const middle = (name) => some.map((row) => row[name]).sort((a, b) => a - b)[kTogether >> 1];
    points.push({ at: mean("at"), first: mean("first"), second: mean("second"), failed: mean("failed"), p50: middle("p50"), p99: Math.max(...some.map((row) => row.p99)) });
  }
  return { title, rows: all, points };
});

const kWidth = 360, kHeight = 170, kLeft = 64, kTop = 44, kGap = 56, kBottom = 54;
const kColour = { first: "#c0392b", second: "#1a5fb4", failed: "#000", p50: "#1a7f4b", p99: "#c77d00" };
const kOpen = "#c0392b", kHalf = "#e5a50a";
const kEnd = Math.ceil(Math.max(...columns.map(({ rows }) => rows.at(-1).at)));

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
const text = (x, y, words, more = "") => `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escape(words)}</text>`;
const out = [];

// One panel; `lines` are the names of what is drawn over time, `y` where a value lies.
function panel(column, row, title, ticks, y, lines) {
  const left = kLeft + column * (kWidth + kGap), upper = kTop + row * (kHeight + kGap);
  const x = (at) => left + (at / kEnd) * kWidth;
  const { rows, points } = columns[column];
  out.push(text(left, upper - 14, title, 'font-weight="600"'));
  out.push(`<rect x="${x(from).toFixed(1)}" y="${upper}" width="${(x(to) - x(from)).toFixed(1)}" height="${kHeight}" fill="#c0392b" fill-opacity="0.07"/>`);
  for (const [value, name] of ticks) {
    out.push(`<line x1="${left}" x2="${left + kWidth}" y1="${(upper + y(value)).toFixed(1)}" y2="${(upper + y(value)).toFixed(1)}" stroke="#888" stroke-opacity="0.25"/>`);
    out.push(text(left - 8, upper + y(value) + 4, name, 'text-anchor="end" font-size="11"'));
  }
  for (let at = 0; at <= kEnd; at += 10) out.push(text(x(at), upper + kHeight + 16, `${at}`, 'text-anchor="middle" font-size="11"'));
  // Where the breaker is open, along the lower edge.
  for (let i = 0; i < rows.length; ) {
    let end = i;
    while (end < rows.length && rows[end].breaker === rows[i].breaker) ++end;
    const begin = x(rows[i].at - 0.05), wide = x(rows[end - 1].at + 0.05) - begin;
    if (rows[i].breaker) out.push(`<rect x="${begin.toFixed(1)}" y="${upper + kHeight - 5}" width="${wide.toFixed(1)}" height="5" fill="${rows[i].breaker === 2 ? kOpen : kHalf}"/>`);
    i = end;
  }
  for (const name of lines) {
    const drawn = points.filter((p) => p[name] > 0 || name !== "failed").map((p) => [x(p.at).toFixed(1), (upper + y(p[name])).toFixed(1)]);
    if (name === "failed") {
      for (const [cx, cy] of drawn) out.push(`<circle cx="${cx}" cy="${cy}" r="1.6" fill="${kColour.failed}"/>`);
    } else {
      out.push(`<polyline fill="none" stroke="${kColour[name]}" stroke-width="1.4" points="${drawn.map((p) => p.join(",")).join(" ")}"/>`);
    }
  }
}

const most = Math.max(1500, ...columns.flatMap(({ points }) => points.map((p) => Math.max(p.first, p.second))));
const top = Math.min(Math.ceil(most / 500) * 500, 3000);
const linear = (v) => kHeight - (Math.min(v, top) / top) * kHeight;
const kLeast = 1, kMost = 10000;  // ms
const logarithmic = (v) => kHeight - (Math.log(Math.min(Math.max(v, kLeast), kMost) / kLeast) / Math.log(kMost / kLeast)) * kHeight;
columns.forEach(({ title }, column) => {
  panel(column, 0, `${title}: messages a second`, [0, 1, 2, 3].map((i) => [(top * i) / 3, Math.round((top * i) / 3)]), linear, ["second", "first", "failed"]);
  panel(column, 1, "from due to taken, ms: p50, worst p99", [1, 10, 100, 1000, 10000].map((v) => [v, v]), logarithmic, ["p99", "p50"]);
});

const width = kLeft + columns.length * (kWidth + kGap), height = kTop + 2 * (kHeight + kGap) + kBottom - 20;
const kKey = [
  ["first", "first provider took"], ["second", "second provider took"], ["failed", "first was asked in vain"], ["p50", "p50"], ["p99", "p99"],
  ["open", "its breaker is open"], ["half", "half-open"]
];
const kKeyColour = { ...kColour, open: kOpen, half: kHalf };
let at = kLeft, line = height - 30;
for (const [name, words] of kKey) {
  if (at > width - 150) [at, line] = [kLeft, line + 18];
  out.push(`<rect x="${at}" y="${line - 6}" width="14" height="${name === "open" || name === "half" ? 6 : 3}" fill="${kKeyColour[name]}"/>`, text(at + 20, line, words, 'font-size="12"'));
  at += 40 + words.length * 7;
}
writeFileSync(svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="A provider that fails for a minute">
<style>text { font: 13px system-ui, sans-serif; fill: #222 } svg { background: #fff }</style>
${out.join("\n")}
</svg>
`);
