"""What a model file may be made of: Keras' own layers, operations and functions, and no more.

The list is closed. Each entry names the arguments that are handed on; whatever decides only how
weights begin or are trained (initialisers, regularisers, constraints) is left out, since the
weights of the file take their place. A test holds every name against the Keras installed.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = [
    "ACTIVATIONS",
    "BUILT_IN",
    "INERT",
    "LAYERS",
    "OPERATIONS",
    "OUT_OF_DATE",
    "PREPARES",
    "TRAINING",
]

ACTIVATIONS = frozenset(
    {
        "linear", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "glu", "silu",
        "swish", "hard_silu", "hard_swish", "hard_sigmoid", "sigmoid", "log_sigmoid", "softmax",
        "log_softmax", "softplus", "softsign", "soft_shrink", "sparse_plus", "squareplus", "tanh",
        "tanh_shrink", "hard_tanh", "hard_shrink", "threshold", "exponential", "mish",
        "sparsemax",
    }
)  # fmt: skip

TRAINING = frozenset(
    {
        "seed", "noise_shape", "momentum", "renorm_clipping", "renorm_momentum", "synchronized",
        "lora_rank", "lora_alpha", "gptq_unpacked_column_size",
        "flash_attention", "use_cudnn", "unit_forget_bias", "activity_regularizer",
        "gamma_constraint", "weights",
    }
)  # fmt: skip
"""Arguments without a say in what a trained layer computes."""
OUT_OF_DATE = frozenset(
    {
        "batch_input_shape", "batch_shape", "input_shape", "input_dtype", "input_length",
        "autocast", "implementation", "optional", "build_input_shape", "virtual_batch_size",
        "fused", "experimental_relax_shapes",
    }
)  # fmt: skip
"""Arguments of other versions of Keras that change nothing."""

_POOL = "pool_size strides padding data_format"
_CONV = "kernel_size strides padding data_format dilation_rate activation use_bias"
_NORM = "axis epsilon center scale"
_RNN = (
    "units activation recurrent_activation use_bias dropout recurrent_dropout return_sequences "
    "go_backwards unroll reset_after"
)
_HEADS = "dropout use_bias use_gate sliding_window"

LAYERS: Mapping[str, frozenset[str]] = {
    name: frozenset(arguments.split())
    for name, arguments in {
        # What computes.
        "Dense": "units activation use_bias",
        "EinsumDense": "equation output_shape activation bias_axes",
        "Embedding": "input_dim output_dim mask_zero",
        "Conv1D": f"filters groups {_CONV}",
        "Conv2D": f"filters groups {_CONV}",
        "Conv3D": f"filters groups {_CONV}",
        "Conv1DTranspose": f"filters output_padding {_CONV}",
        "Conv2DTranspose": f"filters output_padding {_CONV}",
        "DepthwiseConv1D": f"depth_multiplier {_CONV}",
        "DepthwiseConv2D": f"depth_multiplier {_CONV}",
        "SeparableConv1D": f"filters depth_multiplier {_CONV}",
        "SeparableConv2D": f"filters depth_multiplier {_CONV}",
        "BatchNormalization": f"{_NORM} renorm",
        "LayerNormalization": f"{_NORM} rms_scaling",
        "GroupNormalization": f"groups {_NORM}",
        "RMSNormalization": "axis epsilon",
        "UnitNormalization": "axis",
        "Normalization": "axis mean variance invert",
        "Rescaling": "scale offset",
        "SimpleRNN": "units activation use_bias dropout recurrent_dropout return_sequences "
        "go_backwards unroll",
        "LSTM": _RNN.removesuffix(" reset_after"),
        "GRU": _RNN,
        "Attention": "use_scale score_mode dropout",
        "AdditiveAttention": "use_scale dropout",
        "MultiHeadAttention": f"num_heads key_dim value_dim output_shape attention_axes {_HEADS}",
        "GroupQueryAttention": f"head_dim num_query_heads num_key_value_heads {_HEADS}",
        # Activations.
        "Activation": "activation",
        "ReLU": "max_value negative_slope threshold",
        "LeakyReLU": "negative_slope alpha",
        "ELU": "alpha",
        "PReLU": "shared_axes",
        "Softmax": "axis",
        # Shapes.
        "Flatten": "data_format",
        "Reshape": "target_shape",
        "Permute": "dims",
        "RepeatVector": "n",
        "Cropping1D": "cropping",
        "Cropping2D": "cropping data_format",
        "CenterCrop": "height width data_format",
        "ZeroPadding1D": "padding data_format",
        "ZeroPadding2D": "padding data_format",
        "UpSampling1D": "size",
        "UpSampling2D": "size data_format interpolation",
        "Resizing": "height width interpolation crop_to_aspect_ratio pad_to_aspect_ratio fill_mode "
        "fill_value antialias data_format",
        "AveragePooling1D": _POOL,
        "AveragePooling2D": _POOL,
        "MaxPooling1D": _POOL,
        "MaxPooling2D": _POOL,
        "AdaptiveAveragePooling2D": "output_size data_format",
        "AdaptiveMaxPooling2D": "output_size data_format",
        "GlobalAveragePooling1D": "data_format keepdims",
        "GlobalAveragePooling2D": "data_format keepdims",
        "GlobalMaxPooling1D": "data_format keepdims",
        "GlobalMaxPooling2D": "data_format keepdims",
        # Several inputs.
        "Add": "",
        "Subtract": "",
        "Multiply": "",
        "Average": "",
        "Maximum": "",
        "Minimum": "",
        "Concatenate": "axis",
        "Dot": "axes normalize",
        # Without a say once trained.
        "Identity": "",
        "ActivityRegularization": "",
        "Dropout": "rate",
        "AlphaDropout": "rate",
        "SpatialDropout1D": "rate",
        "SpatialDropout2D": "rate data_format",
        "GaussianDropout": "rate",
        "GaussianNoise": "stddev",
        "RandomBrightness": "factor value_range",
        "RandomContrast": "factor value_range",
        "RandomFlip": "mode data_format",
        "RandomRotation": "factor fill_mode interpolation fill_value data_format",
        "RandomTranslation": "height_factor width_factor fill_mode interpolation fill_value "
        "data_format",
        "RandomZoom": "height_factor width_factor fill_mode interpolation fill_value data_format",
        "RandomColorJitter": "value_range brightness_factor contrast_factor saturation_factor "
        "hue_factor data_format",
        "RandomErasing": "factor scale fill_value value_range data_format",
        "RandomGaussianBlur": "factor kernel_size sigma value_range data_format",
        "RandomGrayscale": "factor data_format",
        "RandomHue": "factor value_range data_format",
        "RandomInvert": "factor value_range data_format",
        "RandomSaturation": "factor value_range data_format",
        "RandomSharpness": "factor value_range data_format",
        "RandomShear": "x_factor y_factor interpolation fill_mode fill_value data_format",
    }.items()
}

INERT = frozenset(name for name in LAYERS if name.startswith("Random") or "Dropout" in name) | {
    "Identity",
    "ActivityRegularization",
    "GaussianNoise",
}
"""Layers that hand on what they are given, once a model is trained."""
PREPARES = frozenset(name for name in LAYERS if name.startswith("Random")) | {
    "CenterCrop",
    "Resizing",
}
"""Layers that Keras calls with ``training=True`` unless told; ``predict`` tells them."""

OPERATIONS: Mapping[str, frozenset[str]] = {
    name: frozenset(arguments.split())
    for name, arguments in {
        "Absolute": "", "Abs": "", "Add": "", "Subtract": "", "Multiply": "", "Divide": "",
        "TrueDivide": "", "Negative": "", "Power": "", "Square": "", "Sqrt": "", "Exp": "",
        "Rsqrt": "", "Erf": "",
        "Log": "", "Maximum": "", "Minimum": "", "Matmul": "", "Reciprocal": "", "Sign": "",
        "Sin": "", "Cos": "", "Tanh": "", "Clip": "x_min x_max",
        "Max": "axis keepdims", "Min": "axis keepdims", "Mean": "axis keepdims",
        "Sum": "axis keepdims", "Var": "axis keepdims", "Std": "axis keepdims",
        "Concatenate": "axis", "Stack": "axis", "ExpandDims": "axis", "Squeeze": "axis",
        "Reshape": "newshape", "Transpose": "axes", "Swapaxes": "axis1 axis2",
        "Moveaxis": "source destination", "Flip": "axis", "Ravel": "", "Repeat": "repeats axis",
        "Tile": "repeats", "BroadcastTo": "shape", "Pad": "pad_width mode", "Roll": "shift axis",
        "GetItem": "", "Take": "axis", "Einsum": "subscripts", "Cast": "dtype",
        "Relu": "", "Relu6": "", "Sigmoid": "", "Silu": "", "Softplus": "", "Softsign": "",
        "LogSigmoid": "", "LeakyRelu": "negative_slope", "HardSigmoid": "", "HardSilu": "",
        "Elu": "alpha", "Selu": "", "Gelu": "approximate", "Softmax": "axis", "LogSoftmax": "axis",
        "Normalize": "axis order epsilon", "DepthToSpace": "block_size data_format",
        "SpaceToDepth": "block_size data_format",
        "RGBToGrayscale": "data_format",
    }.items()
}  # fmt: skip
"""Operations on tensors that a functional model may hold, ``x * 2`` or ``keras.ops.relu(x)``."""

BUILT_IN: Mapping[str, str] = {
    "Lambda": "keras.layers.Rescaling, Normalization, Resizing or Activation do what most of them "
    "do",
    "TFOpLambda": "save it again with Keras 3 (keras.ops.…), or use keras.layers.Rescaling, Add, "
    "Activation",
    "SlicingOpLambda": "save it again with Keras 3, or use keras.layers.Cropping2D",
    "TensorFlowOpLayer": "save it again with Keras 3",
    "TFSMLayer": "open the SavedModel itself",
}
"""Of layers that hold code: the built-in way."""
