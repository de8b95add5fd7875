/**
 * The text of a PyTorch program, and of the program that checks it.
 */
import { helperCode } from "../python/helpers.ts";
import { plainText } from "../python/text.ts";
import { optimizerHelpers } from "./counterparts/optimizers.ts";
import { helpers as modules } from "./counterparts/prelude.ts";
import { scheduleHelpers } from "./counterparts/schedules.ts";

/** How a model is trained. */
export interface TrainingText {
  /** The functions of the loss. */
  readonly loss: string;
  /** What makes the optimizer, line by line. */
  readonly optimizer: readonly string[];
  /** Classes of optimizers, and functions of schedules, that the program needs. */
  readonly helpers: readonly string[];
  /** The rate of each group at an iteration; null for one that stays. */
  readonly rates: readonly (string | null)[];
  /** Whether there are weights that take no part in the loss, or are not updated. */
  readonly hasUnused: boolean;
  /** How many steps it has taken. */
  readonly iteration: number;
  /** What becomes of gradients before the step. */
  readonly clip: string | null;
  /** The function that computes the penalties on weights, if there are any. */
  readonly penalty: string | null;
  /** The targets as a tree of arrays of the batch. */
  readonly target: string;
}

/** What a program consists of. */
export interface ProgramText {
  readonly name: string;
  readonly version: string;
  /** What is different there, or left to be done: a paragraph each. */
  readonly notes: readonly string[];
  readonly float64: boolean;
  readonly helpers: ReadonlySet<string>;
  readonly classes: string;
  readonly make: string;
  /** Weights that training does not change. */
  readonly frozen: readonly string[];
  readonly inputs: readonly string[];
  /** The arrays of the batch that are the inputs. */
  readonly batch: readonly string[];
  readonly hasConstants: boolean;
  readonly hasBatchNorm: boolean;
  readonly training: TrainingText | null;
}

const indent = (lines: readonly string[], by: number) => lines.map((line) => `${" ".repeat(by)}${line}\n`).join("");

function header({ name, version, notes, training }: ProgramText): string {
  const usage = training
    ? [
        "python check.py                            repeats the first steps, and compares with what chainrule computed",
        "python program.py                          trains on the batch of batch.safetensors: put your own data in `batches`",
        "torchrun --nproc_per_node 2 program.py     the same on several GPUs or processes: data parallel training",
        "torchrun --nproc_per_node 2 check.py       the check, with the batch cut among the processes",
      ]
    : ["python check.py      compares what the model computes with what chainrule computed"];
  const paragraphs = notes.map((note) => `\n${plainText(note)}\n`).join("");
  return `"""${plainText(name)}, exported by chainrule ${version} as a PyTorch program.

${indent(usage, 4)}${paragraphs}"""`;
}

/** The program as text. */
export function writeProgram(program: ProgramText): string {
  const { training, helpers, frozen } = program;
  const code = [helperCode(modules, helpers), program.classes, makeModel(program)];
  if (training) {
    const table = { ...optimizerHelpers, ...scheduleHelpers };
    code.push(helperCode(table, training.helpers), training.loss, trainingCode(training, program.hasBatchNorm));
  }
  const imports = ["math", ...(training ? ["os"] : []), "pathlib", ...(training ? ["sys"] : [])]
    .map((name) => `import ${name}\n`)
    .join("");
  const distributed = training
    ? "import torch.distributed as dist\nimport torch.nn.functional as F\nfrom safetensors.torch import load_file\nfrom torch import nn\nfrom torch.nn.parallel import DistributedDataParallel\n"
    : "import torch.nn.functional as F\nfrom safetensors.torch import load_file\nfrom torch import nn\n";
  return tidy(`${header(program)}
${imports}
import torch
${distributed}
HERE = pathlib.Path(__file__).parent
${program.float64 ? "torch.set_default_dtype(torch.float64)\n" : ""}${program.hasConstants ? 'CONSTANTS = load_file(HERE / "constants.safetensors")\n' : ""}${frozen.length > 0 ? `FROZEN = ${JSON.stringify(frozen)}\n` : ""}

${code
  .map((part) => part.trim())
  .filter(Boolean)
  .join("\n\n\n")}
${training ? mainCode : ""}`);
}

