"""Response schema of the webhook."""

import marshmallow as ma

from api.platform.http import Schema


class ReceivedSchema(Schema):
    """The event is stored and will be applied later."""

    received = ma.fields.Boolean(required=True)
