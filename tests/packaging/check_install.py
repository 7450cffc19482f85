#!/usr/bin/env python3
"""Installs a build, packs it, and uses what came out.

    tests/packaging/check_install.py BUILD prefix      `cmake --install` into a folder; a host built with find_package and pkg-config
    tests/packaging/check_install.py BUILD packages    cpack twice: equal bytes; `psdl version` from the unpacked deb and tar.gz
    tests/packaging/check_install.py BUILD fetch       a host that takes the sources by FetchContent is configured

In: a build directory in which everything is built. Out: what is wrong; exit status 1 if anything is.
"""

import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
EPOCH = "1700000000"
# What the example says of examples/pod.yaml, in short.
WANTED = ["examples/pod.yaml:17: host.deny: image \"prom/statsd-exporter\" has no tag", "PSS203", "PSS206"]
INSTALLED = [
    "bin/psdl", "include/psdl/psdl.hpp", "include/psdl/psdl.h", "include/psdl/json.hpp", "include/psdl/vm.hpp", "include/psdl/tools/report.hpp", "share/man/man1/psdl.1.gz",
    "share/man/man1/psdl-template-verify.1.gz", "share/bash-completion/completions/psdl", "share/zsh/site-functions/_psdl",
    "share/fish/vendor_completions.d/psdl.fish", "share/doc/psdl/LICENSE", "share/doc/psdl/docs/cli.md",
    "share/doc/psdl/rules/extra/image_tags/rule.psdl",
]


ABI_HOST = """#include <psdl/psdl.h>
#include <stdio.h>
int main(void) {
  psdl_compiler *compiler = NULL;
  if (psdl_compiler_new(NULL, &compiler) != PSDL_OK || psdl_compiler_free(compiler) != PSDL_OK) return 1;
  printf("%u %s %s\\n", (unsigned)psdl_abi_version(), psdl_version(), psdl_status_name(PSDL_OK));
  return psdl_abi_version() == PSDL_ABI_VERSION ? 0 : 1;
}
"""
ABI_PROJECT = """cmake_minimum_required(VERSION 3.25)
project(abi_host LANGUAGES C CXX)
find_package(psdl REQUIRED)
add_executable(by_shared main.c)
target_link_libraries(by_shared PRIVATE psdl::shared)
add_executable(by_archive main.c)
target_link_libraries(by_archive PRIVATE psdl::static)
set_target_properties(by_archive PROPERTIES LINKER_LANGUAGE CXX)
add_executable(vm_alone ${SOURCE}/tests/link/vm_alone.cpp)
target_link_libraries(vm_alone PRIVATE psdl::vm)
"""


class Failure(Exception):
    pass


