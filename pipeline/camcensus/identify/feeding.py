"""Make the search queries that feed the signatures: what an engine must be asked to return what they match.

A signature becomes phrases of complete words (`pattern_phrases.py`), looked for where the engine has its field: headers
and greetings are words of the answer, titles, pages, products, favicons and certificates have filters. Values of one
filter are packed into one query of a maker. A maker's literal name is looked for as identify reads it: alone in an
answer if its exposed products are surveillance devices, else together with a word of surveillance.

The ids of these queries hold their text, or a hash of it, so an id keeps its meaning; what the file of a maker has
already is not made again. Phrases that most of the web uses make no query: a broad net finds anything.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from camcensus.core.query import DATA, FIELDS, Fields, Term, parse, words
from camcensus.core.tables import COUNTED_TYPES
from camcensus.identify.entries import Maker, Model, Query, Signature, WordList
from camcensus.identify.example_banners import answer_with
from camcensus.identify.made_queries import Terms, Wanted, packs_of, queries_of
from camcensus.identify.pattern_phrases import START, Alternative, alternatives

_RARE = 3  # letters of uncommon words that make a phrase rare enough
_RARE_IN = {"http.title": 4, "http.html": 5, "http.assets": 5}  # the same, where anybody writes
_MOST_TERMS = 2  # phrases of one pattern that are asked for together
_SHORT = 4  # letters from which a name is rare enough alone
# Fields that are words of the answer itself, and what stands before a value that is read from its start.
_IN_ANSWER = {
    "http.server": "Server: ", "rtsp.server": "Server: ", "ssdp.server": "Server: ", "http.realm": "realm=",
    "rtsp.realm": "realm=", "http.location": "", "ftp.banner": "", "telnet.banner": "", "snmp.description": "",
    "sip.user_agent": "", "onvif.types": "", "onvif.scopes": "", "dhip.reply": "", "block.text": "", "block_text": "",
    "upnp.manufacturer": "", "upnp.model_name": "", "upnp.model_number": "",
}  # fmt: skip
_FILTERS = {
    "http.title": "http.title", "http.html": "http.html", "http.assets": "http.html",
    "http.favicon": "http.favicon.hash", "product": "product", "devicetype": "device", "cpe": "cpe",
    "module": "shodan.module", "tags": "tag",
}  # fmt: skip
_CERTIFICATE = {"cert.subject": "ssl.cert.subject.cn", "cert.issuer": "ssl.cert.issuer.cn"}
_ANYWHERE_IN_CERTIFICATE = "ssl"
_ATTRIBUTE = re.compile(r"(?:^|[\s,])(CN|OU|O|L|ST|C)=", re.IGNORECASE)
# Words that pages, headers and greetings of any device have: a phrase of nothing else is a broad net.
_COMMON_WORDS = """
a access account action admin administrator alt and apache api app area asp auth authentication author background
basic body border br bridge browser button cgi cgibin charset class classid client clsid code com common config
connect connected connection console content control css data default description device devices digest dir div
document e en enter error eval file firmware font form frame ftp ftpd function gif go h1 h2 head header
height home host href htm html http httpd https i icon id image images img index info inner input ip item javascript js
json lan language lib linux live load localhost location login logo logon logout main manage management menu meta
method mini mobile model monitor name net network new note null object of on onload open operating org page param
password path php player plugin png port portal post product products public ready realm redirect remote replace request
reset root rtsp script secure security self server service session set setup signin simple site span src ssl start
state static status stream style submit sub sw system td telnet test text the title to top tr txt type ui unknown
upnp url user username utf8 value var ver version video view viewer vnd w3 web webserver website welcome wifi
window wireless www xhtml xml your
cab exe hardware ico jar jpeg jpg manufacturer ocx onvif svg swf webs zip
allegro boa busybox debian emweb goahead gordian gsoap iis jetty libupnp lighttpd micro microsoft nginx openssl portable
rompager sdk thttpd tomcat ubuntu unix virata
"""
_COMMON = frozenset(_COMMON_WORDS.split())
# With one of these, a maker's name is of a device. As words of an answer each needs a query, so there are few.
_WITH_NAME = ("camera", "ipcam", "webcam", "dvr", "nvr", "recorder", "video server", "network video", "surveillance")
_WITH_NAME_IN_ANSWER = ("camera", "ipcam", "dvr", "nvr")
_DEVICES_ONLY = ("WWW-Authenticate", "RTSP/1.0")
_OF_PROGRAMS = frozenset({"cam", "cams", "webcam", "webcams", "web cam", "web camera", "live video"})
_ONVIF = "onvif://www.onvif.org"


@dataclass(frozen=True)
class Feeding:
    """The queries that were made, and why a counted signature has none: id to reason."""

    made: tuple[Query, ...]
    unfed: Mapping[str, str]


def feeding(
    written: Sequence[Query],
    signatures: Sequence[Signature],
    models: Sequence[Model],
    about: Sequence[Maker],
    lists: Sequence[WordList],
) -> Feeding:
    """Return the queries that feed the signatures, makers' names and words, without those that others cover."""
    wanted: dict[str | None, list[Wanted]] = {}
    unfed: dict[str, str] = {}
    own = {maker.manufacturer: _own_words(maker) for maker in about if maker.range == "mixed"}
    for signature in signatures:
        if signature.type not in COUNTED_TYPES:
            continue
        found, reason = wanted_for(signature, own.get(signature.file_maker or "", frozenset()))
        if reason and not _returns_all(written, signature):
            unfed[signature.id] = reason
        wanted.setdefault(signature.file_maker, []).extend(found)
    for maker in about:
        wanted.setdefault(maker.manufacturer, []).extend(_names(maker))
    for name, found_in_realm in _models(models):
        wanted.setdefault(name, []).append(found_in_realm)
    wanted.setdefault(None, []).extend(_words(lists))
    made: list[Query] = []
    for name in sorted(wanted, key=lambda name: (name is not None, name or "")):
        known = [parse(query.text).terms for query in written if query.manufacturer == name]
        made += queries_of(name, wanted[name], known)
    for signature in signatures:
        if signature.id in unfed:
            own_queries = [query for query in made if query.manufacturer in (None, signature.file_maker)]
            if _returns_all(own_queries, signature):
                del unfed[signature.id]
    return Feeding(tuple(made), unfed)


