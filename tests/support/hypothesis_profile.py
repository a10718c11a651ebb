"""How Hypothesis looks for counterexamples here; a plugin that tests/conftest.py loads."""

import hypothesis

# A busy machine is no counterexample: the search is not timed. Each run looks elsewhere.
hypothesis.settings.register_profile("stockroom", deadline=None, max_examples=25)
hypothesis.settings.load_profile("stockroom")
