"""An architecture of open_clip that is small enough for tests, and weights of it in a file."""

import torch

SIZES = {"embed_dim": 16, "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16}}
TEXT = {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1}


def know_tiny(monkeypatch):
    """open_clip with the architecture ``tiny``."""
    import open_clip
    from open_clip import factory

    monkeypatch.setitem(factory._MODEL_CONFIGS, "tiny", {**SIZES, "text_cfg": TEXT})
    assert "tiny" in open_clip.list_models()
    return open_clip


def save_tiny(open_clip, path, seed=0):
    """Random weights as open_clip's own training writes them; returns the model."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = open_clip.create_model("tiny")
    torch.save({"epoch": 1, "state_dict": {f"module.{name}": value for name, value in model.state_dict().items()}}, path)
    return model
