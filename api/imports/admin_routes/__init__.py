"""Moving in and out over HTTP: imports and exports."""

from api.imports.admin_routes import exports, imports

blueprints = (imports.blueprint, exports.blueprint)
