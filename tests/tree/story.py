"""What the transcripts speak: one command is one entry with one request, unless said otherwise.

    [who:] create /path [data=…] [ephemeral] [sequential] [acl=…] [flags=…]      create2 the same
    [who:] delete /path [version=…]          [who:] set /path [data=…] [version=…] [null]
    [who:] setacl /path acl=… [version=…]    [who:] check /path [version=…]
    [who:] container /path [flags=…]         [who:] ttl /path [ttl=…] [sequential]
    [who:] notexists /path [version=…]       [who:] ifnotexists /path [as create]
    [who:] removeall /path [limit=…]         [who:] tryremove /path [version=…]
    [who:] checkstat /path [version=…] [czxid=…, …]
    collect /path [unused=…]                 enforce 0 or 1         dues
    [who:] multi                             its parts are the lines of the body
    open who [timeout=…]  attach who [password=…]  moved who  expire who [late]  who: close
    identity who scheme id                   time 1000
    get /path · stat /path · ls /path · acl /path · sessions · counts · settle · reopen · rows

An ACL is `perms:scheme:id`, joined by commas; perms are letters of rwcda.
"""

from typing import Any

from tree.counted_rows import CountedRows

from hikari.tree import acl
from hikari.tree.ending import COLLECT, DUE
from hikari.tree.quotas import ENFORCE_QUOTAS
from hikari.tree.sessions import ATTACH, EXPIRE
from hikari.tree.tree import Tree
from hikari_wire import acl as raw_acl
from hikari_wire import codes
from hikari_wire.records import STAT, Stat

LETTERS = {"r": 1, "w": 2, "c": 4, "d": 8, "a": 16}
OPS = {
    "create": codes.CREATE,
    "create2": codes.CREATE2,
    "container": codes.CREATE_CONTAINER,
    "ttl": codes.CREATE_TTL,
    "delete": codes.DELETE,
    "set": codes.SET_DATA,
    "setacl": codes.SET_ACL,
    "check": codes.CHECK,
    "close": codes.CLOSE_SESSION,
    "get": codes.GET_DATA,
    "notexists": codes.CHECK_NOT_EXISTS,
    "ifnotexists": codes.CREATE_IF_NOT_EXISTS,
    "removeall": codes.REMOVE_RECURSIVE,
    "checkstat": codes.CHECK_STAT,
    "tryremove": codes.TRY_REMOVE,
    "collect": COLLECT,
    "enforce": ENFORCE_QUOTAS,
}


def permissions(letters: str) -> int:
    return sum(LETTERS[letter] for letter in letters)


def raw(text: str) -> bytes:
    if not text:
        return raw_acl.EMPTY_ACL
    entries = []
    for entry in text.split(","):
        letters, scheme, id = entry.split(":", 2)
        entries.append((permissions(letters), scheme.encode(), id.encode()))
    return raw_acl.pack(entries)


def show_acl(raw: bytes) -> str:
    shown = []
    for perms, scheme, id in raw_acl.parse(raw):
        letters = "".join(letter for letter, bit in LETTERS.items() if perms & bit)
        shown.append(f"{letters}:{scheme.decode()}:{id.decode()}")
    return ",".join(shown)


def show_stat(stat68: bytes) -> str:
    return " ".join(f"{k}={v}" for k, v in Stat(*STAT.unpack(stat68))._asdict().items())


def words(line: str) -> tuple[list[str], dict[str, str]]:
    plain, named = [], {}
    for word in line.split():
        name, equals, value = word.partition("=")
        if equals:
            named[name] = value
        else:
            plain.append(word)
    return plain, named


