"""Small operations of PyTorch on one thread, for ops.mjs: the same as in lib/time-ops.mjs, measured in the same way."""
import json
import time

import torch
from torch.nn import functional

torch.set_num_threads(1)
torch.manual_seed(12)
POSITIVE = torch.randn(16, 16) > 0
WARM_UPS, TIMES, STRETCH = 12, 9, 4e-3

LABELS = [torch.randint(10, (32,)), torch.randint(1000, (256,))]
ROWS = torch.randint(64, (16,))
TRUE = (torch.randn(32, 1) > 0).float()
TARGETS = torch.randn(32, 10)

SQUARE = (16, 16)
MIDDLE = (64, 256)
LARGE = (256, 1000)


def images(channels, size):
    return (8, channels, size, size)


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
    ("sigmoid 16x16", [SQUARE], lambda a: a.sigmoid()),
    ("log of |a| 16x16", [SQUARE], lambda a: a.abs().log()),
    ("exp 64x256", [MIDDLE], lambda a: a.exp()),
    ("tanh 64x256", [MIDDLE], lambda a: a.tanh()),
    ("sigmoid 64x256", [MIDDLE], lambda a: a.sigmoid()),
    ("relu 64x256", [MIDDLE], lambda a: a.relu()),
    ("mean of 16x16", [SQUARE], lambda a: a.mean()),
    ("mean of 64x256", [MIDDLE], lambda a: a.mean()),
    ("sum 64x256 over axis 0", [MIDDLE], lambda a: a.sum(0)),
    ("sum 64x256 over axis 1", [MIDDLE], lambda a: a.sum(1)),
    ("softmax 16x16", [SQUARE], lambda a: a.softmax(-1)),
    ("softmax 256x1000", [LARGE], lambda a: a.softmax(-1)),
    ("logSoftmax 32x10", [(32, 10)], lambda a: a.log_softmax(-1)),
    ("concat two 16x16", [SQUARE, SQUARE], lambda a, b: torch.cat([a, b])),
    ("stack two 16x16", [SQUARE, SQUARE], lambda a, b: torch.stack([a, b])),
    ("16 rows of 64x16", [(64, 16)], lambda a: a[ROWS]),
    ("mse 32x10", [(32, 10)], lambda a: functional.mse_loss(a, TARGETS)),
    ("binary cross-entropy 32x1", [(32, 1)], lambda a: functional.binary_cross_entropy_with_logits(a, TRUE)),
    ("cross-entropy 32x10", [(32, 10)], lambda a: functional.cross_entropy(a, LABELS[0])),
    ("cross-entropy 256x1000", [LARGE], lambda a: functional.cross_entropy(a, LABELS[1])),
    ("conv 8@5x5 of 8x1x28x28", [images(1, 28), (8, 1, 5, 5)], functional.conv2d),
    ("conv 16@3x3 of 8x16x28x28", [images(16, 28), (16, 16, 3, 3)], lambda x, w: functional.conv2d(x, w, padding=1)),
    ("conv 64@1x1 of 8x64x14x14", [images(64, 14), (64, 64, 1, 1)], functional.conv2d),
    ("max pool 2x2 of 8x16x24x24", [images(16, 24)], lambda x: functional.max_pool2d(x, 2)),
    ("max pool 3x3 by 2 of 8x16x28x28", [images(16, 28)], lambda x: functional.max_pool2d(x, 3, 2, 1)),
    ("max pool 3x3 by 1 of 8x16x14x14", [images(16, 14)], lambda x: functional.max_pool2d(x, 3, 1, 1)),
    ("mean pool 2x2 of 8x16x24x24", [images(16, 24)], lambda x: functional.avg_pool2d(x, 2)),
    ("mean pool 3x3 by 2 of 8x16x28x28", [images(16, 28)], lambda x: functional.avg_pool2d(x, 3, 2, 1)),
    ("global mean of 8x64x7x7", [images(64, 7)], lambda x: x.mean((2, 3))),
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
