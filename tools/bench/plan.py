"""The plan for large runs in ``docs/scale.md``: memory, traffic and time of a step from a simple model. Prints the page's tables.

A step takes the longer of computing and exchanging gradients, which overlap, plus what does not overlap: the optimiser, the rows that a
loss gathers, the loss itself. Computing takes operations / (share of the rate that a network reaches x rate); ``make bench`` measures that
share on this machine, for its training steps.
"""

from __future__ import annotations

from dataclasses import dataclass

GIGA, TERA = 1e9, 1e12


@dataclass(frozen=True)
class Cluster:
    """GPUs and how they are joined. The numbers of an A100 of 80 GB, eight to a node with one 200 Gbit/s link each.

    Attributes:
        gpus: In all.
        half: bfloat16 operations per second of one.
        full: float32 operations per second, for the losses, which stay in float32.
        share: Of the bfloat16 rate, what the networks reach; the goal of the benchmark's GPU rows.
        copy: Bytes per second of its memory.
        link: Bytes per second between GPUs of different nodes, each way.
    """

    gpus: int = 32
    half: float = 312 * TERA
    full: float = 19.5 * TERA
    share: float = 0.45
    copy: float = 1.6 * TERA
    link: float = 25 * GIGA

    def ring(self, size: float) -> float:
        """Bytes that each GPU sends in an all-reduce of ``size`` bytes."""
        return 2 * (self.gpus - 1) / self.gpus * size

    def gathered(self, size: float) -> float:
        """Bytes that each GPU receives when all own ``size / gpus`` bytes of the whole."""
        return (self.gpus - 1) / self.gpus * size


@dataclass(frozen=True)
class Step:
    """What one GPU does in a step.

    Attributes:
        operations: Of the networks, forward and backward.
        weights: Trained numbers.
        activations: Bytes kept for the backward pass.
        rows: Bytes of what the loss gathers, of all GPUs together.
        loss_operations: Of the loss on this GPU, forward and backward, in float32.
        loss_bytes: What the loss holds.
    """

    operations: float
    weights: float
    activations: float
    rows: float
    loss_operations: float
    loss_bytes: float

    def seconds(self, on: Cluster) -> dict[str, float]:
        """Parts of the time of a step."""
        return {
            "networks": self.operations / (on.half * on.share),
            "gradients": on.ring(2 * self.weights) / on.link,  # in bfloat16
            "optimiser": 28 * self.weights / on.copy,  # four arrays read and three written, float32
            "gather": (on.gathered(self.rows) + on.ring(self.rows)) / on.link,  # rows there, their gradient back
            "loss": self.loss_operations / on.full,
        }

    def total(self, on: Cluster) -> float:
        """Seconds of a step."""
        parts = self.seconds(on)
        return max(parts["networks"], parts["gradients"]) + parts["optimiser"] + parts["gather"] + parts["loss"]

    def memory(self) -> dict[str, float]:
        """Bytes on one GPU."""
        return {"weights, gradients, moments": 16 * self.weights, "activations": self.activations, "loss": self.loss_bytes}


WIDTHS = {"image": (50, 768), "text": (77, 512)}  # tokens and channels of ViT-B/32 and its text encoder
LAYERS, EMBED, WEIGHTS = 12, 512, 151_277_825
PATCHES, WORDS, TOKEN_DIMS = 49, 77, 256


def block_operations(tokens: int, width: int) -> float:
    """Forward operations of a transformer block: its four matrices and the attention."""
    return 2 * (12 * width**2 * tokens + 2 * tokens**2 * width)


def pair_operations() -> float:
    """Forward and backward operations of an image of 224 pixels and a caption of 77 tokens; the backward pass costs twice the forward."""
    patches = 2 * PATCHES * 3 * 32**2 * 768
    return 3 * (patches + sum(LAYERS * block_operations(*sizes) for sizes in WIDTHS.values()))


def pair_activations() -> float:
    """Bytes kept per pair in bfloat16: 34 per token, channel and block (arXiv 2205.05198), no attention matrix."""
    return sum(34 * tokens * width * LAYERS for tokens, width in WIDTHS.values())


def clip_step(on: Cluster, batch: int, tokens: bool = False, chunk: int | None = None) -> Step:
    """CLIP, or FILIP with ``tokens``; ``chunk`` works on tiles."""
    local = batch // on.gpus
    floats = EMBED * 2 if not tokens else (PATCHES + WORDS) * TOKEN_DIMS
    pairs = local * batch * (PATCHES * WORDS if tokens else 1)
    products = 2 * 2 * 3 * pairs * (TOKEN_DIMS if tokens else EMBED)  # two directions, forward and two gradients
    held = 2 * 4.0 * pairs * (1 if tokens else 3)
    if chunk is not None:
        held = 4.0 * chunk**2 * (PATCHES * WORDS if tokens else 1) + (local * batch * (PATCHES + WORDS) if tokens else 0)
    return Step(local * pair_operations(), WEIGHTS, local * pair_activations(), 4.0 * batch * floats, products, held)


TILE_BYTES = 16 * 10 * 128**2 * 2  # 16 dates, 10 bands, 128 x 128 pixels of 10 m, 16 bits
TILES = 1_000_000
VIEW = (16, 10, 24, 24)  # dates, bands, rows, columns
ANCHORS, DENSE_DIMS = 144, 64


