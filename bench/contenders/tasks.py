"""What the contenders in Python share: `python3 <contender>.py '{"start", "variant", "work", "task", ...}'`.

`start` is a folder with the workload's arrays, written by lib/start-files.mjs. The last line printed is JSON, as of
lib/child.mjs, and what it says is measured as in lib/measure.mjs.
"""
import json
import resource
import sys
import time

import numpy as np

request = json.loads(sys.argv[1])
described = json.load(open(request["start"] + "/start.json"))


def array(entry):
    values = np.fromfile(request["start"] + "/" + entry["file"], dtype=entry["dtype"])
    return values.reshape(entry["shape"])


def weights():
    return {name: array(entry) for name, entry in described["weights"].items()}


def batches():
    return [{name: array(entry) for name, entry in batch.items()} for batch in described["batches"]]


def in_turn(batches, step, read):
    """`steps` of a function that does one step with a batch and returns what `read` makes figures of."""
    state = {"next": 0}

    def steps(n):
        result = None
        for _ in range(n):
            result = step(batches[state["next"]])
            state["next"] = (state["next"] + 1) % len(batches)
        return read(result)

    return steps


def prove(steps):
    """The figures after so many steps, several times."""
    proof = request["proof"]
    return {"figures": [steps(proof["every"]) for _ in range(proof["times"])]}


def seconds(steps, n):
    start = time.perf_counter()
    steps(n)
    return time.perf_counter() - start


def measure(steps):
    """Steps per second after warming up, and the most memory that the process ever held."""
    piece, spent, last = 2, 0, 0
    while spent < request["warmUp"] or last == 0:
        last = seconds(steps, piece)
        spent += last
        if last < request["warmUp"] / 8:
            piece *= 2
    passed, count = 0, 0
    while passed < request["seconds"]:
        passed += seconds(steps, piece)
        count += piece
    return {"rate": count / passed, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def first_step(steps):
    """Milliseconds that the first step takes beyond the fastest of a few later ones."""
    first = seconds(steps, 1)
    return {"ms": 1000 * (first - min(seconds(steps, 1) for _ in range(5)))}


def train(steps):
    """All the steps of a training at once; its figures, or those of the step that would follow."""
    trained = request["trained"]
    figures = steps(trained["steps"])
    return {"figures": [steps(1) if trained.get("next") else figures]}


TASKS = {"prove": prove, "time": measure, "compile": first_step, "train": train}


def run(runs, missing):
    work = request["work"]
    if work in runs:
        result = TASKS[request["task"]](runs[work]())
    else:
        result = {"missing": missing.get(work, "not written")}
    print("\n" + json.dumps(result))
