"""From a provider's bytes to a file that a shop can use. Knows no provider and no network."""
