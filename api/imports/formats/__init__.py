"""Product files: every reader turns a file into parsed products, without a database."""
