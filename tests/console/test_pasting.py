"""A paste of many lines: one alarm, no code asked about twice, and a long one asks first."""

from tests.console.support.wire import WireShop


def lookups(shop: WireShop) -> int:
    """How often the shop was asked what a code is."""
    return len(shop.scanned)


async def test_codes_from_a_phone_are_taken_one_after_the_other(open_console, shop) -> None:
    async with open_console() as desk:
        numbers = [desk.frame.table.window.row(n).number for n in (2, 3)]
        await desk.paste("\n".join(numbers))

        assert shop.scanned[-2:] == numbers
        assert desk.frame.order.number == numbers[-1]


async def test_many_wrong_codes_ring_once(open_console, shop) -> None:
    async with open_console() as desk:
        await desk.paste("\n".join(["NO-1", "NO-2", "NO-1", "NO-3"] * 5))

        assert desk.bells == 2  # one alarm is two bells
        assert lookups(shop) == 3
        assert "20 codes pasted: Unknown code NO-1" in desk.said
        assert "and 2 more" in desk.said


async def test_a_page_of_text_is_asked_about_first(open_console, shop) -> None:
    text = "\n".join(f"line {n} of an e-mail" for n in range(560))
    async with open_console(size=(120, 40)) as desk:
        await desk.paste(text)

        assert (lookups(shop), desk.bells) == (0, 0)
        assert "560 lines were pasted" in desk.text
        await desk.press("escape")
        assert (lookups(shop), desk.bells, desk.screen) == (0, 0, "home")


async def test_a_long_paste_that_is_meant_rings_once(open_console, shop) -> None:
    async with open_console(size=(120, 40)) as desk:
        await desk.paste("\n".join(f"NO-{n % 40}" for n in range(560)))
        await desk.type("codes")
        await desk.press("enter")

        assert (lookups(shop), desk.bells) == (40, 2)
        # The next wrong code is loud again.
        await desk.scan("NO-99")
        assert desk.bells == 4


async def test_another_word_leaves_a_long_paste(open_console, shop) -> None:
    async with open_console(size=(120, 40)) as desk:
        await desk.paste("\n".join(f"NO-{n}" for n in range(60)))
        await desk.type("no")
        await desk.press("enter")

        assert lookups(shop) == 0
        assert "60 pasted lines were left" in desk.said
