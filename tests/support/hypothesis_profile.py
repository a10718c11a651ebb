"""How Hypothesis looks for counterexamples here; a plugin that tests/conftest.py loads."""

import hypothesis

# A busy machine is no counterexample: the search is not timed.
hypothesis.settings.register_profile("stockroom", deadline=None)
hypothesis.settings.load_profile("stockroom")
