"""`newsletter serve`: the web pages in this process, the clock in a second one that it watches over."""

from __future__ import annotations

import errno
import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from newsletter.clock import SystemClock
from newsletter.engines.clock import run_clock
from newsletter.engines.collector import collecting_less
from newsletter.errors import NewsletterError
from newsletter.settings import Settings, load_settings
from newsletter.workflows.keep_warm import keep_warm
from newsletter.workflows.workplace import Workplace, open_workplace

if TYPE_CHECKING:
    from fastapi import FastAPI
    from uvicorn import Config

logger = logging.getLogger(__name__)

#: How long a dead clock's successor waits: at first, and at most. The wait doubles with each death, and
#: starts anew after one that lived STEADY_S.
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
STEADY_S = 60.0
#: How often the clock process is looked at.
LOOK_EVERY_S = 0.2
#: How long it may take to end on request; then it is killed, which the delivery ledger is made for.
END_WITHIN_S = 3.0
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class ServeError(NewsletterError):
    """The web pages cannot be served."""


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    no_scheduler: Annotated[bool, typer.Option("--no-scheduler", help="Web pages only.")] = False,
) -> None:
    """Serve the web pages and, unless told not to, run the clock."""
    # FastAPI takes half a second to import: only this command pays for it.
    import uvicorn

    from newsletter.web.app import create_app

    set_up_logging()
    settings = load_settings(context.obj)
    with open_workplace(settings, SystemClock()) as workplace, ExitStack() as open_things:
        keeper = None if no_scheduler else ClockKeeper(settings)
        app = create_app(workplace, clock_fault=keeper.fault if keeper else None, config=context.obj)
        sockets = listen(host, port)
        for each in sockets:
            open_things.enter_context(each)
        server = uvicorn.Server(web_config(app, settings, timeout_graceful_shutdown=10))
        # By default it would end this process on the spot, and the clock would go on alone for a moment.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            if keeper is not None:
                open_things.enter_context(keeper.running(ending=lambda: server.should_exit))
            typer.echo(announcement(settings.base_url, host=host, port=port), err=True)
            open_things.enter_context(collecting_less())
            open_things.enter_context(warm(workplace))
            server.run(sockets=sockets)
        except KeyboardInterrupt:
            pass  # uvicorn has finished what was under way, and hands the signal on
        except SystemExit as error:
            raise ServeError("the web pages", "could not start", "The lines above say why.") from error


def announcement(base_url: str, *, host: str, port: int) -> str:
    """What is served, and where the console is: at *base_url*, or here where that is another port."""
    shown = f"[{host}]" if ":" in host else host
    lines = [f"Serving {base_url} on http://{shown}:{port} (Ctrl-C ends)"]
    address, here = urlsplit(base_url), base_url
    if address.hostname in _LOOPBACK and (address.port or 80) != port:
        here = f"http://localhost:{port}"
        lines.append(f"Links in mails lead to {base_url}: set base_url to where readers reach these pages.")
    return "\n".join([*lines, f"The console: {here}/console/"])


