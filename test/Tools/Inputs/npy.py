"""Makes and shows .npy files for the tests of ternary-run, without NumPy.

  npy.py make OUT DTYPE SHAPE VALUES     npy.py make a.npy float32 2x3 1,2,3,4,5,6
  npy.py show FILE                       prints dtype, shape and values
  npy.py raw OUT HEADER [BYTES]          a version 1 file with this header text
                                         and that many zero bytes of data
SHAPE is `-` for rank 0; VALUES may be a single number for all elements.
"""

import ast
import struct
import sys

TYPES = {
    "bool": ("|b1", "?"),
    "int8": ("|i1", "b"),
    "uint8": ("|u1", "B"),
    "int16": ("<i2", "h"),
    "int32": ("<i4", "i"),
    "int64": ("<i8", "q"),
    "float16": ("<f2", "e"),
    "bfloat16": ("<V2", "H"),  # as ml_dtypes saves it
    "float32": ("<f4", "f"),
    "float64": ("<f8", "d"),
}


def write(path, header, data):
    header = header.encode()
    pad = b" " * (63 - (10 + len(header)) % 64) + b"\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00")
        file.write(struct.pack("<H", len(header) + len(pad)))
        file.write(header + pad + data)


def make(path, dtype, shape, values):
    shape = () if shape == "-" else tuple(int(d) for d in shape.split("x"))
    count = 1
    for dim in shape:
        count *= dim
    descr, code = TYPES[dtype]
    parse = float if "float" in dtype else int
    numbers = [parse(v) for v in values.split(",")] if values else []
    if dtype == "bfloat16":  # the upper half of a float32
        numbers = [struct.unpack("<2H", struct.pack("<f", v))[1] for v in numbers]
    if len(numbers) == 1:
        numbers *= count
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    write(path, repr(header), struct.pack("<%d%s" % (count, code), *numbers))


def show(path):
    with open(path, "rb") as file:
        data = file.read()
    assert data[:8] == b"\x93NUMPY\x01\x00", data[:8]
    (length,) = struct.unpack("<H", data[8:10])
    assert (10 + length) % 64 == 0 and data[9 + length : 10 + length] == b"\n"
    header = ast.literal_eval(data[10 : 10 + length].decode())
    assert header["fortran_order"] is False
    name = next(n for n, (d, _) in TYPES.items() if d == header["descr"])
    code = TYPES[name][1]
    body = data[10 + length :]
    count = len(body) // struct.calcsize(code)
    values = struct.unpack("<%d%s" % (count, code), body)
    print(name, list(header["shape"]), *("%g" % v for v in values))


def raw(path, header, size="0"):
    write(path, header, bytes(int(size)))


if __name__ == "__main__":
    {"make": make, "show": show, "raw": raw}[sys.argv[1]](*sys.argv[2:])
