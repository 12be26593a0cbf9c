"""Whether a method notices that the model's weights are drawn anew."""
