"""Reads the metadata file of a dataset, safely below its root, and what earlier publications wrote into it."""

from spacecast.faults import NeedsPerson
from spacecast.folders import open_folder
from spacecast.metadata import parse, read_block
from spacecast.onedata import valid_name
from spacecast.publish.publication import Publication


def read_metadata(publication: Publication) -> None:
    """Read and parse the metadata file into the publication.

    Raises a fault that names the file and says what is wrong: not there, not at rest, not YAML, hostile; or
    the folder's name cannot be the name of a space; or its block was written by hand and cannot be understood.
    """
    dataset = publication.dataset
    if dataset.metadata_name is None:
        raise NeedsPerson(f"{dataset.path} has no metadata file")
    # The name is tried first: a dataset without a usable one must not get anything.
    valid_name(publication.config.onedata.names.name_for(dataset.name))
    with open_folder(dataset.root, dataset.name) as folder:
        publication.read = folder.read(dataset.metadata_name)
    publication.document = parse(publication.metadata.data, dataset.metadata_name)
    names = publication.config.metadata.block_names
    publication.block = read_block(publication.document, names.onedata)
    if publication.block is not None and publication.block.misread:
        keys = ", ".join(publication.block.misread)
        raise NeedsPerson(
            f"{dataset.metadata_name}: {keys} under {publication.block.name} is not text: put the value into double quotes, "
            f"or remove the block to publish the dataset anew"
        )
