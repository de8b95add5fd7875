"""Small operations of PyTorch on one thread, for ops.mjs: the same as in lib/time-ops.mjs, measured in the same way."""
import json
import time

import torch

torch.set_num_threads(1)
torch.manual_seed(12)
POSITIVE = torch.randn(16, 16) > 0
WARM_UPS, TIMES, STRETCH = 12, 9, 4e-3

SQUARE = (16, 16)
OPERATIONS = [
    ("add 2x2", [(2, 2), (2, 2)], lambda a, b: a.add(b)),
    ("add 16x16", [SQUARE, SQUARE], lambda a, b: a.add(b)),
    ("add 16x16 + 16", [SQUARE, (16,)], lambda a, b: a.add(b)),
    ("mul 16x16", [SQUARE, SQUARE], lambda a, b: a.mul(b)),
    ("mul 16x16 by 2", [SQUARE], lambda a: a.mul(2)),
    ("matmul 2x2", [(2, 2), (2, 2)], lambda a, b: a.matmul(b)),
    ("matmul 16x16", [SQUARE, SQUARE], lambda a, b: a.matmul(b)),
    ("relu 16x16", [SQUARE], lambda a: a.relu()),
    ("exp 16x16", [SQUARE], lambda a: a.exp()),
    ("tanh 16x16", [SQUARE], lambda a: a.tanh()),
    ("sum of 16x16", [SQUARE], lambda a: a.sum()),
    ("sum over axis 0", [SQUARE], lambda a: a.sum(0)),
    ("sum over axis 1", [SQUARE], lambda a: a.sum(1)),
    ("reshape to 4x64", [SQUARE], lambda a: a.reshape(4, 64)),
    ("transpose 16x16", [SQUARE], lambda a: a.t()),
    ("row 3 of 16x16", [SQUARE], lambda a: a[3]),
    ("where 16x16", [SQUARE, SQUARE], lambda a, b: torch.where(POSITIVE, a, b)),
]


def cases():
    for name, shapes, op in OPERATIONS:
        plain = [torch.randn(shape) for shape in shapes]
        leaves = [torch.randn(shape, requires_grad=True) for shape in shapes]
        gradient = torch.randn(op(*plain).shape)

        def forward(op=op, plain=plain):
            op(*plain)

        def both(op=op, leaves=leaves, gradient=gradient):
            op(*leaves).backward(gradient)
            for leaf in leaves:
                leaf.grad = None

        yield {"name": name, "part": "forward", "run": forward, "count": 16, "took": []}
        yield {"name": name, "part": "both", "run": both, "count": 16, "took": []}


ALL = list(cases())
for turn in range(WARM_UPS + TIMES):
    for each in ALL:
        run = each["run"]
        start = time.perf_counter()
        for _ in range(each["count"]):
            run()
        spent = time.perf_counter() - start
        if turn >= WARM_UPS:
            each["took"].append(spent / each["count"] * 1e6)
        else:
            each["count"] = max(1, round(each["count"] * min(8, STRETCH / spent)))
found = {}
for each in ALL:
    found.setdefault(each["name"], {})[each["part"]] = sorted(each["took"])[TIMES // 2]
print("\n" + json.dumps(found))
