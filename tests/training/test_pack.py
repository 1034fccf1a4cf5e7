"""A pack comes back as it was written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training import packs
from training.pack.images import ImagePack, decode, encode, shrink


def test_a_pack_comes_back_as_it_was_written(tmp_path: Path) -> None:
    pack = packs.crops()
    pack.save(tmp_path / "crops.pack")
    again = ImagePack.load(tmp_path / "crops.pack")
    assert again.images == pack.images
    assert again.rows == pack.rows
    assert again.licences == pack.licences
    assert (tmp_path / "crops.pack").stat().st_size < 1.5 * pack.size + 4000


def test_images_survive_compression() -> None:
    image = np.asarray(packs.plate("AB12"))
    again = decode(encode(image, 90))
    assert again.shape == image.shape
    assert np.abs(again.astype(int) - image).mean() < 4


def test_every_image_is_handed_over_with_its_row() -> None:
    pack = packs.photos()
    means = pack.map(lambda pixels, row: (float(pixels.max()), len(row["boxes"])))
    assert [bright > 200 for bright, _ in means] == [bool(count) for _, count in means]


def test_a_split_has_its_own_images_only() -> None:
    validation = packs.crops().of_split("val")
    assert len(validation) == len(packs.TEXTS)
    assert {row["split"] for row in validation.rows} == {"val"}


@pytest.mark.parametrize(("scale", "size"), [(0.5, (20, 60)), (3.0, (40, 120))])
def test_images_are_shrunk_and_never_enlarged(scale: float, size: tuple[int, int]) -> None:
    assert shrink(np.asarray(packs.plate("AB12")), scale, scale).shape[:2] == size
