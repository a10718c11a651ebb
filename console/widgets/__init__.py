"""What draws: each widget shows one thing and posts one message. None of them knows the shop.

`text_layout` turns words into lines of cells, `line_widget` is the widget that shows such lines;
everything else builds on those two, because one widget that draws a hundred lines is far quicker
than a hundred.
"""
