"""The composition root: the only place that builds real adapters and wires them."""
