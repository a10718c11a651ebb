"""Picking, for staff: the queue and batches, waves, and what is missing or goes out instead."""

from api.picking.routes import batches, rests, waves

blueprints = (batches.blueprint, rests.blueprint, waves.blueprint)
