/**
 * More names that tensors have not. Whoever types them reads what to type instead; here, and not in core, because every bundle has what
 * core's index imports, and few have this.
 */
import { ScalarMLP, Tensor, Value } from "@chainrule/core";
import { teachNames, teachOptions } from "@chainrule/core/internal";

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
    zero_grad: "Write w.zeroGrad().",
    zero_: "A tensor never changes. For gradients, write w.zeroGrad() or optimizer.zeroGrad().",
    set: 'A tensor never changes: sliceUpdate(x, ["0:2"], y) gives one with another part.',
    requires_grad_: "Make what is learned with parameter(x).",
    print: "Write console.log(String(x)).",
    join: "Write x.toArray() for nested arrays, whose join makes a text of them.",
    head: 'Write x.slice("0:5").',
    dim: "Write x.rank.",
    numel: "Write x.size.",
    gt: "Write x.greater(y).",
    ge: "Write x.greaterEqual(y).",
    lt: "Write x.less(y).",
    le: "Write x.lessEqual(y).",
    eq: "Write x.equal(y), which compares element by element, or allClose(x, y).",
    ne: "Write x.notEqual(y).",
    equals: "Write allClose(x, y) for one answer, x.equal(y) for one of each element.",
    plus: "Write x.add(y).",
    minus: "Write x.sub(y).",
    times: "Write x.mul(y).",
    multiply: "Write x.mul(y).",
    divide: "Write x.div(y).",
    power: "Write x.pow(y).",
    permute_dims: "Write x.permute([1, 0]).",
    swapaxes: "Write x.transpose(0, 1).",
    type: `Write x.dtype for what it is. For another: ${asDType}`,
    retain_grad: "Write x.retainGrad().",
    register_hook: "Write x.onGradient(hook).",
    unsqueeze_: "A tensor never changes: write x = x.unsqueeze(0).",
  },
  properties: {
    grad_fn: "Write x.tapeEntry for the step that made it, graphOf(x) for all of them.",
    is_leaf: "Write x.isLeaf.",
    indices: "max and min give values alone: x.argmax(1) says where they are, topK(x, 1) gives both.",
  },
  // To set `data` is no error: programs ask what they are given whether it has that.
  assigned: { requires_grad: "What is learned is made with parameter(x)." },
});

const zeroed = "Write v.grad = 0, or zeroGrad() of a ScalarMLP.";

teachNames(Value.prototype, "Value", "something that Values have", {
  methods: {
    plus: "Write a.add(b).",
    minus: "Write a.sub(b).",
    times: "Write a.mul(b).",
    multiply: "Write a.mul(b).",
    divide: "Write a.div(b).",
    power: "Write a.pow(2).",
    max: "Write a.maximum(b).",
    min: "Write a.minimum(b).",
    softmax: "It takes several numbers: divide each exp() by their sum, or take a tensor.",
    item: "Write v.data.",
    toFixed: "Write v.data.toFixed(2).",
    zeroGrad: zeroed,
    zero_grad: zeroed,
    _backward: "Write v.backward() for the whole pass; explain(v) shows what each step sends.",
  },
  properties: {
    _prev: "Write v.parents.",
    _op: "Write v.op.",
  },
});

teachNames(ScalarMLP.prototype, "ScalarMLP", "something that it has", {
  methods: { forward: "Write mlp.call([1, 2]).", zero_grad: "Write mlp.zeroGrad()." },
});

teachOptions({
  argnums: "argument",
  has_aux: "Let the function return the loss alone, and keep the rest in a variable outside.",
  static_argnums: "Numbers, texts and records among the arguments are constants by themselves.",
  dim: "axis",
  keepdim: "keepDims",
  size: "shape",
  device: "There is one device, and nothing to choose: leave it out.",
});
