// Choices that follow from a seed alone.

export class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  // From 0 up to but not including 1.
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  below(n) {
    return Math.floor(this.next() * n);
  }

  chance(p) {
    return this.next() < p;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  // Of least to most elements.
  list(least, most, make) {
    return Array.from({ length: least + this.below(most - least + 1) }, (_, i) => make(i));
  }

  // One of several functions of this generator.
  either(...makers) {
    return this.pick(makers)(this);
  }
}
