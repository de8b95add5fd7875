/**
 * Whether a program has layers that pool: a module of such layers says so, so that what `fit` loads for them is in no other bundle.
 */
type Load = () => Promise<void>;

/** Loads the compiler's kernels for them; null where there are no such layers. */
export let loadPools: Load | null = null;

export function wantPools(load: Load): void {
  loadPools = load;
}
