"""Tables, figures and conclusions of the bridge between the two papers."""
