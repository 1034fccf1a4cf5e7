"""The file of regions: complete, well-formed, and each format takes its own plates."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpr.errors import RequestError
from alpr.formats.catalogue import Region, all_regions, codes_by_alpha3, select, within
from alpr.formats.notation import compact
from tests.formats.drawn import texts

REGIONS = list(all_regions().values())
PROMISED = re.findall(
    "[a-z-]+",
    """
    at be bg hr cy cz dk ee fi fr de gr hu ie it lv lt lu mt nl pl pt ro sk si es se is li no ch gb
    ua ru by md al ba me mk rs xk tr ge am il ae sa in pk lk my sg id ph vn nz ke ng mx br ar cl co
    pe uy py au-act au-nsw au-nt au-qld au-sa au-tas au-vic au-wa za-ec za-fs za-gp za-kzn za-lp
    za-mp za-nc za-nw za-wc ca-ab ca-bc ca-mb ca-nb ca-nl ca-ns ca-nt ca-nu ca-on ca-pe ca-qc ca-sk
    ca-yt us-al us-ak us-az us-ar us-ca us-co us-ct us-dc us-de us-fl us-ga us-hi us-ia us-id us-il
    us-in us-ks us-ky us-la us-ma us-md us-me us-mi us-mn us-mo us-ms us-mt us-nc us-nd us-ne us-nh
    us-nj us-nm us-nv us-ny us-oh us-ok us-or us-pa us-ri us-sc us-sd us-tn us-tx us-ut us-va us-vt
    us-wa us-wi us-wv us-wy
    """,
)


def test_every_region_that_was_promised_has_formats() -> None:
    assert [code for code in PROMISED if not all_regions()[code].formats] == []
    assert len(PROMISED) > 140


@pytest.mark.parametrize("region", REGIONS, ids=lambda one: one.code)
def test_a_region_is_whole(region: Region) -> None:
    assert re.fullmatch("[a-z]{2}(-[a-z]{2,3})?", region.code)
    assert bool(re.fullmatch("[A-Z]{3}", region.alpha3)) == ("-" not in region.code)
    assert region.country in all_regions()
    assert region.name
    assert region.source
    assert region.formats or len(within(region.code)) > 1
    for one in region.formats:
        assert one.notation.fits(compact(one.example)), one
        assert set(one.notation.counts) <= set(range(1, 12)), one


@settings(max_examples=300)
@given(st.data(), st.sampled_from([one for one in REGIONS if one.formats]))
def test_every_plate_of_a_format_is_its_regions(data: st.DataObject, region: Region) -> None:
    notation = data.draw(st.sampled_from(region.formats)).notation
    text = data.draw(texts(notation.parts))
    assert notation.fits(text)
    assert region.fits(text)
    assert 0 < region.likelihood(text) <= 1
    hidden = data.draw(st.integers(0, len(text) - 1))
    assert region.fits(f"{text[:hidden]}*{text[hidden + 1 :]}")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("gb", "AB12CDE"), ("ie", "131D12345"), ("de", "MAB123"), ("nl", "12BDF3"),
        ("br", "BRA2E19"), ("br", "ABC1234"), ("ru", "A123BC77"), ("ua", "AA1234BC"),
        ("in", "MH12AB1234"), ("us-ca", "1ABC234"), ("us-ny", "ABC1234"), ("ca-on", "ABCD123"),
        ("au-nsw", "AB12CD"), ("il", "1234567"), ("vn", "59A123456"), ("kz", "123ABC01"),
        ("th", "701234"), ("th", "11234"), ("us-az", "ABC1DEF"), ("us-sd", "1ABC23"),
        ("pl", "XD12345"), ("my", "KV1234B"), ("pe", "ABC123"), ("gb", "Q123ABC"),
        ("cn", "AD12345"), ("xk", "123KS456"), ("za-gp", "BC12DFGP"), ("za-wc", "CAA123456"),
    ],
)  # fmt: skip
def test_well_known_plates(code: str, text: str) -> None:
    assert all_regions()[code].fits(text)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("gb", "AB12CD"), ("br", "ABCD123"), ("es", "1234ABC"), ("us-ca", "ABC1234"),
        ("us-tx", "ABC1234"), ("cz", "1GX2345"), ("pl", "WA1234B"), ("in", "XX12AB1234"),
        ("de", "ABCDE1234"), ("fr", "12AU75"), ("gb", "IA12CDE"), ("gb", "ABC123Z"),
        ("mx", "ABC123O"), ("pl", "WA12A34"), ("cn", "AABC12"), ("mk", "SK1234AX"),
        ("cn", "A12345A"), ("ec", "DAB1234"), ("za-ec", "ABC123EC"), ("za-wc", "C12345"),
    ],
)  # fmt: skip
def test_plates_of_others(code: str, text: str) -> None:
    assert not all_regions()[code].fits(text)


def test_the_docs_count_what_was_compared() -> None:
    with_formats = [one for one in REGIONS if one.formats]
    compared = sum(one.is_compared for one in with_formats)
    page = Path("docs/regions.md").read_text(encoding="utf-8")
    assert f"{compared} of {len(with_formats)}" in page


def test_a_country_stands_for_its_subdivisions() -> None:
    assert {"us", "us-ca", "us-ny"} <= {one.code for one in select(["US"])}
    assert [one.code for one in select(["br", "us-ca", "br"])] == ["br", "us-ca"]
    assert [one.code for one in select(["ca"])][1] == "ca-ab"


def test_an_unknown_code_is_named() -> None:
    with pytest.raises(RequestError, match="'zz'"):
        select(["br", "zz"])


def test_three_letters_name_a_country() -> None:
    assert codes_by_alpha3()["DEU"] == "de"
    assert "" not in codes_by_alpha3()
