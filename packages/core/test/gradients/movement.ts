/**
 * Movements and reading at places: every option that changes which element goes where.
 */
import * as core from "../../src/index.ts";
import { at, type GradientTable, numbers } from "./case.ts";

const cube = numbers([2, 3, 2]);
const matrix = numbers([2, 3]);

export const movement: GradientTable = {
  reshape: [
    at("to another rank", (x) => core.reshape(x, [3, -1]), cube),
    at("one element to a scalar", (x) => core.reshape(x, []), [[0.5]]),
    at("nothing", (x) => core.reshape(x, [0, 5]), numbers([2, 0])),
  ],
  broadcastTo: [
    at("a column", (x) => core.broadcastTo(x, [2, 2, 3]), numbers([2, 1])),
    at("a scalar", (x) => core.broadcastTo(x, [2, 3]), 0.4),
    at("to nothing", (x) => core.broadcastTo(x, [0, 3]), numbers([1, 3])),
  ],
  sumTo: [at("a column", (x) => core.sumTo(x, [3, 1]), cube), at("a scalar", (x) => core.sumTo(x, []), cube)],
  permute: [
    at("three axes", (x) => core.permute(x, [2, 0, 1]), cube),
    at("axes of length 1", (x) => core.permute(x, [1, 0]), numbers([1, 3])),
  ],
  transpose: [
    at("the last two", (x) => core.transpose(x), cube),
    at("first and last", (x) => core.transpose(x, 0, -1), cube),
  ],
  squeeze: [
    at("all", (x) => core.squeeze(x), numbers([1, 3, 1])),
    at("one", (x) => core.squeeze(x, 0), numbers([1, 3, 1])),
  ],
  unsqueeze: [at("in front", (x) => core.unsqueeze(x, 0), matrix), at("behind", (x) => core.unsqueeze(x, -1), matrix)],
  flatten: [at("all", (x) => core.flatten(x), cube), at("from axis 1", (x) => core.flatten(x, 1), cube)],
  slice: [
    at("a range", (x) => core.slice(x, ":", "1:3"), cube),
    at("backwards", (x) => core.slice(x, "::-1", [null, null, -2]), cube),
    at("an index", (x) => core.slice(x, 1, "...", -1), cube),
    at("nothing", (x) => core.slice(x, ":", "2:1"), cube),
  ],
  flip: [at("all", (x) => core.flip(x), cube), at("one axis", (x) => core.flip(x, 1), cube)],
  concat: [
    at("axis 0", (a, b) => core.concat([a, b]), numbers([2, 2]), numbers([1, 2], 1)),
    at(
      "the last axis, three, one of them empty",
      (a, b, c) => core.concat([a, b, c], -1),
      numbers([2, 2]),
      numbers([2, 0], 1),
      numbers([2, 1], 2),
    ),
    at("one twice", (a) => core.concat([a, a], 1), matrix),
  ],
  stack: [
    at("axis 0", (a, b) => core.stack([a, b]), matrix, numbers([2, 3], 1)),
    at("the last axis", (a, b) => core.stack([a, b], -1), matrix, numbers([2, 3], 1)),
  ],
  split: [
    at("equal pieces", (x) => core.split(x, 3, 1).reduce((a, b) => a.mul(b)), cube),
    at("pieces of given lengths", (x) => core.split(x, [1, 2], 1)[1], cube),
  ],
  pad: [
    at(
      "zeros",
      (x) =>
        core.pad(x, [
          [1, 0],
          [0, 2],
        ]),
      matrix,
    ),
    at("a number", (x) => core.pad(x, 1, 0.5), matrix),
    at("nothing around", (x) => core.pad(x, 0), matrix),
  ],
  tile: [
    at("both axes", (x) => core.tile(x, [2, 3]), matrix),
    at("a new axis", (x) => core.tile(x, [2, 1, 2]), matrix),
  ],
  repeat: [at("rows", (x) => core.repeat(x, 2), matrix), at("columns", (x) => core.repeat(x, 3, -1), matrix)],

  gather: [
    at("rows, some twice", (x) => core.gather(x, [1, 1, -2]), matrix),
    at(
      "columns, a matrix of indices",
      (x) =>
        core.gather(
          x,
          [
            [0, 2],
            [2, 1],
          ],
          1,
        ),
      matrix,
    ),
    at("no indices", (x) => core.gather(x, core.zeros([0], { dtype: "int32" })), matrix),
  ],
  takeAlongAxis: [
    at(
      "the last axis, some twice",
      (x) =>
        core.takeAlongAxis(x, [
          [0, 0],
          [2, 1],
        ]),
      matrix,
    ),
    at("the first axis", (x) => core.takeAlongAxis(x, [[1, 0, -1]], 0), matrix),
  ],
  scatterAdd: [
    at(
      "the last axis, some twice",
      (x, v) =>
        core.scatterAdd(
          x,
          [
            [0, 0],
            [2, 1],
          ],
          v,
        ),
      matrix,
      numbers([2, 2], 1),
    ),
    at("the first axis", (x, v) => core.scatterAdd(x, [[1, 0, 1]], v, 0), matrix, numbers([1, 3], 1)),
  ],
  sort: [
    at("ascending", (x) => core.sort(x), cube),
    at("descending along the first axis", (x) => core.sort(x, 0, { descending: true }), cube),
  ],
  topK: [
    at("the largest", (x) => core.topK(x, 2, 1).values, cube),
    at("the smallest", (x) => core.topK(x, 1, 0, { largest: false }).values, cube),
  ],
};
