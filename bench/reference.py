"""Times diffusers' own context parallelism on CPU: the benchmark's Flux on one process with two threads, and with Ulysses over two
processes of one thread (gloo). Prints one JSON object.

`python bench/reference.py IMG TXT ROUNDS`, for example 1024 128 5. Needs torch and diffusers; tools/requirements.txt has them.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import diffusers
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from bench_configs import FLUX  # noqa: E402

WORLD = 2


def _model() -> torch.nn.Module:
    torch.manual_seed(0)
    return diffusers.FluxTransformer2DModel(**FLUX).eval()


def _inputs(img: int, txt: int) -> dict[str, torch.Tensor]:
    return dict(
        hidden_states=torch.randn(1, img, 64),
        encoder_hidden_states=torch.randn(1, txt, 512),
        pooled_projections=torch.randn(1, 256),
        timestep=torch.rand(1),
        img_ids=torch.arange(3.0 * img).reshape(img, 3) % 64,
        txt_ids=torch.zeros(txt, 3),
    )


def _timed(run: Callable[[], tuple[torch.Tensor]], rounds: int) -> float:
    """Median milliseconds, after one run that is not counted."""
    times = []
    for _ in range(rounds + 1):
        begun = time.perf_counter()
        # Reads the output, since its gather may still be on the way.
        run()[0].sum().item()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times[1:])


@torch.no_grad()
def _single(answer: Connection, img: int, txt: int, rounds: int) -> None:
    torch.set_num_threads(WORLD)
    model, inputs = _model(), _inputs(img, txt)
    answer.send(_timed(lambda: model(**inputs, return_dict=False), rounds))


@torch.no_grad()
def _rank(answer: Connection, rank: int, img: int, txt: int, rounds: int) -> None:
    os.environ |= dict(MASTER_ADDR="127.0.0.1", MASTER_PORT="29511", RANK=str(rank), WORLD_SIZE=str(WORLD))
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", rank=rank, world_size=WORLD)
    # Without accelerators diffusers divides by their number.
    torch.accelerator.device_count = lambda: WORLD
    model = _model()
    model.enable_parallelism(config=diffusers.ContextParallelConfig(ulysses_degree=WORLD))
    inputs = _inputs(img, txt)
    milliseconds = _timed(lambda: model(**inputs, return_dict=False), rounds)
    if rank == 0:
        answer.send(milliseconds)
    torch.distributed.destroy_process_group()


def _spawn(target: Callable[..., None], arguments: list[tuple[object, ...]]) -> float:
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    processes = [context.Process(target=target, args=(send, *each)) for each in arguments]
    for process in processes:
        process.start()
    # Otherwise the pipe stays open when every process has failed.
    send.close()
    try:
        return receive.recv()
    finally:
        for process in processes:
            process.join()


def main(img: int, txt: int, rounds: int) -> None:
    plain = _spawn(_single, [(img, txt, rounds)])
    ulysses = _spawn(_rank, [(rank, img, txt, rounds) for rank in range(WORLD)])
    versions = dict(torch=torch.__version__.partition("+")[0], diffusers=diffusers.__version__)
    print(json.dumps(dict(**versions, rounds=rounds, plain=plain, ulysses2=ulysses)))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
