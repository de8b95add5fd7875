import { OptionError, parameter, type Tensor, tensor, ValueError, value } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { graphOf } from "./computation.ts";
import { graphSvg } from "./svg.ts";

/** The boxes of the drawing, in the order of the nodes. */
function boxesOf(svg: string) {
  const boxes = svg.matchAll(
    /<rect class="(op|parameter|input|constant)" x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="([\d.]+)"/g,
  );
  return [...boxes].map(([, kind, ...numbers]) => {
    const [x, y, width, height] = numbers.map(Number);
    return { kind, left: x, right: x + width, top: y, bottom: y + height };
  });
}

function network() {
  const [w, b, x, y] = [parameter([[1, 2]]), parameter([0.5]), tensor([[1], [2]]), tensor([[1, 0]])];
  const out = x.matmul(w).add(b).tanh();
  const loss = out.sub(y).square().mean().add(w.square().sum().mul(0.1));
  return graphOf(loss, { names: { w, b, x, y, loss } });
}

describe("graphSvg", () => {
  it("draws a box for each node, none over another, all inside", () => {
    const graph = network();
    const svg = graphSvg(graph);
    const boxes = boxesOf(svg);
    expect(boxes.map(({ kind }) => kind)).toEqual(graph.nodes.map(({ kind }) => kind));
    const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg)!.map(Number);
    boxes.forEach((a, i) => {
      expect(a.left >= 0 && a.top >= 0 && a.right <= width && a.bottom <= height).toBe(true);
      for (const b of boxes.slice(i + 1))
        expect(a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top).toBe(true);
    });
  });

  it("draws an arrow for each edge, from left to right", () => {
    const graph = network();
    const svg = graphSvg(graph);
    expect(svg.match(/class="edge"/g)).toHaveLength(graph.edges.length);
    expect(svg.match(/class="head"/g)).toHaveLength(graph.edges.length);
    const boxes = boxesOf(svg);
    for (const { from, to } of graph.edges) expect(boxes[from].right).toBeLessThan(boxes[to].left);
  });

  it("writes names, shapes, numbers and local derivatives", () => {
    expect(graphSvg(network())).toContain(">float32 [2, 2]</text>");
    const svg = graphSvg(graphOf(value(3, "a<b").square()), { title: "T & U" });
    for (const text of [">a&lt;b<", ">square<", ">9, grad 0<", ">× 6<", ">T &amp; U<"]) expect(svg).toContain(text);
  });

  it("draws a single node", () => {
    expect(boxesOf(graphSvg(graphOf(parameter([1]))))).toHaveLength(1);
  });

  it("refuses graphs that nobody could read, and unknown options", () => {
    let x: Tensor = parameter([1]);
    for (let i = 0; i < 500; i++) x = x.neg();
    expect(() => graphSvg(graphOf(x))).toThrow(ValueError);
    expect(() => graphSvg(graphOf(x))).toThrow("at most 500 nodes, got 501");
    expect(() => graphSvg(network(), { titel: "" } as object)).toThrow(OptionError);
  });
});
