"""Reads what files.ts wrote into a folder, compares it with expected.json there, and writes files for it to read.

Prints a line for each thing that is not as it should be.
"""

import io
import json
import sys
from pathlib import Path

import numpy as np

folder = Path(sys.argv[1])
expected = json.loads((folder / "expected.json").read_text())


def check(what, condition, got=""):
    if not condition:
        print(f"{what}: {got}")


def same(what, x, wanted):
    numbers = np.array([float(v) for v in wanted["data"]], dtype=wanted["dtype"]).reshape(wanted["shape"])
    equal = x.dtype == numbers.dtype and x.shape == numbers.shape and np.array_equal(x, numbers, equal_nan=True)
    check(what, equal, f"{x.dtype} {x.shape} {x.ravel()[:8]} in place of {wanted}")


def numpy_formats():
    for name, wanted in expected["tensors"].items():
        same(f"np.load {name}.npy", np.load(folder / f"{name}.npy"), wanted)
    for file in ("stored.npz", "deflated.npz"):
        with np.load(folder / file) as archive:
            check(f"names in {file}", list(archive) == list(expected["tensors"]), list(archive))
            for name, wanted in expected["tensors"].items():
                same(f"np.load {file}, {name}", archive[name], wanted)
    arrays = {
        name: np.array([float(v) for v in wanted["data"]], dtype=wanted["dtype"]).reshape(wanted["shape"])
        for name, wanted in expected["tensors"].items()
    }
    np.savez(folder / "python.npz", **arrays)
    np.savez_compressed(folder / "python-deflated.npz", **{k: np.array(x, order="F") for k, x in arrays.items()})
    wide = {"i8": np.int64, "u8": np.uint64, "i2": np.int16, "u2": np.uint16, "i1": np.int8, "u1": np.uint8, "u4": np.uint32}
    np.savez(folder / "python-wide.npz", **{k: np.array([[0, 1], [2, 100]], dtype=t) for k, t in wide.items()})


def safetensors_format():
    from safetensors import safe_open
    from safetensors.numpy import load_file, save_file

    found = load_file(folder / "ours.safetensors")
    check("names in ours.safetensors", sorted(found) == sorted(expected["tensors"]), sorted(found))
    for name, wanted in expected["tensors"].items():
        same(f"load_file {name}", found[name], wanted)
    with safe_open(folder / "ours.safetensors", "np") as file:
        check("metadata of ours.safetensors", file.metadata() == expected["metadata"], file.metadata())
    save_file(found, folder / "python.safetensors", metadata=expected["metadata"])


def torch_safetensors():
    import torch
    from safetensors.torch import load_file, save_file

    x = torch.tensor([0.0, -0.0, 1.0, -2.5, 3.140625, 65504.0, 6e-8, 1e-40, float("inf"), float("nan"), 1 / 3])
    tensors = {
        "bf16": x.to(torch.bfloat16),
        "f16": x.to(torch.float16),
        "f32": x,
        "f64": x.double(),
        "i64": torch.tensor([0, -1, 2**31 - 1, -(2**31)]),
        "u8": torch.tensor([0, 255], dtype=torch.uint8),
        "bool": torch.tensor([True, False]),
    }
    save_file(tensors, folder / "torch.safetensors")
    plain = {k: [str(v) for v in t.double().tolist()] for k, t in tensors.items()}
    (folder / "torch.json").write_text(json.dumps(plain))
    again = load_file(folder / "ours.safetensors")
    check("safetensors.torch.load_file", sorted(again) == sorted(expected["tensors"]), sorted(again))


def tensorboard_events():
    from PIL import Image
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    everything = {"scalars": 0, "histograms": 0, "images": 0, "tensors": 0}
    for run, wanted in expected["events"].items():
        events = EventAccumulator(str(folder / "runs" / run), everything)
        events.Reload()
        tags = events.Tags()
        check(f"{run}: scalars", sorted(tags["scalars"]) == sorted(wanted["scalars"]), tags["scalars"])
        for tag, numbers in wanted["scalars"].items():
            found = [(e.step, e.value) for e in events.Scalars(tag)]
            right = [(step, float(np.float32(value))) for step, value in numbers]
            check(f"{run}: {tag}", found == right, f"{found} in place of {right}")
        check(f"{run}: graph", tags["graph"] == bool(wanted["nodes"]), tags["graph"])
        if wanted["nodes"]:
            nodes = [node.name for node in events.Graph().node]
            check(f"{run}: nodes of the graph", nodes == wanted["nodes"], nodes)
        check(f"{run}: histograms", sorted(tags["histograms"]) == sorted(wanted["histograms"]), tags["histograms"])
        for tag, count in wanted["histograms"].items():
            for event in events.Histograms(tag):
                value = event.histogram_value
                check(f"{run}: {tag}", value.num == count == sum(value.bucket), value)
        check(f"{run}: images", sorted(tags["images"]) == sorted(wanted["images"]), tags["images"])
        for tag, size in wanted["images"].items():
            for event in events.Images(tag):
                picture = Image.open(io.BytesIO(event.encoded_image_string))
                picture.load()
                check(f"{run}: {tag}", [event.height, event.width] == size == list(picture.size[::-1]), picture.size)


for module, run in (
    ("numpy", numpy_formats),
    ("safetensors", safetensors_format),
    ("torch", torch_safetensors),
    ("tensorboard", tensorboard_events),
):
    try:
        version = __import__(module).__version__
    except ImportError:
        print(f"without {module}", file=sys.stderr)
        continue
    print(f"{module} {version}", file=sys.stderr)
    run()
