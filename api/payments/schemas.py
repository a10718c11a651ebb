"""How the till answers the provider."""

import marshmallow as ma

from api.platform.http import Schema


class ReceivedSchema(Schema):
    """The event is stored; what it means is worked out afterwards."""

    received = ma.fields.Boolean(required=True)
