import { parameter, value } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { graphOf } from "./computation.ts";
import { toDot, toMermaid } from "./dot.ts";

const w = parameter([1, 2]);
const loss = w.mul(3).sin();
const graph = graphOf(loss, { names: { w, loss } });
const scalar = (() => {
  const x = value(3, 'the "x" <1>\\');
  return graphOf(x.square());
})();

describe("toDot", () => {
  it("writes nodes and edges in Graphviz's language", () => {
    expect(toDot(graph).split("\n")).toEqual([
      "digraph computation {",
      "  rankdir=LR;",
      '  node [fontname="Helvetica", fontsize=11];',
      '  edge [fontname="Helvetica", fontsize=9, color="#6b7480"];',
      '  n0 [label="w\\nfloat32 [2]", shape=box, style=filled, fillcolor="#d5e6f6"];',
      '  n1 [label="3", shape=plaintext, style=""];',
      '  n2 [label="mul\\nfloat32 [2]", shape=box, style="rounded,filled", fillcolor="#f0f2f5"];',
      '  n3 [label="loss = sin\\nfloat32 [2]", shape=box, style="rounded,filled", fillcolor="#f0f2f5"];',
      "  n0 -> n2;",
      "  n1 -> n2;",
      "  n2 -> n3;",
      "}",
    ]);
  });

  it("escapes names, and writes local derivatives on the edges", () => {
    const dot = toDot(scalar);
    expect(dot).toContain('n0 [label="the \\"x\\" <1>\\\\\\n3, grad 0"');
    expect(dot).toContain('n0 -> n1 [label="× 6"];');
  });
});

describe("toMermaid", () => {
  it("writes nodes and edges in Mermaid's language", () => {
    expect(toMermaid(graph).split("\n")).toEqual([
      "flowchart LR",
      '  n0["w<br>float32 [2]"]:::parameter',
      '  n1(["3"]):::constant',
      '  n2("mul<br>float32 [2]"):::op',
      '  n3("loss = sin<br>float32 [2]"):::op',
      "  n0 --> n2",
      "  n1 --> n2",
      "  n2 --> n3",
      "  classDef parameter fill:#d5e6f6,stroke:#0072b2,color:#24292f",
      "  classDef constant fill:none,stroke:#6b7480",
      "  classDef op fill:#f0f2f5,stroke:#6b7480,color:#24292f",
    ]);
  });

  it("escapes names, and writes local derivatives on the edges", () => {
    const mermaid = toMermaid(scalar);
    expect(mermaid).toContain('n0["the #34;x#34; #60;1#62;\\<br>3, grad 0"]:::input');
    expect(mermaid).toContain('n0 -->|"× 6"| n1');
  });
});