@contextmanager
def warm(workplace: Workplace) -> Iterator[None]:
    """Keep the console warm in a thread of its own."""
    stopping = threading.Event()
    thread = threading.Thread(target=keep_warm, args=(workplace, stopping), name="keep warm", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(END_WITHIN_S)  # what it makes is for looking at: it may be cut off


def web_config(app: FastAPI, settings: Settings, **options: Any) -> Config:
    """How the pages are served; *options* are uvicorn's own.

    What a proxy says of the visitor counts if the proxy is one of trusted_proxies: in X-Forwarded-For the
    last address that is none of theirs, because whoever is before them may have written the rest.
    """
    import uvicorn

    trusted = list(settings.trusted_proxies)
    # Paths hold tokens: no access log. The environment of uvicorn must not widen what is trusted.
    return uvicorn.Config(
        app, access_log=False, log_level="warning", proxy_headers=True, forwarded_allow_ips=trusted, **options
    )


def set_up_logging() -> None:
    """Times and sentences on standard error; libraries speak up only when something is wrong."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    logging.getLogger("newsletter").setLevel(logging.INFO)


def listen(host: str, port: int) -> list[socket.socket]:
    """Listening sockets on every address of *host*.

    Raises:
        ServeError: the host is unknown here, or the port cannot be had.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise ServeError(f"--host {host}", "is not an address", "Try 127.0.0.1 or 0.0.0.0.") from error
    sockets: list[socket.socket] = []
    for family, address in dict.fromkeys((each[0], each[4]) for each in found):
        try:
            sockets.append(socket.create_server(address, family=family, backlog=2048))
        except OSError as error:
            # A name such as localhost may have an IPv6 address on a machine without IPv6.
            if len(found) > 1 and error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                continue
            for each in sockets:
                each.close()
            raise _cannot_listen(host, port, error) from error
    if not sockets:
        raise ServeError(f"--host {host}", "is no address of this machine", "Try 127.0.0.1 or 0.0.0.0.")
    return sockets


def _cannot_listen(host: str, port: int, error: OSError) -> ServeError:
    if error.errno == errno.EADDRINUSE:
        return ServeError(
            f"port {port} on {host}", "is in use by another program", "End that one, or set --port."
        )
    if error.errno == errno.EACCES:
        return ServeError(
            f"port {port} on {host}", "needs rights that this user has not", "Set --port above 1023."
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return ServeError(f"--host {host}", "is no address of this machine", "Try 127.0.0.1 or 0.0.0.0.")
    return ServeError(f"port {port} on {host}", os.strerror(error.errno or 0), "Set --host and --port.")


class ClockKeeper:
    """Keeps one clock process running beside this one, on the same settings.

    A process of its own, so that sending an issue never stalls a page. One that dies is followed by
    another; it ends by itself when this process is gone.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._spawn = multiprocessing.get_context("spawn")
        self._stopping = threading.Event()
        self._ending: Callable[[], bool] = self._stopping.is_set
        self._fault = ""

    def fault(self) -> str:
        """Why no letter would go out now, in a few words; "" while the clock runs."""
        return self._fault

    @contextmanager
    def running(self, *, ending: Callable[[], bool]) -> Iterator[None]:
        """Keep a clock until the block ends; when *ending* says so, a dead one has no successor."""
        self._ending = lambda: self._stopping.is_set() or ending()
        thread = threading.Thread(target=self._keep, name="clock keeper", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            thread.join()

    def _keep(self) -> None:
        wait_s = FIRST_WAIT_S
        while not self._stopping.is_set():
            began = time.monotonic()
            how = self._one_life()
            if self._stopping.is_set():
                return
            if self._ending():
                # The group was told to end, and the clock was quicker than the pages.
                self._stopping.wait()
                return
            if time.monotonic() - began >= STEADY_S:
                wait_s = FIRST_WAIT_S
            self._fault = "the clock does not run"
            logger.error("the clock process %s; a new one starts in %.0f s", how, wait_s)
            self._stopping.wait(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _one_life(self) -> str:
        """Start a clock process and stay until it is over; how it ended, in words."""
        up, says_up = self._spawn.Pipe(duplex=False)
        with up:
            process = self._spawn.Process(
                target=_clock_process, args=(self._settings, says_up), daemon=True, name="clock"
            )
            try:
                process.start()
            except OSError as error:
                return f"could not be started ({error.strerror})"
            finally:
                says_up.close()
            logger.info("the clock runs in process %s", process.pid)
            is_up = False
            while process.is_alive() and not self._stopping.wait(LOOK_EVERY_S):
                if not is_up and up.poll():
                    is_up, self._fault = True, ""
        _end(process)
        code = process.exitcode or 0
        said = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        return f"{process.pid} ended ({said})"


def _end(process: SpawnProcess) -> None:
    if process.is_alive():
        process.terminate()
        process.join(END_WITHIN_S)
    if process.is_alive():
        process.kill()
    process.join()


def _clock_process(settings: Settings, says_up: Connection) -> None:
    """The whole life of the clock process."""
    set_up_logging()
    # Ctrl-C reaches the whole group; the parent decides, and says so by SIGTERM.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    threading.Thread(target=_end_with_parent, name="parent watch", daemon=True).start()
    try:
        with open_workplace(settings, SystemClock()) as workplace:
            with suppress(OSError):  # the parent is gone: _end_with_parent sees to it
                says_up.send(True)
            run_clock(workplace)
    except KeyboardInterrupt:
        pass
    except NewsletterError as error:
        logger.error("the clock cannot run: %s", error)  # noqa: TRY400 - the sentence says it all
        sys.exit(error.exit_status)


def _end_with_parent() -> None:
    """Wait until the process that started this one is gone, however it went; then end this one."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    parent.join()
    logger.warning("the web process is gone; its clock ends")
    main = threading.main_thread().ident
    if main is not None:
        signal.pthread_kill(main, signal.SIGTERM)
    time.sleep(END_WITHIN_S)
    os._exit(1)