def request(line: str) -> tuple[Any, ...]:
    """One line as the tuple that the log would hold."""
    plain, named = words(line)
    op = OPS[plain[0]]
    if op == codes.CLOSE_SESSION:
        return (op,)
    path = plain[1].encode().decode("unicode_escape").encode("latin-1")
    version = int(named.get("version", -1))
    if op == codes.SET_DATA:
        return (op, path, None if "null" in plain else named.get("data", "").encode(), version)
    if op == codes.SET_ACL:
        return (op, path, raw(named["acl"]), version)
    if op in (codes.DELETE, codes.CHECK, codes.GET_DATA, codes.CHECK_NOT_EXISTS, codes.TRY_REMOVE):
        return (op, path, version)
    if op == codes.REMOVE_RECURSIVE:
        return (op, path, int(named.get("limit", 100)))
    if op == codes.CHECK_STAT:
        return (op, path, version, tuple(int(named.get(name, -1)) for name in Stat._fields))
    if op == COLLECT:
        return (op, path, int(named.get("unused", 0)))
    if op == ENFORCE_QUOTAS:
        return (op, int(path))
    if op == codes.CREATE_TTL:
        named.setdefault("flags", "6" if "sequential" in plain else "5")
    flags = int(named.get("flags", ("ephemeral" in plain) + 2 * ("sequential" in plain)))
    given = raw(named["acl"]) if "acl" in named else raw_acl.OPEN
    created = (op, path, None if "null" in plain else named.get("data", "").encode(), given, flags)
    return created if op != codes.CREATE_TTL else (*created, int(named.get("ttl", 1000)))


