"""Optional parts of an installation: which packages each needs, and the file that names them."""

from importlib.util import find_spec
from typing import Final, Literal

from api.kernel.errors import Conflict

Part = Literal["papers", "pictures", "s3", "sentry"]
_PACKAGES: Final[dict[Part, dict[str, str]]] = {
    "papers": {"fpdf": "fpdf2", "barcode": "python-barcode"},
    "pictures": {"PIL": "Pillow"},
    "s3": {"obstore": "obstore", "pyrage": "pyrage"},
    "sentry": {"sentry_sdk": "sentry-sdk"},
}
"""What is imported, and the name under which it is installed."""


class PackageMissing(Conflict):
    """An optional part of the shop is not installed on this server."""

    code = "package_missing"
    sentence = (
        "The package {package} is not installed on this server: "
        "pip install -r {requirements}, then restart it."
    )


def require(part: Part) -> None:
    """Do nothing where a part is installed; raises `PackageMissing` where it is not."""
    for module, package in _PACKAGES[part].items():
        if find_spec(module) is None:
            raise PackageMissing(package=package, requirements=f"requirements-{part}.txt")


def problem_of(part: Part) -> PackageMissing | None:
    """Return what is wrong where a package of a part is not installed, else None."""
    try:
        require(part)
    except PackageMissing as missing:
        return missing
    return None
