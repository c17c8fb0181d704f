"""The labels of personal fields: names of people, devices and channels, passwords, addresses; in many languages.

`NAMES` is their pattern, for texts in small and capital letters; `BEGINNINGS` are words in small letters, one of which
begins each text that it matches.
"""

import re
import unicodedata
from collections.abc import Iterable
from itertools import product

# What has a name that its owner gave it, in English: `user name`, `user_name`, `userName`.
_NAMED = (
    "account", "alias", "cam", "camera", "channel", "contact", "customer", "dev", "device", "display", "dvr", "first",
    "friendly", "full", "host", "ipc", "last", "login", "machine", "nick", "nvr", "osd", "owner", "site", "station",
    "user", "usr",
)  # fmt: skip
# Word before the gap, word after it, and what else may follow.
_PAIRS = (
    *((named, "name", "s?") for named in _NAMED), ("user", "info", ""), ("user", "id", ""), ("login", "id", ""),
    ("ip", "addr", "(?:ess(?:es)?)?"), ("e", "mail", r"\w{0,32}"), ("wpa", "key", ""), ("wep", "key", ""),
    ("pass", "phrase", ""), ("pass", "code", ""), ("wifi", "key", ""),
)  # fmt: skip
_GAPS = ("", " ", "_", "-")
# One word, and what else may follow.
_SINGLE = (
    ("alias", ""), ("ddns", r"[\w-]{0,32}"), ("password", "s?"), ("passwd", ""), ("nickname", ""), ("essid", ""),
    ("latitude", ""), ("longitude", ""), ("telephone", ""),
)  # fmt: skip
# Words that are also parts of others (compass, surpass): nothing or a small letter before a capital begins them.
_SHORT = (
    "usr",
    "user",
    "pwd",
    "psw",
    "pass",
    "psk",
    "ssid",
    "nick",
    "owner",
    "phone",
    "tel",
    "fax",
    "ipv4",
    "ipv6",
    "gateway",
)
# The same in other languages. Letters with marks are also found without them and as HTML entities.
_FOREIGN = (
    # German, Dutch
    "benutzername", "benutzer", "anmeldename", "kennwort", "passwort", "gerätename", "geraetename", "kameraname",
    "besitzer", "eigentümer", "inhaber", "gebruikersnaam", "wachtwoord", "apparaatnaam", "cameranaam", "eigenaar",
    # French
    "nom d'utilisateur", "nom d’utilisateur", "utilisateur", "identifiant", "mot de passe", "nom de l'appareil",
    "nom de l’appareil", "nom de la caméra", "nom du périphérique", "nom de caméra", "propriétaire",
    # Spanish
    "nombre de usuario", "usuario", "contraseña", "clave", "nombre del dispositivo", "nombre de dispositivo",
    "nombre de la cámara", "nombre de cámara", "propietario", "dueño",
    # Portuguese
    "nome de usuário", "nome do usuário", "nome de utilizador", "usuário", "utilizador", "senha", "palavra-passe",
    "nome do dispositivo", "nome da câmera", "nome da câmara", "proprietário",
    # Italian
    "nome utente", "utente", "parola d'ordine", "nome dispositivo", "nome del dispositivo", "nome telecamera",
    "nome della telecamera", "proprietario",
    # Polish
    "nazwa użytkownika", "użytkownik", "hasło", "nazwa urządzenia", "nazwa kamery", "właściciel",
    # Turkish
    "kullanıcı adı", "kullanıcı", "şifre", "parola", "cihaz adı", "kamera adı", "sahibi",
    # Vietnamese
    "tên người dùng", "tên đăng nhập", "mật khẩu", "tên thiết bị", "tên camera", "tên máy ảnh", "chủ sở hữu",
    # Russian
    "имя пользователя", "пользователь", "логин", "пароль", "имя устройства", "название устройства", "имя камеры",
    "название камеры", "владелец",
    # Chinese
    "用户名", "用戶名", "用户名称", "使用者名稱", "帐号", "账号", "帳號", "账户", "密码", "密碼", "口令", "设备名称",
    "設備名稱", "设备名", "通道名称", "通道名稱", "摄像机名称", "摄像头名称", "攝影機名稱", "所有者", "拥有者", "昵称",
    # Korean
    "사용자 이름", "사용자이름", "사용자명", "사용자", "아이디", "비밀번호", "장치 이름", "장치이름", "장치명",
    "카메라 이름", "카메라이름", "카메라명", "소유자",
    # Japanese
    "ユーザー名", "ユーザ名", "ユーザー id", "ユーザーid", "ユーザid", "パスワード", "機器名", "装置名", "デバイス名",
    "カメラ名", "所有者名", "ログイン名",
)  # fmt: skip
_LONGEST_BEGINNING = 8
_ENTITY = "&#?[a-z0-9]{2,8};"
_LETTERS = {"ł": "l", "đ": "d", "ı": "i", "’": "'"}  # that Unicode does not take apart


def _plain(letter: str) -> str:
    """Return a Latin letter without its marks; other letters as they are."""
    plain = _LETTERS.get(letter) or unicodedata.normalize("NFD", letter)[0]
    return plain if plain.isascii() else letter


def _foreign(word: str) -> str:
    """Return the pattern of a word."""
    pattern = ""
    for letter in word:
        plain = _plain(letter)
        if plain == letter:
            pattern += r"[ _-]?" if letter == " " and word.isascii() else re.escape(letter)
        else:
            pattern += f"(?:{re.escape(letter)}|{re.escape(plain)}|{_ENTITY})"
    return pattern


def _beginnings(word: str) -> set[str]:
    """Return the beginnings of the texts that the pattern of a word matches: as long as they may be, to be rare."""
    if word.isascii():
        return {word.replace(" ", gap) for gap in _GAPS} if word.count(" ") == 1 else {word.split(" ", maxsplit=1)[0]}
    done, found = set(), {""}
    for letter in word[:_LONGEST_BEGINNING]:
        if letter != (plain := _plain(letter)):
            done |= {beginning + "&" for beginning in found}
        found = {beginning + variant for beginning in found for variant in {letter, plain}}
    return done | found


_BOUNDARY = r"(?:(?<![^\W\d_])|(?<=(?-i:[a-z]))(?=(?-i:[A-Z])))"
_ANYWHERE = [
    *(f"{first}[ _-]?{second}{more}" for first, second, more in _PAIRS), *(word + more for word, more in _SINGLE),
    *map(_foreign, sorted(_FOREIGN, key=len, reverse=True)),
]  # fmt: skip


def _by_first_letter(words: Iterable[str]) -> str:
    """Return a pattern of any of the words, which tries only those with the letter that is there: much faster."""
    groups: dict[str, list[str]] = {}
    for word in words:
        first = word.removeprefix(_BOUNDARY)[0]
        groups.setdefault(f"(?={first})" if first.isascii() and first.isalpha() else "", []).append(word)
    return "|".join(f"{letter}(?:{'|'.join(group)})" for letter, group in groups.items())


NAMES = rf"(?:{_by_first_letter([*_ANYWHERE, *(_BOUNDARY + word for word in _SHORT)])})"
BEGINNINGS = sorted(
    {first + gap + second for (first, second, _), gap in product(_PAIRS, _GAPS)}
    | {word for word, _ in _SINGLE}
    | set(_SHORT)
    | {beginning for word in _FOREIGN for beginning in _beginnings(word)}
)
