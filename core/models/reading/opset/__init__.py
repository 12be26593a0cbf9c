"""Graphs of OpenVINO's operators rebuilt in Keras, where they have gradients; one file a family."""
