"""Words of surveillance devices and of their makers, and the forms of models and versions.

Of a text that an owner may have written (a heading, a host name) ingest keeps only these: see `known_words`. The list
is part of what ingest reads, so a new word raises the version of the evidence.
"""

import re

WORDS = frozenset(
    # What a device is, and what its pages name it.
    ["alarm", "analog", "anpr", "bullet", "cam", "camera", "cameras", "cctv", "channel", "client", "cms", "configuration", "control", "controller", "cube", "decoder", "digital", "dome", "doorbell", "doorphone", "doorstation", "dvr", "dvrs", "dvs", "embedded", "encoder", "ethernet", "eye", "fisheye", "fixed", "guard", "h264", "h265", "hd", "home", "hybrid", "indoor", "infrared", "intercom", "ip", "ipc", "ipcam", "ipcamera", "ipcams", "ipnc", "ir", "lan", "lapi", "lens", "lite", "live", "lpr", "management", "matrix", "mega", "megapixel", "mjpeg", "mobile", "monitor", "mpeg4", "multi", "nas", "net", "netcam", "netdvr", "netvideo", "network", "nvr", "nvs", "onvif", "outdoor", "pan", "panel", "panoramic", "player", "plugin", "poe", "ptz", "p2p", "record", "recorder", "recording", "remote", "rtsp", "sd", "security", "series", "server", "smart", "speed", "ssc", "station", "storage", "stream", "streaming", "studio", "surveillance", "system", "thermal", "tilt", "turret", "vandal", "vbox", "vca", "vdvr", "vehicle", "video", "videos", "view", "viewer", "vision", "vms", "watch", "watchdog", "wdr", "web", "webcam", "webcams", "wifi", "wireless", "xvr", "zoom", "activex", "applet", "codec", "device", "firmware", "hardware", "inc", "ltd", "corp", "co", "gmbh", "login", "model", "software", "technologies", "technology", "type", "version", "welcome"]
    # Names that devices give themselves where nobody named them.
    + ["buildroot", "ctring", "dvrdvs", "imdvrs", "localhost", "none", "router", "hisilicon", "hi3510", "hi3511", "hi3512", "hi3515", "hi3516", "hi3518", "hi3520", "hi3521", "hi3531", "hi3535", "hi3536", "hi3798", "dm355", "dm365", "dm368", "dm385", "gk7202", "gk7205", "nt98515", "nt98566", "ambarella", "novatek", "grain-media", "goke", "ingenic", "sigmastar", "anyka", "rockchip"]
    # Makers, their brands and their devices' own domains.
    + ["2n", "abus", "aci", "acti", "adt", "aebell", "airlink101", "airlive", "ajax", "akuvox", "alhua", "alibi", "amcrest", "annke", "apexis", "arecont", "arlo", "asoni", "atv", "avigilon", "aver", "aviosys", "avtech", "axis", "basler", "baudisch", "beward", "bluestork", "bosch", "bosma", "brickcom", "brinno", "bticino", "bullwark", "canon", "chuango", "cisco", "clairvoyant", "clinton", "cnb", "commax", "comelit", "compro", "concord", "convision", "costar", "cp-plus", "cpplus", "cudy", "dahua", "dahuatech", "dallmeier", "dericam", "digimerge", "digiever", "digitus", "d-link", "dlink", "doorbird", "dmax", "dss", "dvtel", "dynacolor", "easyn", "edimax", "edvr", "eagle-eye", "eldes", "elro", "elmo", "eneo", "ernitec", "escam", "eufy", "everfocus", "ezviz", "falcon", "fanvil", "fermax", "flir", "floureon", "fortinet", "foscam", "fuho", "fujifilm", "ganz", "genetec", "genius", "geovision", "geutebrueck", "grandstream", "grandtec", "grundig", "gvi", "hanbang", "hanwha", "heitel", "herospeed", "hichip", "hikvision", "hilook", "hitron", "honeywell", "huacam", "huawei", "huisun", "hunt", "icatch", "icantek", "icrealtime", "idis", "iguard", "imou", "imax", "indigovision", "infinova", "instar", "intelbras", "interlogix", "intellinet", "iqeye", "iqinvision", "ipro", "i-pro", "jovision", "jvc", "kbvision", "kedacom", "kguard", "kmw", "kocom", "kodicom", "lorex", "laview", "laxihub", "level-one", "levelone", "lg", "lilin", "linksys", "logitech", "longse", "loxone", "luma", "lupus", "march", "marshall", "maygion", "mazi", "megapix", "merit-lilin", "messoa", "microdigital", "milesight", "milestone", "mobotix", "monacor", "motorola", "myboschcam", "myfoscam", "napco", "neo", "neostar", "netatmo", "netgear", "night-owl", "nightowl", "nuuo", "oncam", "optex", "orite", "owl", "panasonic", "pelco", "pinetron", "planet", "planex", "polycom", "provision", "provision-isr", "q-see", "qsee", "qnap", "qvis", "raysharp", "reecam", "redleaf", "reolink", "rifatron", "rimax", "ring", "rvi", "safire", "samsung", "samsungtechwin", "sannce", "sanyo", "selea", "sentry360", "sercomm", "seyeon", "sharp", "siemens", "sinvr", "siqura", "smartec", "solwise", "sony", "speco", "spectra", "spotcam", "stardot", "starcam", "sunell", "supercircuits", "swann", "synectics", "synology", "tapo", "tbk", "tecvoz", "telesystem", "tenda", "tenvis", "tiandy", "topica", "toshiba", "tp-link", "tplink", "trassir", "trendnet", "truen", "truvision", "tvt", "ubiquiti", "ubnt", "unifi", "uniview", "unv", "unview", "urmet", "vacron", "vantech", "veilux", "verint", "verkada", "verifocus", "videoiq", "videosec", "videotec", "vicon", "viewse", "vimtag", "vivint", "vivotek", "vstarcam", "wansview", "wbox", "webgate", "webeye", "wisenet", "wodsee", "wyze", "xiaomi", "xiongmai", "xmeye", "y-cam", "ycam", "yale", "yoosee", "zavio", "zicom", "zkteco", "zmodo", "zosi", "zyxel"]
)
# Models are written in capitals with digits; a word in small letters and digits may be anybody's name.
MODEL = re.compile(
    r"(?=[A-Z0-9/.+-]{0,31}[0-9])[A-Z]{1,8}[-/]?[A-Z0-9][A-Z0-9/.+-]{1,30}|[a-z]{2,4}[0-9]{3,5}-[a-z]{1,3}"
)
VERSION = re.compile(r"[Vv]?[0-9]{1,4}(?:\.[0-9A-Za-z]{1,10}){1,5}|[Vv][0-9]{1,4}")
_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_WORD = re.compile(r"[^\W_](?:[^\W_]|[./+-](?=[^\W_])){0,63}")


def is_known(word: str) -> bool:
    """Return whether a word is of surveillance or of a maker, or has the form of a model or version."""
    if word.lower() in WORDS or MODEL.fullmatch(word):
        return True
    return bool(VERSION.fullmatch(word)) and not _ADDRESS.fullmatch(word)


def known_words(text: str) -> str:
    """Return the known words of a text, joined with a space."""
    return " ".join(word for word in _WORD.findall(text) if is_known(word) or _parts_known(word))


def _parts_known(word: str) -> bool:
    """Return whether all parts of a compound such as Network-Camera are known."""
    parts = re.split(r"[./+-]", word)
    return len(parts) > 1 and all(map(is_known, parts))
