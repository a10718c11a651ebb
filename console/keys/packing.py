"""What can be done at the packing station and at the hand-over, in the order of the bar."""

from __future__ import annotations

from console.keys.action import Action, on

PACKING = (
    Action("enter", ("enter", "ctrl+j"), "⏎", "ship", "Ship the parcel; a pinned note is read "
           "first, and without a parcel the order under the cursor is packed", "This screen",
           on("pack")),
    Action("commit", ("f10", "ctrl+s"), "F10", "", "Take over the order that somebody else packs",
           "This screen", on("pack")),
    Action("exactly", ("=",), "=", "weigh", "Weigh the parcel, or type what it weighs",
           "This screen", on("pack")),
    Action("recheck", (".",), ".", "is right", "Somebody looked into a parcel whose weight is off: "
           "its content is right", "This screen", on("pack")),
    Action("split", ("/",), "/", "next parcel", "What is verified leaves as one parcel, the rest "
           "goes into the next one", "This screen", on("pack")),
    Action("enter", ("enter", "ctrl+j"), "⏎", "manifest", "Go on with the manifest of this carrier",
           "This screen", on("hand_over")),
    Action("commit", ("f10", "ctrl+s"), "F10", "close", "The carrier has the parcels that were "
           "scanned: close its manifest", "This screen", on("hand_over")),
    Action("less", ("-",), "-", "stays", "The carrier did not take this parcel", "This screen",
           on("hand_over")),
)  # fmt: skip
