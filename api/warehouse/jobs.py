"""Jobs of the warehouse."""

from api.platform.approvals import CommandDecided
from api.warehouse import service


def on_command_decided(event: CommandDecided) -> None:
    """Close the line of a count whose variance a second person decided about."""
    service.settle_held(event.command_id)
