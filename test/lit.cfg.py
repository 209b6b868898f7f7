"""lit configuration of the suite; the paths come from lit.site.cfg.py."""

import os
import re

import lit.formats
from lit.llvm import llvm_config
from lit.llvm.subst import ToolSubst

config.name = "ternary"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.ternary_obj_root, "test")

# Inputs holds files that tests read; the others are no lit tests.
config.excludes = ["FakeDriver", "Inputs", "Unit", "golden", "properties"]

config.substitutions.append(("%python", config.python_executable))
config.substitutions.append(("%src_root", config.ternary_src_root))
config.substitutions.append(("%obj_root", config.ternary_obj_root))
# Before a program: it finds a driver that runs no kernel, and notes its calls.
fake_driver = os.path.join(config.test_exec_root, "FakeDriver")
config.substitutions.append(("%fake_driver", f"env LD_LIBRARY_PATH={fake_driver}"))

llvm_config.with_system_environment(["HOME", "TMP", "TEMP"])
llvm_config.with_environment("PATH", config.llvm_tools_dir, append_path=True)

if config.ternary_sanitize:
    # libMLIR is not instrumented and keeps its registries until exit.
    # LLVM's allocators poison what they hand out only where their headers are
    # compiled with the sanitizer; the packaged libraries do not unpoison it.
    config.environment["ASAN_OPTIONS"] = "allow_user_poisoning=0:detect_leaks=0"
    config.environment["UBSAN_OPTIONS"] = "halt_on_error=1:print_stacktrace=1"
    config.available_features.add("sanitize")

# A missing own tool is an error, not a test that calls whatever PATH holds.
llvm_config.add_tool_substitutions(
    ["ternary-compile", "ternary-lsp-server", "ternary-opt", "ternary-reduce", "ternary-run",
     "ternary-translate", "ternary-tune",
     "ternary-train-digits"],
    [config.ternary_tools_dir],
)
llvm_config.add_tool_substitutions(
    [
        "mlir-opt",
        "mlir-translate",
        "llc",
        "count",
        "split-file",
        ToolSubst("FileCheck", unresolved="fatal"),
        ToolSubst("not", unresolved="fatal"),
    ],
    [config.llvm_tools_dir],
)


def cpu_flags() -> set[str]:
    """The flags of the first CPU, as Linux names them; empty elsewhere."""
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
            match = re.search(r"^flags\s*:(.*)$", info.read(), re.MULTILINE)
    except OSError:
        return set()
    return set(match.group(1).split()) if match else set()


# `REQUIRES: avx2` and the like, for tests that run what they compile.
for flag in ("avx2", "avx_vnni", "avx512_vnni", "amx_int8"):
    if flag in cpu_flags():
        config.available_features.add(flag)
