"""Writes scipy.json, the numbers of scipy that student.test.ts compares with: python scipy.py > scipy.json"""
import json

import numpy as np
import scipy
import scipy.stats as st

rng = np.random.default_rng(0)
cases = []
for n in [2, 3, 5, 8, 12]:
    a = np.round(rng.normal(0, 1, n), 3)
    b = np.round(a + rng.normal(0.3, 0.5, n), 3)
    r = st.ttest_rel(a, b)
    m = st.t.interval(0.95, n - 1, loc=a.mean(), scale=st.sem(a))
    p = st.permutation_test(
        (a, b),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        n_resamples=np.inf,
        vectorized=True,
    )
    cases.append(
        dict(
            a=a.tolist(),
            b=b.tolist(),
            t=float(r.statistic),
            p=float(r.pvalue),
            permutation=float(p.pvalue),
            mean=float(a.mean()),
            sd=float(a.std(ddof=1)),
            interval=[float(m[0]), float(m[1])],
        )
    )
degrees = [1, 2, 4, 30, 1000]
tails = [[t, d, float(2 * st.t.sf(t, d))] for t in [0, 0.1, 1, 2.5, 10, 100] for d in degrees]
quantiles = [[p, d, float(st.t.isf(p / 2, d))] for p in [0.5, 0.05, 0.001] for d in degrees]
source = "scipy " + scipy.__version__ + ": t.sf, t.isf, t.interval, ttest_rel, permutation_test"
print(json.dumps(dict(source=source, tails=tails, quantiles=quantiles, pairs=cases), indent=1))