/** Two blank lines before each function and class. */
function tidy(text: string): string {
  return text.replace(/\n+(?=(?:def|class) )/g, "\n\n\n");
}

function makeModel({ make, frozen, batch, training }: ProgramText): string {
  const target = training ? `, ${training.target}` : "";
  return `
def make_model(device="cpu"):
    """The model with the weights that it had in chainrule."""
    model = ${make}
    weights = load_file(HERE / "model.safetensors")
    missing = [name for name, _ in [*model.named_parameters(), *model.named_buffers()] if name not in weights]
    assert all(name.endswith("num_batches_tracked") for name in missing), missing
    model.load_state_dict(weights, strict=False)
${frozen.length > 0 ? "    for name in FROZEN:\n        model.get_parameter(name).requires_grad_(False)\n" : ""}    return model.to(device)


def load_batch(device="cpu", part=slice(None)):
    """The ${training ? "inputs and the targets" : "inputs"} of the batch that was saved, or of a part of it."""
    arrays = {name: x[part].to(device) for name, x in load_file(HERE / "batch.safetensors").items()}
    return [${batch.map((name) => `arrays[${JSON.stringify(name)}]`).join(", ")}]${target}`;
}

function trainingCode(
  { optimizer, rates, clip, penalty, iteration, hasUnused }: TrainingText,
  hasBatchNorm: boolean,
): string {
  const hasRates = rates.some((rate) => rate !== null);
  const ratesCode = hasRates
    ? `
def learning_rates(t):
    """The rate of each group at iteration t; None for one that stays."""
    return [${rates.map((rate) => rate ?? "None").join(", ")}]

`
    : "";
  const set = hasRates
    ? `    for group, rate in zip(optimizer.param_groups, learning_rates(iteration)):
        if rate is not None:
            group["lr"] = rate
`
    : "";
  return `${penalty === null ? "" : `${penalty}\n\n`}
def make_optimizer(model):
    """The optimizer with what it remembered of the weights."""
${indent(optimizer, 4)}    parameters = dict(model.named_parameters())
    for name, value in load_file(HERE / "optimizer.safetensors").items():
        weight, key = name.rsplit(".", 1)
        optimizer.state[parameters[weight]][key] = value if value.ndim == 0 else value.to(parameters[weight].device)
    return optimizer


FIRST_ITERATION = ${iteration}
${ratesCode}

def train_step(model, optimizer, iteration, inputs, target):
    """Forward, loss, backward, update. Returns the loss."""
${set}    optimizer.zero_grad()
    loss = loss_function(model(*inputs), target)
${penalty === null ? "" : "    loss = loss + penalty(model.module if isinstance(model, DistributedDataParallel) else model)\n"}    loss.backward()
${clip === null ? "" : `    ${clip}\n`}    optimizer.step()
    return loss.detach()


def start():
    """This process's number, how many there are, and its device. torchrun says them in the environment."""
    world = int(os.environ.get("WORLD_SIZE", 1))
    if world == 1:
        return 0, 1, "cuda" if torch.cuda.is_available() else "cpu"
    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    if not torch.cuda.is_available():
        return dist.get_rank(), world, "cpu"
    torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    return dist.get_rank(), world, "cuda"


def distributed(model, world):
    """The model, its gradients averaged over all processes where there are several.${
      hasBatchNorm
        ? `

    Each process normalises by the statistics of its own part of a batch. On GPUs they share them if the model goes through
    nn.SyncBatchNorm.convert_sync_batchnorm first.
    `
        : ""
    }"""
    return DistributedDataParallel(model${hasUnused ? ", find_unused_parameters=True" : ""}) if world > 1 else model


def mean_over_processes(loss, world):
    if world > 1:
        dist.all_reduce(loss)
    return loss.item() / world`;
}

const mainCode = `

def batches(rank, world, device):
    """Here go your data: yields (inputs, target), of each batch the part of this process."""
    for _ in range(10):
        yield load_batch(device, slice(rank, None, world))


def main():
    rank, world, device = start()
    torch.manual_seed(rank)
    model = make_model(device)
    optimizer = make_optimizer(model)
    model = distributed(model, world)
    model.train()
    for i, (inputs, target) in enumerate(batches(rank, world, device)):
        loss = mean_over_processes(train_step(model, optimizer, FIRST_ITERATION + i, inputs, target), world)
        if rank == 0:
            print(f"step {i + 1}: loss {loss:.6g}")
    if world > 1:
        dist.barrier()
        dist.destroy_process_group()
        sys.stdout.flush()
        os._exit(0)  # at once: threads of gloo's now and then abort a process while Python ends


if __name__ == "__main__":
    main()
`;

