/**
 * Each optimizer as PyTorch has it, or, where that steps by another formula, as a class in the program: one table.
 */
import { OptionError } from "@chainrule/core";
import * as nn from "@chainrule/nn";
import type { Helpers } from "../../python/helpers.ts";
import { callOf } from "../../python/text.ts";

type Hyper = Readonly<Record<string, never>>;

/** An optimizer in PyTorch. */
export interface OptimizerText {
  /** The class: PyTorch's, or one of the program's. */
  readonly name: string;
  /** A class of the program that it needs. */
  readonly helper?: string;
  /** The options of a group, lr aside. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What PyTorch calls what is remembered of a weight. */
  readonly slots: Readonly<Record<string, string>>;
  /** Whether it counts the steps of each weight. */
  readonly counts: boolean;
}

type Write = (hyper: Hyper) => OptimizerText;

const decay = (weightDecay: number) => (weightDecay === 0 ? undefined : weightDecay);

/** By name: what the options become there. */
const writers: Readonly<Record<string, Write>> = {
  SGD: ({ momentum, dampening, nesterov, weightDecay }) => ({
    name: "torch.optim.SGD",
    options: {
      momentum: momentum || undefined,
      dampening: dampening || undefined,
      weight_decay: decay(weightDecay),
      nesterov: nesterov || undefined,
    },
    slots: { velocity: "momentum_buffer" },
    counts: false,
  }),
  Adam: (hyper) => adam("Adam", hyper),
  AdamW: (hyper) => adam("AdamW", hyper),
  Adamax: ({ betas, eps, epsPlacement, weightDecay }) => ({
    ...own(epsPlacement === "keras", "torch.optim.Adamax", "KerasAdamax"),
    options: { betas, eps, weight_decay: decay(weightDecay) },
    slots: { m: "exp_avg", u: "exp_inf" },
    counts: true,
  }),
  NAdam: ({ betas, eps, momentumDecay, exactProduct, weightDecay }) => ({
    ...own(!exactProduct, "torch.optim.NAdam", "OldNAdam"),
    options: { betas, eps, momentum_decay: momentumDecay, weight_decay: decay(weightDecay) },
    slots: { m: "exp_avg", v: "exp_avg_sq", muProduct: "mu_product" },
    counts: true,
  }),
  Adagrad: ({ lrDecay, initialAccumulator, eps, epsPlacement, weightDecay }) => ({
    ...own(epsPlacement === "keras", "torch.optim.Adagrad", "KerasAdagrad"),
    options: {
      lr_decay: lrDecay || undefined,
      initial_accumulator_value: initialAccumulator || undefined,
      eps,
      weight_decay: decay(weightDecay),
    },
    slots: { sum: "sum" },
    counts: true,
  }),
  RMSprop: ({ alpha, eps, epsPlacement, momentum, centered, weightDecay }) => ({
    ...own(epsPlacement === "keras", "torch.optim.RMSprop", "KerasRMSprop"),
    options: {
      alpha,
      eps,
      momentum: momentum || undefined,
      centered: centered || undefined,
      weight_decay: decay(weightDecay),
    },
    slots: { squareAvg: "square_avg", gradAvg: "grad_avg", velocity: "momentum_buffer" },
    counts: true,
  }),
  Adadelta: ({ rho, eps, weightDecay }) => ({
    name: "torch.optim.Adadelta",
    options: { rho, eps, weight_decay: decay(weightDecay) },
    slots: { squareAvg: "square_avg", deltaAvg: "acc_delta" },
    counts: true,
  }),
  RAdam: ({ betas, eps, weightDecay }) => ({
    name: "torch.optim.RAdam",
    options: { betas, eps, weight_decay: decay(weightDecay) },
    slots: { m: "exp_avg", v: "exp_avg_sq" },
    counts: true,
  }),
  Rprop: ({ etas, stepSizes, weightDecay }) => ({
    // There is no weight decay there.
    ...own(weightDecay !== 0, "torch.optim.Rprop", "DecayingRprop"),
    options: { etas, step_sizes: stepSizes, weight_decay: decay(weightDecay) },
    slots: { previous: "prev", size: "step_size" },
    counts: true,
  }),
  Lion: ({ betas, weightDecay }) => ({
    ...own(true, "", "Lion"),
    options: { betas, weight_decay: decay(weightDecay) },
    slots: { m: "exp_avg" },
    counts: true,
  }),
  Ftrl: ({ lrPower, initialAccumulator, l1, l2, l2Shrinkage, beta, weightDecay }) => ({
    ...own(true, "", "Ftrl"),
    options: {
      lr_power: lrPower,
      initial_accumulator_value: initialAccumulator,
      l1,
      l2,
      l2_shrinkage: l2Shrinkage,
      beta,
      weight_decay: decay(weightDecay),
    },
    slots: { sum: "sum", z: "linear" },
    counts: true,
  }),
  Adafactor: ({ beta2Decay, eps, minSize, clipThreshold, weightDecay }) => ({
    ...own(true, "", "Adafactor"),
    options: {
      beta2_decay: beta2Decay,
      eps,
      min_size: minSize,
      clip_threshold: clipThreshold,
      weight_decay: decay(weightDecay),
    },
    slots: { v: "variance", rows: "rows", columns: "columns" },
    counts: true,
  }),
  Muon: ({ momentum, nesterov, iterations, size, betas, eps, weightDecay }) => ({
    ...own(true, "", "Muon"),
    options: { momentum, nesterov, iterations, size, betas, eps, weight_decay: decay(weightDecay) },
    slots: { m: "exp_avg", v: "exp_avg_sq" },
    counts: true,
  }),
};

