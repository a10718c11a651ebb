"""How a process gives memory back to the system that it needs no more."""

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGE_BLOCK = 1024 * 1024


def return_freed_memory() -> None:
    """Have glibc give each block of 1 MiB or more back to the system as soon as it is freed.

    By itself it raises that limit, up to 32 MiB, with the largest block that was ever freed. From
    then on large uploads and unpacked pictures are kept in the heaps of the threads that read them,
    and each heap keeps what it has grown to. A fixed limit turns that off; see mallopt(3). Other C
    libraries do not have the function, and are left as they are.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK)
        mallopt(_M_TRIM_THRESHOLD, 2 * _LARGE_BLOCK)
