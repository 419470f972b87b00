"""The report: a folder with a page that shows every picture of a catalogue, and why it is so.

`gallery` has the values, `folder` writes them, `page` draws them, `merging` joins reports. Nothing
here knows stores, manifests or the network; the app says what there is to show.
"""
