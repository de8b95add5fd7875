"""Repeats 10 steps on the batch of batch.npz, and compares with what chainrule computed (expected.npz)."""
import argparse

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from program import load, step

parser = argparse.ArgumentParser()
parser.add_argument("--devices", action="store_true", help="spread the batch over all devices")
spread = parser.parse_args().devices

state, batch, expected = load("state.npz"), load("batch.npz"), load("expected.npz")
arguments = [batch[name] for name in ["x","y"]]
if spread:
    mesh = Mesh(np.array(jax.devices()), ("data",))
    whole, cut = NamedSharding(mesh, PartitionSpec()), NamedSharding(mesh, PartitionSpec("data"))
    state = jax.device_put(state, whole)
    arguments = [jax.device_put(x, cut if x.ndim > 0 else whole) for x in arguments]
    print(f"{len(jax.devices())} devices")


def named(tree, path):
    """The arrays of a tree, with the way to each."""
    if isinstance(tree, dict):
        for key, item in tree.items():
            yield from named(item, f"{path}.{key}")
    elif isinstance(tree, (list, tuple)):
        for key, item in enumerate(tree):
            yield from named(item, f"{path}.{key}")
    elif tree is not None:
        yield path, tree


worst = 0.0
for i in range(10):
    result, state = step(state, *arguments)
    for name, value in named({"result": result}, i):
        found, wanted = np.asarray(value, np.float64), np.asarray(expected[name], np.float64)
        with np.errstate(invalid="ignore"):
            gap = np.abs(found - wanted) / np.maximum(1, np.abs(wanted))
        same = (found == wanted) | (np.isnan(found) & np.isnan(wanted))
        gap = np.where(same, 0, np.where(np.isnan(gap), np.inf, gap))
        worst = max(worst, float(np.max(gap, initial=0)))
        if wanted.ndim == 0:
            print(f"step {i + 1:3}: here {found:.7g}, chainrule {wanted:.7g}")
print(f"largest difference {worst:.2g}, relative where numbers are above 1")
raise SystemExit(0 if worst <= 1e-4 else "these are not the same numbers: more than 1e-4 apart")
