"""Copies weights of open_clip's modules into ours, name by name, so that outputs can be compared."""

from __future__ import annotations

BLOCK = {
    "ln_1": "norm_1",
    "ln_2": "norm_2",
    "attn.in_proj_": "attention.qkv.",
    "attn.out_proj": "attention.out",
    "mlp.c_fc": "mlp.0",
    "mlp.c_proj": "mlp.2",
    "transformer.resblocks": "transformer.blocks",
}


def renamed(name, table):
    for theirs, ours in table.items():
        name = name.replace(theirs, ours)
    return name


def load_vit(ours, theirs):
    table = BLOCK | {"conv1": "patches", "class_embedding": "class_token", "positional_embedding": "positions"}
    state = {renamed(name, table): value for name, value in theirs.state_dict().items()}
    state["project.weight"] = state.pop("proj").T
    ours.load_state_dict(state)


def load_text(ours, theirs):
    table = BLOCK | {"token_embedding": "embedding", "positional_embedding": "positions", "text_projection": "project"}
    state = {renamed(name, table): value for name, value in theirs.state_dict().items() if name != "attn_mask"}
    if "project" in state:  # open_clip's default has no bias
        state |= {"project.weight": state.pop("project").T, "project.bias": ours.project.bias.detach() * 0}
    ours.load_state_dict(state)


def load_resnet(ours, theirs):
    """Both have the same parts in the same order of depth, so the stem and the bottlenecks are matched by position."""
    state = {}
    for name, value in theirs.state_dict().items():
        state[resnet_name(name, theirs)] = value
    ours.load_state_dict(state)


def resnet_name(name, theirs):
    parts = name.split(".")
    if parts[0] == "attnpool":
        table = {"positional_embedding": "pool.positions", "q_proj": "pool.query", "k_proj": "pool.key", "v_proj": "pool.value"}
        return ".".join([(table | {"c_proj": "project"})[parts[1]], *parts[2:]])
    if not parts[0].startswith("layer"):  # conv1, bn1, act1, conv2, ...
        at = 3 * (int(parts[0][-1]) - 1) + (parts[0].startswith("bn"))
        return ".".join(["stem", str(at), *parts[1:]])
    stage, block = int(parts[0][-1]) - 1, int(parts[1])
    pooled = getattr(theirs, parts[0])[block].stride > 1
    prefix = ["stages", str(stage), str(block)]
    if parts[2] == "downsample":  # "-1" is the average pool
        return ".".join([*prefix, "shortcut", str(int(parts[3]) + pooled), *parts[4:]])
    third = parts[2].endswith("3")
    at = 3 * (int(parts[2][-1]) - 1) + parts[2].startswith("bn") + (third and pooled)
    return ".".join([*prefix, "body", str(at), *parts[3:]])
