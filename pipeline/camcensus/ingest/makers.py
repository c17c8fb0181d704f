"""Makers' names as devices write them into their ONVIF name.

An owner writes that name, so it is personal, except where it is a maker's. The list is part of the evidence that is
read, and not the catalogue's: a new maker there must not change what is read of an old file. It has no name that is
also a common word or surname.
"""

MAKERS = frozenset({
    "2n", "abus", "acti", "akuvox", "amcrest", "annke", "arecont vision", "avigilon", "avtech", "axis", "beward",
    "bosch", "brickcom", "canon", "cp plus", "d-link", "dahua", "doorbird", "everfocus", "ezviz", "flir", "foscam",
    "geovision", "grandstream", "hanwha", "hikvision", "hilook", "hiwatch", "honeywell", "imou", "indigovision",
    "instar", "intelbras", "jvc", "lilin", "linksys", "lorex", "march networks", "milesight", "mobotix",
    "panasonic", "pelco", "provision-isr", "reolink", "safire", "sanyo", "siqura", "sony", "speco",
    "tapo", "tp-link", "trendnet", "truvision", "tvt", "ubiquiti", "uniview", "vivotek", "webgate", "xiongmai",
    "y-cam", "zavio",
})  # fmt: skip
