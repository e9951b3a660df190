"""Writes the ONNX files that the importer is tested with.

Usage: python make.py FOLDER. Needs torch, onnx and onnxscript. The same versions write the same files.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

folder = Path(sys.argv[1])
FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


# Models that PyTorch exports.


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(4, 8, 3, stride=2, bias=False), nn.BatchNorm2d(8), nn.LeakyReLU(0.1),
            nn.AvgPool2d(2, ceil_mode=True, padding=1), nn.Dropout(0.25),
        )
        self.classifier = nn.Linear(8 * 4, 5)

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


class Residual(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.down = nn.Conv2d(inputs, outputs, 1, stride, bias=False) if stride > 1 else nn.Identity()

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + self.down(x))


class Resnet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, 1, 1)
        self.blocks = nn.Sequential(Residual(4, 4, 1), Residual(4, 8, 2))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.pool(self.blocks(self.stem(x))).flatten(1))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(b, t, c))


class Transformer(nn.Module):
    def __init__(self, width=16, heads=2, tokens=11):
        super().__init__()
        self.embed = nn.Embedding(tokens, width)
        self.position = nn.Parameter(torch.randn(32, width) * 0.1)
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 32), nn.GELU(), nn.Linear(32, width))
        self.head = nn.Linear(width, tokens)

    def forward(self, tokens):
        x = self.embed(tokens) + self.position[: tokens.shape[1]]
        x = x + self.attention(self.norm1(x))
        x = x + self.mlp(self.norm2(x))
        return self.head(x)


class Recurrent(nn.Module):
    def __init__(self, kind, **options):
        super().__init__()
        self.layer = kind(4, 6, batch_first=True, **options)
        self.head = nn.Linear(6 * (2 if options.get("bidirectional") else 1), 2)

    def forward(self, x):
        y, _ = self.layer(x)
        return self.head(y)


class Upsampler(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1, output_padding=1)
        self.prelu = nn.PReLU(3)
        self.norm = nn.GroupNorm(3, 3)

    def forward(self, x):
        y = self.norm(self.prelu(self.conv(x)))
        z = nn.functional.interpolate(y, scale_factor=2.0, mode="bilinear", align_corners=False)
        return nn.functional.pixel_unshuffle(nn.functional.pad(z, (1, 1, 2, 2), mode="reflect"), 2)


def export(name, model, arguments, axes, opset, names=("x",), **options):
    torch.manual_seed(7)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.5, 0.5)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
    path = folder / f"{name}.onnx"
    torch.onnx.export(model.eval(), arguments, path, input_names=list(names), output_names=["y"],
                      opset_version=opset, external_data=False, **options, **axes)
    model = onnx.load(path)
    # Documentation of where nodes come from names paths of the machine.
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer]:
        del value.metadata_props[:]
    del model.metadata_props[:], model.graph.metadata_props[:]
    onnx.save(model, path)


def legacy(**axes):
    return {"dynamo": False, "dynamic_axes": axes}


def modern(**shapes):
    return {"dynamo": True, "dynamic_shapes": shapes}


def torch_models():
    torch.manual_seed(0)
    image = torch.randn(2, 1, 12, 12)
    export("cnn-11", Cnn(), (image,), legacy(x={0: "n"}, y={0: "n"}), 11)
    export("cnn-17", Cnn(), (image,), legacy(x={0: "n"}, y={0: "n"}), 17, do_constant_folding=False,
           training=torch.onnx.TrainingMode.PRESERVE)
    batch = torch.export.Dim("n", max=64)
    time = torch.export.Dim("t", max=32)
    export("resnet-18", Resnet(), (torch.randn(2, 3, 8, 8),), modern(x={0: batch}), 18)
    export("resnet-13", Resnet(), (torch.randn(2, 3, 8, 8),), legacy(x={0: "n"}, y={0: "n"}), 13)
    tokens = torch.randint(0, 11, (2, 7))
    names = ("tokens",)
    both = {"tokens": {0: "n", 1: "t"}, "y": {0: "n", 1: "t"}}
    export("transformer-14", Transformer(), (tokens,), legacy(**both), 14, names)
    export("transformer-20", Transformer(), (tokens,), modern(tokens={0: batch, 1: time}), 20, names)
    export("transformer-23", Transformer(), (tokens,), modern(tokens={0: batch, 1: time}), 23, names)
    sequence = torch.randn(2, 5, 4)
    both = {"x": {0: "n", 1: "t"}, "y": {0: "n", 1: "t"}}
    export("lstm-15", Recurrent(nn.LSTM, bidirectional=True), (sequence,), legacy(**both), 15)
    export("gru-13", Recurrent(nn.GRU, num_layers=2), (sequence,), legacy(**both), 13)
    export("rnn-18", Recurrent(nn.RNN, nonlinearity="relu"), (sequence,), legacy(**both), 18)
    export("upsampler-18", Upsampler(), (torch.randn(1, 2, 4, 5),), legacy(x={0: "n"}, y={0: "n"}), 18)


# Models of many operators side by side, each with an output of its own.


class Table:
    def __init__(self, name, opset, inputs, extra=()):
        self.name, self.opset, self.inputs, self.extra = name, opset, inputs, extra
        self.nodes, self.outputs, self.initializers = [], [], []
        self.random = np.random.default_rng(3)

    def constant(self, value, dtype=None):
        name = f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def raw(self, tensor):
        tensor.name = f"c{len(self.initializers)}"
        self.initializers.append(tensor)
        return tensor.name

    def add(self, type, inputs, outputs=1, kinds=None, keep=None, domain="", **attributes):
        names = [f"{type}.{len(self.nodes)}.{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(type, inputs, names, name=f"{type}.{len(self.nodes)}",
                                           domain=domain, **attributes))
        for i, name in enumerate(names if keep is None else names[:keep]):
            kind = (kinds or [FLOAT] * outputs)[i]
            self.outputs.append(helper.make_tensor_value_info(name, kind, None))
        return names[0] if outputs == 1 else names

    def weights(self, *shape):
        return self.constant(self.random.standard_normal(shape) * 0.5, np.float32)

    def save(self):
        graph = helper.make_graph(
            self.nodes, self.name,
            [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in self.inputs],
            self.outputs, self.initializers)
        opsets = [helper.make_opsetid("", self.opset), *[helper.make_opsetid(d, 1) for d in self.extra]]
        model = helper.make_model(graph, opset_imports=opsets, producer_name="fixtures")
        model.ir_version = 8 if self.opset <= 18 else 10 if self.opset <= 22 else 11
        onnx.save(model, folder / f"{self.name}.onnx")


def elementwise():
    t = Table("elementwise-20", 20, [("x", FLOAT, ["n", 6]), ("z", FLOAT, ["n", 6])])
    for type in ["Abs", "Neg", "Exp", "Sin", "Cos", "Tanh", "Sigmoid", "Relu", "Erf", "Floor", "Ceil", "Round", "Sign",
                 "Softplus", "Softsign", "HardSwish", "Mish", "Selu", "Atan", "Sinh", "Cosh", "Asinh", "Identity",
                 "Elu", "Celu", "LeakyRelu", "HardSigmoid", "ThresholdedRelu", "Gelu"]:
        t.add(type, ["x"])
    t.add("Gelu", ["x"], approximate="tanh")
    t.add("Celu", ["x"], alpha=0.5)
    t.add("Elu", ["x"], alpha=0.5)
    t.add("HardSigmoid", ["x"], alpha=0.3, beta=0.4)
    t.add("Shrink", ["x"], lambd=0.3, bias=0.1)
    t.add("PRelu", ["x", t.weights(6)])
    t.add("Clip", ["x", t.constant(-0.5, np.float32), t.constant(0.7, np.float32)])
    t.add("Clip", ["x", "", t.constant(0.7, np.float32)])
    positive = t.add("Abs", ["x"])
    for type in ["Sqrt", "Log", "Reciprocal"]:
        t.add(type, [t.add("Add", [positive, t.constant(0.1, np.float32)])])
    t.add("Pow", ["x", t.constant(2, np.float32)])
    t.add("Pow", [positive, t.constant(1.3, np.float32)])
    t.add("Pow", ["x", t.constant(3, np.int64)])
    for type in ["Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "Mean"]:
        t.add(type, ["x", "z"])
    t.add("Max", ["x", "z", t.weights(1, 6)])
    t.add("Mod", ["x", "z"], fmod=1)
    less = None
    for type in ["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"]:
        less = t.add(type, ["x", "z"], kinds=[BOOL])
    other = t.add("Less", ["x", t.constant(0, np.float32)], kinds=[BOOL])
    for type in ["And", "Or", "Xor"]:
        t.add(type, [less, other], kinds=[BOOL])
    t.add("Not", [less], kinds=[BOOL])
    t.add("Where", [less, "x", "z"])
    t.add("IsNaN", [t.add("Log", ["x"], keep=0)], kinds=[BOOL])
    t.add("IsInf", [t.add("Div", ["x", t.constant(0, np.float32)], keep=0)], kinds=[BOOL], detect_negative=0)
    whole = t.add("Cast", [t.add("Mul", ["x", t.constant(5, np.float32)])], kinds=[INT64], to=INT64)
    t.add("Mod", [whole, t.constant(3, np.int64)], kinds=[INT64])
    t.add("Div", [whole, t.constant(2, np.int64)], kinds=[INT64])
    t.add("Cast", [t.add("Cast", [t.add("Mul", [whole, t.constant(100, np.int64)], kinds=[INT64])], keep=0,
                         to=TensorProto.INT8)], kinds=[INT64], to=INT64)
    for type in ["BitwiseAnd", "BitwiseOr", "BitwiseXor"]:
        t.add(type, [whole, t.constant(6, np.int64)], kinds=[INT64])
    t.add("BitwiseNot", [whole], kinds=[INT64])
    t.add("BitwiseNot", [t.constant([0, 1, 200], np.uint8)], kinds=[TensorProto.UINT8])
    t.add("Softmax", ["x"])
    t.add("LogSoftmax", ["x"], axis=0)
    t.add("Hardmax", ["x"], axis=-1)
    t.save()

    bits = Table("bits-13", 13, [("x", FLOAT, ["n", 6])])
    for kind, places in [(TensorProto.UINT8, np.uint8), (TensorProto.UINT32, np.uint32)]:
        positive = bits.add("Abs", [bits.add("Mul", ["x", bits.constant(100, np.float32)])])
        whole = bits.add("Cast", [positive], keep=0, to=kind)
        for direction in ["LEFT", "RIGHT"]:
            moved = bits.add("BitShift", [whole, bits.constant(3, places)], keep=0, direction=direction)
            bits.add("Cast", [moved], kinds=[INT64], to=INT64)
    bits.save()

    old = Table("softmax-11", 11, [("x", FLOAT, ["n", 3, 4])])
    for type in ["Softmax", "LogSoftmax"]:
        old.add(type, ["x"])
        old.add(type, ["x"], axis=2)
    old.add("Dropout", ["x"], ratio=0.5)
    old.add("Clip", ["x", old.constant(-0.5, np.float32)])
    old.save()


def movement(opset):
    t = Table(f"movement-{opset}", opset, [("x", FLOAT, ["n", 4, 6])])
    ints = lambda *values: t.constant(values, np.int64)
    shape = t.add("Shape", ["x"], kinds=[INT64])
    first = t.add("Gather", [shape, t.constant(0, np.int64)], kinds=[INT64])
    if opset >= 13:
        row = t.add("Unsqueeze", [first, ints(0)], kinds=[INT64])
        t.add("Squeeze", [t.add("Unsqueeze", ["x", ints(1, -1)]), ints(1)])
        t.add("Split", ["x", ints(1, 3)], 2, axis=1)
        t.add("ReduceSum", ["x", ints(-1)], keepdims=0)
        t.add("ReduceSum", ["x"], noop_with_empty_axes=1)
    else:
        row = t.add("Unsqueeze", [first], kinds=[INT64], axes=[0])
        t.add("Squeeze", [t.add("Unsqueeze", ["x"], axes=[1, 4])], axes=[1])
        t.add("Split", ["x"], 2, axis=1, split=[1, 3])
        t.add("ReduceSum", ["x"], axes=[-1], keepdims=0)
    if opset >= 18:
        t.add("Split", ["x"], 2, axis=2, num_outputs=2)
        t.add("Split", [t.add("Slice", ["x", ints(0), ints(5), ints(2)])], 2, axis=2, num_outputs=2)
        t.add("Pad", ["x", ints(1, 2), t.constant(1.5, np.float32), ints(-1)])
    reduce = lambda type, axes, **rest: t.add(type, ["x", ints(*axes)], **rest) if opset >= 18 else t.add(
        type, ["x"], axes=axes, **rest)
    for type in ["ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSumExp",
                 "ReduceSumSquare"]:
        reduce(type, [1], keepdims=0)
        reduce(type, [0, 2])
        t.add(type, ["x"])
    t.add("Reshape", ["x", t.add("Concat", [row, ints(-1)], kinds=[INT64], axis=0)])
    t.add("Reshape", ["x", ints(0, -1, 3)])
    t.add("Flatten", ["x"], axis=2)
    t.add("Flatten", ["x"], axis=0)
    t.add("Transpose", ["x"])
    t.add("Transpose", ["x"], perm=[1, 0, 2])
    big = 2**63 - 1
    t.add("Slice", ["x", ints(1), ints(big), ints(1)])
    t.add("Slice", ["x", ints(-1, 0), ints(-big, 5), ints(2, 1), ints(-1, 2)])
    t.add("Slice", ["x", ints(4), ints(1), ints(2), ints(-2)])
    t.add("Tile", ["x", ints(1, 2, 3)])
    t.add("Expand", [t.weights(4, 1), ints(2, 1, 3)])
    t.add("Expand", ["x", t.add("Where", [t.add("Equal", [shape, ints(-1, -1, -1)], kinds=[BOOL]), shape, shape],
                               kinds=[INT64])])
    t.add("Pad", ["x", ints(0, 1, 2, 1, 0, 3)])
    t.add("Pad", ["x", ints(0, 1, 2, 0, -1, 3), t.constant(-2, np.float32)])
    t.add("Pad", ["x", ints(0, 1, 2, 0, 0, 3), t.add("ReduceMax", ["x"], keepdims=0)])
    t.add("Pad", ["x", ints(0, 1, 2, 0, 2, 3)], mode="reflect")
    t.add("Pad", ["x", ints(0, 1, 2, 0, 2, 3)], mode="edge")
    filled = t.add("ConstantOfShape", [row], kinds=[INT64], value=helper.make_tensor("v", INT64, [1], [2]))
    t.add("CumSum", [filled, t.constant(0, np.int64)], kinds=[INT64])
    t.add("CumSum", ["x", t.constant(1, np.int64)], exclusive=1)
    t.add("CumSum", ["x", t.constant(-1, np.int64)], reverse=1)
    t.add("Range", [t.constant(0, np.int64), first, t.constant(1, np.int64)], kinds=[INT64])
    t.add("NonZero", [filled], kinds=[INT64])
    t.add("Gather", ["x", t.constant([[0, -1], [2, 1]], np.int64)], axis=1)
    t.add("GatherElements", ["x", t.constant([[[3, 0, 1]]], np.int64)], axis=1)
    t.add("GatherND", [t.weights(2, 3, 4), t.constant([[0, 1], [1, -1]], np.int64)])
    if opset >= 12:
        t.add("GatherND", [t.weights(2, 3, 4), t.constant([[1], [2]], np.int64)], batch_dims=1)
    t.add("ScatterElements", [t.weights(3, 4), t.constant([[1, 0], [0, 2]], np.int64), t.weights(2, 2)], axis=0)
    t.add("ScatterND", [t.weights(4, 3), t.constant([[1], [3]], np.int64), t.weights(2, 3)])
    if opset >= 16:
        t.add("ScatterElements", [t.weights(3, 4), t.constant([[1, 1], [1, 2]], np.int64), t.weights(2, 2)], axis=1,
              reduction="add")
        t.add("ScatterND", [t.weights(4, 3), t.constant([[1], [1]], np.int64), t.weights(2, 3)], reduction="add")
    t.add("OneHot", [t.constant([1, -1, 5], np.int64), t.constant(4, np.int64), t.constant([0.5, 2], np.float32)],
          axis=0)
    t.add("ArgMax", ["x"], kinds=[INT64], axis=1)
    t.add("ArgMin", ["x"], kinds=[INT64], axis=2, keepdims=0)
    if opset >= 13:
        t.add("ArgMax", [t.add("Sign", ["x"])], kinds=[INT64], axis=2, select_last_index=1)
    t.add("TopK", ["x", ints(3)], 2, kinds=[FLOAT, INT64])
    t.add("TopK", ["x", ints(2)], 2, kinds=[FLOAT, INT64], axis=1, largest=0)
    if opset >= 14:
        t.add("Trilu", ["x"])
        t.add("Trilu", ["x", t.constant(1, np.int64)], upper=0)
    t.add("EyeLike", [t.weights(3, 4)], k=1)
    t.add("Einsum", ["x", t.weights(6, 5)], equation="bij,jk->bik") if opset >= 12 else None
    t.add("MatMul", ["x", t.weights(6, 2)])
    t.add("Gemm", [t.weights(3, 2), t.weights(3, 4), t.weights(4)], transA=1, alpha=0.5, beta=2.0)
    t.save()


def vision(opset):
    t = Table(f"vision-{opset}", opset, [("x", FLOAT, ["n", 4, 7, 8])])
    t.add("Conv", ["x", t.weights(6, 2, 3, 2), t.weights(6)], group=2, strides=[2, 1], dilations=[1, 2],
          pads=[1, 0, 0, 1])
    t.add("Conv", ["x", t.weights(3, 4, 3, 3)], auto_pad="SAME_UPPER", strides=[2, 2])
    t.add("Conv", ["x", t.weights(3, 4, 2, 2)], auto_pad="SAME_LOWER")
    t.add("ConvTranspose", ["x", t.weights(4, 2, 3, 3), t.weights(2)], strides=[2, 2], pads=[1, 1, 1, 1],
          output_padding=[1, 0])
    t.add("ConvTranspose", ["x", t.weights(4, 1, 3, 3)], group=4, auto_pad="SAME_UPPER", strides=[2, 2])
    t.add("ConvTranspose", ["x", t.weights(4, 1, 3, 3)], strides=[2, 2], output_shape=[14, 16])
    t.add("ConvTranspose", ["x", t.weights(4, 1, 3, 3)], strides=[2, 2], output_shape=[16, 18])
    flat = t.add("Flatten", ["x"], axis=2)
    line = t.add("Reshape", [flat, t.constant([-1, 4, 56], np.int64)])
    t.add("Conv", [line, t.weights(3, 4, 5)], strides=[3])
    t.add("ConvTranspose", [line, t.weights(4, 2, 3)], strides=[2])
    for options in [{}, {"strides": [2, 2], "pads": [1, 1, 1, 1]}, {"strides": [2, 3], "ceil_mode": 1},
                    {"auto_pad": "SAME_UPPER", "strides": [2, 2]}]:
        t.add("MaxPool", ["x"], kernel_shape=[3, 2], **options)
        t.add("AveragePool", ["x"], kernel_shape=[3, 2], **options)
    t.add("MaxPool", ["x"], kernel_shape=[2, 2], dilations=[2, 3])
    t.add("AveragePool", ["x"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)
    t.add("MaxPool", [line], kernel_shape=[4])
    rest = t.add("Reshape", ["x", t.constant([0, 1, 4, 7, 8], np.int64)])
    t.add("AveragePool", [rest], kernel_shape=[3, 1, 1], pads=[1, 0, 0, 1, 0, 0], count_include_pad=1)
    t.add("GlobalAveragePool", [rest])
    t.add("GlobalAveragePool", ["x"])
    t.add("GlobalMaxPool", ["x"])
    t.add("BatchNormalization", ["x", t.weights(4), t.weights(4), t.weights(4), t.constant([1, 2, 0.5, 3], np.float32)])
    t.add("InstanceNormalization", ["x", t.weights(4), t.weights(4)])
    t.add("LRN", ["x"], size=3, alpha=0.1)
    t.add("LpNormalization", ["x"], axis=1)
    if opset >= 17:
        t.add("LayerNormalization", ["x", t.weights(7, 8), t.weights(7, 8)], 3, axis=2)
    if opset in (18, 21):
        count = 2 if opset == 18 else 4
        t.add("GroupNormalization", ["x", t.weights(count), t.weights(count)], num_groups=2)
    t.add("DepthToSpace", ["x"], blocksize=2)
    t.add("DepthToSpace", ["x"], blocksize=2, mode="CRD")
    even = t.add("Slice", ["x", t.constant([0], np.int64), t.constant([6], np.int64), t.constant([2], np.int64)])
    t.add("SpaceToDepth", [even], blocksize=2)
    roi, none = t.constant([], np.float32), t.constant([], np.float32)
    scales = t.constant([1, 1, 2, 2], np.float32)
    outer = t.add("Slice", [t.add("Shape", ["x"], kinds=[INT64]), t.constant([0], np.int64), t.constant([2], np.int64)],
                  kinds=[INT64])
    sizes = t.add("Concat", [outer, t.constant([5, 13], np.int64)], kinds=[INT64], axis=0)
    for mode in ["nearest", "linear", "cubic"]:
        for place in ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"]:
            t.add("Resize", ["x", roi, scales], mode=mode, coordinate_transformation_mode=place)
            t.add("Resize", ["x", roi, none, sizes], mode=mode, coordinate_transformation_mode=place)
    t.add("Resize", ["x", roi, scales], nearest_mode="floor", coordinate_transformation_mode="asymmetric")
    t.add("Resize", ["x", roi, scales], mode="cubic", exclude_outside=1, cubic_coeff_a=-0.5)
    t.save()


def recurrent():
    t = Table("recurrent-14", 14, [("x", FLOAT, [4, "n", 3])])
    for type, gates, states in [("LSTM", 4, 2), ("GRU", 3, 1), ("RNN", 1, 1)]:
        for direction, count in [("forward", 1), ("reverse", 1), ("bidirectional", 2)]:
            weights = [t.weights(count, gates * 2, 3), t.weights(count, gates * 2, 2), t.weights(count, 2 * gates * 2)]
            t.add(type, ["x", *weights], 1 + states, hidden_size=2, direction=direction)
    weights = [t.weights(1, 6, 3), t.weights(1, 6, 2), t.weights(1, 12)]
    t.add("GRU", ["x", *weights], 2, hidden_size=2, linear_before_reset=1)
    weights = [t.weights(1, 8, 3), t.weights(1, 8, 2), t.weights(1, 16), "", "", "", t.weights(1, 6)]
    t.add("LSTM", ["x", *weights], 3, hidden_size=2)
    two = t.add("Slice", ["x", t.constant([0], np.int64), t.constant([2], np.int64), t.constant([1], np.int64)])
    weights = [t.weights(2, 8, 3), t.weights(2, 8, 2), "", t.constant([2, 4], np.int32)]
    t.add("LSTM", [two, *weights, t.weights(2, 2, 2), t.weights(2, 2, 2)], 3, hidden_size=2, direction="bidirectional")
    t.save()


def attention():
    t = Table("attention-23", 23, [("q", FLOAT, ["n", 5, 8]), ("k", FLOAT, ["n", 6, 8])])
    heads = {"q_num_heads": 4, "kv_num_heads": 4}
    t.add("Attention", ["q", "k", "k"], **heads)
    t.add("Attention", ["q", "q", "q"], is_causal=1, scale=0.3, **heads)
    t.add("Attention", ["q", "k", "k", t.weights(5, 6)], **heads)
    t.add("Attention", ["q", "k", "k", t.constant(np.tri(5, 6, 1), bool)], **heads)
    t.add("Attention", ["q", "q", "q", t.constant(np.tri(5, 5, 1), bool)], is_causal=1, **heads)
    t.add("Attention", ["q", "q", "q", t.weights(5, 5)], softcap=0.5, **heads)
    blind = np.tri(5, 5, 1)
    blind[2] = 0
    t.add("Attention", ["q", "q", "q", t.constant(blind, bool)], **heads)
    half = t.add("Slice", ["k", t.constant([0], np.int64), t.constant([4], np.int64), t.constant([2], np.int64)])
    t.add("Attention", ["q", half, half], q_num_heads=4, kv_num_heads=2)
    cut = t.add("Transpose", [t.add("Reshape", ["q", t.constant([0, 5, 2, 4], np.int64)])], perm=[0, 2, 1, 3])
    t.add("Attention", [cut, cut, cut])
    t.add("RMSNormalization", ["q", t.weights(8)])
    positions = t.constant(np.tile(np.arange(5), (2, 1)), np.int64)
    rows = t.add("Slice", ["q", t.constant([0], np.int64), t.constant([2], np.int64), t.constant([0], np.int64)])
    t.add("RotaryEmbedding", [rows, t.weights(5, 2), t.weights(5, 2), positions], num_heads=2)
    t.add("RotaryEmbedding", [rows, t.weights(5, 2), t.weights(5, 2), positions], num_heads=2, interleaved=1)
    t.save()

    m = Table("microsoft-17", 17, [("q", FLOAT, ["n", 5, 8]), ("k", FLOAT, ["n", 6, 8])], ["com.microsoft"])
    own = {"domain": "com.microsoft"}
    m.add("MultiHeadAttention", ["q", "k", "k"], num_heads=2, **own)
    m.add("MultiHeadAttention", ["q", "k", "k", m.weights(24)], num_heads=2, scale=0.2, **own)
    m.add("MultiHeadAttention", ["q", "q", "q"], num_heads=2, unidirectional=1, **own)
    m.add("SkipLayerNormalization", ["q", "q", m.weights(8), m.weights(8), m.weights(8)], **own)
    m.add("SimplifiedLayerNormalization", ["q", m.weights(8)])
    m.add("FusedMatMul", ["q", "k"], transB=1, alpha=0.5, **own)
    m.add("BiasGelu", ["q", m.weights(8)], **own)
    m.add("FastGelu", ["q"], **own)
    m.add("QuickGelu", ["q"], **own)
    m.add("Gelu", ["q"], **own)
    image = m.add("Reshape", ["q", m.constant([0, 1, 5, 8], np.int64)])
    m.add("FusedConv", [image, m.weights(2, 1, 3, 3), m.weights(2)], activation="Relu", **own)
    m.add("FusedConv", [image, m.weights(2, 1, 3, 3), m.weights(2)], activation="Clip",
          activation_params=[-0.2, 0.6], pads=[1, 1, 1, 1], **own)
    flat = m.add("Reshape", ["q", m.constant([-1, 8], np.int64)])
    m.add("FusedGemm", [flat, m.weights(8, 3), m.weights(3)], activation="LeakyRelu", activation_alpha=0.2, **own)
    packed = m.constant(m.random.integers(0, 256, (6, 2, 8)), np.uint8)
    m.add("MatMulNBits", [m.add("Concat", ["q", "q", "q"], axis=2), packed, m.constant(m.random.random(12), np.float32)],
          K=24, N=6, bits=4, block_size=16, **own)
    m.add("MatMulNBits", [m.add("Concat", ["q", "q", "q"], axis=2), packed, m.constant(m.random.random(12), np.float32),
                          m.constant(m.random.integers(0, 256, 6), np.uint8)], K=24, N=6, bits=4, block_size=16, **own)
    m.save()


def quantized():
    t = Table("quantized-21", 21, [("x", FLOAT, ["n", 3, 4, 4])], ["com.microsoft"])
    u8, i8 = lambda v: t.constant(v, np.uint8), lambda v: t.constant(v, np.int8)
    f = lambda v: t.constant(v, np.float32)
    UINT8, INT8 = TensorProto.UINT8, TensorProto.INT8
    q = t.add("QuantizeLinear", ["x", f(0.02), u8(128)], kinds=[UINT8])
    d = t.add("DequantizeLinear", [q, f(0.02), u8(128)])
    kernel = i8(t.random.integers(-127, 128, (4, 3, 3, 3)))
    scales = f(t.random.random(4) * 0.01 + 0.01)
    zeros = i8([0, 0, 0, 0])
    w = t.add("DequantizeLinear", [kernel, scales, zeros], axis=0)
    y = t.add("Conv", [d, w, t.weights(4)])
    t.add("DequantizeLinear", [t.add("QuantizeLinear", [y, f(0.05), i8(3)], kinds=[INT8]), f(0.05), i8(3)])
    t.add("DequantizeLinear", [t.add("QuantizeLinear", ["x", f([0.1, 0.2, 0.3]), i8([0, 1, 2])], kinds=[INT8], axis=1),
                               f([0.1, 0.2, 0.3]), i8([0, 1, 2])], axis=1)
    blocked = i8(t.random.integers(-8, 8, (4, 6)))
    t.add("DequantizeLinear", [blocked, f(t.random.random((4, 3)))], axis=1, block_size=2)
    four = t.raw(helper.make_tensor("four", TensorProto.INT4, [2, 5], t.random.integers(-8, 8, 10)))
    t.add("DequantizeLinear", [four, f([0.5, 0.25])], axis=0)
    levels, scale, zero = t.add("DynamicQuantizeLinear", ["x"], 3, kinds=[UINT8, FLOAT, UINT8])
    rows = i8(t.random.integers(-127, 128, (4, 5)))
    product = t.add("MatMulInteger", [levels, rows, zero, i8(1)], kinds=[TensorProto.INT32])
    t.add("Mul", [t.add("Cast", [product], to=FLOAT), scale])
    t.add("ConvInteger", [q, u8(t.random.integers(0, 256, (2, 3, 2, 2))), u8(128), u8(100)], kinds=[TensorProto.INT32])
    table = u8(t.random.integers(0, 256, (4, 5)))
    t.add("QLinearMatMul", [q, f(0.02), u8(128), table, f(0.01), u8(120), f(0.05), u8(127)], kinds=[UINT8])
    t.add("QLinearConv", [q, f(0.02), u8(128), kernel, scales, zeros, f(0.05), u8(128),
                          t.constant(t.random.integers(-500, 500, 4), np.int32)], kinds=[UINT8])
    own, scale = {"domain": "com.microsoft"}, [f(0.02), u8(128)]
    for type in ["QLinearAdd", "QLinearMul"]:
        t.add(type, [q, *scale, q, *scale, f(0.04), u8(120)], kinds=[UINT8], **own)
    t.add("QLinearSigmoid", [q, *scale, f(1 / 256), u8(0)], kinds=[UINT8], **own)
    t.add("QLinearLeakyRelu", [q, *scale, f(0.02), u8(30)], kinds=[UINT8], alpha=0.1, **own)
    t.add("QLinearGlobalAveragePool", [q, *scale, f(0.005), u8(128)], kinds=[UINT8], **own)
    t.add("QLinearAveragePool", [q, *scale, f(0.01), u8(128)], kinds=[UINT8], kernel_shape=[2, 2], **own)
    t.add("QLinearConcat", [f(0.03), u8(128), q, *scale, q, f(0.01), u8(100)], kinds=[UINT8], axis=1, **own)
    t.add("MaxPool", [q], kinds=[UINT8], kernel_shape=[2, 2])
    t.save()


def structure():
    """Branches, loops, functions, half precision, typed fields and a second file."""
    t = Table("control-16", 16, [("x", FLOAT, ["n", 3])])
    shape = t.add("Shape", ["x"], kinds=[INT64])
    rows = t.add("Gather", [shape, t.constant(0, np.int64)], kinds=[INT64])
    many = t.add("Greater", [rows, t.constant(2, np.int64)], kinds=[BOOL])
    value = lambda name: helper.make_tensor_value_info(name, FLOAT, None)
    branch = lambda type, name: helper.make_graph([helper.make_node(type, ["x"], [name], name=name)], name, [],
                                                  [value(name)])
    t.add("If", [many], then_branch=branch("Exp", "then"), else_branch=branch("Neg", "else"))
    total = t.add("ReduceMax", ["x"], keepdims=0)
    for type in ["Greater", "Less"]:
        sign = t.add(type, [total, t.constant(1.7, np.float32)], kinds=[BOOL])
        t.add("If", [sign], then_branch=branch("Exp", "then"), else_branch=branch("Neg", "else"))
    body = helper.make_graph(
        [helper.make_node("Mul", ["state", "half"], ["next"]), helper.make_node("Add", ["next", "x"], ["sum"]),
         helper.make_node("Identity", ["going"], ["still"]), helper.make_node("Identity", ["sum"], ["step"])],
        "body",
        [helper.make_tensor_value_info("i", INT64, []), helper.make_tensor_value_info("going", BOOL, []), value("state")],
        [helper.make_tensor_value_info("still", BOOL, []), value("sum"), value("step")],
        [numpy_helper.from_array(np.float32(0.5), "half")])
    t.add("Loop", [t.constant(3, np.int64), t.constant(True, bool), "x"], 2, body=body)
    body = helper.make_graph(
        [helper.make_node("Add", ["total", "row"], ["next"]), helper.make_node("Tanh", ["next"], ["seen"])], "body",
        [value("total"), value("row")], [value("next"), value("seen")])
    t.add("Scan", [t.weights(3), "x"], 2, body=body, num_scan_inputs=1)
    t.save()

    function = helper.make_function(
        "mine", "Scaled", ["a"], ["b"],
        [helper.make_node("LeakyRelu", ["a"], ["c"], name="leak"), helper.make_node("Add", ["c", "a"], ["b"])],
        [helper.make_opsetid("", 18)], ["alpha"])
    function.node[0].attribute.append(onnx.AttributeProto(name="alpha", ref_attr_name="alpha", type=1))
    graph = helper.make_graph([helper.make_node("Scaled", ["x"], ["y"], domain="mine", alpha=0.25)], "functions",
                              [helper.make_tensor_value_info("x", FLOAT, ["n", 3])], [value("y")])
    onnx.save(helper.make_model(graph, functions=[function], ir_version=8, opset_imports=[
        helper.make_opsetid("", 18), helper.make_opsetid("mine", 1)]), folder / "function-18.onnx")

    random = np.random.default_rng(5)
    weight = (random.standard_normal((3, 4)) * 0.5).astype(np.float16)
    small = helper.make_tensor("b", TensorProto.FLOAT16, [4], np.array([1e-7, 65504, -2, 0.1], np.float16))
    graph = helper.make_graph(
        [helper.make_node("Cast", ["w"], ["wide"], to=FLOAT), helper.make_node("Cast", ["b"], ["offset"], to=FLOAT),
         helper.make_node("Gemm", ["x", "wide", "offset"], ["y"])], "float16",
        [helper.make_tensor_value_info("x", FLOAT, ["n", 3])], [value("y")],
        [numpy_helper.from_array(weight, "w"), small])
    onnx.save(helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]),
              folder / "float16-17.onnx")

    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "w", "b"], ["h"]), helper.make_node("Relu", ["h"], ["y"])], "external",
        [helper.make_tensor_value_info("x", FLOAT, ["n", 3])], [value("y")],
        [numpy_helper.from_array(random.standard_normal((3, 40)).astype(np.float32), "w"),
         numpy_helper.from_array(random.standard_normal(40).astype(np.float32), "b")])
    (folder / "external-17.bin").unlink(missing_ok=True)
    onnx.save(helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]),
              folder / "external-17.onnx", save_as_external_data=True, location="external-17.bin", size_threshold=64)


def paddle():
    """As PaddlePaddle exports: weights in nodes, lengths that are -1 or "?", sizes worked out with floats."""
    random = np.random.default_rng(6)
    constants = {
        "conv.w": random.standard_normal((4, 3, 3, 3)) * 0.3, "conv.b": random.standard_normal(4) * 0.3,
        "three": [3.0], "six": [6.0], "factors": [1.0, 1.0, 2.0, 2.0],
    }
    given = [helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.array(each, np.float32)))
             for name, each in constants.items()]
    scalars = [helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.array(each, np.float32)))
               for name, each in {"zero": 0.0, "top": 6.0}.items()]
    nodes = [
        helper.make_node("Conv", ["x", "conv.w", "conv.b"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Add", ["c", "three"], ["shifted"]), helper.make_node("Clip", ["shifted", "zero", "top"], ["gate"]),
        helper.make_node("Mul", ["c", "gate"], ["product"]), helper.make_node("Div", ["product", "six"], ["h"]),
        helper.make_node("Shape", ["h"], ["shape"]), helper.make_node("Cast", ["shape"], ["lengths"], to=FLOAT),
        helper.make_node("Mul", ["lengths", "factors"], ["doubled"]),
        helper.make_node("Cast", ["doubled"], ["sizes"], to=INT64),
        helper.make_node("Resize", ["h", "", "", "sizes"], ["y"], mode="nearest",
                         coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
    ]
    graph = helper.make_graph(given + scalars + nodes, "paddle",
                              [helper.make_tensor_value_info("x", FLOAT, [-1, 3, "?", "?"])],
                              [helper.make_tensor_value_info("y", FLOAT, [-1, 4, "?", "?"])])
    onnx.save(helper.make_model(graph, ir_version=7, opset_imports=[helper.make_opsetid("", 13)]),
              folder / "paddle-13.onnx")


def hostile():
    """Small files that would take forever."""
    (folder / "hostile").mkdir(exist_ok=True)
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("mine", 1)]

    def save(name, functions):
        graph = helper.make_graph(
            [helper.make_node("F0", ["x"], ["y"], domain="mine")], name,
            [helper.make_tensor_value_info("x", FLOAT, ["n"])], [helper.make_tensor_value_info("y", FLOAT, None)])
        model = helper.make_model(graph, functions=functions, opset_imports=opsets, ir_version=8)
        (folder / "hostile" / f"{name}.onnx").write_bytes(model.SerializeToString())

    call = lambda name, given, result: helper.make_node(name, [given], [result], domain="mine")
    define = lambda name, *nodes: helper.make_function("mine", name, ["a"], ["b"], nodes, opsets)
    save("recursive", [define("F0", call("F0", "a", "b"))])
    twice = [define(f"F{i}", call(f"F{i + 1}", "a", "c"), call(f"F{i + 1}", "c", "b")) for i in range(25)]
    save("doubling", [*twice, define("F25", helper.make_node("Relu", ["a"], ["b"]))])


torch_models()
elementwise()
for version in (11, 13, 18):
    movement(version)
for version in (13, 18, 21):
    vision(version)
recurrent()
attention()
quantized()
structure()
paddle()
hostile()
