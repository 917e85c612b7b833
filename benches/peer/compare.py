"""Runs the encoder against ONNX Runtime on the same weights, alternating, and the engine end to end.

python benches/peer/compare.py --worker BIN --engine BIN --superbill BIN --out FILE [--quick]

Writes FILE (JSON, every sample kept) and the table beside it (the same name, .md)."""
import argparse
import datetime
import json
import os
import pathlib
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time

import graph
import numpy as np
import onnxruntime

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = pathlib.Path(os.environ.get("SUPERBILL_MODEL", ROOT / "models/superbill-base"))


class Ours:
    """The worker of benches/encoder.rs in one number format, on some threads, with some instructions."""

    def __init__(self, binary, numerics, threads, instructions=None):
        environment = {**os.environ, "RAYON_NUM_THREADS": str(threads)}
        if instructions:
            environment["SUPERBILL_CPU"] = instructions
        self.process = subprocess.Popen([binary, "--numerics", numerics], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env=environment)
        self.instructions = self.process.stdout.readline().split()[1]

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().split()

    def cpu(self):
        """Milliseconds of processor time of all its threads so far."""
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e6

    def run(self, shape):
        """Milliseconds by the clock and of processor time."""
        before = self.cpu()
        wall = float(self.ask(f"run {shape.file} 1")[0])
        return wall, self.cpu() - before

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Theirs:
    """A session of ONNX Runtime."""

    def __init__(self, path, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.types = {i.name: np.int32 if "int32" in i.type else np.int64 for i in self.session.get_inputs()}

    def feeds(self, shape):
        """The sequences sorted by length, eight in a batch: what suits it best where lengths differ."""
        sequences, order = shape.sequences, sorted(range(len(shape.sequences)), key=lambda i: len(shape.sequences[i]))
        step = 8 if shape.ragged else len(sequences)
        for start in range(0, len(order), step):
            own = order[start:start + step]
            length = max(len(sequences[i]) for i in own)
            ids, mask = np.zeros((len(own), length), np.int64), np.zeros((len(own), length), np.int64)
            for row, i in enumerate(own):
                ids[row, :len(sequences[i])], mask[row, :len(sequences[i])] = sequences[i], 1
            values = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids),
                      "position_ids": np.broadcast_to(np.arange(length), ids.shape)}
            yield own, {n: np.ascontiguousarray(values[n].astype(t)) for n, t in self.types.items()}

    def run(self, shape):
        feeds = [feed for _, feed in self.feeds(shape)]
        started, before = time.perf_counter(), time.process_time()
        for feed in feeds:
            self.session.run(None, feed)
        return (time.perf_counter() - started) * 1e3, (time.process_time() - before) * 1e3

    def vectors(self, shape):
        """One array (tokens × width) a sequence."""
        found = {}
        for own, feed in self.feeds(shape):
            output = self.session.run(None, feed)[0]
            found.update({i: output[row, :len(shape.sequences[i])] for row, i in enumerate(own)})
        return [found[i] for i in range(len(shape.sequences))]


class Shape:
    """Sequences in a file."""

    def __init__(self, name, folder, sequences=None, file=None):
        self.name, self.ragged = name, file is not None
        self.file = file or folder / f"{name}.txt"
        if sequences is not None:
            self.file.write_text("".join(" ".join(map(str, s)) + "\n" for s in sequences))
        self.sequences = [[int(i) for i in line.split()] for line in self.file.read_text().splitlines()]
        self.tokens = sum(map(len, self.sequences))


def shapes(worker, folder):
    chance = random.Random(7)
    ids = lambda rows, length: [[chance.randrange(1000, 20000) for _ in range(length)] for _ in range(rows)]
    ragged = folder / "ragged.txt"
    worker.ask(f"sentences {ragged}")
    return [Shape("1x32", folder, ids(1, 32)), Shape("1x256", folder, ids(1, 256)), Shape("32x32", folder, ids(32, 32)),
            Shape("8x128", folder, ids(8, 128)), Shape("ragged", folder, file=ragged)]


