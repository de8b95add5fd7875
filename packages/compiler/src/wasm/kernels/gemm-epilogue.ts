/**
 * What products do with their sums: add them to C and to a bias where asked, cut them at 0 where asked, and store them.
 */
import type { Code, FunctionDefinition } from "../assembler.ts";
import type { FloatLanes } from "./float-lanes.ts";

/** Bits of `flags`: add to C instead of replacing it; then let nothing below 0 through. */
export const accumulateFlag = 1;
export const reluFlag = 2;
/** Of the whole product, see `Gemm`: B is packed already. */
export const packedFlag = 4;

/** A vector of sums in a local, `offset` bytes after the addresses (in locals) of what it becomes and of its bias. */
export interface Sum {
  readonly local: number;
  readonly to: number;
  readonly offset: number;
  readonly biasAt: number;
  readonly biasOffset: number;
}

/** Finishes and stores the sums, as `flags` and `bias` (0 for none) say. */
export function storeSums(code: Code, { vector }: FloatLanes, flags: number, bias: number, sums: readonly Sum[]): void {
  const add = (local: number, at: number, offset: number) =>
    code.get(local).get(at).access("v128.load", offset).op(`${vector}.add`).set(local);
  code.push(flags, bias, "i32.or").branch(() => {
    code.push(flags, [accumulateFlag], "i32.and").branch(() => {
      for (const { local, to, offset } of sums) add(local, to, offset);
    });
    code.get(bias).branch(() => {
      for (const { local, biasAt, biasOffset } of sums) add(local, biasAt, biasOffset);
    });
    code.push(flags, [reluFlag], "i32.and").branch(() => {
      for (const { local } of sums) code.get(local).zero128().op(`${vector}.pmax`).set(local);
    });
  });
  for (const { local, to, offset } of sums) code.get(to).get(local).access("v128.store", offset);
}

/** Copies a rectangle: (from, its strides of rows and columns, to, its strides, rows, columns), in bytes. */
export function copyFunction({ scalar }: FloatLanes): FunctionDefinition {
  return {
    name: "gemm.copy",
    parameters: new Array(8).fill("i32"),
    exported: false,
    body: (code) => {
      const [from, fromRow, fromColumn, to, toRow, toColumn, rows, columns] = [0, 1, 2, 3, 4, 5, 6, 7];
      const { left, p, q } = code.variables("left", "p", "q");
      code.repeat(rows, () => {
        code.put(p, from).put(q, to).put(left, columns);
        code.repeat(left, () => {
          code.get(q).get(p).access(`${scalar}.load`).access(`${scalar}.store`);
          code.put(p, p, fromColumn, "i32.add").put(q, q, toColumn, "i32.add");
        });
        code.put(from, from, fromRow, "i32.add").put(to, to, toRow, "i32.add");
      });
    },
  };
}
