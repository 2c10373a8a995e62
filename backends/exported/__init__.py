"""What torch itself writes of a network: a `torch.export` program, and machine code by AOTInductor."""
