"""Charts that stand beside the diagrams on a slide: the same canvas, type and hues, drawn by matplotlib.

One file a kind, one frozen record of plain numbers a kind: a chart knows nothing of specs or programs.
`canvas.py` makes the slide, `labels.py` finds room for names. Needs the extra `charts`.
"""
