"""What is exported computes what torch does, on networks small enough for a test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("cv2")

import onnx
import onnxruntime
import torch

from training.checkpoint import Net
from training.context import export as context_export
from training.context.model import ContextNet
from training.detector import export as detector_export
from training.detector import graph as detector_graph
from training.detector.layout import double_by_copying, end_with_channels_last
from training.detector.model import DetectorNet
from training.quantise import quantise
from training.reader import evaluate
from training.reader import export as reader_export
from training.reader import graph as reader_graph
from training.reader.model import ReaderNet
from training.reader.shape import HEIGHT, WIDTH

# torch has announced another exporter, and traces and folds with warnings.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning",
    "ignore::torch.jit.TracerWarning",
    "ignore:Constant folding:UserWarning",
)


def shaken(net: Net) -> Net:
    """The network with normalisations that do something, so that folding them can go wrong."""
    torch.manual_seed(1)
    for name, values in net.named_buffers():
        if name.endswith("running_mean"):
            values.uniform_(-0.5, 0.5)
        elif name.endswith("running_var"):
            values.uniform_(0.5, 2.0)
    return net.eval()


def small_detector() -> DetectorNet:
    return DetectorNet(channels=(4, 4, 8, 8, 8), blocks=(1, 1, 1, 1), pyramid=8)


def test_the_detector_is_exported_as_it_computes(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net, same = shaken(small_detector()), small_detector()
    same.load_state_dict(net.state_dict())
    detector_graph.export(net, tmp_path / "detector.onnx")
    differences = detector_export.check_parity(same.eval(), tmp_path / "detector.onnx")
    assert differences["boxes"] < 0.05
    with pytest.raises(ValueError, match="differs"):
        detector_export.check_parity(shaken(small_detector()), tmp_path / "detector.onnx")


def test_the_detector_computes_the_same_with_channels_last(tmp_path: Path) -> None:
    path, rng = tmp_path / "detector.onnx", np.random.default_rng(0)
    detector_graph.export(shaken(small_detector()), path)
    batches = [rng.integers(0, 256, (2, 48, 32, 12)).astype(np.uint8) for _ in range(3)]
    quantise(path, batches[:2], "/net/", detector_export.SPARED)
    model = onnx.load(str(path))
    before = run(model, batches[2])
    double_by_copying(model)
    end_with_channels_last(model)
    onnx.checker.check_model(model, full_check=True)
    assert np.abs(run(model, batches[2]) - before).max() < 1e-5
    assert not {"Resize", "Slice"}.intersection(node.op_type for node in model.graph.node)


def run(model: onnx.ModelProto, blocks: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return np.asarray(session.run(None, {"blocks": blocks})[0])


def test_the_reader_is_exported_as_it_computes(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net, path = shaken(ReaderNet(size=16, layers=1, blocks=1)), tmp_path / "reader.onnx"
    reader_graph.export(net, path, temperature=1.5)
    crops = np.random.default_rng(0).integers(0, 256, (3, HEIGHT, WIDTH)).astype(np.uint8)
    wrapped = reader_graph.Probabilities(net, 1.5)
    ours, theirs = (
        evaluate.predictor(wrapped, finish=False)(crops),
        evaluate.onnx_predictor(path)(crops),
    )
    assert np.abs(ours - theirs).max() < 1e-4
    assert theirs.sum(-1) == pytest.approx(1.0, abs=1e-4)


def test_halved_weights_change_little_and_the_file_a_lot(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net, path = shaken(ReaderNet(size=16, layers=1, blocks=1)), tmp_path / "reader.onnx"
    reader_graph.export(net, path)
    crops = np.random.default_rng(0).integers(0, 256, (2, HEIGHT, WIDTH)).astype(np.uint8)
    before, size = evaluate.onnx_predictor(path)(crops), path.stat().st_size
    model = onnx.load(str(path))
    reader_export.halve(model)
    onnx.save(model, str(path))
    assert path.stat().st_size < 0.65 * size
    assert np.abs(evaluate.onnx_predictor(path)(crops) - before).max() < 0.01


def test_the_context_is_exported_as_it_computes(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net, path = shaken(ContextNet()), tmp_path / "context.onnx"
    context_export.export(net, path)
    squares = np.random.default_rng(0).integers(0, 256, (2, 3, 64, 64)).astype(np.uint8)
    context_export.check_parity(net, path, squares)
    with pytest.raises(ValueError, match="differs"):
        context_export.check_parity(shaken(ContextNet()), path, squares)
