"""Signing in, the day's figures, and finding out what a scanned code is."""

from __future__ import annotations

from console.client.api_client import ApiClient
from console.client.doctor import DoctorRun
from console.client.errors import CallFailed
from console.client.models import Overview, Person, ScanAnswer, SignIn
from console.client.parsing import ADMIN, parse


class Auth:
    """Sign-in, the overview, the last doctor run and scan look-ups."""

    def __init__(self, caller: ApiClient) -> None:
        self._caller = caller

    async def sign_in(self, email: str, password: str, code: str = "") -> Person:
        """Begin to act as this member of staff; `code` is of their app, where they have one."""
        form = {"email": email, "password": password}
        if code:
            form["code"] = code
        if self._caller.session.device_token:
            form["device_token"] = self._caller.session.device_token
        answer = await self._caller.open(f"{ADMIN}/auth/login", form)
        signed = parse(SignIn, answer.body)
        self._caller.session.keep(signed)
        return signed.user

    async def sign_in_by_badge(self, badge: str, pin: str) -> Person:
        """Begin to act as the owner of a badge, at an enrolled terminal."""
        session = self._caller.session
        form = {"terminal_key": session.terminal_key, "badge": badge, "pin": pin}
        signed = parse(SignIn, (await self._caller.open(f"{ADMIN}/auth/badge", form)).body)
        session.keep(signed)
        return signed.user

    async def enrol(self, code: str) -> str:
        """Make this console a shared terminal; returns what the shop calls it."""
        answer = await self._caller.open(f"{ADMIN}/auth/enrol-terminal", {"code": code})
        told = parse(dict, answer.body)
        self._caller.session.enrol(str(told["terminal_key"]))
        return str(told["name"])

    async def step_up(self, code: str) -> None:
        """Show a code again, for what asks for a fresh one."""
        await self._caller.ask(f"{ADMIN}/me/step-up", {"code": code})

    async def join(self, code: str, password: str) -> Person:
        """Join the staff with the code of an invitation, and begin to act."""
        form = {"token": code, "password": password}
        answer = await self._caller.open(f"{ADMIN}/auth/accept-invitation", form)
        return await self.sign_in(parse(Person, answer.body).email, password)

    async def sign_out(self) -> CallFailed | None:
        """Stop acting for anyone; tells the shop, but does not wait for its consent.

        Gives back the failure when the shop could not be told: its token then ends by itself.
        """
        session = self._caller.session
        token = session.refresh_token
        session.end()
        try:
            await self._caller.open(f"{ADMIN}/auth/logout", {"refresh_token": token})
        except CallFailed as failure:
            return failure
        return None

    async def overview(self) -> Overview:
        """The day in figures."""
        return parse(Overview, (await self._caller.get(f"{ADMIN}/overview")).body)

    async def doctor(self) -> DoctorRun:
        """What the doctor found when it last looked; `NotFound` before its first night."""
        return parse(DoctorRun, (await self._caller.get(f"{ADMIN}/doctor")).body)

    async def look_up(self, code: str) -> ScanAnswer:
        """What a scanned or typed code stands for; `NotFound` when the shop does not know it."""
        answer = await self._caller.get(f"{ADMIN}/scan", {"code": code})
        return parse(ScanAnswer, answer.body)