def unet_forward(side: int, width: int = 64) -> tuple[float, int]:
    """Operations of UNet3Df on one series of :data:`VIEW`'s dates and bands, and its weights; a test counts them in the network."""
    fine, dates, bands = VIEW[0] * side**2, VIEW[0], VIEW[1]
    middle, coarse, w = fine / 8, fine / 64, width
    # Channels in and out of every 3x3x3 convolution, and the voxels that it works on; a transposed one works on those of its input.
    layers = [(bands + 1, w, fine), (w, w, fine), (w, 2 * w, middle), (2 * w, 2 * w, middle), (2 * w, 4 * w, coarse)]
    layers += [(4 * w, 4 * w, coarse), (4 * w, 2 * w, coarse), (4 * w, 2 * w, middle), (2 * w, 2 * w, middle), (2 * w, w, middle)]
    layers += [(2 * w, 2 * w, fine)] * 3
    operations = sum(2 * 27 * inputs * outputs * voxels for inputs, outputs, voxels in layers) + 2 * 2 * w * fine
    norms = 2 * sum(outputs for _, outputs, _ in layers) - 2 * (2 * w + 2 * w)  # none after the first transposed and the last layer
    return operations, sum(27 * inputs * outputs + outputs for inputs, outputs, _ in layers) + norms + dates + 1


def tile_step(on: Cluster, batch: int) -> Step:
    """Dense contrast on two views of ``batch`` series per GPU; all anchors of all GPUs are negatives of each other."""
    forward, weights = unet_forward(VIEW[2])
    voxels = VIEW[0] * VIEW[2] * VIEW[3]
    stages = 64 * 4 + 128 * 6  # channels of full resolution kept, convolution, norm and activation apart
    activations = 2 * batch * voxels * (stages * 1.4) * 2  # coarser stages add 2/5
    local, rows = batch * ANCHORS, batch * ANCHORS * on.gpus
    products = 2 * 2 * 3 * local * rows * DENSE_DIMS
    return Step(3 * 2 * batch * forward, weights, activations, 4.0 * 2 * rows * DENSE_DIMS, products, 4.0 * 1024**2)


def table(steps: dict[str, Step], on: Cluster) -> str:
    """Markdown: memory, traffic and time of each step on one GPU."""
    lines = ["| step on one GPU | " + " | ".join(steps) + " |", "|---|" + "---|" * len(steps)]
    cells: dict[str, list[str]] = {}
    for step in steps.values():
        for name, size in step.memory().items():
            cells.setdefault(f"memory: {name}", []).append(f"{size / GIGA:.2f} GB")
        traffic = {"gradients, bfloat16": on.ring(2 * step.weights), "gathered rows": on.gathered(step.rows) + on.ring(step.rows)}
        for name, size in traffic.items():
            cells.setdefault(f"traffic: {name}", []).append(f"{size / GIGA:.3f} GB")
        for name, time in step.seconds(on).items():
            cells.setdefault(f"time: {name}", []).append(f"{1e3 * time:.1f} ms")
        cells.setdefault("**time of the step**", []).append(f"**{1e3 * step.total(on):.0f} ms**")
    return "\n".join([*lines, *(f"| {name} | " + " | ".join(values) + " |" for name, values in cells.items())])


def clip_steps(on: Cluster) -> dict[str, Step]:
    """4096 pairs with ViT-B/32, three ways."""
    return {
        "CLIP": clip_step(on, 4096),
        "FILIP, plain": clip_step(on, 4096, tokens=True),
        "FILIP, tiles of 16": clip_step(on, 4096, tokens=True, chunk=16),
    }


def tile_steps(on: Cluster) -> dict[str, Step]:
    """Dense contrast with batches of 32 series per GPU."""
    return {"UNet3Df, width 64, 32 series": tile_step(on, 32)}


def main() -> None:
    """Print both tables and the sums of whole runs."""
    on = Cluster()
    clips, tiles = clip_steps(on), tile_steps(on)
    print(f"{pair_operations() / GIGA:.1f} GFLOP per pair, {pair_activations() / 1e6:.0f} MB of activations\n")
    print(table(clips, on), "\n")
    hours = {name: 128_001 * step.total(on) / 3600 for name, step in clips.items()}
    print(", ".join(f"{name} {value:.1f} h for 128 001 steps" for name, value in hours.items()))
    print(f"images per second {4096 / clips['CLIP'].total(on):.0f}\n")
    print(table(tiles, on), "\n")
    (step,) = tiles.values()
    forward, weights = unet_forward(VIEW[2])
    whole, _ = unet_forward(128)
    series = 32 * on.gpus / step.total(on)
    print(f"{weights / 1e6:.2f} M weights, {forward / GIGA:.1f} GFLOP per view, {whole / TERA:.2f} TFLOP per tile")
    print(f"{series:.0f} series/s, {TILES / series / 60:.1f} minutes per pass, {50_000 * step.total(on) / 3600:.1f} h for 50 000 steps")
    print(f"{TILES * TILE_BYTES / TERA:.2f} TB, {series * TILE_BYTES / GIGA:.1f} GB/s whole tiles")
    print(f"windows of 32 pixels: {series * TILE_BYTES / 16 / GIGA:.2f} GB/s")
    print(f"features of all pixels, float16: {TILES * 128**2 * 128 * 2 / TERA:.2f} TB")
    print(f"embed all tiles: {TILES * whole / (on.gpus * on.half * on.share) / 3600:.2f} h")


if __name__ == "__main__":
    main()
