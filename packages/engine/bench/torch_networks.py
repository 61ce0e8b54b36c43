"""Networks of many kinds, exported by PyTorch, with their outputs and gradients: do they come out the same here?

    python3 torch_networks.py FOLDER [--only NAME ...]        writes NAME-SIZE-opsetN.onnx and .json
    npx retort verify FOLDER/*.json

Needs PyTorch alone (Debian: python3-torch). Weights and inputs are random; the loss is sum(output * cotangent), normalisation is
in inference form. A case holds of each parameter's gradient its shape, L2 norm and first 64 values.
"""
import argparse
import json
import math
import os
import warnings

import torch
import torch.nn.functional as F
from torch import nn

warnings.filterwarnings("ignore")
torch.set_num_threads(1)


# ---- convolutional networks


def conv_bn(cin, cout, k=3, s=1, g=1, d=1, act=nn.ReLU):
    layers = [nn.Conv2d(cin, cout, k, s, d * (k // 2), dilation=d, groups=g, bias=False), nn.BatchNorm2d(cout)]
    return nn.Sequential(*layers, *([act()] if act else []))


class SqueezeExcite(nn.Module):
    def __init__(self, c, gate):
        super().__init__()
        self.down, self.up, self.gate = nn.Conv2d(c, c // 2, 1), nn.Conv2d(c // 2, c, 1), gate

    def forward(self, x):
        return x * self.gate(self.up(F.relu(self.down(F.adaptive_avg_pool2d(x, 1)))))


class InvertedResidual(nn.Module):
    def __init__(self, cin, cout, stride, act, se=None):
        super().__init__()
        mid = 3 * cin
        self.body = nn.Sequential(
            conv_bn(cin, mid, 1, act=act),
            conv_bn(mid, mid, 3, stride, g=mid, act=act),
            SqueezeExcite(mid, se) if se else nn.Identity(),
            conv_bn(mid, cout, 1, act=None),
        )
        self.skip = stride == 1 and cin == cout

    def forward(self, x):
        return x + self.body(x) if self.skip else self.body(x)


def head(c, classes=5):
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c, classes))


def mobilenet_v2(w):
    blocks = [InvertedResidual(w, w, 1, nn.ReLU6), InvertedResidual(w, 2 * w, 2, nn.ReLU6), InvertedResidual(2 * w, 2 * w, 1, nn.ReLU6)]
    return nn.Sequential(conv_bn(3, w, 3, 2, act=nn.ReLU6), *blocks, head(2 * w))


def mobilenet_v3(w):
    blocks = [InvertedResidual(w, w, 1, nn.Hardswish, nn.Hardsigmoid()), InvertedResidual(w, 2 * w, 2, nn.Hardswish, nn.Hardsigmoid())]
    return nn.Sequential(conv_bn(3, w, 3, 2, act=nn.Hardswish), *blocks, head(2 * w))


def efficientnet(w):
    blocks = [InvertedResidual(w, w, 1, nn.SiLU, nn.Sigmoid()), InvertedResidual(w, 2 * w, 2, nn.SiLU, nn.Sigmoid())]
    return nn.Sequential(conv_bn(3, w, 3, 2, act=nn.SiLU), *blocks, head(2 * w))


class ResidualBlock(nn.Module):
    def __init__(self, c, norm):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(c, c, 3, padding=1), norm(c), nn.ReLU(), nn.Conv2d(c, c, 3, padding=1), norm(c))

    def forward(self, x):
        return F.relu(x + self.body(x))


def resnet(w):
    return nn.Sequential(conv_bn(3, w, 7, 2), nn.MaxPool2d(3, 2, 1), ResidualBlock(w, nn.BatchNorm2d), ResidualBlock(w, nn.BatchNorm2d), head(w))


def resnet_group_norm(w):
    def norm(c):
        return nn.GroupNorm(4, c)

    return nn.Sequential(nn.Conv2d(3, w, 3, 2, 1), ResidualBlock(w, norm), ResidualBlock(w, norm), head(w))


class DenseLayer(nn.Module):
    def __init__(self, cin, growth):
        super().__init__()
        self.body = nn.Sequential(nn.BatchNorm2d(cin), nn.ReLU(), nn.Conv2d(cin, growth, 3, padding=1, bias=False))

    def forward(self, x):
        return torch.cat([x, self.body(x)], 1)


def densenet(w):
    layers = [nn.Conv2d(3, w, 3, padding=1)]
    c = w
    for _ in range(2):
        for _ in range(3):
            layers.append(DenseLayer(c, w // 2))
            c += w // 2
        layers += [nn.BatchNorm2d(c), nn.ReLU(), nn.Conv2d(c, c // 2, 1), nn.AvgPool2d(2)]
        c //= 2
    return nn.Sequential(*layers, head(c))


class ShuffleUnit(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.body = nn.Sequential(conv_bn(c // 2, c // 2, 1), conv_bn(c // 2, c // 2, 3, g=c // 2, act=None), conv_bn(c // 2, c // 2, 1))

    def forward(self, x):
        a, b = x.chunk(2, dim=1)
        y = torch.cat([a, self.body(b)], 1)
        n, c, h, w = y.shape
        return y.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)


def shufflenet(w):
    return nn.Sequential(conv_bn(3, w, 3, 2), ShuffleUnit(w), ShuffleUnit(w), head(w))


class Inception(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.one, self.three = conv_bn(c, c, 1), conv_bn(c, c, 3)
        self.wide = nn.Sequential(nn.Conv2d(c, c, (1, 5), padding=(0, 2)), nn.Conv2d(c, c, (5, 1), padding=(2, 0)))
        self.pool = nn.Sequential(nn.AvgPool2d(3, 1, 1, count_include_pad=False), nn.Conv2d(c, c, 1))

    def forward(self, x):
        return torch.cat([self.one(x), self.three(x), self.wide(x), self.pool(x)], 1)


def inception(w):
    return nn.Sequential(conv_bn(3, w, 3, 2), Inception(w), nn.MaxPool2d(2, ceil_mode=True), head(4 * w))


class ConvNextBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.depthwise, self.norm = nn.Conv2d(c, c, 7, padding=3, groups=c), nn.LayerNorm(c)
        self.up, self.down, self.scale = nn.Linear(c, 4 * c), nn.Linear(4 * c, c), nn.Parameter(0.5 * torch.ones(c))

    def forward(self, x):
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        return x + (self.scale * self.down(F.gelu(self.up(y)))).permute(0, 3, 1, 2)


def convnext(w):
    return nn.Sequential(nn.Conv2d(3, w, 4, 4), ConvNextBlock(w), ConvNextBlock(w), head(w))


class RepVgg(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.three, self.one, self.same = conv_bn(c, c, 3, act=None), conv_bn(c, c, 1, act=None), nn.BatchNorm2d(c)

    def forward(self, x):
        return F.relu(self.three(x) + self.one(x) + self.same(x))


def repvgg(w):
    return nn.Sequential(conv_bn(3, w, 3, 2), RepVgg(w), RepVgg(w), head(w))


class StandardisedConv(nn.Conv2d):
    """Weights are standardised in the graph: their gradient passes through a mean and a deviation."""

    def forward(self, x):
        mean = self.weight.mean(dim=(1, 2, 3), keepdim=True)
        deviation = ((self.weight - mean) ** 2).mean(dim=(1, 2, 3), keepdim=True)
        return self._conv_forward(x, (self.weight - mean) / torch.sqrt(deviation + 1e-5), self.bias)


def nfnet(w):
    return nn.Sequential(StandardisedConv(3, w, 3, 2, 1), nn.ELU(), StandardisedConv(w, w, 3, 1, 1), nn.Softplus(), head(w))


# ---- dense prediction


class UNet(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.a, self.b, self.c = conv_bn(3, w), conv_bn(w, 2 * w, s=2), conv_bn(2 * w, 4 * w, s=2)
        self.up1, self.up2 = nn.ConvTranspose2d(4 * w, 2 * w, 2, 2), nn.ConvTranspose2d(4 * w, w, 4, 2, 1)
        self.out = nn.Conv2d(2 * w, 1, 1)

    def forward(self, x):
        a = self.a(x)
        b = self.b(a)
        y = torch.cat([self.up1(self.c(b)), b], 1)
        return torch.sigmoid(self.out(torch.cat([self.up2(y), a], 1)))


class FeaturePyramid(nn.Module):
    def __init__(self, w, mode):
        super().__init__()
        self.a, self.b, self.c = conv_bn(3, w, s=2), conv_bn(w, w, s=2), conv_bn(w, w, s=2)
        self.lateral, self.out, self.mode = nn.Conv2d(w, w, 1), nn.Conv2d(w, 2, 3, padding=1), mode

    def forward(self, x):
        a = self.a(x)
        b = self.b(a)
        align = None if self.mode == "nearest" else self.mode == "aligned"
        mode = "nearest" if self.mode == "nearest" else "bilinear"
        y = b + F.interpolate(self.lateral(self.c(b)), scale_factor=2, mode=mode, align_corners=align)
        return self.out(a + F.interpolate(y, scale_factor=2, mode=mode, align_corners=align))


class DilatedPyramid(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.stem = conv_bn(3, w, s=2)
        self.branches = nn.ModuleList(conv_bn(w, w, d=d) for d in (1, 2, 3))
        self.out = nn.Conv2d(4 * w, 3, 1)

    def forward(self, x):
        x = self.stem(x)
        mean = F.adaptive_avg_pool2d(x, 1).expand(-1, -1, x.shape[2], x.shape[3])
        return F.log_softmax(self.out(torch.cat([branch(x) for branch in self.branches] + [mean], 1)), dim=1)


def style_transfer(w):
    return nn.Sequential(
        nn.ReflectionPad2d(2), nn.Conv2d(3, w, 5), nn.InstanceNorm2d(w, affine=True), nn.LeakyReLU(0.2),
        nn.ReplicationPad2d(1), nn.Conv2d(w, w, 3), nn.InstanceNorm2d(w, affine=True), nn.Tanh(), nn.Conv2d(w, 3, 1),
    )  # fmt: skip


def super_resolution(w):
    return nn.Sequential(nn.Conv2d(3, w, 3, padding=1), nn.PReLU(), nn.Conv2d(w, 12, 3, padding=1), nn.PixelShuffle(2))


# ---- transformers

tokens = 12
later_tokens = torch.ones(tokens, tokens, dtype=torch.bool).triu(1)


class Attention(nn.Module):
    def __init__(self, d, heads, causal=False):
        super().__init__()
        self.qkv, self.out, self.heads, self.causal = nn.Linear(d, 3 * d), nn.Linear(d, d), heads, causal

    def forward(self, x, bias=None):
        b, t, d = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        scores = q @ k.transpose(-2, -1) / math.sqrt(d // self.heads)
        if bias is not None:
            scores = scores + bias
        if self.causal:
            scores = scores.masked_fill(later_tokens, float("-inf"))
        return self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(b, t, d))


class Block(nn.Module):
    def __init__(self, d, heads=4, causal=False, act=nn.GELU):
        super().__init__()
        self.norm1, self.attention, self.norm2 = nn.LayerNorm(d), Attention(d, heads, causal), nn.LayerNorm(d)
        self.mlp = nn.Sequential(nn.Linear(d, 4 * d), act(), nn.Linear(4 * d, d))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class VisionTransformer(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.patch, self.token = nn.Conv2d(3, d, 8, 8), nn.Parameter(torch.randn(1, 1, d))
        self.position = nn.Parameter(0.1 * torch.randn(1, 17, d))
        self.blocks, self.head = nn.Sequential(Block(d), Block(d)), nn.Linear(d, 5)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.position
        return self.head(self.blocks(x)[:, 0])


class WindowAttention(nn.Module):
    """Swin's: windows of 4 x 4, every other layer shifted by two, with a learnt bias for relative positions."""

    def __init__(self, d, shift, side=4, heads=2):
        super().__init__()
        self.norm, self.attention, self.shift, self.side = nn.LayerNorm(d), Attention(d, heads), shift, side
        self.table = nn.Parameter(0.2 * torch.randn((2 * side - 1) ** 2, heads))
        at = torch.stack(torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")).flatten(1)
        relative = (at[:, :, None] - at[:, None]).permute(1, 2, 0) + side - 1
        self.register_buffer("index", relative[..., 0] * (2 * side - 1) + relative[..., 1])

    def forward(self, x):
        b, h, w, d = x.shape
        s = self.side
        y = torch.roll(self.norm(x), (-self.shift, -self.shift), (1, 2)) if self.shift else self.norm(x)
        y = y.view(b, h // s, s, w // s, s, d).permute(0, 1, 3, 2, 4, 5).reshape(-1, s * s, d)
        bias = self.table[self.index.view(-1)].view(s * s, s * s, -1).permute(2, 0, 1).unsqueeze(0)
        y = self.attention(y, bias).view(b, h // s, w // s, s, s, d).permute(0, 1, 3, 2, 4, 5).reshape(b, h, w, d)
        return x + (torch.roll(y, (self.shift, self.shift), (1, 2)) if self.shift else y)


class Swin(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.patch, self.a, self.b = nn.Conv2d(3, d, 4, 4), WindowAttention(d, 0), WindowAttention(d, 2)
        self.merge, self.head = nn.Linear(4 * d, 2 * d), nn.Linear(2 * d, 5)

    def forward(self, x):
        x = self.b(self.a(self.patch(x).permute(0, 2, 3, 1)))
        x = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
        return self.head(self.merge(x).mean(dim=(1, 2)))


class Gpt(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.token, self.position = nn.Embedding(23, d), nn.Embedding(tokens, d)
        self.blocks = nn.Sequential(Block(d, causal=True), Block(d, causal=True))
        self.norm = nn.LayerNorm(d)

    def forward(self, ids):
        x = self.token(ids) + self.position(torch.arange(ids.shape[1]))
        return self.norm(self.blocks(x)) @ self.token.weight.t()


class Llama(nn.Module):
    def __init__(self, d, heads=4, kv_heads=2):
        super().__init__()
        self.token, self.heads, self.kv, self.size = nn.Embedding(23, d), heads, kv_heads, d // heads
        self.q, self.k, self.v = nn.Linear(d, d, False), nn.Linear(d, d // 2, False), nn.Linear(d, d // 2, False)
        self.o, self.gate, self.up, self.down = nn.Linear(d, d, False), nn.Linear(d, 2 * d, False), nn.Linear(d, 2 * d, False), nn.Linear(2 * d, d, False)
        self.norm1, self.norm2 = nn.Parameter(torch.ones(d)), nn.Parameter(torch.ones(d))
        self.head = nn.Linear(d, 23, False)
        angle = torch.arange(tokens)[:, None] * 10000.0 ** (-torch.arange(0, self.size, 2) / self.size)
        self.register_buffer("cos", torch.cat([angle.cos()] * 2, -1))
        self.register_buffer("sin", torch.cat([angle.sin()] * 2, -1))

    def rms(self, x, weight):
        return weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)

    def repeat(self, x):
        b, kv, t, size = x.shape
        return x[:, :, None].expand(b, kv, self.heads // kv, t, size).reshape(b, self.heads, t, size)

    def turn(self, x):
        a, b = x.chunk(2, -1)
        return x * self.cos + torch.cat([-b, a], -1) * self.sin

    def forward(self, ids):
        x = self.token(ids)
        b, t, d = x.shape
        y = self.rms(x, self.norm1)
        q = self.turn(self.q(y).view(b, t, self.heads, -1).transpose(1, 2))
        k = self.repeat(self.turn(self.k(y).view(b, t, self.kv, -1).transpose(1, 2)))
        v = self.repeat(self.v(y).view(b, t, self.kv, -1).transpose(1, 2))
        scores = (q @ k.transpose(-2, -1) / math.sqrt(self.size)).masked_fill(later_tokens, -1e9)
        x = x + self.o((scores.softmax(-1) @ v).transpose(1, 2).reshape(b, t, d))
        y = self.rms(x, self.norm2)
        return self.head(x + self.down(F.silu(self.gate(y)) * self.up(y)))


class Bert(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.token = nn.Embedding(23, d)
        self.first, self.second = nn.MultiheadAttention(d, 4, batch_first=True), nn.MultiheadAttention(d, 4, batch_first=True)
        self.norm, self.head = nn.LayerNorm(d), nn.Linear(d, 3)

    def forward(self, ids):
        x = self.token(ids)
        x = x + self.first(x, x, x, need_weights=False)[0]
        x = x + self.second(x, x, x, need_weights=False)[0]
        return torch.tanh(self.head(self.norm(x).mean(1)))


class Mixer(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.patch, self.norm1, self.norm2, self.head = nn.Conv2d(3, d, 8, 8), nn.LayerNorm(d), nn.LayerNorm(d), nn.Linear(d, 5)
        self.tokens = nn.Sequential(nn.Linear(16, 32), nn.GELU(), nn.Linear(32, 16))
        self.channels = nn.Sequential(nn.Linear(d, 2 * d), nn.GELU(), nn.Linear(2 * d, d))

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = x + self.tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return self.head((x + self.channels(self.norm2(x))).amax(1))


class Perceiver(nn.Module):
    """A few learnt queries read the picture; written with einsum."""

    def __init__(self, d):
        super().__init__()
        self.latent, self.patch = nn.Parameter(torch.randn(6, d)), nn.Conv2d(3, d, 4, 4)
        self.k, self.v, self.head = nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, 5)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        weights = torch.einsum("ld,btd->blt", self.latent, self.k(x)).div(4).softmax(-1)
        return self.head(torch.einsum("blt,btd->bld", weights, self.v(x)).flatten(0, 1)).exp().clamp(0.1, 3)


# ---- other graphs


class TopKRouting(nn.Module):
    """The two most probable of four experts, gathered and weighted."""

    def __init__(self, d):
        super().__init__()
        self.stem, self.router, self.experts = nn.Linear(3 * 32 * 32, d), nn.Linear(d, 4), nn.Parameter(torch.randn(4, d, 5))

    def forward(self, x):
        x = self.stem(x.flatten(1)).tanh()
        weights, chosen = self.router(x).softmax(-1).topk(2, dim=-1)
        return (torch.einsum("bd,bkde->bke", x, self.experts[chosen]) * weights.unsqueeze(-1)).sum(1)


class ContrastiveHead(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.body, self.out, self.scale = conv_bn(3, d, s=2), nn.Linear(d, d), nn.Parameter(torch.tensor(2.0))
        self.prompts = nn.Parameter(torch.randn(7, d))

    def forward(self, x):
        image = F.normalize(self.out(self.body(x).mean((2, 3))), dim=-1)
        return self.scale.exp() * image @ F.normalize(self.prompts, dim=-1).t()


class CumulativeLoss(nn.Module):
    """Ordered logits by cumulative sums, distances, log-sum-exp, where and comparisons."""

    def __init__(self, d):
        super().__init__()
        self.stem, self.steps, self.centres = nn.Linear(3 * 32 * 32, d), nn.Parameter(torch.rand(d)), nn.Parameter(torch.randn(5, d))

    def forward(self, x):
        x = self.stem(x.flatten(1)) + torch.cumsum(F.softplus(self.steps), 0)
        distance = ((x[:, None] - self.centres) ** 2).sum(-1).sqrt()
        huber = torch.where(distance < 1, 0.5 * distance**2, distance - 0.5)
        return torch.logsumexp(-huber, -1, keepdim=True) + huber.min(-1, keepdim=True)[0] + torch.minimum(huber, distance)


networks = {
    "mobilenet_v2": mobilenet_v2, "mobilenet_v3": mobilenet_v3, "efficientnet": efficientnet, "resnet": resnet,
    "resnet_group_norm": resnet_group_norm, "densenet": densenet, "shufflenet": shufflenet, "inception": inception,
    "convnext": convnext, "repvgg": repvgg, "nfnet": nfnet, "unet": UNet,
    "pyramid_nearest": lambda w: FeaturePyramid(w, "nearest"), "pyramid_bilinear": lambda w: FeaturePyramid(w, "half-pixel"),
    "pyramid_aligned": lambda w: FeaturePyramid(w, "aligned"), "dilated_pyramid": DilatedPyramid,
    "style_transfer": style_transfer, "super_resolution": super_resolution, "vit": VisionTransformer, "swin": Swin, "gpt": Gpt,
    "llama": Llama, "bert": Bert, "mixer": Mixer, "perceiver": Perceiver, "top_k_routing": TopKRouting,
    "contrastive_head": ContrastiveHead, "cumulative_loss": CumulativeLoss,
}  # fmt: skip
of_text = {"gpt", "llama", "bert"}
# The exporter's folding would replace these networks' parameters by what is computed of them: nothing would be left to train.
never_folded = {"swin", "nfnet", "contrastive_head"}
sizes = {"small": (8, 2), "wide": (16, 3)}
opsets = (11, 13, 15, 17)


def tensor(x):
    dtype = str(x.dtype).removeprefix("torch.")
    return {"shape": list(x.shape), "dtype": dtype, "data": x.detach().flatten().tolist()}


def case(name, model, x):
    y = model(x)
    cotangent = torch.randn_like(y)
    (y * cotangent).sum().backward()
    grads = {
        key: {"shape": list(p.shape), "norm": p.grad.norm().item(), "first": p.grad.flatten()[:64].tolist()}
        for key, p in model.named_parameters()
    }
    return {
        "name": name,
        "op": "onnx.gradient",
        "note": "loss = sum(output * cotangent)",
        "inputs": {"input": tensor(x), "cotangent": tensor(cotangent)},
        "attrs": {},
        "expect": {"output": tensor(y), "grads": grads},
        "tolerance": {"rtol": 1e-3, "atol": 1e-4},
    }


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder")
    arguments.add_argument("--only", nargs="*", choices=sorted(networks))
    options = arguments.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    written = 0
    for number, (kind, build) in enumerate(networks.items()):
        if options.only and kind not in options.only:
            continue
        for size, (width, batch) in sizes.items():
            torch.manual_seed(100 * number + width)
            model = build(width).eval()
            # As after training: exporters store weights that are still equal only once.
            for parameter in model.parameters():
                parameter.data += 0.05 * torch.randn_like(parameter)
            for module in model.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.running_mean.normal_(0, 0.2)
                    module.running_var.uniform_(0.5, 1.5)
            x = torch.randint(0, 23, (batch, tokens)) if kind in of_text else torch.randn(batch, 3, 32, 32)
            expected = case(f"{kind}-{size}", model, x)
            for opset in opsets:
                name = f"{kind}-{size}-opset{opset}"
                path = os.path.join(options.folder, name)
                try:
                    torch.onnx.export(
                        model, x, f"{path}.onnx", opset_version=opset, input_names=["input"], output_names=["output"],
                        dynamic_axes={"input": {0: "batch"}}, do_constant_folding=opset >= 15 and kind not in never_folded,
                        training=torch.onnx.TrainingMode.PRESERVE,
                    )  # fmt: skip
                except torch.onnx.errors.UnsupportedOperatorError as error:
                    print(f"not written: {name}: {str(error).split('.')[0]}")
                    continue
                with open(f"{path}.json", "w") as file:
                    json.dump({**expected, "name": name}, file)
                written += 1
    print(f"{written} models written to {options.folder}")


if __name__ == "__main__":
    main()
