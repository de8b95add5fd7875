import type { Block } from "./op.ts"; export function formatTensor(x: Block, _o?: { requiresGrad?: boolean }): string { return JSON.stringify({s: x.shape, d: x.dtype, v: Array.from(x.storage)}); }
