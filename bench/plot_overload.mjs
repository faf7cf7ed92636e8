// Draws the table of bench/overload (out=FILE) as docs/images/overload.svg: goodput and the creates' p99 over what was offered,
// with admission and without. Usage: node bench/plot_overload.mjs TABLE SVG
import { readFileSync, writeFileSync } from "node:fs";

const [table, svg] = process.argv.slice(2);
if (!svg) throw new Error("usage: node bench/plot_overload.mjs TABLE SVG");

const rows = readFileSync(table, "utf8").split("\n").filter((line) => / open /.test(line)).map((line) => {
  const [cpus, server, , times, offered, good, share, refused, away, hungUp, create99] = line.trim().split(/\s+/);
  return { cpus, server, times: Number(times), offered: Number(offered), share: Number(share), create99: Number(create99) / 1000 };
});
const variants = [...new Set(rows.map((row) => row.cpus))];
const factors = [...new Set(rows.map((row) => row.times))].sort((a, b) => a - b);
const kColour = { admission: "#1a7f4b", control: "#c0392b" };
const kWidth = 360, kHeight = 220, kLeft = 56, kTop = 44, kGap = 76, kBottom = 56;

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
const text = (x, y, words, more = "") => `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escape(words)}</text>`;
const out = [];

// One panel: `value` of each row over the offered multiple, on a logarithmic x.
function panel(column, row, title, unit, top, value, goal) {
  const left = kLeft + column * (kWidth + kGap), upper = kTop + row * (kHeight + kGap + 16);
  const x = (times) => left + 16 + (Math.log(times) / Math.log(Math.max(2, factors.at(-1)))) * (kWidth - 32);
  const y = (v) => upper + kHeight - (Math.min(v, top) / top) * kHeight;
  out.push(text(left, upper - 14, title, 'font-weight="600"'));
  for (let i = 0; i <= 4; ++i) {
    const v = (top * i) / 4;
    out.push(`<line x1="${left}" x2="${left + kWidth}" y1="${y(v)}" y2="${y(v)}" stroke="#888" stroke-opacity="${i ? 0.25 : 0.8}"/>`);
    out.push(text(left - 8, y(v) + 4, `${Math.round(v)}${unit}`, 'text-anchor="end" font-size="11"'));
  }
  for (const times of factors) out.push(text(x(times), upper + kHeight + 18, `${times}×`, 'text-anchor="middle" font-size="11"'));
  if (goal) out.push(`<line x1="${left}" x2="${left + kWidth}" y1="${y(goal)}" y2="${y(goal)}" stroke="#888" stroke-dasharray="5 4"/>`);
  for (const server of Object.keys(kColour)) {
    const points = rows.filter((r) => r.cpus === variants[column] && r.server === server);
    if (!points.length) continue;
    out.push(`<polyline fill="none" stroke="${kColour[server]}" stroke-width="2.5" points="${points.map((p) => `${x(p.times).toFixed(1)},${y(value(p)).toFixed(1)}`).join(" ")}"/>`);
    for (const p of points) {
      out.push(`<circle cx="${x(p.times).toFixed(1)}" cy="${y(value(p)).toFixed(1)}" r="3.5" fill="${kColour[server]}"/>`);
      out.push(text(x(p.times) + 6, y(value(p)) + (server === "control" ? 16 : -8), `${Math.round(value(p))}${unit}`, `font-size="11" style="fill:${kColour[server]}"`));
    }
  }
}

const topOf = (value) => Math.max(...rows.map(value)) * 1.1;
const kNames = { pinned: "server and generator on a CPU each", shared: "server and generator share two CPUs" };
variants.forEach((cpus, column) => {
  panel(column, 0, `Goodput, % of the peak: ${kNames[cpus]}`, "%", Math.max(120, topOf((p) => p.share)), (p) => p.share, 90);
  panel(column, 1, "p99 of creates that were answered, ms", "", topOf((p) => p.create99), (p) => p.create99, 0);
});
const width = kLeft + variants.length * (kWidth + kGap), height = kTop + 2 * (kHeight + kGap + 16) + kBottom - 40;
out.push(`<rect x="${kLeft}" y="${height - 26}" width="14" height="4" fill="${kColour.admission}"/>`, text(kLeft + 20, height - 20, "with admission"));
out.push(`<rect x="${kLeft + 150}" y="${height - 26}" width="14" height="4" fill="${kColour.control}"/>`, text(kLeft + 170, height - 20, "control: admission off, no pace for refusals"));
out.push(text(kLeft + 470, height - 20, "x: offered, in multiples of the peak"));
writeFileSync(svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Goodput and latency in overload">
<style>text { font: 13px system-ui, sans-serif; fill: #222 } svg { background: #fff }</style>
${out.join("\n")}
</svg>
`);
