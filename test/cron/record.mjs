// Records what croner answers: node test/cron/record.mjs >test/cron/croner.tsv, in a folder where `npm install --no-save croner@11.0.1`
// has put it (CRONER_FROM names that folder). src/platform/jobs/cron_croner_test.cc reads the table and names the differences.
//
// A row: expression, zone, moment after which (minutes since 1970), then up to three runs as minutes after that moment. Half of the
// rows begin shortly before a change of clocks. Years 1995 to 2025, where Node's zones and Debian's are the same.
import { createRequire } from "node:module";
import { join } from "node:path";

const { Cron } = createRequire(join(process.env.CRONER_FROM ?? process.cwd(), "x.js"))("croner");
const kRows = 2500;
const kZones = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca", "America/Sao_Paulo",
  "Europe/Dublin", "Asia/Tokyo", "UTC"];
const kFields = [[0, 59, 0.3, null], [0, 23, 0.4, null], [1, 31, 0.7, null],
  [1, 12, 0.85, ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]],
  [0, 7, 0.7, ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]]];

let state = 20261122;
const below = (bound) => {  // mulberry32: the table can be made again
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % bound;
};
const chance = (p) => below(1_000_000) < p * 1_000_000;

function field([low, high, star, names]) {
  if (chance(star)) return chance(0.7) ? "*" : `*/${2 + below(Math.min(high - low, 12) - 1)}`;
  const written = (value) => (names && value < low + names.length && chance(0.5) ? names[value - low] : String(value));
  const parts = [];
  for (let n = 1 + below(2); n > 0; --n) {
    const from = low + below(high === 23 && chance(0.7) ? 4 : high - low + 1);
    const to = from + below(high - from + 1);
    parts.push(chance(0.6) || from === to ? written(from) : `${written(from)}-${to}${chance(0.3) ? `/${2 + below(3)}` : ""}`);
  }
  return parts.join(",");
}

const offsets = new Map(kZones.map((zone) => [zone, new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" })]));
const offset = (zone, minute) => offsets.get(zone).formatToParts(minute * 60_000).find((part) => part.type === "timeZoneName").value;
function beforeChange(zone, from) {  // the next change within 400 days, less up to a day
  for (let day = 0; day < 400; ++day)
    if (offset(zone, from + day * 1440) !== offset(zone, from + (day + 1) * 1440)) return from + day * 1440 - below(1440);
  return from;
}

for (let rows = 0; rows < kRows; ) {
  const text = kFields.map(field).join(" ");
  const zone = kZones[below(kZones.length)];
  let after = 13_148_640 + below(15_500_000);
  if (chance(0.5)) after = beforeChange(zone, after);
  let runs;
  try {
    runs = new Cron(text, { timezone: zone, fixedTimeRule: "no-wildcard", mode: "5-part" }).nextRuns(3, new Date(after * 60_000));
  } catch {
    continue;  // what it refuses is no matter here
  }
  console.log([text, zone, after, ...runs.map((run) => run.getTime() / 60_000 - after)].join("\t"));
  ++rows;
}
