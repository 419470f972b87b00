"""The documentation site: put together from where its pages are kept, built strictly, and tried."""
