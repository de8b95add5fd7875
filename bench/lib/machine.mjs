/**
 * What a record says of the machine.
 */
import { cpus, loadavg, totalmem } from "node:os";

/** @param otherNode What chainrule also runs by, such as "Node 24". */
export function describeMachine({ torch, jax }, otherNode) {
  const [{ model }] = cpus();
  const count = cpus().length;
  const kind = `${count}x-${model}`
    .toLowerCase()
    .replace(/\(r\)|\(tm\)|processor|cpu|@.*$/g, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/-+$/, "");
  return {
    kind,
    cpu: model.trim(),
    cores: count,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    loadBefore: loadavg()[0],
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    otherNode,
    v8: process.versions.v8,
    pytorch: torch?.version ?? null,
    jax: jax?.version ?? null,
  };
}
