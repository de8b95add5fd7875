/**
 * What the contenders share.
 */

/** `steps` of a function that does one step with a batch and returns what `read` makes figures of. */
export function inTurn(batches, step, read) {
  let next = 0;
  return (n) => {
    let result;
    for (let i = 0; i < n; i++) {
      result = step(batches[next]);
      next = (next + 1) % batches.length;
    }
    return read(result);
  };
}

/** Class numbers as rows of 0 and 1. */
export function oneHot({ shape, data }, count) {
  const rows = new Float32Array(data.length * count);
  data.forEach((label, i) => {
    rows[i * count + label] = 1;
  });
  return { shape: [...shape, count], data: rows };
}
