// What src/kit/cache/cache_bench.cc measures, of npm's lru-cache: numbers as keys and values, a TTL on every entry, 2^20 draws made
// beforehand, by Zipf(1.0) over 100,000 keys or uniform over a million, room for an eighth more than there are.
// Prints `name nanoseconds`. Usage: node bench.mjs [seconds a case]
import { LRUCache } from "lru-cache";

const kDraws = 1 << 20;
const seconds = Number(process.argv[2] ?? 1);

// xorshift32 by Marsaglia: cheap, seeded.
let state = 2026;
function unit() {
  state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
  return (state >>> 0) / 2 ** 32;
}

// src/kit/testing/zipf.h: rejection-inversion.
function zipf(n) {
  const low = Math.log(1.5) - 1, high = Math.log(n + 0.5);
  for (;;) {
    const u = high + unit() * (low - high);
    const x = Math.exp(u);
    const k = Math.min(Math.max(Math.round(x), 1), n);
    if (k - x <= 0.48367335 || u >= Math.log(k + 0.5) - 1 / k) return k;
  }
}

function measure(name, keys, draw, operation) {
  const cache = new LRUCache({ max: keys + keys / 8, ttl: 600_000 });
  for (let key = 0; key < keys; ++key) cache.set(key, key);
  const draws = Float64Array.from({ length: kDraws }, () => draw(keys));
  let found = 0, rounds = 0;
  const pass = () => { for (let i = 0; i < kDraws; ++i) found += operation(cache, draws[i]); };
  for (let i = 0; i < 3; ++i) pass();  // so that it is compiled
  found = 0;
  const begin = process.hrtime.bigint();
  let now = begin;
  do { pass(); ++rounds; now = process.hrtime.bigint(); } while (now - begin < seconds * 1e9);
  if (found !== rounds * kDraws) throw new Error(`${name}: not all were there`);
  console.log(name, (Number(now - begin) / (rounds * kDraws)).toFixed(1));
}

const hit = (cache, key) => (cache.get(key) === undefined ? 0 : 1);
const put = (cache, key) => (cache.set(key, key), 1);
const popular = (keys) => (zipf(keys) * 7919) % keys;
measure("hit_zipf", 100_000, popular, hit);
measure("hit_uniform", 1_000_000, (keys) => Math.floor(unit() * keys), hit);
measure("put_zipf", 100_000, popular, put);