/** The program that checks: what the model computes, and the first steps once more, beside what chainrule computed. */
export function writeCheck({ training, hasBatchNorm }: ProgramText, steps: number): string {
  const imports = training
    ? "from program import FIRST_ITERATION, distributed, load_batch, make_model, make_optimizer, mean_over_processes, start, train_step"
    : "from program import load_batch, make_model";
  const load = training ? "inputs, target = load_batch(device, part)" : "inputs = load_batch()";
  return `"""Compares what the model computes in evaluation${training ? `, and the losses of ${steps} steps of training on the saved batch,` : ""} with what chainrule computed.
${training ? "\nNothing is dropped in the check, because random numbers differ: all modules but batch normalisation are in evaluation.\n" : ""}"""
${training ? "import os\n" : ""}import pathlib
import sys

import torch
from safetensors.torch import load_file
${imports}

torch.backends.cudnn.allow_tf32 = False  # products in full float32
expected = load_file(pathlib.Path(__file__).parent / "expected.safetensors")
worst = 0.0


def compare(found, wanted):
    """Notes how far apart they are, relative where numbers are above 1."""
    global worst
    found, wanted = found.detach().cpu().double(), wanted.double()
    if found.shape != wanted.shape:
        sys.exit(f"shape {list(found.shape)} in place of {list(wanted.shape)}")
    same = (found == wanted) | (found.isnan() & wanted.isnan())
    gap = torch.where(same, 0.0, (found - wanted).abs() / wanted.abs().clamp(min=1)).nan_to_num(torch.inf)
    worst = max([worst, *gap.flatten().tolist()])


def leaves(tree, path):
    """The arrays of a tree, with the way to each."""
    if isinstance(tree, dict):
        for key, item in tree.items():
            yield from leaves(item, f"{path}.{key}")
    elif isinstance(tree, (list, tuple)):
        for key, item in enumerate(tree):
            yield from leaves(item, f"{path}.{key}")
    else:
        yield path, tree


${training ? 'rank, world, device = start()\npart = slice(rank, None, world)\nif load_batch()[0][0].shape[0] % world:\n    sys.exit(f"the batch cannot be cut into {world} equal parts")' : 'rank, device = 0, "cpu"'}
model = make_model(device)
${load}
model.eval()
with torch.no_grad():
    for name, found in leaves(model(*inputs), "output"):
        compare(found, ${training ? "expected[name][part] if world > 1 else expected[name]" : "expected[name]"})
if rank == 0:
    print(f"outputs in evaluation: largest difference {worst:.2g}")
${training ? checkTraining(hasBatchNorm, steps) : ""}if worst > 1e-4:
    sys.exit(f"these are not the same numbers: {worst:.2g} apart, more than 1e-4")
`;
}

function checkTraining(hasBatchNorm: boolean, steps: number): string {
  const statistics = hasBatchNorm
    ? `if world > 1:
    if rank == 0:
        print("batch normalisation goes by the statistics of each process: losses are not those of the whole batch")
    steps = 0
else:
    steps = ${steps}
`
    : `steps = ${steps}\n`;
  return `for module in model.modules():
    module.training = "BatchNorm" in type(module).__name__
optimizer = make_optimizer(model)
model = distributed(model, world)
${statistics}for i in range(steps):
    loss = mean_over_processes(train_step(model, optimizer, FIRST_ITERATION + i, inputs, target), world)
    wanted = expected["losses"][i].item()
    compare(torch.tensor(loss), torch.tensor(wanted))
    if rank == 0:
        print(f"step {i + 1:3}: here {loss:.7g}, chainrule {wanted:.7g}")
if rank == 0:
    print(f"largest difference {worst:.2g}, relative where numbers are above 1")
if world > 1:
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()
    if worst <= 1e-4:
        sys.stdout.flush()
        os._exit(0)  # at once: threads of gloo's now and then abort a process while Python ends
`;
}
