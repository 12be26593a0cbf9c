"""CIFAR-10, wherever it is found on this machine."""
