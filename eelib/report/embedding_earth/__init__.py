"""Tables, figures and conclusions of the notebooks of Embedding Earth."""