function own(isOwn: boolean, theirs: string, name: string): Pick<OptimizerText, "name" | "helper"> {
  return isOwn ? { name, helper: name } : { name: theirs };
}

function adam(name: "Adam" | "AdamW", { betas, eps, epsPlacement, amsgrad, weightDecay }: Hyper): OptimizerText {
  const isKeras = epsPlacement === "keras";
  return {
    ...own(isKeras, `torch.optim.${name}`, "KerasAdam"),
    options: {
      betas,
      eps,
      // AdamW has a decay by default there.
      weight_decay: name === "AdamW" ? weightDecay : decay(weightDecay),
      amsgrad: amsgrad || undefined,
      decoupled: isKeras && name === "AdamW" ? true : undefined,
    },
    slots: { m: "exp_avg", v: "exp_avg_sq", maxV: "max_exp_avg_sq" },
    counts: true,
  };
}

/** The optimizers of the table, by name. */
export const optimizerNames: readonly string[] = Object.keys(writers);

/** The optimizer in PyTorch. @throws OptionError for a rule of one's own. */
export function optimizerText(where: string, rule: nn.Optimizer["rule"], hyper: object): OptimizerText {
  const Class = (nn as unknown as Readonly<Record<string, { readonly rule?: unknown }>>)[rule.name];
  if (Class?.rule === rule && Object.hasOwn(writers, rule.name)) return writers[rule.name](hyper as Hyper);
  throw new OptionError({
    where,
    expected: `an optimizer of the library (${optimizerNames.join(", ")})`,
    got: `"${rule.name}", a rule of your own`,
    hint: "exportJax writes any step, whatever its optimizer.",
  });
}

/** @throws OptionError for what the program's training would do otherwise. */
export function checkStepOptions(where: string, { name, options }: nn.Optimizer): void {
  const { gradientAccumulationSteps = 1, momentumSchedule, maximize, clipNormPerVariable, useEma } = options;
  const inEachStep = { momentumSchedule, gradientAccumulationSteps: gradientAccumulationSteps > 1 };
  const set = { ...inEachStep, maximize, clipNormPerVariable, useEma };
  const found = Object.entries(set).find(([, value]) => value);
  if (found)
    throw new OptionError({
      where,
      expected: "an optimizer without options around its steps",
      got: `${name} with ${found[0]}`,
      hint: Object.hasOwn(inEachStep, found[0]) ? undefined : "exportJax writes any step, whatever its optimizer.",
    });
}

/** `torch.optim.Adam(model.parameters(), lr=0.001)` */
export function optimizerCall(text: OptimizerText, parameters: string, lr: number): string {
  return callOf(text.name, [], { lr, ...text.options }).replace("(", `(${parameters}, `);
}

const rule = (body: string): { readonly needs: readonly string[]; readonly code: string } => ({
  needs: ["Rule"],
  code: body,
});

