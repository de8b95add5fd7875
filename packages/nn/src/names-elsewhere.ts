/**
 * What modules, optimizers and histories of Keras and PyTorch have, and ours have under another name: whoever types it reads what to
 * type instead. It comes with the package's index, as Node and servers for development load it; bundles go without.
 */
import { type NamesElsewhere, teachNames } from "@chainrule/core/internal";
import { History } from "./model/history.ts";
import { Module } from "./module/module.ts";
import { LBFGS } from "./optimizers/lbfgs.ts";
import { Optimizer } from "./optimizers/optimizer.ts";

const stays = "There is one device, and nothing to move: leave the call out.";

/** Of modules and models. */
const moduleNames: NamesElsewhere = {
  methods: {
    state_dict: "Write stateDict().",
    load_state_dict: "Write loadStateDict(state).",
    get_weights: "Write stateDict(), which has them by name, or parameters().",
    set_weights: "Write loadStateDict(state).",
    load_weights: "Write loadWeights(model, file), or loadModel(file) for all of it.",
    save_weights: "Write model.save(file), which has the weights and the rest.",
    named_parameters: "Write namedParameters().",
    zero_grad: "Write zeroGrad().",
    requires_grad_: "Write freeze() or unfreeze().",
    getWeights: "Write stateDict(), which has them by name, or parameters().",
    setWeights: "Write loadStateDict(state).",
    predict_classes: "Write predict(x).argmax(-1), or predict(x).greater(0.5) for yes and no.",
    predict_proba: "Write predict(x).",
    score: "Write await evaluate(x, y), which has the loss and the metrics by name.",
    count_params: "Write countParameters().",
    to_json: "Write save(file), which has the weights and the rest.",
    train_on_batch: "Write fit on one batch: fit([[x, y]]).",
    fit_generator: "Write fit, which takes anything that gives batches.",
    to: stays,
    cuda: stays,
    cpu: stays,
    dispose: "There is nothing to free: leave the call out.",
  },
};

/** Of optimizers. */
const optimizerNames: NamesElsewhere = {
  methods: {
    zero_grad: "Write zeroGrad().",
    state_dict: "Write stateDict().",
    load_state_dict: "Write loadStateDict(state).",
    minimize: "Write zeroGrad(), loss.backward() and step(), or fit of a compiled model.",
    apply_gradients: "Write step(), after loss.backward() has left the gradients.",
    applyGradients: "Write step(), after loss.backward() has left the gradients.",
  },
  properties: { param_groups: "Write optimizer.lr = 0.01 for another learning rate." },
};

const numbers = "The numbers of the epochs stand in history.history, by name: history.history.loss.";

/** Of what `fit` returns. */
const historyNames: NamesElsewhere = {
  properties: { loss: numbers, val_loss: numbers, accuracy: numbers, val_accuracy: numbers, acc: numbers },
};

teachNames(Module.prototype, "module", "something that modules have", moduleNames);
for (const Class of [Optimizer, LBFGS])
  teachNames(Class.prototype, "optimizer", "something that optimizers have", optimizerNames);
teachNames(History.prototype, "history", "something that histories have", historyNames);