def measure(engines, all_shapes, rounds):
    """Milliseconds by shape and engine; in each round every engine has its turn."""
    samples = {s.name: {name: [] for name in engines} for s in all_shapes}
    for shape in all_shapes:
        repeats = max(1, 512 // shape.tokens)
        for name, engine in engines.items():
            engine.run(shape)
        for _ in range(rounds):
            for name, engine in engines.items():
                runs = [engine.run(shape) for _ in range(repeats)]
                samples[shape.name][name].append(tuple(sum(part) / repeats for part in zip(*runs)))
    return samples


def summary(samples, all_shapes):
    tokens = {s.name: s.tokens for s in all_shapes}
    def row(shape, times):
        wall, cpu = zip(*times)
        return {"tokens_per_s": round(tokens[shape] / statistics.median(wall) * 1e3),
                "fastest_tokens_per_s": round(tokens[shape] / min(wall) * 1e3),
                "tokens_per_cpu_s": round(tokens[shape] / statistics.median(cpu) * 1e3),
                "samples_ms": [round(t, 3) for t in wall], "cpu_ms": [round(t, 3) for t in cpu]}

    return {shape: {name: row(shape, times) for name, times in by_engine.items()} for shape, by_engine in samples.items()}


def ratio(samples, shape, ours, theirs, kind=0):
    """Median of the ratios of the rounds, by the clock (0) or in processor time (1), which other programs on the machine
    disturb less."""
    pairs = zip(samples[shape][ours], samples[shape][theirs])
    return round(statistics.median(other[kind] / own[kind] for own, other in pairs), 3)


def accuracy(worker, session, shape, folder):
    """Lowest and mean cosine of token vectors with ONNX Runtime's f32."""
    target = folder / "vectors.bin"
    worker.ask(f"dump {shape.file} {target}")
    theirs = np.concatenate(session.vectors(shape))
    ours = np.fromfile(target, np.float32).reshape(theirs.shape)
    cosine = (ours * theirs).sum(1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)
    return {"mean": round(float(cosine.mean()), 6), "lowest": round(float(cosine.min()), 6)}


# A child's largest memory counts that of the process it was forked from: a small one of its own starts the program.
WHOLE_RUN = """
import json, os, subprocess, sys, time
started = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, _, usage = os.wait4(process.pid, 0)
print(json.dumps([(time.perf_counter() - started) * 1e3, usage.ru_maxrss / 1024]))
"""


def cold(superbill, rounds):
    """Whole runs of the program on a short note: milliseconds and largest resident memory."""
    command = [superbill, "code", "--json", str(ROOT / "eval/notes/ent_epistaxis.txt")]
    runs = [json.loads(subprocess.check_output([sys.executable, "-c", WHOLE_RUN, *command], cwd=ROOT))
            for _ in range(rounds + 1)][1:]
    times, memory = [r[0] for r in runs], [r[1] for r in runs]
    return {"cold_ms": [round(t, 1) for t in times], "median_ms": round(statistics.median(times), 1),
            "resident_mib": round(max(memory), 1)}


def machine():
    info = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    value = lambda key: next((line.split(":", 1)[1].strip() for line in info if line.startswith(key)), "unknown")
    wanted = ("avx2", "fma", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8")
    return {"cpu": value("model name"), "family": value("cpu family"), "model": value("model\t"), "cores": os.cpu_count(),
            "flags": [f for f in wanted if f in value("flags").split()], "system": platform.platform(),
            "load_at_start": round(os.getloadavg()[0], 2)}


def goals(result):
    """What the issue of this bench asked for, and what was found."""
    ratios, notes = result["ratio_to_onnxruntime"], {n["words"]: n for n in result["engine"]["notes"]}
    rows = [("f32 on ragged sentences, to theirs", ratios["ragged_f32"], ">=", 1.1),
            ("f32 at 1x32, to theirs", ratios["one_by_32_f32"], ">=", 1.0),
            ("default precision on ragged sentences, to their int8", ratios["ragged_best"], ">=", 1.3),
            ("default precision on ragged sentences, to their f32", ratios["ragged_best_to_f32"], ">=", 2.5)]
    rows += [(f"default precision, {k.replace('_', ' ')}, to their int8", v, ">=", 1.0)
             for k, v in ratios.items() if k.endswith(("_best", "_best_2_threads")) and k != "ragged_best"]
    rows += [("500 words end to end, p50 ms", notes[500]["p50_ms"], "<", 60),
             ("characters/s end to end, least over all lengths", min(n["characters_per_s"] for n in notes.values()), ">=", 40_000),
             ("cold start to the first code, ms", result["start"]["median_ms"], "<", 500),
             ("resident MiB", result["start"]["resident_mib"], "<", 400),
             ("retrieval of a batch of mentions, µs", result["engine"]["retrieval"]["batch_us"], "<", 1000),
             ("largest share of a stage beside the encoder",
              max(v["share"] for k, v in result["engine"]["stages_of_500_words"].items() if k != "encoder"), "<=", 0.10)]
    met = lambda value, sign, goal: value >= goal if sign == ">=" else value < goal if sign == "<" else value <= goal
    return [{"what": w, "found": round(v, 3), "goal": f"{s} {g}", "met": met(v, s, g)} for w, v, s, g in rows]


def table(result):
    engines = ["ours_f32", "ours_bf16", "ours_best", "onnxruntime_f32", "onnxruntime_int8"]
    lines = [f"# Speed, {result['date']}, commit {result['commit'][:10]}", "",
             f"{result['machine']['cpu']}, {result['machine']['cores']} cores, {' '.join(result['machine']['flags'])}; "
             f"load at the start {result['machine']['load_at_start']}. Medians of {result['rounds']} alternating rounds; tokens/s, "
             f"padding not counted. ours_best is {result['numerics']}.", ""]
    for key, shapes_of in result["encoder"].items():
        names = [e for e in engines if e in next(iter(shapes_of.values()))]
        lines += [f"## {key.replace('_', ' ')}", "", "| shape | " + " | ".join(names) + " |", "| --- |" + " --- |" * len(names)]
        lines += [f"| {shape} | " + " | ".join(f"{row[n]['tokens_per_s']:,}" for n in names) + " |" for shape, row in shapes_of.items()]
        lines.append("")
    lines += ["## Ratios to ONNX Runtime (above 1: ours is faster)", "", "| what | by the clock | in processor time |", "| --- | --- | --- |"]
    by_cpu = result["ratio_by_processor_time"]
    lines += [f"| {k} | {v} | {by_cpu[k]} |" for k, v in result["ratio_to_onnxruntime"].items()]
    lines += ["", "## Goals", "", "| what | found | goal | met |", "| --- | --- | --- | --- |"]
    lines += [f"| {g['what']} | {g['found']:,} | {g['goal']} | {'yes' if g['met'] else 'no'} |" for g in result["goals"]]
    stages = result["engine"]["stages_of_500_words"]
    lines += ["", "## A note of 500 words by stage (one thread: on more, stages overlap)", "", "| stage | ms | share |", "| --- | --- | --- |"]
    lines += [f"| {name} | {stage['ms']:.2f} | {stage['share']:.1%} |" for name, stage in stages.items()]
    lines += ["", "## End to end", "", "| words | p50 ms | p99 ms | notes/s | characters/s |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| {n['words']:,} | {n['p50_ms']:.1f} | {n['p99_ms']:.1f} | {n['notes_per_s']:.2f} | {n['characters_per_s']:,.0f} |"
              for n in result["engine"]["notes"]]
    for name in ("engine_1_thread", "engine_avx2_forced"):
        per_length = ", ".join(f"{n['words']:,} words {n['p50_ms']:.1f} ms and {n['characters_per_s']:,.0f} characters/s"
                               for n in result[name]["notes"])
        lines += ["", f"{name.replace('_', ' ')}: p50 {per_length}."]
    lines += ["", f"Scrub {result['engine']['scrub_with_json_us']:.0f} µs; retrieval of {result['engine']['retrieval']['mentions']} "
              f"mentions among {result['engine']['retrieval']['rows']:,} rows {result['engine']['retrieval']['batch_us']:.0f} µs; "
              f"cold start to the first code {result['start']['median_ms']} ms, resident {result['start']['resident_mib']} MiB. "
              f"Load at the end {result['machine']['load_at_end']}.", ""]
    return "\n".join(lines)


def encoder(given, numerics, rounds, result, keep):
    """The encoder's part, on one and two threads; `keep` saves what there is so far."""
    result["encoder"], result["ratio_to_onnxruntime"], result["ratio_by_processor_time"] = {}, {}, {}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        f32, int8 = graph.make(MODEL, folder / "onnx")
        for threads in (1, 2):
            ours, bf16, best = (Ours(given.worker, n, threads) for n in ("f32", "bf16", numerics))
            theirs, theirs_int8 = Theirs(f32, threads), Theirs(int8, threads)
            all_shapes = shapes(best, folder)
            engines = {"ours_f32": ours, "ours_bf16": bf16, "ours_best": best, "onnxruntime_f32": theirs,
                       "onnxruntime_int8": theirs_int8}
            samples = measure(engines, all_shapes, rounds)
            behind = "" if threads == 1 else "_2_threads"
            result["encoder"][f"{threads}_threads_{best.instructions}"] = summary(samples, all_shapes)
            for key, shape in (("ragged", "ragged"), ("one_by_32", "1x32"), ("one_by_256", "1x256"), ("batch", "8x128"),
                               ("batch_32x32", "32x32")):
                for what, own, other in (("f32", "ours_f32", "onnxruntime_f32"), ("bf16_to_f32", "ours_bf16", "onnxruntime_f32"),
                                         ("best", "ours_best", "onnxruntime_int8"), ("best_to_f32", "ours_best", "onnxruntime_f32")):
                    name = f"{key}_{what}{behind}"
                    result["ratio_to_onnxruntime"][name] = ratio(samples, shape, own, other)
                    result["ratio_by_processor_time"][name] = ratio(samples, shape, own, other, 1)
            keep()
            if threads == 1:
                ragged = all_shapes[-1]
                result["cosine_to_onnxruntime_f32"] = {
                    name: accuracy(worker, theirs, ragged, folder)
                    for name, worker in (("ours_f32", ours), ("ours_bf16", bf16), ("ours_best", best))}
                forced = {f"ours_{name}": Ours(given.worker, n, 1, "avx2")
                          for name, n in (("f32", "f32"), ("bf16", "bf16"), ("best", numerics))}
                # The peer has no switch for its instructions: it runs as it chooses.
                own = list(forced.values())
                forced |= {"onnxruntime_f32": theirs, "onnxruntime_int8": theirs_int8}
                result["encoder"]["1_threads_avx2_forced_for_ours"] = summary(measure(forced, all_shapes, rounds), all_shapes)
                for worker in own:
                    worker.close()
                keep()
            for worker in (ours, bf16, best):
                worker.close()


def engine(given, **environment):
    """Runs benches/engine.rs and returns what it prints."""
    arguments = [given.engine] + (["--quick"] if given.quick else [])
    printed = subprocess.check_output(arguments, text=True, cwd=ROOT, env={**os.environ, **environment})
    return json.loads(printed.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    for name in ("worker", "engine", "superbill", "out"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    rounds = 7 if given.quick else 21
    numerics = json.loads((MODEL / "manifest.json").read_text()).get("compute", "f32")
    result = {"date": datetime.date.today().isoformat(), "machine": machine(), "rounds": rounds, "numerics": numerics,
              "commit": subprocess.check_output(["git", "-C", str(ROOT), "rev-parse", "HEAD"], text=True).strip(),
              "versions": {"onnxruntime": onnxruntime.__version__, "python": platform.python_version()}}
    out = pathlib.Path(given.out)
    out.parent.mkdir(parents=True, exist_ok=True)

    def keep():
        """So that a run that is cut short leaves what it has measured."""
        out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")

    step = lambda what: print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)
    step("encoder beside ONNX Runtime")
    encoder(given, numerics, rounds, result, keep)
    step("engine")
    result["engine"] = engine(given)
    keep()
    step("engine on one thread, and with AVX2 alone")
    result["engine_1_thread"] = engine(given, RAYON_NUM_THREADS="1")
    result["engine_avx2_forced"] = engine(given, SUPERBILL_CPU="avx2")
    step("start")
    result["start"] = cold(given.superbill, rounds)
    result["machine"]["load_at_end"] = round(os.getloadavg()[0], 2)
    result["goals"] = goals(result)
    keep()
    out.with_suffix(".md").write_text(table(result))
    print(table(result))


if __name__ == "__main__":
    sys.exit(main())