def run(*command, expect=0, **more):
    environment = {name: value for name, value in os.environ.items() if name not in ("CFLAGS", "CXXFLAGS", "LDFLAGS", "DESTDIR")}
    environment.update(more.pop("extra", {}))
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, env=environment, **more)
    if done.returncode != expect:
        raise Failure(f"{' '.join(str(word) for word in command)}: exit status {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout


def check_host(program):
    printed = run(program, "examples/pod.yaml", cwd=SOURCE, expect=1)
    missing = [text for text in WANTED if text not in printed]
    if missing:
        raise Failure(f"{program} does not print {missing}:\n{printed}")


def library_folder(prefix):
    return next(path.parent for path in prefix.rglob("libpsdl.a"))


def check_prefix(build, folder):
    prefix = folder / "prefix"
    run("cmake", "--install", build, "--prefix", prefix)
    missing = [name for name in INSTALLED if not (prefix / name).exists()]
    if missing:
        raise Failure(f"not installed: {missing}")
    if "psdl 0." not in run(prefix / "bin/psdl", "version"):
        raise Failure("psdl version")
    for file in prefix.rglob("*.cmake"):
        if str(SOURCE) in file.read_text(encoding="utf-8"):
            raise Failure(f"{file} names the sources' folder")
    # The prefix moves before it is used: nothing in it may say where it was.
    moved = folder / "moved"
    prefix.rename(moved)
    run("cmake", "-S", SOURCE / "examples/cpp", "-B", folder / "host", f"-DCMAKE_PREFIX_PATH={moved}")
    run("cmake", "--build", folder / "host")
    check_host(folder / "host/host")
    flags = run("pkg-config", "--cflags", "--libs", "psdl-engine",
                extra={"PKG_CONFIG_PATH": str(library_folder(moved) / "pkgconfig")}).split()
    run("c++", "-std=c++20", SOURCE / "examples/cpp/main.cpp", "-o", folder / "by_pkg_config", *flags)
    check_host(folder / "by_pkg_config")
    check_abi_host(folder, moved)


def check_abi_host(folder, prefix):
    """A host in C, by pkg-config and by find_package, against what was installed."""
    source = folder / "abi"
    source.mkdir()
    (source / "main.c").write_text(ABI_HOST)
    (source / "CMakeLists.txt").write_text(ABI_PROJECT)
    libraries = library_folder(prefix)
    flags = run("pkg-config", "--cflags", "--libs", "psdl", extra={"PKG_CONFIG_PATH": str(libraries / "pkgconfig")}).split()
    run("cc", "-std=c11", source / "main.c", "-o", folder / "abi_by_pkg_config", *flags)
    run("cmake", "-S", source, "-B", folder / "abi_host", f"-DCMAKE_PREFIX_PATH={prefix}", f"-DSOURCE={SOURCE}")
    run("cmake", "--build", folder / "abi_host")
    for program in ("abi_by_pkg_config", "abi_host/by_shared", "abi_host/by_archive"):
        printed = run(folder / program, extra={"LD_LIBRARY_PATH": str(libraries)})
        if printed != "1 0.1.0 ok\n":
            raise Failure(f"{program} prints {printed!r}")
    # The machine alone, from what psdl itself makes.
    flags = run("pkg-config", "--cflags", "--libs", "psdl-vm", extra={"PKG_CONFIG_PATH": str(libraries / "pkgconfig")}).split()
    run("c++", "-std=c++20", SOURCE / "tests/link/vm_alone.cpp", "-o", folder / "vm_by_pkg_config", *flags)
    (folder / "rule.rego").write_text("package a\ndeny contains input.x\n")
    run(prefix / "bin/psdl", "build", folder / "rule.rego", "--out", folder / "rule.psdlc")
    for program in ("vm_by_pkg_config", "abi_host/vm_alone"):
        printed = run(folder / program, folder / "rule.psdlc", "data.a.deny", input='{"x": 7}')
        if printed != "data.a.deny\n[7]\n[]\n":
            raise Failure(f"{program} prints {printed!r}")


def pack(build, folder):
    """Digests of the packages by name."""
    folder.mkdir()
    run("cpack", "--config", build / "CPackConfig.cmake", "-B", folder, "-D", f"CPACK_OUTPUT_FILE_PREFIX={folder}", cwd=build,
        extra={"SOURCE_DATE_EPOCH": EPOCH})
    packages = [path for path in folder.iterdir() if path.is_file() and path.suffix in (".deb", ".gz")]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in packages}


def check_packages(build, folder):
    first, second = pack(build, folder / "first"), pack(build, folder / "second")
    if first != second:
        raise Failure(f"two packings differ: {first} and {second}")
    root = folder / "root"
    for name in first:
        path = folder / "first" / name
        if name.endswith(".gz"):
            (folder / "tar").mkdir()
            run("tar", "-xzf", path, "-C", folder / "tar", "--strip-components=1")
            continue
        run("dpkg-deb", "-x", path, root)
        fields = run("dpkg-deb", "-f", path)
        if "libsimdjson" not in fields:
            raise Failure(f"{name} does not depend on simdjson, which is loaded by its name:\n{fields}")
    if sorted(name.split("_")[0] for name in first if name.endswith(".deb")) != ["libpsdl-dev", "libpsdl1", "psdl"]:
        raise Failure(f"other packages: {sorted(first)}")
    for program in (root / "usr/bin/psdl", folder / "tar/bin/psdl"):
        if "psdl 0." not in run(program, "version"):
            raise Failure(f"{program} version")
    for name in ("usr/share/man/man1/psdl.1.gz", "usr/share/zsh/vendor-completions/_psdl", "usr/share/doc/psdl/copyright",
                 "usr/include/psdl/psdl.hpp", "usr/lib/libpsdl.so", "usr/lib/libpsdl.so.1", "usr/lib/pkgconfig/psdl.pc"):
        if not (root / name).exists():
            raise Failure(f"no {name} in the packages")


def check_fetch(_, folder):
    run("cmake", "-S", SOURCE / "examples/cpp_fetch", "-B", folder / "fetch", "-G", "Ninja")
    inputs = run("ninja", "-C", folder / "fetch", "-t", "inputs", "host")
    if "libpsdl.a" not in inputs or "-Werror" in (folder / "fetch/build.ninja").read_text(encoding="utf-8"):
        raise Failure("the engine is not part of the host, or its warnings are the host's errors")
    if "unit_" in run("ninja", "-C", folder / "fetch", "-t", "targets", "all"):
        raise Failure("the tests are part of the host")


def main():
    build, what = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    checks = {"prefix": check_prefix, "packages": check_packages, "fetch": check_fetch}
    with tempfile.TemporaryDirectory() as name:
        try:
            checks[what](build, pathlib.Path(name))
        except Failure as failure:
            print(failure)
            return 1
    print(f"{what}: fine")
    return 0


if __name__ == "__main__":
    sys.exit(main())
