/**
 * How the page looks: light and dark, on phones, projectors and paper.
 */

/** The style sheet. */
export const style = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1c2126; --faint: #586069; --line: #c9d1d9; --box: #f3f5f8;
  --weight: #dcebfa; --input: #dcf3e7; --now: #ffe9b0; --accent: #0b5cad; --good: #14652f; --bad: #9c1c1c; --grad: #7a3e00; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181d; --ink: #e8ebee; --faint: #a3adb8; --line: #3b444f;
  --box: #222932; --weight: #17324f; --input: #163a2a; --now: #5a4300; --accent: #7fbcff; --good: #7ddc98; --bad: #ff9d9d; --grad: #ffc27a; } }
* { box-sizing: border-box; }
html { font: clamp(16px, 10px + 0.55vw, 28px)/1.5 system-ui, sans-serif; background: var(--paper); color: var(--ink); }
html, body { overscroll-behavior-x: none; } #pages { touch-action: pan-y pinch-zoom; } .drawing, .scroll { touch-action: auto; }
body { margin: 0 auto; padding: 0 1rem 6rem; max-width: 82rem; }
h1 { font-size: 1.35rem; margin: 1rem 0 0.5rem; } h2 { font-size: 1.2rem; } h3 { font-size: 1.15rem; margin: 0.6rem 0; }
h4 { font-size: 1rem; margin: 0.8rem 0 0.2rem; }
p { margin: 0.4rem 0; } code { font: 0.95em ui-monospace, monospace; } a { color: var(--accent); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none !important; }
html:not(.js) .js-only { display: none !important; }
.drawing { overflow: auto; border: 1px solid var(--line); border-radius: 8px; max-height: 46vh; margin: 0.5rem 0; }
.graph { display: block; margin: 0 auto; }
.graph text { font: 13px system-ui, sans-serif; fill: var(--ink); text-anchor: middle; }
.graph rect { fill: var(--box); stroke: var(--line); stroke-width: 1.5; }
.graph .parameter rect { fill: var(--weight); } .graph .input rect { fill: var(--input); }
.graph .constant rect { fill: none; stroke: none; }
.graph .layer rect { stroke-dasharray: 5 3; }
.graph .line0 { font-weight: 600; } .graph .gradient, .graph .sent text { fill: var(--grad); }
.graph .sent rect { fill: var(--paper); stroke: none; }
.graph .line { fill: none; stroke: var(--faint); stroke-width: 1.5; } .graph .head { fill: var(--faint); }
.graph .box.now rect { fill: var(--now); stroke: var(--accent); stroke-width: 3; }
.graph .now .line { stroke: var(--accent); stroke-width: 3; } .graph .now .head { fill: var(--accent); }
.graph .unknown { visibility: hidden; }
article { border-top: 1px solid var(--line); padding: 0.2rem 0 0.8rem; }
article:focus { outline: none; }
.js article { border-top: 0; min-height: 30vh; }
.name { font-family: ui-monospace, monospace; font-weight: 600; overflow-wrap: anywhere; }
.blocks { display: flex; flex-wrap: wrap; gap: 0.6rem 1.2rem; align-items: center; margin: 0.4rem 0; }
.block { display: inline-block; max-width: 100%; vertical-align: top; margin: 0.2rem 1rem 0.2rem 0; }
.blocks > .block { margin: 0; }
.label { display: block; color: var(--faint); font-size: 0.9em; padding-bottom: 0.35em; } .label .name { color: var(--ink); }
.result .numbers, .result > .number, .result > .summary { outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 3px; }
.sign { font-size: 1.3em; color: var(--faint); }
.scroll { overflow-x: auto; max-width: 100%; padding: 4px; }
.numbers { border-collapse: collapse; border-left: 2px solid var(--ink); border-right: 2px solid var(--ink); }
.numbers td, .number { font: 1em ui-monospace, monospace; font-variant-numeric: tabular-nums; text-align: right; }
.numbers td { padding: 0.05em 0.55em; }
.numbers .next td { border-top: 0.6em solid transparent; }
.number { padding: 0 0.3em; } .summary { overflow-wrap: anywhere; }
.formula.display { display: block; overflow-x: auto; overflow-y: hidden; padding: 0.2rem 0; }
.formula.display math { display: inline math; } math { font-size: 1.1em; } .label math { font-size: 1.2em; }
.send { border-left: 3px solid var(--line); padding-left: 0.8rem; margin: 0.6rem 0; }
.note { color: var(--faint); }
.concealed { visibility: hidden; position: relative; }
.concealed::after { content: "?"; visibility: visible; position: absolute; inset: 0; display: grid; place-items: center;
  font-size: 1.4em; color: var(--faint); border: 2px dashed var(--line); border-radius: 6px; }
.toolbar { position: fixed; inset: auto 0 0 0; background: var(--paper); border-top: 1px solid var(--line);
  padding: 0.4rem max(0.6rem, env(safe-area-inset-left)) calc(0.4rem + env(safe-area-inset-bottom)); z-index: 2;
  display: flex; flex-wrap: wrap; gap: 0.4rem 0.6rem; align-items: center; justify-content: center; }
.toolbar input { flex: 1 1 8rem; max-width: 30rem; min-width: 6rem; accent-color: var(--accent); height: 2.75rem; }
.place { min-width: 6.5em; text-align: center; font-variant-numeric: tabular-nums; }
button { font: inherit; min-width: 2.75rem; min-height: 2.75rem; padding: 0 0.8rem; color: var(--ink); background: var(--box);
  border: 1px solid var(--faint); border-radius: 8px; cursor: pointer; }
button:disabled { opacity: 0.45; cursor: default; }
button.main { background: var(--accent); color: var(--paper); border-color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
form.question { border: 1px solid var(--line); border-radius: 8px; padding: 0.6rem 0.9rem; margin: 0.8rem 0; }
form.question label { font-weight: 600; display: block; overflow-wrap: anywhere; }
form.question .answer { display: flex; flex-wrap: wrap; gap: 0.5rem; margin: 0.4rem 0; }
form.question input { font: 1.05em ui-monospace, monospace; min-height: 2.75rem; width: 11em; padding: 0 0.5em; color: inherit;
  background: var(--paper); border: 1px solid var(--faint); border-radius: 8px; }
.given { list-style: none; padding: 0; margin: 0.2rem 0; font: 0.92em ui-monospace, monospace; overflow-x: auto; overflow-wrap: anywhere; }
.verdict { min-height: 1.5em; } .verdict.right { color: var(--good); } .verdict.slip, .verdict.wrong { color: var(--bad); }
@media (max-width: 40rem) { body { padding: 0 0.7rem 8rem; } .drawing { max-height: 34vh; } .tip { display: none; } }
@media print {
  .toolbar, .js-only, form.question .answer { display: none !important; }
  article, article[hidden], #pages[hidden], #quiz[hidden], .drawing[hidden] { display: block !important; } article { break-inside: avoid; min-height: 0 !important; }
  .concealed { visibility: visible; } .concealed::after { content: none; }
  .graph .unknown { visibility: visible; } .drawing { max-height: none; overflow: visible; display: block !important; }
  .graph { max-width: 100%; height: auto; } body { padding: 0; }
}
`;
