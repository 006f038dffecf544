"""The personal-care side of the shop in readable words: which product types belong, and what we call them.

The source's types are a buyer's shorthand ("ANTIPERSPIRANTS ONLY (ALL OTHE") and sometimes a make's name; made-up
attributes must not stand beside a real make, so those become the kind of product they are.
"""

from __future__ import annotations

KINDS: dict[str, dict[str, tuple[str, ...]]] = {
    "Hair care": {
        "Shampoo": ("SHAMPOO",),
        "Dandruff shampoo": ("DANDRUFF-MEDICATED SHAMPOOS",),
        "Conditioner": ("HAIR CONDITIONERS AND RINSES",),
        "Salon hair care": ("PROFESSIONAL HAIR CARE",),
        "Textured hair care": ("ETHNIC HAIR CARE",),
    },
    "Hair styling": {
        "Styling gel": ("HAIR SETS AND GELS",),
        "Hair spray": ("WOMENS  HAIR SPRAYS",),
        "Men's hair tonic": ("MENS HAIR SPRAYS/TONICS/CREAMS",),
    },
    "Hair colour": {"Hair colour": ("HAIR COLOR AND DEVELOPERS",)},
    "Hair accessories": {
        "Hair clip": ("HAIR BARRETTES TAILERS", "BOBBY PINS AND ACCESSORIES"),
        "Comb or brush": ("HAIR COMBS AND BRUSHES",),
        "Hair accessory": ("MISC. HAIR & BEAUTY ACCESS.", "HAIR ROLLERS", "HAIR NETS AND CAPS"),
    },
    "Make-up": {
        "Make-up": (
            *("ALMAY", "BONNE BELL", "COVERGIRL", "LOREAL COSMETICS", "MAX FACTOR", "MAYBELLINE", "REVLON"),
            *("PHYSICANS FORMULA", "WET N WILD", "FRESH MINERAL", "MISC BUDGET COSMETICS"),
        ),
        "Eye make-up": ("EYE CENTER",),
        "Face make-up": ("FACE MAKE UP AND TREATMENT",),
        "Make-up applicator": ("APPLICATORS",),
    },
    "Nails": {"Nail care": ("NAILCARE", "SALLY HANSEN"), "Manicure set": ("IMPLEMENTS SETS",)},
    "Fragrance": {
        "Fragrance": ("DESIGNER FRAGRANCES", "MISC FRAGRANCES", "PARFUMS DE COUER", "COTY FRAGRANCES", "BODY FANTASY")
    },
    "Soap and body wash": {
        "Bar soap": ("BAR SOAP", "SOAP- LIQ&BAR"),
        "Body wash": ("BODY WASH",),
        "Liquid soap": ("LIQUID SOAP",),
    },
    "Bath": {
        "Bubble bath": ("BATH BUBBLES-BATH SOAPS-ADDITI", "BATH BEADS", "BATH OILS", "CALGON"),
        "Scented bath": ("FRAGRANCED BATH PRODUCTS", "HEALING GARDEN"),
        "Bath therapy": ("BATH & BODY THERAPIES", "MISC. BATH PRODUCTS"),
        "Bath sponge": ("BATH SPONGES/ACCESSORIES", "BATH ACCESSORIES"),
    },
    "Deodorant": {
        "Deodorant stick": ("SOLID/STK DEODORANTS", "DEODORANTS"),
        "Deodorant spray": ("AEROSOL DEODORANTS", "N/A DEOD SPRAY/GEL DEOD"),
        "Roll-on deodorant": ("ROLL-ON DEODORANTS",),
        "Antiperspirant": ("ANTIPERSPIRANTS ONLY (ALL OTHE", "ANTIPERSPIRANTS ONLY (AEROSOL)"),
    },
    "Oral care": {
        "Toothpaste": ("TOOTHPASTE",),
        "Toothbrush": ("ORAL HYGIENE BRUSHES",),
        "Electric toothbrush": ("POWER TOOTHBRUSH/REFILLS",),
        "Mouthwash": ("MOUTHWASH RINSES AND SPRAYS", "MOUTHWASHES (ANTISEPTIC)"),
        "Dental floss": ("DENTAL FLOSS AND IMPLEMENTS",),
        "Tooth whitener": ("WHITENING SYSTEMS",),
        "Lip care": ("LIPCARE",),
    },
    "Shaving": {
        "Razor": ("RAZORS AND BLADES",),
        "Shaving cream": ("SHAVE CREAMS AND POWDERS",),
        "Hair remover": ("DIPILATORIES",),
        "Men's skin care": ("MENS SKIN CARE/COLOGNE",),
    },
    "Face care": {
        "Face cleanser": ("FACIAL SOAPS-SCRUBS-MASKS",),
        "Face cream": ("FACIAL CREAMS", "FACIAL LOTIONS"),
        "Face moisturizer": ("FACIAL MOISTURIZERS",),
        "Acne care": ("ACNE MEDICATIONS",),
    },
    "Hand and body": {
        "Body lotion": ("HAND AND BODY LOTIONS", "LOTIONS/CREAMS/OILS"),
        "Hand cream": ("HAND AND BODY CREAM",),
    },
    "Sun care": {
        "Sun lotion": ("SUNTAN PROD W/SPF LOTION/OIL", "SUNTAN PRODUCTS W/O SPF"),
        "Self-tanner": ("SUNLESS PRODUCTS",),
        "After-sun": ("SUNBURN AFTERSUN PRODUCTS",),
    },
    "Vitamins": {
        "Vitamin": ("VITAMIN - INDIVIDUAL",),
        "Multivitamin": ("VITAMIN - MULTIPLE COMBIN",),
        "Minerals": ("VITAMIN - MINERALS",),
        "Herbal supplement": ("VITAMIN - HERBAL SUPPLEMENTS",),
        "Supplement": ("VITAMIN - NON HERBAL SUPPLEMEN",),
    },
    "Foot care": {
        "Foot spray": ("FOOT SPRAYS POWDERS",),
        "Insole": ("FOOT CARE - SHOE INSOLE/PADS",),
    },
}
"""Category -> our word for the type -> the source's product types."""

SOURCE_CATEGORIES = frozenset(
    {
        *("BATH", "DEODORANTS", "ETHNIC PERSONAL CARE", "FOOT CARE PRODUCTS", "FRAGRANCES", "HAIR CARE ACCESSORIES"),
        *("HAIR CARE PRODUCTS", "HAND/BODY/FACIAL PRODUCTS", "MAKEUP AND TREATMENT", "NATURAL HBC"),
        *("ORAL HYGIENE PRODUCTS", "SHAVING CARE PRODUCTS", "SOAP - LIQUID & BAR", "SUNTAN", "VITAMINS"),
    }
)
"""The source's product categories that make up the personal-care side."""

HAIR_CATEGORIES = ("Hair care", "Hair styling", "Hair colour")


def kinds_of_types() -> dict[str, tuple[str, str]]:
    """The source's product type -> (category, kind) in our words."""
    return {
        source: (category, kind)
        for category, kinds in KINDS.items()
        for kind, sources in kinds.items()
        for source in sources
    }


def brand_words(brand_kind: str, manufacturer_id: str) -> str:
    """A manufacturer id as a brand: "Brand 764", or "Private label 69" for the shop's own."""
    return f"{'Private label' if brand_kind == 'Private' else 'Brand'} {manufacturer_id}"


def size_words(package_size: str) -> str:
    """ "13.5 OZ" -> "13.5 oz"; empty stays empty."""
    return " ".join(package_size.lower().split())
