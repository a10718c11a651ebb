async def test_home(open_console):
    async with open_console() as desk:
        assert "O-1000" in desk.text
        await desk.press("f3")
        assert desk.screen == "orders"
        await desk.press("a")
        await desk.press("enter")
        print(desk.text)
        assert desk.screen == "order"
