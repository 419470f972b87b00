"""imagepipe: a declarative batch runner for text-to-image APIs."""

__version__ = "0.1.0"
