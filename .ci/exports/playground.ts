/**
 * The programs in PyTorch that the playground's room for training offers to copy: one for each loss, each optimizer, and
 * what goes with them. Each has to print the losses that the page shows.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeData } from "../../playground/src/rooms/train/data.ts";
import { lossCatalogue } from "../../playground/src/rooms/train/losses.ts";
import { pytorchProgram } from "../../playground/src/rooms/train/pytorch.ts";
import { activations, fields, optimizers, type Settings } from "../../playground/src/rooms/train/settings.ts";
import { Training } from "../../playground/src/rooms/train/training.ts";

const first = Object.fromEntries(Object.entries(fields).map(([name, { initial }]) => [name, initial])) as Settings;
const steps = 30;

function* cases(): Iterable<readonly [name: string, given: Partial<Settings>]> {
  for (const { name } of lossCatalogue()) {
    yield [`loss ${name} of two classes`, { loss: name as Settings["loss"] }];
    yield [`loss ${name} of three`, { loss: name as Settings["loss"], data: "blobs" }];
  }
  for (const optimizer of Object.keys(optimizers) as Settings["optimizer"][])
    yield [`optimizer ${optimizer}`, { optimizer }];
  for (const activation of Object.keys(activations) as Settings["activation"][])
    yield [`activation ${activation}`, { activation }];
  for (const penalty of ["l1", "l2"] as const) yield [`penalty ${penalty}`, { penalty }];
  yield ["no hidden layer", { layers: [] }];
  const smoothed = { labelSmoothing: 0.2, classWeight: [1, 2, 3] };
  yield ["options of a loss", { data: "blobs", loss: "crossEntropy", lossOptions: smoothed }];
}

const check = `
import contextlib, io, json, pathlib, re, runpy, sys
here = pathlib.Path(__file__).parent
printed = io.StringIO()
with contextlib.redirect_stdout(printed):
    runpy.run_path(str(here / "program.py"))
wanted = json.loads((here / "losses.json").read_text())
found = {int(step): float(loss) for step, loss in re.findall(r"step (\\d+): loss (\\S+)", printed.getvalue())}
assert sorted(found) == [*range(1, 10), *range(10, len(wanted) + 1, 10)], sorted(found)
worst = max(abs(loss - wanted[step - 1]) / max(1, abs(wanted[step - 1])) for step, loss in found.items())
print(f"largest difference {worst}")
if not worst <= 1e-5:
    sys.exit(f"losses are {worst} apart")
`;

/** Writes a program and its check for each case; returns their folders. */
export async function playgroundPrograms(folder: string): Promise<string[]> {
  const folders: string[] = [];
  for (const [name, given] of cases()) {
    const settings = { ...first, samples: 60, ...given };
    const training = new Training(settings, makeData(settings));
    const program = pytorchProgram(training, steps);
    const losses: number[] = [];
    for (let i = 0; i < steps; i++) {
      training.step(1);
      losses.push(training.lossOfStep);
    }
    const to = join(folder, `playground-${name.replace(/\W+/g, "-")}`);
    mkdirSync(to);
    writeFileSync(join(to, "program.py"), program);
    writeFileSync(join(to, "check.py"), check);
    writeFileSync(join(to, "losses.json"), JSON.stringify(losses));
    folders.push(to);
  }
  return folders;
}
