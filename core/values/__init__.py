"""What contracts are made of: requests, results, inputs, the codec that stores them."""
