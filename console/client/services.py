"""The services of the console: every part of the client, created once."""

from __future__ import annotations

from enum import StrEnum

from console.client import bulk_changes, receiving, stock
from console.client.api_client import IS_SLOW, ApiClient
from console.client.attention import Attention
from console.client.auth import Auth
from console.client.bulk_changes import BulkChange, Catalog
from console.client.change_poller import ChangePoller
from console.client.claims import Claims
from console.client.drafts import Drafts
from console.client.hand_over import HandOvers
from console.client.orders import Orders
from console.client.outbox import Command, NewCommand, Outbox, State
from console.client.outbox_worker import OutboxWorker
from console.client.packing import Packing
from console.client.picking import Picking
from console.client.receiving import Receiving
from console.client.records import Records
from console.client.refunds import DirectCommands
from console.client.returns import Returns
from console.client.session import Session
from console.client.state_dir import StateDir
from console.client.stock import Stock
from console.client.transport import LazyTransport
from console.client.warehouse import Warehouse
from console.settings import Settings


class ConnectionState(StrEnum):
    """How the line to the shop is."""

    STARTING = "starting"
    LIVE = "live"
    SLOW = "slow"
    OFFLINE = "offline"


class Services:
    """Opens the state folder and holds everything that talks to the shop.

    The transport is plugged into `socket` later: questions asked before simply wait for it.
    """

    def __init__(self, settings: Settings, folder: StateDir) -> None:
        self.url = url = settings.url
        self.is_encrypted = settings.is_encrypted
        self.socket = LazyTransport()
        self.session = Session(folder.sign_in, url)
        self.caller = ApiClient(self.socket, self.session)
        self.outbox = Outbox(folder.outbox)
        self.sender = OutboxWorker(self.outbox, self.caller)
        self.refunds = DirectCommands(self.outbox, self.caller)
        self.auth = Auth(self.caller)
        self.orders = Orders(self.caller)
        self.attention = Attention(self.caller)
        self.stock = Stock(self.caller)
        self.warehouse = Warehouse(self.caller)
        self.catalogue = Catalog(self.caller)
        self.watch = ChangePoller(self.caller)
        self.watch.came_back = self.sender.nudge
        self.claims = Claims(self.caller)
        self.records = Records(self.caller)
        self.receiving = Receiving(self.caller)
        self.drafts = Drafts(self.outbox, self.session)
        self.returns = Returns(self.caller)
        self.picking = Picking(self.caller)
        self.packing = Packing(self.caller)
        self.hand_overs = HandOvers(self.caller)
        self.station = settings.station[:60]
        self.scale = settings.scale
        self.auto_ship, self.prints = settings.auto_ship, settings.prints
        self._folder = folder
        self._pieces: dict[int, Command] = {}

    @property
    def line(self) -> ConnectionState:
        """How the line to the shop is, right now."""
        caller = self.caller
        if caller.circuit.is_open:
            return ConnectionState.OFFLINE
        if caller.oldest_under_way > IS_SLOW or caller.milliseconds > IS_SLOW * 1000:
            return ConnectionState.SLOW if self.socket.is_plugged else ConnectionState.STARTING
        return ConnectionState.LIVE if caller.last_answer_at else ConnectionState.STARTING

    @property
    def waiting(self) -> int:
        """Commands that wait to be sent."""
        return self.outbox.counts().get(State.WAITING, 0)

    @property
    def needs_person(self) -> int:
        """Commands that wait for a person's decision."""
        counts = self.outbox.counts()
        return counts.get(State.STOPPED, 0) + counts.get(State.ASKING, 0)

    def give(self, draft: NewCommand) -> Command:
        """Keep a command on disk in the operator's name and send it as soon as may be."""
        person = self.session.person
        assert person is not None, "nobody gives commands before signing in"
        command = self.outbox.put(draft, operator=person.id)
        self.sender.nudge()
        return command

    def enqueue_change(self, run: BulkChange) -> BulkChange:
        """Keep a change to many rows on disk, all pieces at once, and send it."""
        given = bulk_changes.enqueue(self.outbox, run)
        self.sender.nudge()
        return given

    def last_change_of_operator(self) -> tuple[BulkChange, tuple[Command, ...]] | None:
        """The operator's last bulk change, with its commands."""
        person = self.session.person
        run = bulk_changes.last_change(self.outbox, person.id) if person else None
        if run is None:
            return None
        states = self.outbox.states(run.commands)
        known = {one: self._pieces[one] for one in run.commands if one in self._pieces}
        # A piece is a hundred rows to read; of those that stand where they stood nothing is new.
        moved = [one for one in run.commands
                 if one not in known or known[one].state is not states[one]]  # fmt: skip
        known.update((one.id, one) for one in self.outbox.with_ids(moved))
        self._pieces = known
        return run, tuple(known[one] for one in run.commands)

    def drop_with_siblings(self, command: Command) -> int:
        """Give up a command that never left; of a change in pieces, every piece that never left.

        Says how many commands that were.
        """
        run = self.last_change_of_operator() if command.kind == bulk_changes.KIND else None
        ids = run[0].commands if run and command.id in run[0].commands else (command.id,)
        unsent = [one for one in self.outbox.with_ids(ids) if one.is_unsent]
        for one in unsent:
            self.drop(one)
        return len(unsent)

    def send_inverse(self, command: Command) -> bool:
        """Send the opposite of a command; of a change in pieces, of all that was done of it.

        False when there is nothing to send: every row of it was refused, or it is a change from
        before the last one.
        """
        if command.kind == receiving.KIND:
            undoing = receiving.undo(command)
            if undoing is not None:
                self.give(undoing)
            return undoing is not None
        if command.kind != bulk_changes.KIND:
            self.give(stock.inverse(command))
            return True
        run = self.last_change_of_operator()
        if run is None or command.id not in run[0].commands:
            return False
        taken = bulk_changes.inverse(*run)
        if taken is None:
            return False
        bulk_changes.enqueue(self.outbox, taken[0], undoes=taken[1])
        self.sender.nudge()
        return True

    def send_again(self, command: Command) -> None:
        """Let a stopped command go once more; a count goes on top of what stands there now."""
        self.outbox.retry(command, stock.on_top(command))
        self.sender.nudge()

    def drop(self, command: Command) -> None:
        """Give up a command that surely was not done, and let go on what waited behind it."""
        assert command.is_unsent, "a command that may have happened is asked about, not dropped"
        self.outbox.drop(command)
        self.sender.nudge()

    async def close(self) -> None:
        """Let go of the connections and of the folder."""
        await self.socket.close()
        self.outbox.close()
        self._folder.release()
