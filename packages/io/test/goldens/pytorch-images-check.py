"""Compares what the model computes in evaluation, and the losses of 10 steps of training on the saved batch, with what chainrule computed.

Nothing is dropped in the check, because random numbers differ: all modules but batch normalisation are in evaluation.
"""
import os
import pathlib
import sys

import torch
from safetensors.torch import load_file
from program import FIRST_ITERATION, distributed, load_batch, make_model, make_optimizer, mean_over_processes, start, train_step

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


rank, world, device = start()
part = slice(rank, None, world)
if load_batch()[0][0].shape[0] % world:
    sys.exit(f"the batch cannot be cut into {world} equal parts")
model = make_model(device)
inputs, target = load_batch(device, part)
model.eval()
with torch.no_grad():
    for name, found in leaves(model(*inputs), "output"):
        compare(found, expected[name][part] if world > 1 else expected[name])
if rank == 0:
    print(f"outputs in evaluation: largest difference {worst:.2g}")
for module in model.modules():
    module.training = "BatchNorm" in type(module).__name__
optimizer = make_optimizer(model)
model = distributed(model, world)
if world > 1:
    if rank == 0:
        print("batch normalisation goes by the statistics of each process: losses are not those of the whole batch")
    steps = 0
else:
    steps = 10
for i in range(steps):
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
if worst > 1e-4:
    sys.exit(f"these are not the same numbers: {worst:.2g} apart, more than 1e-4")
