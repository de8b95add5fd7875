/**
 * One number of the computation as a box: its name, how it is made, its value and its gradient.
 */
import type { ExplainedNode } from "@chainrule/explain";
import type { Point } from "@chainrule/viz/internal";
import { useRef } from "preact/hooks";
import { short } from "../story/format.ts";
import type { SeenNode } from "../story/frames.ts";
import { constantBox, nodeBox, silent } from "./shape.ts";

/** What a number is to the training: a weight moves, data stays. */
export type NodeRole = "weight" | "data" | "between" | "constant";

export interface NodeProps {
  readonly node: ExplainedNode;
  readonly seen: SeenNode;
  readonly role: NodeRole;
  /** The names of what it was made of. */
  readonly inputs: readonly string[];
  readonly at: Point;
  readonly isResult: boolean;
  readonly withGradients: boolean;
  readonly canDrag: boolean;
  readonly onNumber: (value: number) => void;
  readonly onPick: () => void;
  readonly onNear: (isNear: boolean) => void;
}

/** What a pixel of dragging, and a press of an arrow key, changes. */
const perPixel = 0.01;
const perKey = 0.05;

export function Node(props: NodeProps) {
  const { node, seen, role, at } = props;
  if (role === "constant")
    return (
      <g class="chain-node constant" transform={`translate(${at.x} ${at.y})`} {...silent}>
        <rect class="box" {...centred(constantBox)} rx="15" />
        <text class="value" y="5">
          {short(seen.value ?? 0)}
        </text>
      </g>
    );
  const isLeaf = role !== "between";
  const className = `chain-node ${role}${seen.isNow ? " now" : ""}${seen.isOld ? " old" : ""}${props.isResult ? " result" : ""}`;
  const [Hit, canDrag] = isLeaf && props.canDrag ? [Draggable, true] : [Pressable, false];
  return (
    <g class={className} transform={`translate(${at.x} ${at.y})`} data-node={node.name} data-drag={canDrag}>
      <Inside {...props} />
      <Hit {...props} />
    </g>
  );
}

/** What is pressed, and has the focus: the box without its texts, which its label says. */
function hit({ node, onNear }: NodeProps) {
  return {
    ...centred(nodeBox),
    rx: 9,
    class: "chain-hit",
    "data-hit": node.name,
    tabIndex: 0,
    onPointerEnter: () => onNear(true),
    onPointerLeave: () => onNear(false),
    onFocus: () => onNear(true),
    onBlur: () => onNear(false),
  };
}

function Pressable(props: NodeProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a part of a drawing
    <rect
      {...hit(props)}
      role="button"
      aria-label={said(props)}
      onClick={props.onPick}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        props.onPick();
      }}
    />
  );
}

/** A leaf: dragged sideways, or changed with the arrow keys. */
function Draggable(props: NodeProps) {
  const { node, seen, onNumber, onPick } = props;
  const begun = useRef<{ x: number; value: number; hasMoved: boolean } | null>(null);
  const value = seen.value ?? 0;
  const moveTo = (number: number) => onNumber(Number(number.toFixed(2)));
  return (
    <rect
      {...hit(props)}
      role="slider"
      aria-label={`${node.name}${gradientSaid(props)}`}
      aria-valuenow={value}
      aria-valuetext={short(value)}
      aria-valuemin={-1e9}
      aria-valuemax={1e9}
      // Chromium heeds no touch-action within a drawing: without this the page would scroll, and take the finger away.
      onTouchStart={(event) => event.preventDefault()}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        begun.current = { x: event.clientX, value, hasMoved: false };
      }}
      onPointerMove={(event) => {
        const from = begun.current;
        if (!from) return;
        const distance = event.clientX - from.x;
        if (Math.abs(distance) > 3) from.hasMoved = true;
        if (from.hasMoved) moveTo(from.value + distance * perPixel * (event.shiftKey ? 0.1 : 1));
      }}
      onPointerUp={() => {
        if (begun.current && !begun.current.hasMoved) onPick();
        begun.current = null;
      }}
      onPointerCancel={() => {
        begun.current = null;
      }}
      onKeyDown={(event) => {
        const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
        if (event.key === "Enter" || event.key === " ") onPick();
        else if (Object.hasOwn(steps, event.key)) moveTo(value + steps[event.key as "ArrowUp"] * perKey);
        else return;
        event.preventDefault();
      }}
    />
  );
}

function Inside(props: NodeProps) {
  const { node, seen, role, withGradients, canDrag } = props;
  const { width, height } = nodeBox;
  return (
    <g {...silent}>
      <rect class="box" {...centred(nodeBox)} rx="9" />
      <text class="name" x={-width / 2 + 9} y={-height / 2 + 18}>
        {cut(node.name, 8)}
      </text>
      <text class="tag" x={width / 2 - 9} y={-height / 2 + 17}>
        {tagOf(props)}
      </text>
      <text class="value" y={5}>
        {seen.value === null ? "…" : short(seen.value)}
      </text>
      {role !== "between" && canDrag && (
        <text class="handle" x={width / 2 - 9} y={5}>
          ↔
        </text>
      )}
      {withGradients && <GradientLine seen={seen} />}
      {seen.isOld && (
        <text class="tag old-tag" x={width / 2 - 6} y={5}>
          old
        </text>
      )}
    </g>
  );
}

function GradientLine({ seen }: { seen: SeenNode }) {
  const { gradient, arrived } = seen;
  const kind = gradient !== null ? "gradient" : arrived.length > 0 ? "gradient partial" : "unasked";
  return (
    <text class={kind} y={nodeBox.height / 2 - 11}>
      {gradientText(seen)}
    </text>
  );
}

function gradientText({ gradient, arrived, isComplete }: SeenNode): string {
  if (gradient !== null) return sumOf(gradient, arrived);
  if (arrived.length > 0) return `${arrived.map(short).join(" + ")}${isComplete ? "" : " + …"}`;
  return "not asked yet";
}

/** Where ways meet, the sum with its amounts, if there is room. */
function sumOf(gradient: number, arrived: readonly number[]): string {
  if (arrived.length < 2) return `grad ${short(gradient)}`;
  const whole = `${arrived.map(short).join(" + ")} = ${short(gradient)}`.replaceAll("+ −", "− ");
  return whole.length <= 14 ? whole : `Σ ${short(gradient)}`;
}

/** What it is to the training, or how it was made, as far as there is room beside the name. */
function tagOf({ node, role, inputs }: NodeProps): string {
  if (role !== "between") return role;
  const room = Math.floor((nodeBox.width - 26 - 8.5 * Math.min(node.name.length, 8)) / 7);
  const formula = node.formula?.text ?? "";
  const call = `${node.op}(${inputs.join(", ")})`;
  if (formula !== "" && formula.length <= room) return formula;
  return call.length <= room ? call : cut(node.op ?? "", room);
}

function centred({ width, height }: { width: number; height: number }) {
  return { x: -width / 2, y: -height / 2, width, height };
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

function said(props: NodeProps): string {
  const { node, seen } = props;
  const number = seen.value === null ? "not computed yet" : short(seen.value);
  const made = node.formula ? ` = ${node.formula.text}` : "";
  return `${node.name}${made}: ${number}${seen.isOld ? ", old" : ""}${gradientSaid(props)}`;
}

function gradientSaid({ seen, withGradients }: NodeProps): string {
  if (!withGradients) return "";
  return seen.gradient === null ? ", its gradient is not asked yet" : `, its gradient ${short(seen.gradient)}`;
}
