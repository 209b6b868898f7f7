"""Keeps BLAS on one thread; to be imported before NumPy, which reads the variable as it loads.

The matrices are so small that a second thread saves no time, and where another program holds the
processor, the threads wait for each other and training takes ten times as long.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
