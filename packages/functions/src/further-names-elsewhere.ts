/**
 * More names that tensors have not. Whoever types them reads what to type instead; here, and not in core, because every bundle has what
 * core's index imports, and few have this.
 */
import { Tensor } from "@chainrule/core";
import { teachNames } from "@chainrule/core/internal";

const toArrays = "Write x.toArray() for nested arrays, x.toTypedArray() for a flat copy, x.item() for a single number.";
const stays = "Numbers stay where they are: there is one device, and nothing to move or to free. Leave the call out.";
const asDType = 'Write x.cast("float32"), or "float64", "int32", "bool".';
const unchanging = "A tensor never changes: write x = x.add(y). For a weight, w.assign(w.sub(…)) replaces its value.";
const inPlace = ["add_", "sub_", "mul_", "div_", "copy_", "fill_", "clamp_"];

teachNames(Tensor.prototype, "tensor", "something that tensors have", {
  methods: {
    arraySync: toArrays,
    dataSync: toArrays,
    view: "Write x.reshape([…]).",
    t: "Write x.transpose() or x.T.",
    mm: "Write x.matmul(y).",
    bmm: "Write x.matmul(y), which takes batches too.",
    argMax: "Write x.argmax(axis).",
    argMin: "Write x.argmin(axis).",
    cpu: stays,
    cuda: stays,
    to: `${stays} For another dtype: ${asDType}`,
    dispose: stays,
    float: asDType,
    long: asDType,
    int: asDType,
    double: asDType,
    bool: asDType,
    asType: asDType,
    astype: asDType,
    ...Object.fromEntries(inPlace.map((name) => [name, unchanging])),
    zero_: "A tensor never changes. For gradients, write w.zeroGrad() or optimizer.zeroGrad().",
    set: 'A tensor never changes: sliceUpdate(x, ["0:2"], y) gives one with another part.',
    requires_grad_: "Make what is learned with parameter(x).",
    print: "Write console.log(String(x)).",
    join: "Write x.toArray() for nested arrays, whose join makes a text of them.",
    head: 'Write x.slice("0:5").',
    dim: "Write x.rank.",
  },
  // To set `data` is no error: programs ask what they are given whether it has that.
  assigned: { requires_grad: "What is learned is made with parameter(x)." },
});
