/**
 * Scikit-learn's 1,797 handwritten digits of 8 x 8 pixels, with a fifth of each class held back.
 */
import { readCsv, trainTestSplit } from "chainrule";

/** Pixels from 0 to 1, [n, 64], and labels from 0 to 9, [n], for training and for testing; always the same rows. */
export async function loadDigits() {
  const { features, target } = await readCsv(new URL("../data/digits.csv", import.meta.url));
  const options = { testSize: 0.2, stratify: target, seed: 1 };
  const [xTrain, xTest, yTrain, yTest] = trainTestSplit(features.div(16), target, options);
  return { xTrain, xTest, yTrain, yTest };
}
