"""Disavow files: write one only where it is warranted, find the defects of one, and review an old one.

::

    scored links -> actions (`linksift.deciding`) -> proposal -> plan (with the present file) -> text
    a file       -> readings of its lines         -> findings, or the file without its defects
"""