class Story:
    def __init__(self) -> None:
        self.rows = CountedRows()
        self.tree = Tree(self.rows, 1 << 20)
        self.time_ms = 1000
        self.sessions: dict[str, tuple[int, int]] = {}  # name -> id, attachment
        self.identities: dict[str, list[tuple[bytes, bytes]]] = {}

    def run(self, line: str, body: str) -> str:
        who, colon, rest = line.partition(": ")
        if not colon or " " in who:
            who, rest = "", line
        plain, named = words(rest)
        tell = getattr(self, f"tell_{plain[0]}", None)
        if tell is not None:
            return str(tell(plain[1:], named, who))
        parts = [request(part) for part in body.split("\n")] if body else []
        wanted = (codes.MULTI, tuple(parts)) if plain[0] == "multi" else request(rest)
        return self.write(wanted, who)

    def write(self, wanted: tuple[Any, ...], who: str = "") -> str:
        tree = self.tree
        tree.begin(tree.index + 1, self.time_ms)
        session, attachment = self.sessions.get(who, (0, 0))
        error = tree.admit(session, attachment)
        if error:
            error, result = tree.refuse(error)
        else:
            error, result = tree.apply(wanted, session, tuple(self.identities.get(who, ())))
        tree.finish()
        fires = [
            f"fires {codes.EVENT_NAMES[type]} {path.decode()}" for type, path, _ in tree.events
        ]
        tree.events.clear()
        return "\n".join([*self.show(error, result), *fires])

    def show(self, error: int, result: Any) -> list[str]:
        if error:
            return [codes.ERROR_NAMES[error]]
        if isinstance(result, list):
            shown = []
            for op, sub_error, sub_result in result:
                said = " ".join(self.show(sub_error, sub_result)) or "OK"
                shown.append(f"{codes.OP_NAMES[op]}: {said}")
            return shown
        if isinstance(result, tuple):
            return [result[0].decode(), show_stat(result[1])]
        if isinstance(result, bytes):
            return [result.decode() if result.startswith(b"/") else show_stat(result)]
        return []

    def tell_open(self, plain: list[str], named: dict[str, str], who: str) -> str:
        timeout_ms = int(named.get("timeout", 10000))
        password = plain[0].encode().ljust(16, b"!")
        self.write((codes.CREATE_SESSION, timeout_ms, password))
        zxid = self.tree.zxid
        self.sessions[plain[0]] = (zxid, zxid)
        self.identities[plain[0]] = [(b"ip", b"127.0.0.1")]
        return f"session {zxid}"

    def tell_attach(self, plain: list[str], named: dict[str, str], who: str) -> str:
        name, *options = plain
        id, _ = self.sessions[name]
        password = named.get("password", name).encode().ljust(16, b"!")
        known = self.tree.sessions.get(id)
        kept_ms = 0 if known is None else known.timeout_ms
        said = self.write((ATTACH, id, password, int(named.get("timeout", kept_ms))))
        if not said and "elsewhere" not in options:
            self.sessions[name] = (id, self.tree.zxid)
        return said or f"attachment {self.tree.zxid}"

    def tell_expire(self, plain: list[str], named: dict[str, str], who: str) -> str:
        id, attachment = self.sessions[plain[0]]
        return self.write((EXPIRE, id, attachment - ("late" in plain)))

    def tell_identity(self, plain: list[str], named: dict[str, str], who: str) -> str:
        name, scheme, id = plain
        value = acl.digest(id.encode()) if scheme == "digest" else id.encode()
        self.identities.setdefault(name, []).append((scheme.encode(), value))
        return f"{scheme} {value.decode()}"

    def tell_time(self, plain: list[str], named: dict[str, str], who: str) -> str:
        self.time_ms = int(plain[0])
        return ""

    def tell_get(self, plain: list[str], named: dict[str, str], who: str) -> str:
        znode = self.tree.look(plain[0].encode())
        if znode is None:
            return "NONODE"
        if not acl.may(znode.acl, codes.PERM_READ, self.identities.get(who, [])):
            return "NOAUTH"
        return "null" if znode.data is None else f"'{znode.data.decode()}'"

    def tell_stat(self, plain: list[str], named: dict[str, str], who: str) -> str:
        stat68 = self.tree.stat68(plain[0].encode())
        return "NONODE" if stat68 is None else show_stat(stat68)

    def tell_ls(self, plain: list[str], named: dict[str, str], who: str) -> str:
        return b" ".join(self.tree.children(plain[0].encode())).decode() or "nothing"

    def tell_acl(self, plain: list[str], named: dict[str, str], who: str) -> str:
        znode = self.tree.look(plain[0].encode())
        return "NONODE" if znode is None else show_acl(znode.acl)

    def tell_sessions(self, plain: list[str], named: dict[str, str], who: str) -> str:
        shown = [
            f"{s.id} timeout={s.timeout_ms} attachment={s.attachment} ephemerals={s.ephemerals}"
            for s in self.tree.sessions.values()
        ]
        return "\n".join(shown) or "none"

    def tell_counts(self, plain: list[str], named: dict[str, str], who: str) -> str:
        tree = self.tree
        return f"index={tree.index} zxid={tree.zxid} done={tree.done} time={tree.time_ms}"

    def tell_settle(self, plain: list[str], named: dict[str, str], who: str) -> str:
        self.tree.settle()
        return ""

    def tell_reopen(self, plain: list[str], named: dict[str, str], who: str) -> str:
        self.tree.settle()
        self.tree = Tree(self.rows, 1 << 20)
        return ""

    def tell_dues(self, plain: list[str], named: dict[str, str], who: str) -> str:
        """What waits for its end: the kind, what it is ordered by, the path."""
        self.tree.settle()
        shown = [
            f"{chr(key[1])} {int.from_bytes(key[2:10], 'big')} {key[10:].decode()}"
            for key, _ in self.rows.scan(DUE)
        ]
        return "\n".join(shown) or "none"

    def tell_rows(self, plain: list[str], named: dict[str, str], who: str) -> str:
        return "\n".join(str(key)[2:-1] for key in self.rows.scan_keys(b""))

    def tell_creates(self, plain: list[str], named: dict[str, str], who: str) -> str:
        """creates /path count: as if so many children had been created already."""
        path = plain[0].encode()
        znode = self.tree.find(path)
        assert znode is not None
        self.tree.touch(path, znode)
        znode.creates = int(plain[1])
        return ""