def unfed_faults(signatures: Sequence[Signature], unfed: Mapping[str, str]) -> list[str]:
    """Return the signatures that no query feeds and that do not say why, and those that say so and are fed."""
    return [
        f"{one.id}: no query finds it ({unfed[one.id]}); use complete words in the pattern, or say why in unfed"
        if one.id in unfed
        else f"{one.id}: has a reason why no query finds it (unfed), but one does; remove the reason"
        for one in signatures
        if (one.id in unfed) != (one.unfed is not None)
    ]


def _own_words(maker: Maker) -> frozenset[str]:
    """Return the words of a maker's names: alone they find all its products."""
    return frozenset(word for name in (maker.manufacturer, *maker.names) for word in words(name))


def wanted_for(signature: Signature, own: frozenset[str]) -> tuple[list[Wanted], str]:
    """Return what to look for so that a signature's texts are found, and why nothing is (empty: something is).

    `own`: words that do not tell the maker's cameras from its other products.
    """
    if signature.field.startswith("onvif.") and signature.file_maker is None:
        return [_one(DATA, _ONVIF, signature.id)], ""
    if signature.field not in {*_IN_ANSWER, *_FILTERS, *_CERTIFICATE}:
        return [], f"the engine has no filter for {signature.field}"
    reason = ""
    for is_strict in (False, True):
        found, why = _of_pattern(signature, own, is_strict)
        reason = reason or why
        if found and _are_returned([wanted.terms for wanted in found], signature):
            return found, ""
    return [], reason or "its words are parts of longer words, which the engine does not find"


def _of_pattern(signature: Signature, own: frozenset[str], is_strict: bool) -> tuple[list[Wanted], str]:
    options = alternatives(signature.pattern, is_strict)
    if not options:
        return [], "the pattern has no complete word that each text contains"
    found = [_of_alternative(signature.field, option, own) for option in options]
    if not all(found):
        return [], "its words are also those of many other pages and products"
    return [Wanted(terms, signature.id) for terms in found if terms], ""


def _of_alternative(field: str, option: Alternative, own: frozenset[str]) -> Terms | None:
    """Return the terms that find an alternative; None: it is too common."""
    if field in _CERTIFICATE:
        return _of_certificate(_CERTIFICATE[field], option)
    name = _FILTERS.get(field, DATA)
    kind = FIELDS[name].kind
    if kind != "words":
        value = option[0].removeprefix(START).strip(" .")
        return ((name, (value,)),)
    before = _IN_ANSWER.get(field, "")
    pieces = sorted(option, key=lambda piece: _weight(piece, before, own), reverse=True)
    weight = _weight(pieces[0], before, own)
    least = _RARE_IN.get(field, 0)
    if not weight or (1 < weight < least and sum(map(len, words(pieces[0]))) < 2 * least):
        return None
    first, *more = pieces[:_MOST_TERMS]
    more = [piece for piece in more if sum(map(len, words(piece))) >= _RARE]
    return tuple((name, ((before if piece.startswith(START) else "") + _value(piece),)) for piece in (first, *more))


