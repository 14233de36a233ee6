"""The one convention that data and losses share: what an absolute pixel id is."""

ROW_STRIDE = 1 << 20  # pixel id = row * ROW_STRIDE + column: unique up to a million columns, and rows and columns can be read back
