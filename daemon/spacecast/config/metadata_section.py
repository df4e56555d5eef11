"""The config's section `metadata`: which file makes a folder a dataset, and how it is written back."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from spacecast.config.section import Section, Text
from spacecast.config.units import Duration, at_most
from spacecast.config.wrong import Form, wrong

LONGEST_FILE_NAME_BYTES = 255


def _file_name(name: str) -> str:
    if not name or "/" in name or name in {".", ".."} or not name.isprintable():
        raise wrong("must be a file name: no folders, no control characters")
    if len(name.encode()) > LONGEST_FILE_NAME_BYTES:
        raise wrong(f"must not be longer than {LONGEST_FILE_NAME_BYTES} bytes")
    return name


FileName = Annotated[Text, AfterValidator(_file_name)]
BlockName = Annotated[
    Text, Form(r"[A-Za-z][A-Za-z0-9_]*", "a key of letters, digits and underscores that starts with a letter")
]


class BlockNames(Section):
    """The top-level keys of the metadata file under which Spacecast writes; the rest of the file is left alone."""

    onedata: BlockName = Field(
        default="Onedata",
        description="The key for what Onedata gave: Onezone, Space, InviteToken, PublicURL.",
    )
    tiled: BlockName = Field(default="Tiled", description="The key for what Tiled gave: URI, Ref.")

    @model_validator(mode="after")
    def _check_different(self) -> Self:
        if self.onedata == self.tiled:
            raise wrong("must not be the same as onedata", "tiled")
        return self


class Metadata(Section):
    """The YAML file that makes a folder a dataset, and how the links are written into it."""

    files: tuple[FileName, ...] = Field(
        min_length=1,
        description="Names of the metadata file, wildcards allowed. The first one that exists in a folder counts.",
        examples=[["SPA.yml"]],
    )
    quiet: Annotated[Duration, at_most("1h")] = Field(
        default=5.0,
        description="How long the metadata file must have stayed unchanged before it is read, so that a"
        " half-written one is not.",
    )
    running_file: FileName = Field(
        default=".running",
        description="While a file of this name lies in the folder the acquisition goes on: new files are"
        " imported and cataloged as they come.",
    )
    earlier_file: FileName | None = Field(
        default=None,
        description="A file beside the metadata file in which an earlier tool has kept the block, such as `.fs2od`."
        " What it names is taken over; the file is never written.",
    )
    invite_token: Literal["file", "sidecar", "none"] = Field(
        default="file",
        description="Where the invite token is written. `file`: into the metadata file, which then loses"
        " its permissions for others, so that it cannot be read through the public link."
        " `sidecar`: into a file beside it (`SPA.spacecast.yml`), with the same protection."
        " `none`: nowhere, and no token is made.",
    )
    block_names: BlockNames = Field(default_factory=BlockNames)
    on_not_owner: Literal["refuse", "in-place"] = Field(
        default="refuse",
        description="What to do where the metadata file's owner could not be kept when it is replaced."
        " `refuse`: leave it alone and say so. `in-place`: write into the same file, once its"
        " old and new content are safe in the state folder.",
    )

    @model_validator(mode="after")
    def _check_running_file(self) -> Self:
        if self.running_file in self.files:
            raise wrong("must not be one of files", "running_file")
        if self.earlier_file in self.files:
            raise wrong("must not be one of files: a block in the metadata file is found anyway", "earlier_file")
        return self
