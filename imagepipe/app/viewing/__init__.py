"""The page that decides, served on loopback to the person who started it, and to nobody else.

`access` lets in, `scene` knows what there is to see and what has changed, `choices` takes
decisions, `site` joins them to an application and `serving` runs it.
"""
