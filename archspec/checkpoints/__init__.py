"""Files of weights: what is in one, and what of it fits a network. No file's pickled code is run.

`header.py` reads names and shapes (safetensors in a few bytes, torch's archives through `pickled.py`, which
builds nothing but tables); `match.py` says which tensor of a file is which of ours. Only `numbers.py`, which reads
the tensors themselves, may import torch.
"""
