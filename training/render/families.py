"""The open font families plates are rendered with, by how much they resemble plates."""

from __future__ import annotations


def _listed(names: str) -> tuple[str, ...]:
    return tuple(names.split())


# Condensed grotesques and engineering alphabets: what most plates are stamped or printed with.
PLATE = _listed("""
abel antonio archivo-narrow asap-condensed barlow barlow-condensed barlow-semi-condensed
bebas-neue big-shoulders-display cooper-hewitt dosis encode-sans-condensed fira-sans-condensed
fira-sans-extra-condensed fjalla-one ibm-plex-sans-condensed jockey-one khand league-gothic
monda oswald overpass pt-sans-narrow rajdhani roboto-condensed saira saira-condensed
saira-semi-condensed share-tech share-tech-mono signika staatliches teko titillium-web
ubuntu-condensed yanone-kaffeesatz b612-mono m-plus-rounded-1c varela-round nunito alumni-sans
sofia-sans-condensed sofia-sans-extra-condensed pathway-gothic-one pragati-narrow mohave
francois-one
""")

# Fixed pitch, square and display faces: printed plates, Asian and African ones, and variety.
VARIETY = _listed("""
aldrich anton arimo bai-jamjuree carlito chakra-petch cousine dejavu-mono exo-2 fredoka graduate
hind ibm-plex-mono inter jetbrains-mono jura k2d kanit michroma open-sans orbitron overpass-mono
oxanium play prompt quantico quicksand red-hat-mono roboto roboto-mono roboto-slab rubik
rubik-mono-one zilla-slab rokkitt bree-serif libre-baskerville arvo archivo-black squada-one viga
passion-one russo-one sarabun space-mono tomorrow ubuntu-mono
""")

FAMILIES = PLATE + VARIETY

if __name__ == "__main__":
    print("\n".join(FAMILIES))
