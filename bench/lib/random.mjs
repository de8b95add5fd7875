/**
 * Numbers that look random and are the same in every run: what all contenders start from.
 */

/** Mulberry32 (Tommy Ettinger 2017): 32 bits of state, numbers in [0, 1). */
export function seeded(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
  };
  /** From the normal distribution (Box & Muller 1958). */
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const array = (shape, next) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((size, n) => size * n, 1) }, next),
  });
  return {
    uniform,
    normal: (shape, scale = 1) => array(shape, () => scale * normal()),
    /** Uniform in ±limit. */
    around: (shape, limit) => array(shape, () => limit * (2 * uniform() - 1)),
    full: (shape, value) => array(shape, () => value),
    /** Whole numbers below `end`. */
    integers: (shape, end) => ({
      shape,
      data: Int32Array.from({ length: shape.reduce((size, n) => size * n, 1) }, () => Math.floor(end * uniform())),
    }),
  };
}
