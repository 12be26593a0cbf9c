"""Maps of pictures: what needs a grid of feature maps, regions or a plane of pixels."""
