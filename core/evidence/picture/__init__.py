"""Evidence about maps of pictures: what fills, marks or judges a plane of pixels."""
