"""One folder a page: ``page`` draws it, ``page_choice`` is what it is set to, and its address.

What pages about the session's picture share stands in ``picture``.
"""
