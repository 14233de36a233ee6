"""Tables, figures and conclusions of the notebooks of CLIP-benchmark."""
