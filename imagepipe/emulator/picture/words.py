"""Words of product prompts and what they stand for: things, scenes, moods of light. Data only."""

from __future__ import annotations

from typing import Literal, TypeAlias

Mood: TypeAlias = Literal["day", "golden", "night"]


def _table(rows: dict[str, str]) -> dict[str, str]:
    return {word: name for name, words in rows.items() for word in words.split()}


THINGS: dict[str, str] = _table(
    {
        "mug": "mug cup teacup coffee espresso tumbler",
        "shoe": "shoe sneaker trainer runner footwear loafer",
        "boot": "boot",
        "backpack": "backpack rucksack daypack",
        "bag": "bag tote handbag purse satchel shopper",
        "watch": "watch wristwatch chronograph smartwatch",
        "bottle": "bottle flask thermos perfume wine",
        "lamp": "lamp lantern lampshade",
        "chair": "chair stool armchair",
        "sofa": "sofa couch loveseat",
        "headphones": "headphone headphones headset",
        "earbuds": "earbud earbuds earphone earphones airpods",
        "sunglasses": "sunglasses glasses eyewear spectacles shades",
        "shirt": "shirt t-shirt tshirt tee top jersey polo blouse",
        "hoodie": "hoodie sweater jacket pullover sweatshirt coat jumper",
        "plant": "plant succulent cactus fern monstera houseplant pot planter",
        "vase": "vase urn carafe jug pitcher",
        "hat": "hat cap beanie",
        "book": "book notebook journal diary",
        "phone": "phone smartphone iphone mobile",
        "laptop": "laptop macbook",
        "camera": "camera",
        "candle": "candle",
        "jar": "jar cream cosmetic serum moisturizer honey jam",
        "kettle": "kettle teapot pot-belly coffeepot",
        "bowl": "bowl dish",
        "plate": "plate saucer",
        "ring": "ring jewelry jewellery bracelet",
        "ball": "ball football basketball",
        "pillow": "pillow cushion",
        "table": "table desk nightstand",
        "speaker": "speaker soundbar radio",
        "box": "box package gift parcel",
        "umbrella": "umbrella parasol",
    }
)

SCENES: dict[str, str] = _table(
    {
        "white": "packshot cutout",
        "studio": "studio minimalist minimal product-photography",
        "dark": "rim dramatic moody",
        "marble": "marble stone granite terrazzo",
        "wood": "wood wooden table desk rustic oak walnut workbench",
        "beach": "beach tropical sea ocean seaside shore coast sand island",
        "forest": "forest woods trail jungle woodland trees",
        "city": "city street urban skyline downtown rooftop futuristic metropolis",
        "mountain": "mountain alps peak alpine hills landscape valley cliff",
        "room": "room interior kitchen office bedroom living cafe café home shelf window loft",
        "garden": "garden grass meadow park lawn flowers field picnic",
        "desert": "desert dune dunes canyon",
        "snow": "snow winter snowy christmas ski ice",
        "water": "water lake pool river rain",
    }
)

MOODS: dict[str, Mood] = {
    "sunset": "golden",
    "sunrise": "golden",
    "dawn": "golden",
    "dusk": "golden",
    "golden": "golden",
    "evening": "golden",
    "warm": "golden",
    "night": "night",
    "midnight": "night",
    "neon": "night",
    "moonlight": "night",
}
