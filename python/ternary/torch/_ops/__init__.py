"""Our ops as torch custom ops in the namespace `ternary`.

Each op of the dialect that a layer computes with is one custom op of the same name, whose
schema carries all that its IR needs (packing, group size, extents), so that a graph of
torch.export can be printed as IR node by node. `bitlinear_train`, `bitlinear_tracked` and
`embedding_tracked` are `bitlinear` and `embedding` with another backward. First gradients
only: backward passes cannot be differentiated again."""
