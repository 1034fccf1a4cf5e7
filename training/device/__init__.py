"""Training where the data lies on the device: whole batches are drawn, bent and spoiled in torch.

One CUDA GPU and the pack (`training.pack`) are enough; two CPU cores do the same, more slowly.
"""
