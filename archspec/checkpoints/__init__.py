"""Files of weights: what is in one, and what of it fits a network. Nothing here imports torch or runs pickled code.

`header.py` reads names and shapes (safetensors in a few bytes, torch's archives through `pickled.py`, which
builds nothing but tables); `match.py` says which tensor of a file is which of ours.
"""