def _of_certificate(name: str, option: Alternative) -> Terms | None:
    terms = []
    for piece in option:
        text = piece.removeprefix(START)
        parts = _ATTRIBUTE.split(text)
        # Text before the first attribute may be anywhere in the certificate.
        pairs = [("", parts[0]), *zip(parts[1::2], parts[2::2], strict=True)]
        terms += [
            (name if key.upper() == "CN" else _ANYWHERE_IN_CERTIFICATE, (_value(value),))
            for key, value in pairs
            if words(value) and (_weight(value) or len(words(value)) > 1)
        ]
    return tuple(terms[:_MOST_TERMS]) or None


def _weight(piece: str, before: str = "", own: frozenset[str] = frozenset()) -> int:
    """Return how many letters and digits the uncommon words of a phrase have; 0: it is too common to look for.

    `before`: the words that stand before a value that begins a header; with them, two common words are enough.
    `own`: words of a maker that makes more than cameras.
    """
    found = words(piece)
    rare = sum(len(word) for word in found if word not in _COMMON and word not in own)
    if rare >= _RARE:
        return rare
    is_header = bool(before) and piece.startswith(START) and not own.issuperset(found)
    return 1 if len(found) >= (2 if is_header else 4) else 0


def _value(text: str) -> str:
    """Return a phrase as the value of a filter: without quotes and commas, which would end it."""
    plain = re.sub(r'[\s",\\]+', " ", text.removeprefix(START)).strip()
    return re.sub(r"^\W+|[^\w:/)-]+$", "", plain) or plain


def _one(name: str, value: str, feeds: str) -> Wanted:
    return Wanted(((name, (value,)),), feeds)


def _names(maker: Maker) -> Iterator[Wanted]:
    """Yield what finds a maker's literal names."""
    feeds = f"{maker.slug}.name"
    names = [name for name in maker.names if words(name)]
    for name in names:
        is_rare = len("".join(words(name))) >= _SHORT
        if is_rare and maker.range != "mixed":
            yield _one(DATA, name, feeds)
        else:
            for word in _WITH_NAME_IN_ANSWER:
                yield Wanted(((DATA, (name,)), (DATA, (word,))), feeds)
    for filter_ in ("http.title", "product"):
        for pack in packs_of(filter_, names):
            yield Wanted(((filter_, pack), (filter_, _WITH_NAME)), feeds)


def _models(models: Sequence[Model]) -> Iterator[tuple[str | None, Wanted]]:
    """Yield what finds the models that devices write into their realm: the complete words that their names begin with.

    A word that only begins so cannot be found, and elsewhere than in a realm so short a word is anybody's.
    """
    for model in models:
        if not model.alone or model.type not in COUNTED_TYPES:
            continue
        for option in alternatives(f"^(?:{model.pattern})"):
            found = words(option[0]) if option[0].startswith(START) else []
            if len("".join(found)) > 1 and not _COMMON.issuperset(found):
                yield model.manufacturer, _one(DATA, f"realm={_value(option[0])}", model.id)


def _alone(entry: WordList, word: str) -> Iterator[Wanted]:
    """Yield what finds a word that names the kind of a device without its maker."""
    yield _one("http.title", word, entry.id)
    if word.isascii():
        yield _one(DATA, word, entry.id)
    if entry.language == "en":
        yield _one("product", word, entry.id)


def _words(lists: Sequence[WordList]) -> Iterator[Wanted]:
    """Yield what finds devices that write what they are, whatever their maker."""
    for entry in lists:
        if entry.type not in COUNTED_TYPES:
            continue
        for word in entry.words:
            if len("".join(words(word))) < _RARE:
                continue
            if entry.alone:
                yield from _alone(entry, word)
            elif entry.language == "en" and word not in _OF_PROGRAMS:
                # A word that says too little alone is enough where only devices ask for a password, or stream.
                for beginning in _DEVICES_ONLY:
                    yield Wanted(((DATA, (beginning,)), (DATA, (word,))), entry.id)
    yield _one(DATA, _ONVIF, "words.onvif")
    yield _one("device", "webcam", "words.device")
    yield _one("screenshot.label", "webcam", "words.screenshot")


def _are_returned(options: Sequence[Terms], signature: Signature) -> bool:
    queries = [[Term(name, values) for name, values in terms] for terms in options]
    for example in signature.examples:
        fields = Fields(answer_with(signature.field, example))
        if not any(all(term.accepts(fields[term.name]) for term in terms) for terms in queries):
            return False
    return True


def _returns_all(queries: Sequence[Query], signature: Signature) -> bool:
    """Return whether queries return a banner of each example."""
    known = [_read(query.text) for query in queries]
    banners = [Fields(answer_with(signature.field, example)) for example in signature.examples]
    return all(any(query.returns(fields) for query in known) for fields in banners)


_read = lru_cache(maxsize=1 << 14)(parse)
