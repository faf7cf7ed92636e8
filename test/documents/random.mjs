// Random numbers from a seed: the same history for the same seed, everywhere (mulberry32).
export class Random {
  constructor(seed) {
    // Seeds that follow each other give unlike histories.
    this.state = Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) >>> 0
    this.next()
    this.next()
  }
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let t = this.state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
  below(bound) {
    return Math.floor((this.next() / 4294967296) * bound)
  }
  chance(part) {
    return this.next() < part * 4294967296
  }
  pick(list) {
    return list[this.below(list.length)]
  }
}
