"""Words of surveillance devices and of their makers, and the forms of models and versions.

Of a text that an owner may have written (a heading, a host name) ingest keeps only these: see `known_words`. The list
is part of what ingest reads, so a new word raises the version of the evidence.
"""

import re

# What a device is, and what its pages name it.
_DEVICES = """
activex alarm analog anpr applet bullet cam camera cameras cctv channel client cms co codec configuration control
controller corp cube decoder device digital dome doorbell doorphone doorstation dvr dvrs dvs embedded encoder ethernet
eye firmware fisheye fixed gmbh guard h264 h265 hardware hd home hybrid inc indoor infrared intercom ip ipc ipcam
ipcamera ipcams ipnc ir lan lapi lens lite live login lpr ltd management matrix mega megapixel mjpeg mobile model
monitor mpeg4 multi nas net netcam netdvr netvideo network nvr nvs onvif outdoor p2p pan panel panoramic player plugin
poe ptz record recorder recording remote rtsp sd security series server smart software speed ssc station storage
stream streaming studio surveillance system technologies technology thermal tilt turret type vandal vbox vca vdvr
vehicle version video videos view viewer vision vms watch watchdog wdr web webcam webcams welcome wifi wireless xvr
zoom
"""
# Names that devices give themselves where nobody named them, and the chips that these are of.
_HOSTS = """
adh ambarella anyka buildroot ctring dm355 dm365 dm368 dm385 dvrdvs gk7202 gk7205 goke grain-media hi3510 hi3511 hi3512
hi3515 hi3516 hi3518 hi3520 hi3521 hi3531 hi3535 hi3536 hi3798 hisilicon imdvrs ingenic localhost none novatek nt98515
nt98566 rockchip router sigmastar
"""
# Makers, their brands and the domains of their devices.
_MAKERS = """
2n abus aci acti adt aebell airlink101 airlive ajax akuvox alhua alibi amcrest annke apexis arecont arlo asoni atv
aver avigilon aviosys avtech axis basler baudisch beward bluestork bosch bosma brickcom brinno bticino bullwark canon
chuango cisco clairvoyant cnb comelit commax compro concord convision costar cp-plus cpplus cudy d-link dahua
dahuatech dallmeier dericam digiever digimerge digitus dlink dmax doorbird dss dvtel dynacolor eagle-eye easyn edimax
edvr eldes elmo elro eneo ernitec escam eufy everfocus ezviz falcon fanvil fermax flir floureon fortinet foscam fuho
fujifilm ganz genetec genius geovision geutebrueck grandstream grandtec grundig gvi hanbang hanwha heitel herospeed
hichip hikvision hilook hitron honeywell huacam huawei huisun hunt i-pro icantek icatch icrealtime idis iguard imax
imou indigovision infinova instar intelbras intellinet interlogix ipro iqeye iqinvision jovision jvc kbvision kedacom
kguard kmw kocom kodicom laview laxihub level-one levelone lg lilin linksys logitech longse lorex loxone luma lupus
maygion mazi megapix merit-lilin messoa microdigital milesight milestone mobotix monacor motorola
myboschcam myfoscam napco neo neostar netatmo netgear night-owl nightowl nuuo oncam optex orite owl panasonic pelco
pinetron planet planex polycom provision provision-isr q-see qnap qsee qvis raysharp redleaf reecam reolink rifatron
rimax ring rvi safire samsung samsungtechwin sannce sanyo selea sentry360 sercomm seyeon sharp siemens sinvr siqura
smartec solwise sony speco spectra spotcam starcam stardot sunell supercircuits swann synectics synology tapo tbk
tecvoz telesystem tenda tenvis tiandy topica toshiba tp-link tplink trassir trendnet truen truvision tvt ubiquiti ubnt
unifi uniview unv unview urmet vacron vantech veilux verifocus verint verkada vicon videoiq videosec videotec viewse
vimtag vivint vivotek vstarcam wansview wbox webeye webgate wisenet wodsee wyze xiaomi xiongmai xmeye y-cam yale ycam
yoosee zavio zicom zkteco zmodo zosi zyxel
"""
WORDS = frozenset(f"{_DEVICES} {_HOSTS} {_MAKERS}".split())
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
