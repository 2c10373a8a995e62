"""Two processes run a network through torch's own pipeline, and shard it block by block."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.torch_versions import since

ROOT = Path(__file__).parents[2]
SECONDS = 120
NETWORK = """\
archspec: 1
name: small
inputs: {image: [3, 16, 16]}
modules:
  block:
    params: {width: int}
    steps:
      - conv1: conv(width, 3, padding=half)
      - bn1: batch_norm
      - relu
      - conv2: conv(width, 3, padding=half)
      - input + conv2
      - relu
graph:
  - stem: conv(8, 3, padding=half)
  - blocks: {repeat: block(8), times: 3}
  - late: concat(blocks, image)
  - global_avg_pool
  - fc: linear(5)
"""
"""The even cut lies inside the second block: what the block was given, what its first layer made, and the image, which
has no gradient, all go from one process to the other."""

HEAD = """\
heads:
  aux: {from: stem, do: global_avg_pool >> linear(5), only: training, weight: 0.3}
"""


def run(folder: Path, kind: str) -> None:
    (folder / "network.yaml").write_text(NETWORK, "utf-8")
    (folder / "heads.yaml").write_text(NETWORK + HEAD, "utf-8")
    loopback = next((name for _, name in socket.if_nameindex() if name in ("lo", "lo0")), None)
    chosen = {"GLOO_SOCKET_IFNAME": loopback} if loopback else {}
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"} | chosen
    logs = [folder / f"{rank}.log" for rank in range(2)]
    workers = []
    try:
        for rank, log in enumerate(logs):
            with log.open("w") as file:
                command = [sys.executable, "-m", "tests.stages.worker", str(rank), str(folder), kind]
                workers.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=file))
        codes = [worker.wait(SECONDS) for worker in workers]
    except subprocess.TimeoutExpired:
        codes = [-1]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    told = "\n".join(f"--- rank {rank}\n{log.read_text('utf-8')}" for rank, log in enumerate(logs) if log.exists())
    assert codes == [0, 0], told


@since("2.13", "over gloo a schedule hung in 2.5, and sharding gave other gradients in 2.8")
@pytest.mark.skipif(not torch.distributed.is_available(), reason="torch was built without torch.distributed")
def test_two_processes_train_the_stages_as_one_the_whole(tmp_path: Path) -> None:
    if not torch.distributed.is_gloo_available():
        pytest.skip("torch was built without gloo")
    run(tmp_path, "cpu")


def test_two_gpus_train_the_stages_as_one_the_whole(tmp_path: Path) -> None:
    if torch.cuda.device_count() < 2:
        pytest.skip("there are no two CUDA devices")
    run(tmp_path, "cuda")
