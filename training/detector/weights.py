"""How often photos of each source are drawn."""

from __future__ import annotations

# How often an image of each source is drawn, relative to one of openlpr. Small sources are drawn
# more often for variety; ro_drive is four videos of one city, so less; the stretched exports are
# less trustworthy.
WEIGHTS = {
    "easypr_cn": 2.0,
    "rxg4e_subset": 2.0,
    "ru_roboflow": 1.5,
    "kaggle_cars": 1.3,
    "ro_drive": 0.8,
}
