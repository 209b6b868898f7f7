"""The held-out digits as text for examples/c/digits.c, and its answers.

  digits.py images                     64 numbers a line
  digits.py check < ANSWERS            prints how many are right
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "examples" / "digits"))

from dataset import split_digits  # noqa: E402

test = split_digits().held_out
if sys.argv[1] == "images":
    for image in test.images:
        print(*(f"{16 * pixel:.0f}" for pixel in image.reshape(-1)))
else:
    answers = [int(line) for line in sys.stdin]
    assert len(answers) == len(test.labels)
    right = sum(a == b for a, b in zip(answers, test.labels))
    print(f"{100 * right / len(answers):.1f} % right")
