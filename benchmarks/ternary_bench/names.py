"""Names of the peers, in the order of the tables; peers.py finds them."""

PEERS = ("tq2_0", "tq1_0", "onednn_s8", "openblas_f32", "iree_i8i2")
