"""TLS as it is asked for on the command line: whom to believe, and who one is."""

import os
import ssl
from collections.abc import Callable
from typing import Any, Final

import click
from attrs import frozen

from hikari_tools.shell.complaints import LOCAL, Complaint, usage

PASSWORD: Final = "HIKARI_TLS_PASSWORD"
"""In the environment: of an encrypted key. (A command line can be seen by others.)"""


@frozen(kw_only=True)
class Tls:
    """Files in PEM, "" for none. Without `ca` the system's authorities are believed; `certificate`
    and `key` (by default in the certificate's file) are for servers that ask who one is."""

    ca: str = ""
    certificate: str = ""
    key: str = ""

    def context(self) -> ssl.SSLContext:
        """The server must have a certificate of an authority, for the host that was asked for.
        Raises a Complaint that names the file."""
        if self.key and not self.certificate:
            raise usage("--tls-key is the key of a certificate: --tls-cert names it")
        try:
            context = ssl.create_default_context(cafile=self.ca or None)
        except (OSError, ssl.SSLError) as error:
            raise _unusable(self.ca, error) from None
        if self.certificate:
            self._prove(context)
        return context

    def _prove(self, context: ssl.SSLContext) -> None:
        for file in filter(None, (self.certificate, self.key)):
            if not os.access(file, os.R_OK):
                raise Complaint(f"{file}: it is not there, or may not be read", LOCAL)
        try:
            context.load_cert_chain(self.certificate, self.key or None, password=_password)
        except (OSError, ssl.SSLError) as error:
            raise _unusable(self.key or self.certificate, error) from None


def _password() -> str:
    """Nobody is asked: OpenSSL would, past the prompt."""
    return os.environ.get(PASSWORD, "")


def _unusable(file: str, error: OSError) -> Complaint:
    if isinstance(error, ssl.SSLError):
        why = error.reason or "no certificate or key in PEM, or its password is another one"
        return Complaint(f"{file}: TLS cannot use it: {why.replace('_', ' ').lower()}", LOCAL)
    return Complaint(f"{file}: {error.strerror or error}", LOCAL)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command line; `asked` reads them."""
    named = {
        "ca": "Believe the authorities in this file, instead of the system's.",
        "cert": "Who you are, for servers that ask; its key too, unless --tls-key.",
        "key": f"The certificate's key; if encrypted, its password is in {PASSWORD}.",
    }
    for name, text in reversed(named.items()):
        command = click.option(
            f"--tls-{name}",
            default="",
            envvar=f"HIKARI_TLS_{name.upper()}",
            metavar="FILE",
            help=f"PEM. {text} Implies --tls.",
        )(command)
    return click.option(
        "--tls", is_flag=True, envvar="HIKARI_TLS", help="Speak TLS, and verify the server."
    )(command)


def asked(tls: bool, ca: str, certificate: str, key: str) -> Tls | None:
    """None: no TLS. Naming a file asks for it too."""
    if not (tls or ca or certificate or key):
        return None
    return Tls(ca=ca, certificate=certificate, key=key)
