"""The text of a dataset's public page, from a template."""

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from spacecast.config import Config
from spacecast.faults import NeedsPerson
from spacecast.ledger import Dataset
from spacecast.publish.publication import Publication


def share_description(publication: Publication) -> str:
    """Return the Markdown text of the share; raises NeedsPerson when the operator's template is wrong.

    The template gets names and addresses only, never the content of the metadata file.
    """
    config, dataset = publication.config, publication.dataset
    template = config.onedata.share.description
    try:
        return _template(template).render(
            facility=config.facility,
            title=dataset.title,
            key=dataset.key,
            zone_url=config.onedata.zone.url,
            tiled_url=tiled_address(publication),
        )
    except (TemplateError, OSError, UnicodeDecodeError) as error:
        raise NeedsPerson(f"The template onedata.share.description ({template}) cannot be used: {error}") from error


def tiled_address(publication: Publication) -> str | None:
    """Return the address under which scientists open the dataset with Tiled; None without Tiled."""
    return address_in_tiled(publication.config, publication.dataset)


def address_in_tiled(config: Config, dataset: Dataset) -> str | None:
    """Return the same of any dataset."""
    tiled = config.tiled
    if tiled is None:
        return None
    path = "/".join((*tiled.path, dataset.key))
    return f"{tiled.scientists_url.rstrip('/')}/api/v1/metadata/{path}"


@lru_cache(maxsize=4)
def _template(path: Path | None) -> Template:
    # Markdown, not HTML; the values are made of harmless characters before they come here.
    settings = {"undefined": StrictUndefined, "autoescape": False, "trim_blocks": True, "keep_trailing_newline": True}
    environment: Environment = SandboxedEnvironment(loader=PackageLoader("spacecast.publish"), **settings)
    if path is None:
        return environment.get_template("share.md.j2")
    return environment.from_string(path.read_text(encoding="utf-8"))
