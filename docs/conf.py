"""How Sphinx builds the site. The pages are gathered by `tools/site.py`; nothing is fetched."""

project = "camcensus"
author = "The camcensus founders"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
html_theme = "furo"
html_title = "camcensus"
html_copy_source = False
html_show_sourcelink = False
myst_heading_anchors = 3
default_role = "literal"  # docstrings write code as on a Markdown page
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