/** Optimizers in Python whose formulas are not PyTorch's. */
export const optimizerHelpers: Helpers = {
  Rule: {
    needs: [],
    code: `
class Rule(torch.optim.Optimizer):
    """An optimizer by its update of one weight. Weight decay is added to the gradient, or (decoupled) shrinks the weight."""

    decoupled = False

    def __init__(self, params, lr, weight_decay=0.0, **options):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "decoupled": self.decoupled, **options})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                g, state = p.grad, self.state[p]
                if not state:
                    state["step"] = torch.tensor(0.0)
                    self.start(p, state, group)
                state["step"] += 1
                if group["weight_decay"] and group["decoupled"]:
                    p.mul_(1 - group["lr"] * group["weight_decay"])
                elif group["weight_decay"]:
                    g = g + group["weight_decay"] * p
                self.update(p, g, state, state["step"].item(), **group)
        return loss

    def start(self, p, state, group):
        for name in self.slots:
            state[name] = torch.zeros_like(p)`,
  },
  KerasAdam: rule(`
class KerasAdam(Rule):
    """Adam with eps added before the correction of the root, as in Keras."""

    slots = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")

    def update(self, p, g, state, t, lr, betas, eps, amsgrad=False, **_):
        m, v = state["exp_avg"].lerp_(g, 1 - betas[0]), state["exp_avg_sq"].lerp_(g * g, 1 - betas[1])
        if amsgrad:
            v = torch.maximum(state["max_exp_avg_sq"], v, out=state["max_exp_avg_sq"])
        correction = math.sqrt(1 - betas[1] ** t)
        p.sub_(lr / (1 - betas[0] ** t) * m / (v.sqrt() / correction + eps / correction))`),
  KerasAdamax: rule(`
class KerasAdamax(Rule):
    """Adamax with eps in the division, as in Keras."""

    slots = ("exp_avg", "exp_inf")

    def update(self, p, g, state, t, lr, betas, eps, **_):
        m = state["exp_avg"].lerp_(g, 1 - betas[0])
        u = state["exp_inf"].copy_(torch.maximum(state["exp_inf"] * betas[1], g.abs()))
        p.sub_(lr / (1 - betas[0] ** t) * m / (u + eps))`),
  OldNAdam: rule(`
class OldNAdam(Rule):
    """NAdam with a factor too many in the product of its momenta, as in PyTorch 1.13."""

    slots = ("exp_avg", "exp_avg_sq")

    def start(self, p, state, group):
        super().start(p, state, group)
        state["mu_product"] = torch.tensor(1.0, dtype=torch.float64)

    def update(self, p, g, state, t, lr, betas, eps, momentum_decay, **_):
        mu, next_mu = (betas[0] * (1 - 0.5 * 0.96 ** (at * momentum_decay)) for at in (t, t + 1))
        product = state["mu_product"] = state["mu_product"] * mu
        m, v = state["exp_avg"].lerp_(g, 1 - betas[0]), state["exp_avg_sq"].lerp_(g * g, 1 - betas[1])
        ahead = product * mu * next_mu
        direction = g * ((1 - mu) / (1 - product)).to(g.dtype) + m * (next_mu / (1 - ahead)).to(g.dtype)
        p.sub_(lr * direction / (v.sqrt() / math.sqrt(1 - betas[1] ** t) + eps))`),
  KerasAdagrad: rule(`
class KerasAdagrad(Rule):
    """Adagrad with eps under the root, as in Keras."""

    def start(self, p, state, group):
        state["sum"] = torch.full_like(p, group.get("initial_accumulator_value", 0.0))

    def update(self, p, g, state, t, lr, eps, lr_decay=0.0, **_):
        p.sub_(lr / (1 + (t - 1) * lr_decay) * g / (state["sum"].add_(g * g) + eps).sqrt())`),
  KerasRMSprop: rule(`
class KerasRMSprop(Rule):
    """RMSprop with eps under the root, as in Keras."""

    slots = ("square_avg", "grad_avg", "momentum_buffer")

    def update(self, p, g, state, t, lr, alpha, eps, momentum=0.0, centered=False, **_):
        variance = state["square_avg"].lerp_(g * g, 1 - alpha)
        if centered:
            variance = (variance - state["grad_avg"].lerp_(g, 1 - alpha).square()).clamp(min=0)
        direction = g / (variance + eps).sqrt()
        if momentum:
            direction = state["momentum_buffer"].mul_(momentum).add_(direction)
        p.sub_(lr * direction)`),
  DecayingRprop: rule(`
class DecayingRprop(Rule):
    """Rprop of gradients to which a weight decay is added."""

    def start(self, p, state, group):
        state["prev"], state["step_size"] = torch.zeros_like(p), torch.full_like(p, group["lr"])

    def update(self, p, g, state, t, etas, step_sizes, **_):
        agreement = g * state["prev"].sign()
        factor = torch.where(agreement < 0, etas[0], torch.where(agreement > 0, etas[1], 1.0))
        state["prev"] = torch.where(agreement < 0, 0.0, g)
        state["step_size"] = (state["step_size"] * factor).clamp(*step_sizes)
        p.sub_(state["step_size"] * state["prev"].sign())`),
  Lion: rule(`
class Lion(Rule):
    """The sign of a moving average (Chen et al. 2023)."""

    decoupled = True
    slots = ("exp_avg",)

    def update(self, p, g, state, t, lr, betas, **_):
        m = state["exp_avg"]
        p.sub_(lr * m.lerp(g, 1 - betas[0]).sign())
        m.lerp_(g, 1 - betas[1])`),
  Ftrl: rule(`
class Ftrl(Rule):
    """Follow the regularized leader (McMahan et al. 2013)."""

    decoupled = True

    def start(self, p, state, group):
        state["sum"] = torch.full_like(p, group["initial_accumulator_value"])
        state["linear"] = torch.zeros_like(p)

    def update(self, p, g, state, t, lr, lr_power, l1, l2, l2_shrinkage, beta, **_):
        before, total = state["sum"], state["sum"] + g * g
        pull = (total ** -lr_power - before ** -lr_power) / lr * p
        z = state["linear"].add_(g + 2 * l2_shrinkage * p - pull)
        p.copy_((z.clamp(-l1, l1) - z) / ((total ** -lr_power + beta) / lr + 2 * l2))
        state["sum"] = total`),
  Adafactor: rule(`
class Adafactor(Rule):
    """Adam's second moment by rows and columns, and steps in proportion to the weights (Shazeer & Stern 2018), as in Keras."""

    decoupled = True

    def start(self, p, state, group):
        if p.ndim < 2:
            state["variance"] = torch.zeros_like(p)
        else:
            state["rows"], state["columns"] = torch.zeros_like(p.mean(-1)), torch.zeros_like(p.mean(-2))

    def update(self, p, g, state, t, lr, beta2_decay, eps, min_size, clip_threshold, **_):
        fresh, squares = t ** beta2_decay, g * g + eps
        if p.ndim < 2:
            v = state["variance"].lerp_(squares, fresh)
        else:
            rows, columns = state["rows"].lerp_(squares.mean(-1), fresh), state["columns"].lerp_(squares.mean(-2), fresh)
            v = (rows / rows.mean(-1, keepdim=True)).unsqueeze(-1) * columns.unsqueeze(-2)
        direction = g / v.sqrt()
        direction = direction / (self.rms(direction) / clip_threshold).clamp(min=1)
        p.sub_(min(lr, t ** -0.5) * self.rms(p).clamp(min=min_size) * direction)

    def rms(self, x):
        return x.square().mean().sqrt()`),
  Muon: rule(`
class Muon(Rule):
    """Momentum made orthogonal for matrices (Jordan et al. 2024); Keras's Adam for what is in a group with matrices=False."""

    decoupled = True
    slots = ("exp_avg",)

    def start(self, p, state, group):
        super().start(p, state, group)
        if not group["matrices"]:
            state["exp_avg_sq"] = torch.zeros_like(p)

    def update(self, p, g, state, t, lr, momentum, nesterov, iterations, size, betas, eps, matrices, **_):
        m = state["exp_avg"]
        if not matrices:
            v = state["exp_avg_sq"].lerp_(g * g, 1 - betas[1])
            correction = math.sqrt(1 - betas[1] ** t)
            rate = lr / (1 - betas[0] ** t)
            return p.sub_(rate * m.lerp_(g, 1 - betas[0]) / (v.sqrt() / correction + eps / correction))
        m.mul_(momentum).add_(g)
        x = g + momentum * m if nesterov else m
        is_tall = x.shape[0] > x.shape[1]
        x = x.T if is_tall else x
        x = x / (x.square().sum().sqrt() + 1e-7)
        for _ in range(iterations):
            square = x @ x.T
            x = 3.4445 * x + (-4.775 * square + 2.0315 * square @ square) @ x
        return p.sub_(lr * size * math.sqrt(max(p.shape)) * (x.T if is_tall else x))`),
};
