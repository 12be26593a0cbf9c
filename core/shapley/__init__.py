"""Shapley values of pictures.

========================  ==========================================================================
``base``                  what an explainer is: declaration, problem, answer
``registry``              the list of explainers that the command line and the page read
``partition``             Owen values down a tree of rectangles
``gradient``              expected gradients against background pictures
``kernel``                KernelSHAP over superpixels; its regression is in ``regression``
``game``                  the model as a cooperative game: parts of the picture hidden, logits out
``maskers``               what "hidden" means: blurred, inpainted, or one colour
``background``            which of many pictures stand for "anything"; kept in the store
``regions``               shares summed over regions, and the regions by what they matter
``explain``               the work behind a :class:`~core.contracts.ShapRequest`
========================  ==========================================================================

The library ``shap`` is the oracle of the tests and the peer of the benchmark. It is not imported
here: its explainers draw from NumPy's global state, and ``DeepExplainer`` leaves TensorFlow's
gradient registry broken when it fails. Nothing in this room touches any global state.
"""
