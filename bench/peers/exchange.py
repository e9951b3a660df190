"""Requests, weights and gradients, as bench/src/exchange.ts and bench/src/peers/protocol.ts describe them."""

import json
import os
import resource
import sys
import time

import numpy

# Replies alone go to standard output: whatever libraries print goes to standard error.
replies = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def read_start(folder):
    """Returns the parameters and the batch as dictionaries from path to array."""
    with open(os.path.join(folder, "start.json")) as file:
        manifest = json.load(file)
    with open(os.path.join(folder, "start.bin"), "rb") as file:
        data = file.read()

    def arrays(entries):
        result = {}
        for entry in entries:
            count = int(numpy.prod(entry["shape"], dtype=numpy.int64))
            flat = numpy.frombuffer(data, entry["dtype"], count, 4 * entry["offset"])
            result[entry["path"]] = flat.reshape(entry["shape"]).copy()
        return result

    return arrays(manifest["parameters"]), arrays(manifest["batch"])


def write_gradients(path, gradients):
    """Writes arrays, in the order of the parameters, as float32."""
    with open(path, "wb") as file:
        for gradient in gradients:
            file.write(numpy.ascontiguousarray(gradient, numpy.float32).tobytes())


def peak_resident_bytes():
    if sys.platform.startswith("linux"):
        with open("/proc/self/status") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def run(step, steps):
    milliseconds = []
    loss = float("nan")
    before = time.process_time()
    for _ in range(steps):
        start = time.perf_counter()
        loss = step()
        milliseconds.append(1000 * (time.perf_counter() - start))
    cpu = 1000 * (time.process_time() - before)
    return {"milliseconds": milliseconds, "cpuMilliseconds": cpu, "loss": loss}


def serve(handlers):
    """Answers requests until standard input ends: `handlers` go from commands to functions of the request."""
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = handlers[request["command"]](request)
        except Exception as error:  # The other side decides what a failure means.
            reply = {"error": f"{type(error).__name__}: {error}"}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


def serve_training(describe, prepare):
    """Serves training runs.

    `prepare(workload, parameters, batch)` returns two functions: one returns the loss and the gradients (in the order
    of the parameters) at the start, the other takes one training step and returns its loss.
    """
    differentiate = step = None

    def on_prepare(request):
        nonlocal differentiate, step
        differentiate, step = prepare(request["workload"], *read_start(request["folder"]))

    def on_differentiate(request):
        loss, gradients = differentiate()
        write_gradients(request["file"], gradients)
        return {"loss": loss}

    serve(
        {
            "describe": lambda _: describe(),
            "prepare": on_prepare,
            "differentiate": on_differentiate,
            "run": lambda request: run(step, request["steps"]),
            "memory": lambda _: {"peakBytes": peak_resident_bytes()},
        }
    )
